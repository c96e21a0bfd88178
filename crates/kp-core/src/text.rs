//! A value that is not JSON, as text on one line.
//!
//! Text is printed unchanged. What would break the line or a terminal is escaped. A control
//! character or a line separator becomes `\n`, `\t` or `\u{85}`, and a byte that is not UTF-8
//! becomes `\xff`. A backslash stays single, so the text cannot be read back for certain. The
//! format `json` can.

use std::io::Write;

/// Appends the value.
pub(crate) fn write(value: &[u8], out: &mut Vec<u8>) {
    for chunk in value.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') {
                // Writing into memory cannot fail.
                let _ = write!(out, "{}", letter.escape_default());
            } else {
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(value: &[u8]) -> String {
        let mut out = Vec::new();
        write(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_stands_as_it_is_and_never_breaks_the_line() {
        for (value, expected) in [
            (&b"hello world"[..], "hello world"),
            ("글 \u{1f600} C:\\temp".as_bytes(), "글 \u{1f600} C:\\temp"),
            (b"", ""),
            (b"a\nb\r\n\tc", "a\\nb\\r\\n\\tc"),
            (b"\x1b[31mred\x07\0", "\\u{1b}[31mred\\u{7}\\u{0}"),
            (b"\xff\xfe ok \xc3", "\\xff\\xfe ok \\xc3"),
            ("\u{85}\u{2028}\u{7f}".as_bytes(), "\\u{85}\\u{2028}\\u{7f}"),
        ] {
            assert_eq!(shown(value), expected);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_one_line_of_text(value in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(!shown(&value).contains(|letter: char| letter.is_control()));
        }
    }
}
