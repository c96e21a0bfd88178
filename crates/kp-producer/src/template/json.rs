//! Whether a template is JSON, and where its placeholders stand in it.

use serde::de::IgnoredAny;

/// A piece of a template.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind<'t> {
    /// Text that stands there as it is.
    Text(&'t str),
    /// What becomes a number.
    Number,
    /// What becomes a text.
    Word,
}

/// Where a piece stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Where a value of JSON, or a name, may stand.
    Value,
    /// Within the quotes of a text.
    Quoted,
    /// Not in JSON.
    NoJson,
}

/// Where each piece stands; each comes with its place in the template. With a number and a text put
/// where the placeholders are, the template has to be JSON.
///
/// # Errors
/// It is no JSON: where, and why.
pub(super) fn places<'t>(
    pieces: impl Iterator<Item = (usize, Kind<'t>)>,
) -> Result<Vec<Place>, (usize, String)> {
    let mut probe = String::new();
    // Where each piece begins in the probe and in the template.
    let mut begins = Vec::new();
    let mut places = Vec::new();
    let mut is_quoted = false;
    for (at, kind) in pieces {
        begins.push((probe.len(), at));
        places.push(if is_quoted { Place::Quoted } else { Place::Value });
        match kind {
            Kind::Text(text) => {
                is_quoted = is_quoted_after(text, is_quoted);
                probe.push_str(text);
            }
            Kind::Number if !is_quoted => probe.push('0'),
            Kind::Word if !is_quoted => probe.push_str("\"\""),
            Kind::Number | Kind::Word => {}
        }
    }
    match serde_json::from_str::<IgnoredAny>(&probe) {
        Ok(IgnoredAny) => Ok(places),
        Err(error) => {
            let at = offset(&probe, error.line(), error.column());
            let (in_probe, in_template) =
                begins.into_iter().rev().find(|(begin, _)| *begin <= at).unwrap_or_default();
            let text = error.to_string();
            let why = text.rsplit_once(" at line ").map_or(text.as_str(), |(why, _)| why);
            Err((in_template + (at - in_probe), why.to_owned()))
        }
    }
}

fn is_quoted_after(text: &str, mut is_quoted: bool) -> bool {
    let mut letters = text.bytes();
    while let Some(letter) = letters.next() {
        match letter {
            b'"' => is_quoted = !is_quoted,
            b'\\' if is_quoted => {
                letters.next();
            }
            _ => {}
        }
    }
    is_quoted
}

/// The byte at which an error stands, both from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column.saturating_sub(1)).min(text.len())
}
