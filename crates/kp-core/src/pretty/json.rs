//! A JSON document over several lines, with its own tokens in colours.

use anstyle::{AnsiColor, Style};

use super::indent::indent;
use crate::{
    bad_message::BadValue,
    look::Look,
    scan::{Dialect, Kind, Scanner, Token},
    terminal::write_json_escaped,
};

const KEY: Style = AnsiColor::Blue.on_default().bold();
const STRING: Style = AnsiColor::Green.on_default();
const NUMBER: Style = AnsiColor::Yellow.on_default();
const CONSTANT: Style = AnsiColor::Magenta.on_default();

/// Appends the document; when it is not JSON, some of it may be appended.
pub(super) fn write(document: &[u8], look: &Look, out: &mut Vec<u8>) -> Result<(), BadValue> {
    let mut depth = 0;
    // A bracket whose first element has not come yet.
    let mut is_open = false;
    indent(0, out);
    for token in Scanner::new(document, Dialect::Standard)? {
        let token = token?;
        let closes = matches!(token.kind, Kind::ObjectEnd | Kind::ArrayEnd);
        depth -= usize::from(closes);
        // An element after its bracket, or a bracket after its elements.
        if is_open != closes {
            begin_line(depth, out);
        }
        is_open = matches!(token.kind, Kind::ObjectStart | Kind::ArrayStart);
        depth += usize::from(is_open);
        write_token(&token, look, out);
        match token.kind {
            Kind::Comma => begin_line(depth, out),
            Kind::Colon => out.push(b' '),
            _ => {}
        }
    }
    out.push(b'\n');
    Ok(())
}

fn begin_line(depth: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    indent(depth, out);
}

fn write_token(token: &Token<'_>, look: &Look, out: &mut Vec<u8>) {
    let style = match token.kind {
        Kind::Key => KEY,
        Kind::String => STRING,
        Kind::Integer | Kind::Float => NUMBER,
        Kind::Constant => CONSTANT,
        Kind::ObjectStart
        | Kind::ObjectEnd
        | Kind::ArrayStart
        | Kind::ArrayEnd
        | Kind::Comma
        | Kind::Colon => {
            out.extend_from_slice(token.text.as_bytes());
            return;
        }
    };
    look.styled(style, out, |out| write_json_escaped(token.text, out));
}
