//! How a value's bytes are read, where a format can show more of a value than a text.
//!
//! A decoder appends the value as JSON on one line, or says that these bytes are none of its own.
//! Then the format shows them as it shows any bytes. One that needs more than the bytes, such as
//! schemas, is one more variant.

use crate::{
    line::write_compactly,
    scan::{Dialect, Kind, Scanner},
};

/// Deeper documents stay text: other readers of JSON give up there, and `--where` does too.
const DEEPEST: usize = 128;

/// What reads a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoder {
    /// JSON: an object, an array, a number, `true` or `false` stands as such.
    ///
    /// A string and `null` stay text. So the JSON text `null` and a record without a value differ,
    /// and whatever stands as a string is bytes. A value on one line keeps its bytes, but for
    /// whitespace around it. Of several lines, the whitespace between the tokens is left out.
    Json,
}

impl Decoder {
    /// Appends the value as JSON, if it is what this decoder reads; otherwise `out` stays as it is.
    pub(crate) fn write(self, value: &[u8], out: &mut Vec<u8>) -> bool {
        match self {
            Self::Json => write_json(value, out),
        }
    }
}

fn write_json(value: &[u8], out: &mut Vec<u8>) -> bool {
    if !stands_as_json(value) {
        return false;
    }
    if value.trim_ascii().contains(&b'\n') || value.trim_ascii().contains(&b'\r') {
        let before = out.len();
        let is_written = write_compactly(value, out).is_ok();
        if !is_written {
            out.truncate(before);
        }
        return is_written;
    }
    out.extend_from_slice(value.trim_ascii());
    true
}

/// Whether it is one JSON document that each reader of JSON takes, and neither a string nor `null`.
fn stands_as_json(value: &[u8]) -> bool {
    let Ok(tokens) = Scanner::new(value, Dialect::Standard) else {
        return false;
    };
    let mut depth = 0_usize;
    for (index, token) in tokens.enumerate() {
        let Ok(token) = token else { return false };
        let is_first = index == 0;
        match token.text {
            "null" if is_first => return false,
            "{" | "[" => depth += 1,
            "}" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if token.kind == Kind::String && is_first || has_lone_surrogate(token.text) {
            return false;
        }
        if depth > DEEPEST {
            return false;
        }
    }
    true
}

/// Whether a string has a `\ud800` without its other half: it stands for no character, and a reader
/// like jq ends there.
fn has_lone_surrogate(string: &str) -> bool {
    let mut rest = string;
    let mut open = false;
    while let Some(at) = rest.find('\\') {
        // Something between the halves parts them.
        if open && at > 0 {
            return true;
        }
        let escape = &rest[at..];
        let unit = escape.strip_prefix("\\u").and_then(|digits| digits.get(..4));
        let unit = unit.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match unit {
            Some(0xd800..=0xdbff) if !open => open = true,
            Some(0xdc00..=0xdfff) if open => open = false,
            Some(0xd800..=0xdfff) => return true,
            _ if open => return true,
            _ => {}
        }
        // An escape is a backslash and a letter at least.
        rest = escape.get(if unit.is_some() { 6 } else { 2 }..).unwrap_or_default();
    }
    open
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(value: &[u8]) -> Option<String> {
        let mut out = b"before".to_vec();
        let is_written = Decoder::Json.write(value, &mut out);
        let shown = String::from_utf8(out.split_off("before".len())).unwrap();
        assert!(is_written || shown.is_empty(), "{shown}");
        is_written.then_some(shown)
    }

    #[test]
    fn what_is_on_one_line_keeps_its_bytes() {
        for value in [
            r#"{"a": 1.0,"a":1.00, "b" : "\u00e9/\/"}"#,
            "[]",
            "[1, 2]",
            "{}",
            "-0",
            "1.50",
            "1e400",
            "12345678901234567890123",
            "true",
            "false",
            "[null, \"x\u{2028}\"]",
            r#"["\ud83d\ude00","\\ud800"]"#,
        ] {
            assert_eq!(shown(value.as_bytes()).as_deref(), Some(value));
        }
    }

    #[test]
    fn several_lines_become_one() {
        assert_eq!(
            shown(b"\r\n{\n  \"a b\": [1.0,\r\n 2]\n}\n").as_deref(),
            Some(r#"{"a b":[1.0,2]}"#)
        );
        assert_eq!(shown(b" {\"a\": 1} \n").as_deref(), Some(r#"{"a": 1}"#));
    }

    #[test]
    fn strings_null_and_what_is_no_json_stay_what_they_are() {
        for value in [
            &b"null"[..],
            b" null\n",
            b"\"abc\"",
            b" \"abc\" ",
            b"",
            b" ",
            b"abc",
            b"{\"a\":1",
            b"{} {}",
            b"NaN",
            b"01",
            b"{\"a\":\"\xff\"}",
            b"\xef\xbb\xbf{}",
            b"{\n\"a\":\n",
            br#"["\ud800"]"#,
            br#"{"\udc00":1}"#,
            br#"["\ud800x\udc00"]"#,
            br#"["\ud800\n"]"#,
            "[".repeat(129).as_bytes(),
            format!("{}{}", "[".repeat(129), "]".repeat(129)).as_bytes(),
        ] {
            assert_eq!(shown(value), None, "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_breaks_the_line_and_the_document_is_the_same(
            value in r#"[\[\]{}:,"a1 \n\r\t.e-]{0,12}"#
        ) {
            let Some(shown) = shown(value.as_bytes()) else { return Ok(()) };
            prop_assert!(!shown.contains(['\n', '\r']), "{shown:?}");
            let before: serde_json::Value = serde_json::from_str(&value).unwrap();
            prop_assert_eq!(before, serde_json::from_str::<serde_json::Value>(&shown).unwrap());
        }
    }
}
