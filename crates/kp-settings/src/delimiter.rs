//! What stands between two parts of an input or an output.

use std::fmt;
use std::str::FromStr;

use kp_core::unescape;

/// `producer.delimiter`, `consumer.delimiter`, `producer.key_delimiter`: a text with escapes, which
/// stands for one byte or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delimiter {
    written: String,
    bytes: Vec<u8>,
}

/// A text that is no delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", Delimiter::EXPECTED)]
pub struct InvalidDelimiter;

impl Delimiter {
    pub(crate) const EXPECTED: &'static str = "a text that is not empty, in which \\n, \\r, \\t, \\0, \\\\ and \\xNN are escapes, such as '\\0' or '; '";

    /// The bytes that it stands for, at least one.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl FromStr for Delimiter {
    type Err = InvalidDelimiter;

    fn from_str(text: &str) -> Result<Self, InvalidDelimiter> {
        match unescape(text) {
            Ok(bytes) if !bytes.is_empty() => Ok(Self { written: text.to_owned(), bytes }),
            _ => Err(InvalidDelimiter),
        }
    }
}

/// As it was written.
impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_read_with_its_escapes_and_shown_as_it_was_written() {
        for (text, bytes) in [
            (":", &b":"[..]),
            (r"\t", b"\t"),
            (r"\x1e\n", b"\x1e\n"),
            ("é", "é".as_bytes()),
            ("\t", b"\t"),
        ] {
            let delimiter: Delimiter = text.parse().unwrap();
            assert_eq!((delimiter.bytes(), delimiter.to_string().as_str()), (bytes, text));
        }
        for wrong in ["", r"\", r"\q", r"\x1"] {
            assert_eq!(wrong.parse::<Delimiter>(), Err(InvalidDelimiter), "{wrong}");
        }
    }
}
