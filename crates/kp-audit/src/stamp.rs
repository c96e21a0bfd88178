//! The stamp that an audited record carries in its headers.

use std::fmt;
use std::str::FromStr;

use kp_core::Header;

/// The header with the run.
const RUN: &str = "kp-run";
/// The header with the record's number in its run.
const SEQUENCE: &str = "kp-seq";
/// The header with the checksum of key and value.
const CHECKSUM: &str = "kp-crc";

/// One run of a producer, by a random number; on the wire 16 hexadecimal digits, such as
/// `5f3c9a0b1c2d4e6f`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(u64);

impl RunId {
    /// A new one. Where the system has no random numbers, the clock and the process stand in.
    pub fn new() -> Self {
        Self(getrandom::u64().unwrap_or_else(|_| by_clock()))
    }
}

impl Default for RunId {
    fn default() -> Self {
        Self::new()
    }
}

fn by_clock() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanos = since.map_or(0, |time| time.as_nanos() as u64);
    nanos ^ u64::from(std::process::id()).rotate_left(40)
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for RunId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

/// Which record it is, and what its key and value were when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The run that made it.
    pub run: RunId,
    /// Its number in this run, from 0, whichever topic it went to.
    pub sequence: u64,
    /// [`checksum`] of its key and value.
    pub checksum: u32,
}

/// The text of a stamp's headers, to be lent to a message.
#[derive(Clone, Debug)]
pub struct StampHeaders([(&'static str, String); 3]);

impl StampHeaders {
    /// Each of them, in the order in which they are sent.
    pub fn iter(&self) -> impl Iterator<Item = Header<'_>> {
        let headers = self.0.iter();
        headers.map(|(name, value)| Header { key: name.as_bytes(), value: Some(value.as_bytes()) })
    }
}

impl Stamp {
    /// Its headers. They go after all others, so that they count when a record is stamped again.
    pub fn headers(&self) -> StampHeaders {
        StampHeaders([
            (RUN, self.run.to_string()),
            (SEQUENCE, self.sequence.to_string()),
            (CHECKSUM, format!("{:08x}", self.checksum)),
        ])
    }

    /// The stamp in these headers; none where one of the three is missing or is not what it should
    /// be. Of several the last counts.
    pub fn read<'a>(headers: impl Iterator<Item = Header<'a>>) -> Option<Self> {
        let (mut run, mut sequence, mut checksum) = (None, None, None);
        for Header { key, value } in headers {
            let place = match key {
                _ if key == RUN.as_bytes() => &mut run,
                _ if key == SEQUENCE.as_bytes() => &mut sequence,
                _ if key == CHECKSUM.as_bytes() => &mut checksum,
                _ => continue,
            };
            *place = value.and_then(|value| std::str::from_utf8(value).ok());
        }
        Some(Self {
            run: run?.parse().ok()?,
            sequence: sequence?.parse().ok()?,
            checksum: u32::from_str_radix(checksum?, 16).ok()?,
        })
    }
}

/// The CRC-32 of gzip and zlib over the key's length, the key, the value's length and the value. A
/// length has 4 bytes, big-endian, and is -1 for null: so a null that became empty is noticed, too.
pub fn checksum(key: Option<&[u8]>, value: Option<&[u8]>) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for part in [key, value] {
        let length = part.map_or(-1, |bytes| i32::try_from(bytes.len()).unwrap_or(i32::MAX));
        hasher.update(&length.to_be_bytes());
        hasher.update(part.unwrap_or_default());
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_stamp_is_read_from_its_headers(run: u64, sequence: u64, checksum: u32) {
            let stamp = Stamp { run: RunId(run), sequence, checksum };
            let headers = stamp.headers();
            prop_assert_eq!(Stamp::read(headers.iter()), Some(stamp));
        }

        #[test]
        fn other_headers_are_no_stamp_and_no_harm(headers: Vec<(Vec<u8>, Option<Vec<u8>>)>) {
            let headers = headers.iter().map(|(key, value)| Header { key, value: value.as_deref() });
            prop_assert_eq!(Stamp::read(headers), None);
        }
    }

    #[test]
    fn of_two_stamps_the_last_counts() {
        let stamp = |sequence| Stamp { run: RunId(7), sequence, checksum: 1 };
        let (first, second) = (stamp(1).headers(), stamp(2).headers());
        assert_eq!(Stamp::read(first.iter().chain(second.iter())), Some(stamp(2)));
    }

    #[test]
    fn the_checksum_is_what_zlib_computes() {
        // python3 -c 'import zlib; print(hex(zlib.crc32(b"\xff\xff\xff\xff" +
        // b"\0\0\0\x05hello")))'
        assert_eq!(checksum(None, Some(b"hello")), 0x5f00_3fd7);
        assert_ne!(checksum(None, Some(b"a")), checksum(Some(b""), Some(b"a")));
        assert_ne!(checksum(Some(b"a"), None), checksum(None, Some(b"a")));
    }
}
