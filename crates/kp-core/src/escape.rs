//! Escapes in what a person types: `\n`, `\r`, `\t`, `\0`, `\\`, and `\xNN` for any byte.

/// A backslash with something that is no escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown escape; use \\n, \\r, \\t, \\0, \\\\, or \\xNN with two hexadecimal digits")]
pub struct UnknownEscape;

/// The bytes that a text with escapes stands for.
///
/// ```
/// assert_eq!(kp_core::unescape(r"a\t\x00"), Ok(b"a\t\0".to_vec()));
/// ```
///
/// # Errors
///
/// A backslash with something that is no escape.
pub fn unescape(text: &str) -> Result<Vec<u8>, UnknownEscape> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => bytes.push(escaped(&mut rest).ok_or(UnknownEscape)?),
            _ => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Ok(bytes)
}

/// The byte that an escape stands for, after its backslash.
pub(crate) fn escaped(rest: &mut std::str::Chars<'_>) -> Option<u8> {
    match rest.next()? {
        'n' => Some(b'\n'),
        'r' => Some(b'\r'),
        't' => Some(b'\t'),
        '0' => Some(0),
        '\\' => Some(b'\\'),
        'x' => {
            let byte = rest.next()?.to_digit(16)? << 4 | rest.next()?.to_digit(16)?;
            u8::try_from(byte).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_escape_is_refused() {
        for text in [r"\q", r"a\", r"\x4", r"\x+1", r"\xzz"] {
            assert_eq!(unescape(text), Err(UnknownEscape), "{text}");
        }
        assert_eq!(unescape(r"é\\n\r\n"), Ok("é\\n\r\n".into()));
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_written(bytes in any::<Vec<u8>>()) {
            let text: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
            prop_assert_eq!(unescape(&text), Ok(bytes));
        }
    }
}
