//! What the first bytes of a text say of its encoding.

/// What some editors begin a text with, to say that it is UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why a text cannot be read, if it begins as one in UTF-16 does.
pub(crate) fn utf16(bytes: &[u8]) -> Option<&'static str> {
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    is_utf16.then_some("this is UTF-16, and JSON is UTF-8; `iconv -f UTF-16 -t UTF-8` makes it so")
}
