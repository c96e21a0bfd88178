//! The format `pretty`: a message as a person reads it.
//!
//! ```text
//! orders [0] @ 42  2026-11-23T10:00:00.123+01:00  key "alice"  trace="7"
//!   {
//!     "total": 120
//!   }
//! ```
//! A line begins at its first column only where a message does, so no value looks like the next
//! message. Text from outside is escaped, for it is shown on a terminal. Bytes that are no text are
//! a dump.

mod dump;
mod indent;
mod json;

use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use data_encoding::HEXLOWER;

use crate::{
    encoding::{write_encoded, write_integer},
    look::Look,
    record::Record,
    terminal::write_escaped,
};
use indent::indent;

/// Of bytes that are no text, so many of a key or a header are shown.
const SHOWN: usize = 16;

const PLACE: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const KEY: Style = AnsiColor::Cyan.on_default();

pub(crate) fn write(record: &Record<'_>, look: &Look, out: &mut Vec<u8>) {
    look.styled(PLACE, out, |out| {
        write_escaped(record.topic, out);
        out.extend_from_slice(b" [");
        write_integer(record.partition_number(), out);
        out.extend_from_slice(b"] @ ");
        write_integer(record.offset_number(), out);
    });
    out.extend_from_slice(b"  ");
    look.styled(FAINT, out, |out| look.write_time(record.timestamp, out));
    if let Some(key) = record.key {
        out.extend_from_slice(b"  key ");
        look.styled(KEY, out, |out| write_short(key, out));
    }
    for header in record.headers {
        out.extend_from_slice(b"  ");
        look.styled(FAINT, out, |out| {
            match std::str::from_utf8(header.key) {
                Ok(name) => write_escaped(name, out),
                Err(_) => write_hex(header.key, out),
            }
            out.push(b'=');
            match header.value {
                Some(value) => write_short(value, out),
                None => out.extend_from_slice(b"null"),
            }
        });
    }
    out.push(b'\n');
    write_value(record.value, look, out);
}

fn write_value(value: Option<&[u8]>, look: &Look, out: &mut Vec<u8>) {
    let remark = |text: &str, out: &mut Vec<u8>| {
        indent(0, out);
        look.styled(FAINT, out, |out| out.extend_from_slice(text.as_bytes()));
        out.push(b'\n');
    };
    let value = match value {
        None => return remark("(no value)", out),
        Some(b"") => return remark("(empty)", out),
        Some(value) => value,
    };
    let before = out.len();
    if json::write(value, look, out).is_ok() {
        return;
    }
    out.truncate(before);
    match std::str::from_utf8(value) {
        Ok(text) if !text.contains('\0') => write_text(text, out),
        _ => dump::write(value, out),
    }
}

/// The lines of a text stay lines.
fn write_text(text: &str, out: &mut Vec<u8>) {
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        indent(0, out);
        // Tabs are common at the start of a line, and harmless.
        for (at, part) in line.strip_suffix('\r').unwrap_or(line).split('\t').enumerate() {
            if at > 0 {
                out.push(b'\t');
            }
            write_escaped(part, out);
        }
        out.push(b'\n');
    }
}

/// A key or a header's value: a text in quotes, or hexadecimal digits after `0x`.
fn write_short(bytes: &[u8], out: &mut Vec<u8>) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return write_hex(bytes, out);
    };
    out.push(b'"');
    for (at, part) in text.split('"').enumerate() {
        if at > 0 {
            out.extend_from_slice(b"\\\"");
        }
        write_escaped(part, out);
    }
    out.push(b'"');
}

fn write_hex(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"0x");
    write_encoded(&HEXLOWER, &bytes[..bytes.len().min(SHOWN)], out);
    if bytes.len() > SHOWN {
        // Writing into memory cannot fail.
        let _ = write!(out, "... ({} bytes)", bytes.len());
    }
}

#[cfg(test)]
mod tests;
