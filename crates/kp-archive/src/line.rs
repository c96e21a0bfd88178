//! One line: a checksum, and a record in kp's JSON.

use kp_audit::RunId;
use kp_core::{Format, OwnedRecord, Record, json};

use crate::error::Damage;

const BEFORE_CHECKSUM: &[u8] = b"{\"crc32\":\"";
/// The quotation mark that ends the checksum.
const QUOTE: usize = BEFORE_CHECKSUM.len() + DIGITS;
/// Here the brace of the record's own object becomes a comma, and a brace again.
const COMMA: usize = QUOTE + 1;
const DIGITS: usize = 8;
const HEAD: &[u8] = b"\"kp_archive\":1,\"id\":\"";
const HEAD_END: &[u8] = b"\"}";
/// Bytes of a first line, with its newline.
pub(crate) const HEAD_LENGTH: usize = COMMA + 1 + HEAD.len() + 16 + HEAD_END.len() + 1;

/// Appends the line of a record, with its newline.
pub fn encode(record: &Record<'_>, lines: &mut Vec<u8>) {
    let start = begin(lines);
    let brace = lines.len();
    // The format refuses no record.
    let _ = Format::Json.write(record, lines);
    if let Some(brace) = lines.get_mut(brace) {
        *brace = b',';
    }
    // The format has written the newline.
    let end = lines.len().saturating_sub(1);
    seal(lines, start, end);
}

/// Appends the first line of an archive.
pub(crate) fn encode_head(id: RunId, lines: &mut Vec<u8>) {
    let start = begin(lines);
    lines.push(b',');
    lines.extend_from_slice(HEAD);
    lines.extend_from_slice(id.to_string().as_bytes());
    lines.extend_from_slice(HEAD_END);
    let end = lines.len();
    lines.push(b'\n');
    seal(lines, start, end);
}

fn begin(lines: &mut Vec<u8>) -> usize {
    let start = lines.len();
    lines.extend_from_slice(BEFORE_CHECKSUM);
    lines.extend_from_slice(b"00000000\"");
    start
}

/// Puts the checksum into the line from `start` to `end`.
fn seal(lines: &mut [u8], start: usize, end: usize) {
    if let Some(line) = lines.get_mut(start..end)
        && line.len() > COMMA
    {
        let checksum = digits(crc32fast::hash(&line[COMMA + 1..]));
        line[BEFORE_CHECKSUM.len()..QUOTE].copy_from_slice(&checksum);
    }
}

fn digits(checksum: u32) -> [u8; DIGITS] {
    std::array::from_fn(|at| {
        let digit = (checksum >> (28 - 4 * at)) & 0xf;
        b"0123456789abcdef"[digit as usize]
    })
}

/// Takes a line without its newline back: the record and the checksum of its line. The line is
/// changed.
pub(crate) fn decode(line: &mut [u8]) -> Result<(OwnedRecord, u32), Damage> {
    let checksum = check(line)?;
    line[COMMA] = b'{';
    let record = json::parse_stored(&line[COMMA..]).map_err(Damage::NoRecord)?;
    Ok((record, checksum))
}

/// The checksum of a line without its newline, which fits.
fn check(line: &[u8]) -> Result<u32, Damage> {
    if line.len() <= COMMA || !line.starts_with(BEFORE_CHECKSUM) || &line[QUOTE..=COMMA] != b"\"," {
        return Err(Damage::NoChecksum);
    }
    let checksum = crc32fast::hash(&line[COMMA + 1..]);
    if digits(checksum) != line[BEFORE_CHECKSUM.len()..QUOTE] {
        return Err(Damage::Checksum);
    }
    Ok(checksum)
}

/// The id in a first line without its newline, if it is one.
pub(crate) fn decode_head(line: &[u8]) -> Option<RunId> {
    check(line).ok()?;
    let id = line[COMMA + 1..].strip_prefix(HEAD)?.strip_suffix(HEAD_END)?;
    std::str::from_utf8(id).ok()?.parse().ok()
}

/// Whether these bytes may be the beginning of a first line.
pub(crate) fn begins_head(bytes: &[u8]) -> bool {
    let length = bytes.len().min(BEFORE_CHECKSUM.len());
    bytes.len() < HEAD_LENGTH && bytes[..length] == BEFORE_CHECKSUM[..length]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_with_the_checksum_that_zlib_computes() {
        let mut lines = Vec::new();
        let record = Record { topic: "t", value: Some(b"v"), ..Record::default() };
        encode(&record, &mut lines);
        // zlib.crc32 of Python, of all behind the first comma.
        assert_eq!(
            String::from_utf8(lines).unwrap(),
            "{\"crc32\":\"fe69d819\",\"topic\":\"t\",\"partition\":null,\"offset\":null,\"timestamp\":null,\
             \"timestamp_type\":null,\"key\":null,\"value\":\"v\",\"headers\":[]}\n"
        );
    }

    #[test]
    fn a_head_has_the_id_and_is_no_record() {
        let mut lines = Vec::new();
        let id = RunId::new();
        encode_head(id, &mut lines);
        assert_eq!(lines.len(), HEAD_LENGTH);
        assert_eq!(lines.pop(), Some(b'\n'));
        assert_eq!(decode_head(&lines), Some(id));
        assert!(begins_head(&lines) && begins_head(b"") && begins_head(b"{\"crc"));
        assert!(matches!(decode(&mut lines), Err(Damage::NoRecord(_))));
    }
}
