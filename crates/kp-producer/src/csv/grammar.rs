//! What RFC 4180 lets stand behind a quotation mark and behind a carriage return. The parser takes
//! anything there, and would make other values of it without a word.

use crate::encoding::BYTE_ORDER_MARK;

/// Where the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// At the beginning of a field.
    #[default]
    Start,
    /// In a field without quotation marks.
    Plain,
    /// Between quotation marks.
    Quoted,
    /// Behind a mark that ends such a field, or is the first of two that stand for one.
    Mark,
    /// Behind a carriage return that is no part of a field.
    Return,
}

/// Follows the bytes of an input.
#[derive(Debug, Default)]
pub(super) struct Grammar {
    place: Place,
    /// How many bytes of a byte order mark were passed, at the beginning of the input.
    mark: usize,
    has_begun: bool,
    /// Whether the present row has anything but a carriage return, and whether the last one had.
    has_content: bool,
    had_content: bool,
}

impl Grammar {
    /// Passes these bytes. `true` is that the last row in them ended in `\r\n`.
    ///
    /// # Errors
    /// What no row may have, in words.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<bool, &'static str> {
        let mut in_return = false;
        for &byte in bytes {
            if !self.has_begun && BYTE_ORDER_MARK.get(self.mark) == Some(&byte) {
                self.mark += 1;
                continue;
            }
            self.has_begun = true;
            if byte == b'\n' {
                in_return = self.place == Place::Return;
                self.had_content = std::mem::take(&mut self.has_content);
            } else {
                self.has_content |= byte != b'\r';
            }
            self.place = next(self.place, byte)?;
        }
        Ok(in_return)
    }

    /// Whether there was nothing on the line that ended last.
    pub(super) fn was_blank(&self) -> bool {
        !self.had_content
    }

    /// Whether the bytes so far end in a carriage return outside of quotation marks.
    pub(super) fn ends_in_return(&self) -> bool {
        self.place == Place::Return
    }
}

fn next(place: Place, byte: u8) -> Result<Place, &'static str> {
    Ok(match (place, byte) {
        (Place::Quoted, b'"') => Place::Mark,
        (Place::Quoted, _) | (Place::Mark, b'"') => Place::Quoted,
        (_, b'\n') => Place::Start,
        (Place::Return, _) => {
            return Err(
                "a row has a carriage return without a newline; rows end with \\n or \\r\\n, \
                        and `tr '\\r' '\\n'` makes them so",
            );
        }
        (_, b'\r') => Place::Return,
        (_, b',') => Place::Start,
        (Place::Mark, _) => {
            return Err(
                "the row has text behind a closing quotation mark; within quotation marks \
                        one is written twice",
            );
        }
        (Place::Start, b'"') => Place::Quoted,
        (Place::Start | Place::Plain, _) => Place::Plain,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(bytes: &[u8]) -> Result<bool, &'static str> {
        let whole = Grammar::default().pass(bytes);
        // It makes no difference how the bytes come.
        let mut one_by_one = Grammar::default();
        let last =
            bytes.iter().map(|byte| one_by_one.pass(&[*byte])).collect::<Result<Vec<_>, _>>();
        assert_eq!(last.map(|all| all.into_iter().next_back().unwrap_or_default()), whole);
        whole
    }

    #[test]
    fn what_a_row_may_have() {
        for row in [
            &b"a,b\n"[..],
            b"\"a\",\"b\"\"c\",\"\"\n",
            b"\"a\r\nb\rc\",d\n",
            b"5\" disk,a\n",
            b"\xef\xbb\xbf\"a,\r\"\n",
            b",,\n",
            b"",
        ] {
            assert_eq!(passes(row), Ok(false), "{row:?}");
        }
        assert_eq!(passes(b"a,\"b\"\r\n"), Ok(true));
        assert_eq!(passes(b"a\r\n"), Ok(true));
    }

    #[test]
    fn what_it_may_not_have() {
        for row in [&b"x\ry\n"[..], b"\"x\"\ry", b"\r\r\n"] {
            assert!(passes(row).unwrap_err().contains("carriage return"), "{row:?}");
        }
        for row in [&b"\"abc\n2,\"def\"\n"[..], b"\"a\" ,b\n", b"\"a\"b\n"] {
            assert!(passes(row).unwrap_err().contains("closing quotation mark"), "{row:?}");
        }
    }
}
