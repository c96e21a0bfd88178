//! What stands in a field: null, a text, or other JSON.

use memchr::memchr;
use serde_json::value::RawValue;

/// What stands in a field.
pub(super) enum Written {
    Null,
    /// The bytes that a string stands for.
    Text(Vec<u8>),
    /// An object, a list, a number or a boolean, as it stands.
    Json(Vec<u8>),
}

impl Written {
    /// None where a string has an escape that stands for no character.
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let text = raw.get();
        match text.as_bytes() {
            [b'n', ..] => Some(Self::Null),
            [b'"', inside @ .., b'"'] if memchr(b'\\', inside).is_none() => {
                Some(Self::Text(inside.to_vec()))
            }
            [b'"', ..] => {
                let text: String = serde_json::from_str(text).ok()?;
                Some(Self::Text(text.into_bytes()))
            }
            json => Some(Self::Json(json.to_vec())),
        }
    }
}
