//! The format `line`: where the record lies, its key, and its value as compact JSON.
//!
//! `Topic : topic1, Partition : 0, Offset : 0, Key : null, value : {"str":"result0"}`
//!
//! The value is checked as JSON and printed with its own tokens: numbers to the last digit,
//! repeated keys, escapes as they were written. Only the whitespace between tokens is dropped. A
//! null value prints `null`. The key is `null`, a JSON string, or hexadecimal digits after `0x`
//! when it is not UTF-8.

use data_encoding::HEXLOWER;

use crate::{
    bad_message::BadValue,
    encoding::{write_encoded, write_integer, write_json_string},
    record::Record,
    scan::{Dialect, Scanner},
};

pub(crate) fn write(record: &Record<'_>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    write_before_value(record, out);
    match record.value {
        None => out.extend_from_slice(b"null"),
        Some(value) => write_compactly(value, out)?,
    }
    out.push(b'\n');
    Ok(())
}

pub(crate) fn write_before_value(record: &Record<'_>, out: &mut Vec<u8>) {
    write_place(record, out);
    write_key(record.key, out);
    out.extend_from_slice(b", value : ");
}

/// Appends the document's tokens without whitespace between them. Those that stand together are
/// copied together. When it is not JSON, some of it may be appended.
pub(crate) fn write_compactly(document: &[u8], out: &mut Vec<u8>) -> Result<(), BadValue> {
    let mut pending = 0..0;
    for token in Scanner::new(document, Dialect::Standard)? {
        let token = token?;
        if token.start != pending.end {
            out.extend_from_slice(&document[pending]);
            pending = token.start..token.start;
        }
        pending.end += token.text.len();
    }
    out.extend_from_slice(&document[pending]);
    Ok(())
}

/// The part that the formats `line` and `seed` have in common, up to the key.
pub(crate) fn write_place(record: &Record<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"Topic : ");
    out.extend_from_slice(record.topic.as_bytes());
    out.extend_from_slice(b", Partition : ");
    write_integer(record.partition_number(), out);
    out.extend_from_slice(b", Offset : ");
    write_integer(record.offset_number(), out);
    out.extend_from_slice(b", Key : ");
}

fn write_key(key: Option<&[u8]>, out: &mut Vec<u8>) {
    match key.map(|key| (std::str::from_utf8(key), key)) {
        None => out.extend_from_slice(b"null"),
        Some((Ok(text), _)) => write_json_string(text, out),
        Some((Err(_), key)) => {
            out.extend_from_slice(b"0x");
            write_encoded(&HEXLOWER, key, out);
        }
    }
}
