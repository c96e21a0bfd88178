//! Text from outside on its way to a terminal. A character is escaped if it would move the cursor,
//! change colours, break a line, turn the direction of text around or be invisible.
//!
//! Each cell of a table, each line of an answer, each warning and each error passes through here.
//! Messages and JSON do not, because every byte of them counts, unless they are shown as a person
//! reads them (the format `pretty`).

use std::borrow::Cow;
use std::io::Write as _;

/// The text as one line that shows all there is. A control character is `\n`, `\r`, `\t` or `\x1b`,
/// and another invisible one is `\u{202e}`. All other text stays as it is, including backslashes.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = Vec::with_capacity(text.len() + 16);
    write_escaped(text, &mut safe);
    Cow::Owned(String::from_utf8_lossy(&safe).into_owned())
}

/// Appends the text as [`escaped`] shows it.
pub(crate) fn write_escaped(text: &str, out: &mut Vec<u8>) {
    write_with(text, out, |one, out| {
        let number = u32::from(one);
        // Writing into memory cannot fail.
        let _ = match one {
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            one if one.is_ascii() => write!(out, "\\x{number:02x}"),
            _ => write!(out, "\\u{{{number:x}}}"),
        };
    });
}

/// The same within a string of JSON, which stays one that means the same.
pub(crate) fn write_json_escaped(text: &str, out: &mut Vec<u8>) {
    write_with(text, out, |one, out| {
        for unit in one.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    });
}

fn write_with(text: &str, out: &mut Vec<u8>, escape: impl Fn(char, &mut Vec<u8>)) {
    let mut rest = text;
    while let Some(at) = rest.find(is_unsafe) {
        let (before, behind) = rest.split_at(at);
        out.extend_from_slice(before.as_bytes());
        let mut letters = behind.chars();
        if let Some(one) = letters.next() {
            escape(one, out);
        }
        rest = letters.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
}

/// Whether a terminal would do something else than show a character where it stands.
///
/// The ranges are Unicode's control characters, its line and paragraph separators, and its
/// `Default_Ignorable_Code_Point`s. Those are marks that turn the direction around, spaces without
/// width, fillers and tags. The ones that choose the form of the character before them are allowed.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e00ff}'
                | '\u{e01f0}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        assert_eq!(escaped("\x1b[31mred\r\n\tx\x07"), "\\x1b[31mred\\r\\n\\tx\\x07");
        assert_eq!(escaped("\u{9b}31m\u{7f}\u{85}"), "\\u{9b}31m\\x7f\\u{85}");
        assert_eq!(
            escaped("a\u{202e}b\u{200b}c\u{feff}d\u{2028}e\u{e0041}"),
            "a\\u{202e}b\\u{200b}c\\u{feff}d\\u{2028}e\\u{e0041}"
        );
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        for text in [
            "",
            "orders",
            r"C:\new\table",
            "'\"{}",
            "주문 그룹",
            "e\u{301}te\u{301}",
            "日本語",
            "עברית",
            "❤\u{fe0f} 🎉",
        ] {
            assert!(matches!(escaped(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_unsafe_is_left_and_nothing_else_is_touched(text in any::<String>()) {
            let safe = escaped(&text);
            prop_assert!(!safe.contains(char::is_control) && !safe.contains(is_unsafe));
            // Escaped text is safe: it is not escaped once more.
            prop_assert_eq!(escaped(&safe), safe.as_ref());
            let kept: String = text.chars().filter(|one| !is_unsafe(*one)).collect();
            if kept == text {
                prop_assert_eq!(safe.as_ref(), text.as_str());
            }
        }
    }
}
