//! The format `seed`: byte for byte what the original consumer, written in Python, prints.
//!
//! `Topic : topic1, Partition : 0, Offset : 0, Key : None, value : {'str': 'result0'}`
//!
//! The original loads the value by `json.loads(value.decode('utf-8'))` and prints it inside an
//! f-string; the key is printed as Python's `bytes`. This is Python 3.11: Unicode 14, integers of
//! at most 4300 digits. A newer Python differs only in printing characters that were assigned
//! since as they are, where 3.11 escapes them.
//!
//! A null value prints `None`, although the original breaks on it: a tombstone is no bad message.

mod bytes;
mod document;
mod number;
mod printable;
mod text;

use crate::{bad_message::BadValue, line, record::Record};

pub(crate) fn write(record: &Record<'_>, out: &mut Vec<u8>) -> Result<(), BadValue> {
    write_before_value(record, out);
    match record.value {
        None => out.extend_from_slice(b"None"),
        Some(value) => document::write(value, out)?,
    }
    out.push(b'\n');
    Ok(())
}

pub(crate) fn write_before_value(record: &Record<'_>, out: &mut Vec<u8>) {
    line::write_place(record, out);
    match record.key {
        None => out.extend_from_slice(b"None"),
        Some(key) => bytes::write_repr(key, out),
    }
    out.extend_from_slice(b", value : ");
}
