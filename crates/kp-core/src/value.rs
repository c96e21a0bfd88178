//! The format `value`: the value's bytes as they are, and a newline.
//!
//! A null value and an empty value both print just the newline, as kcat's `%s\n` does. The format
//! `json` and the template `%S` tell them apart.

use crate::record::Record;

pub(crate) fn write(record: &Record<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(record.value.unwrap_or_default());
    out.push(b'\n');
}
