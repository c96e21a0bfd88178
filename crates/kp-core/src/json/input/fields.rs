//! What a line may have, by serde.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{
    Deserializer, Error, IgnoredAny, MapAccess, Visitor, value::MapAccessDeserializer,
};
use serde_json::Value;

/// What a line may have: the fields that kp writes, and behind them those that only kcat does.
/// `T` is what key and value may be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Fields<T> {
    pub(super) topic: Option<String>,
    pub(super) partition: Option<Value>,
    pub(super) offset: Option<Value>,
    pub(super) timestamp: Option<i64>,
    pub(super) timestamp_type: Option<Value>,
    #[serde(default, deserialize_with = "given")]
    pub(super) key: Option<T>,
    #[serde(default, deserialize_with = "given")]
    pub(super) key_base64: Base64,
    #[serde(default, deserialize_with = "given")]
    pub(super) value: Option<T>,
    #[serde(default, deserialize_with = "given")]
    pub(super) value_base64: Base64,
    pub(super) headers: Option<Vec<HeaderItem>>,
    #[serde(default, deserialize_with = "given")]
    pub(super) payload: Option<T>,
    pub(super) tstype: Option<String>,
    pub(super) ts: Option<i64>,
    pub(super) broker: Option<IgnoredAny>,
    pub(super) key_schema_id: Option<IgnoredAny>,
    pub(super) value_schema_id: Option<IgnoredAny>,
    pub(super) key_error: Option<IgnoredAny>,
    pub(super) payload_error: Option<IgnoredAny>,
}

/// What a header may have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JsonHeader {
    #[serde(default, deserialize_with = "given")]
    pub(super) key: Text,
    #[serde(default, deserialize_with = "given")]
    pub(super) key_base64: Base64,
    #[serde(default, deserialize_with = "given")]
    pub(super) value: Text,
    #[serde(default, deserialize_with = "given")]
    pub(super) value_base64: Base64,
}

/// Bytes as a text: missing, null, or a string.
pub(super) type Text = Option<Option<String>>;
/// Bytes as base64: missing, or a string.
pub(super) type Base64 = Option<String>;

/// Tells a field that is null from one that is missing.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(field: D) -> Result<Option<T>, D::Error> {
    T::deserialize(field).map(Some)
}

/// A JSON object; serde alone would take a list of the fields' values for one as well.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData)).map(Object)
    }
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

/// An item of a line's headers: kp writes an object for each header, kcat the names and the values
/// in turn.
pub(super) enum HeaderItem {
    Object(JsonHeader),
    Text(String),
    Null,
}

impl<'de> Deserialize<'de> for HeaderItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HeaderItems)
    }
}

struct HeaderItems;

impl<'de> Visitor<'de> for HeaderItems {
    type Value = HeaderItem;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<HeaderItem, A::Error> {
        JsonHeader::deserialize(MapAccessDeserializer::new(members)).map(HeaderItem::Object)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<HeaderItem, E> {
        Ok(HeaderItem::Text(text.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<HeaderItem, E> {
        Ok(HeaderItem::Null)
    }
}
