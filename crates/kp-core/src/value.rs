//! The format `value`: the value's bytes as they are, and a newline.
//!
//! A null value and an empty value both print just the newline, as kcat's `%s\n` does; where the
//! difference matters, use the format `json` or the template `%S`.

use crate::record::Record;

pub(crate) fn write(record: &Record<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(record.value.unwrap_or_default());
    out.push(b'\n');
}
