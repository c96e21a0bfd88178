//! Texts as Python reads them from JSON and prints them.
//!
//! Python keeps half of a surrogate pair (`"\ud800"`) in a text, which no Rust string can hold;
//! so a text is read as code points.

use std::str::Chars;

use super::printable::is_printable;
use crate::bad_message::BadValue;

/// The code points of the inside of a JSON string that the scanner has checked.
struct CodePoints<'a> {
    rest: Chars<'a>,
}

impl CodePoints<'_> {
    /// What an escape stands for, after its backslash.
    fn escaped(&mut self) -> Option<u32> {
        let code_point = match self.rest.next()? {
            'b' => 0x08,
            'f' => 0x0c,
            'n' => 0x0a,
            'r' => 0x0d,
            't' => 0x09,
            'u' => {
                let first = hex4(&mut self.rest)?;
                self.joined_with_low_surrogate(first).unwrap_or(first)
            }
            other => u32::from(other),
        };
        Some(code_point)
    }

    /// The pair's code point, if `first` and the escape that follows are the halves of one.
    fn joined_with_low_surrogate(&mut self, first: u32) -> Option<u32> {
        if !(0xd800..0xdc00).contains(&first) {
            return None;
        }
        let mut following = self.rest.as_str().strip_prefix("\\u")?.chars();
        let second = hex4(&mut following)?;
        if !(0xdc00..0xe000).contains(&second) {
            return None;
        }
        self.rest = following;
        Some(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    }
}

impl Iterator for CodePoints<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match self.rest.next()? {
            '\\' => self.escaped(),
            character => Some(u32::from(character)),
        }
    }
}

fn hex4(digits: &mut Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |number, _| Some(number << 4 | digits.next()?.to_digit(16)?))
}

/// The inside of a JSON string token.
fn inside(token: &str) -> &str {
    &token[1..token.len() - 1]
}

/// A text by itself is printed as it is (`str`).
///
/// # Errors
///
/// Half of a surrogate pair: Python's own print fails as well.
pub(super) fn write_str(token: &str, out: &mut Vec<u8>) -> Result<(), BadValue> {
    let inside = inside(token);
    if !inside.contains('\\') {
        out.extend_from_slice(inside.as_bytes());
        return Ok(());
    }
    for code_point in (CodePoints { rest: inside.chars() }) {
        let character = char::from_u32(code_point).ok_or(BadValue::LoneSurrogate)?;
        write_char(character, out);
    }
    Ok(())
}

/// A text inside a list or an object is printed in quotes and with escapes (`repr`).
pub(super) fn write_repr(token: &str, out: &mut Vec<u8>) {
    let inside = inside(token);
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'\'' && byte != b'\\';
    if inside.bytes().all(plain) {
        out.push(b'\'');
        out.extend_from_slice(inside.as_bytes());
        out.push(b'\'');
        return;
    }
    let code_points = || CodePoints { rest: inside.chars() };
    let quote = quote(
        code_points().any(|code_point| code_point == u32::from(b'\'')),
        code_points().any(|code_point| code_point == u32::from(b'"')),
    );
    out.push(quote);
    for code_point in code_points() {
        write_code_point(code_point, quote, out);
    }
    out.push(quote);
}

fn write_code_point(code_point: u32, quote: u8, out: &mut Vec<u8>) {
    match char::from_u32(code_point) {
        Some('\\') => out.extend_from_slice(b"\\\\"),
        Some('\n') => out.extend_from_slice(b"\\n"),
        Some('\r') => out.extend_from_slice(b"\\r"),
        Some('\t') => out.extend_from_slice(b"\\t"),
        Some(character) if character == char::from(quote) => out.extend_from_slice(&[b'\\', quote]),
        Some(character) if is_printable(character) => write_char(character, out),
        _ => match code_point {
            0..=0xff => write_hex(b'x', code_point, 2, out),
            0x100..=0xffff => write_hex(b'u', code_point, 4, out),
            _ => write_hex(b'U', code_point, 8, out),
        },
    }
}

fn write_char(character: char, out: &mut Vec<u8>) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Appends an escape such as `\x1f`: the letter, then `digits` hexadecimal digits.
pub(super) fn write_hex(letter: u8, number: u32, digits: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'\\', letter]);
    for place in (0..digits).rev() {
        let digit = char::from_digit(number >> (4 * place) & 0xf, 16);
        write_char(digit.unwrap_or('0'), out);
    }
}

/// The quote that Python chooses around `bytes`.
pub(super) fn quote_for(bytes: &[u8]) -> u8 {
    quote(bytes.contains(&b'\''), bytes.contains(&b'"'))
}

/// Single quotes, unless that needs an escape which double quotes do not need.
fn quote(has_single: bool, has_double: bool) -> u8 {
    if has_single && !has_double { b'"' } else { b'\'' }
}
