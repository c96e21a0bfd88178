//! What stands in a field: null, a text, or other JSON.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use serde_json::value::RawValue;

/// What stands in a field.
pub(super) enum Written {
    Null,
    /// The bytes that a string stands for.
    Text(Vec<u8>),
    /// An object, a list, a number or a boolean, as it stands.
    Json(Vec<u8>),
}

/// A field that is null or a text.
pub(super) struct TextOrNull(Written);

/// A field that is any JSON. It takes longer, since a text is looked at twice.
pub(super) struct AnyJson(Written);

impl From<TextOrNull> for Written {
    fn from(field: TextOrNull) -> Self {
        field.0
    }
}

impl From<AnyJson> for Written {
    fn from(field: AnyJson) -> Self {
        field.0
    }
}

impl<'de> Deserialize<'de> for TextOrNull {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsAndNulls).map(Self)
    }
}

struct TextsAndNulls;

impl Visitor<'_> for TextsAndNulls {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or null")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Written, E> {
        Ok(Written::Text(text.as_bytes().to_vec()))
    }

    fn visit_unit<E: Error>(self) -> Result<Written, E> {
        Ok(Written::Null)
    }
}

impl<'de> Deserialize<'de> for AnyJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        Ok(Self(match text.as_bytes() {
            [b'n', ..] => Written::Null,
            [b'"', ..] => {
                let text: String = serde_json::from_str(text).map_err(D::Error::custom)?;
                Written::Text(text.into_bytes())
            }
            json => Written::Json(json.to_vec()),
        }))
    }
}
