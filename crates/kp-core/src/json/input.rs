//! Reading a record back from a line of the format `json`.

use std::fmt;
use std::marker::PhantomData;

use data_encoding::BASE64;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::{
    nearest::did_you_mean,
    record::{OwnedRecord, Timestamp},
};

/// What a line may have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonRecord {
    topic: Option<String>,
    partition: Option<Value>,
    offset: Option<Value>,
    timestamp: Option<i64>,
    timestamp_type: Option<Value>,
    #[serde(default, deserialize_with = "given")]
    key: Text,
    #[serde(default, deserialize_with = "given")]
    key_base64: Base64,
    #[serde(default, deserialize_with = "given")]
    value: Text,
    #[serde(default, deserialize_with = "given")]
    value_base64: Base64,
    headers: Option<Vec<Object<JsonHeader>>>,
}

/// What a header may have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonHeader {
    #[serde(default, deserialize_with = "given")]
    key: Text,
    #[serde(default, deserialize_with = "given")]
    key_base64: Base64,
    #[serde(default, deserialize_with = "given")]
    value: Text,
    #[serde(default, deserialize_with = "given")]
    value_base64: Base64,
}

/// Bytes as a text: missing, null, or a string.
type Text = Option<Option<String>>;
/// Bytes as base64: missing, or a string.
type Base64 = Option<String>;

/// Tells a field that is null from one that is missing.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(field: D) -> Result<Option<T>, D::Error> {
    T::deserialize(field).map(Some)
}

/// A JSON object; serde alone would take a list of the fields' values for one as well.
struct Object<T>(T);

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

/// Why a line is no record. None of the texts shows a value of the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonRecordError {
    /// The line is no JSON document.
    #[error("not JSON: {reason} at column {column}")]
    NotJson {
        /// What is wrong.
        reason: String,
        /// Where, in bytes, counted from 1; 0 stands before the line.
        column: usize,
    },
    /// A field, or the line itself (`the line`), or a header has another type than it must have.
    #[error("{field} must be {expected}")]
    WrongType {
        /// The field, such as `` `headers[0].value` ``.
        field: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A field that records do not have.
    #[error("unknown field {field}{suggestion}")]
    UnknownField {
        /// The field.
        field: String,
        /// The name that was probably meant, in words; or nothing.
        suggestion: String,
    },
    /// The same field twice.
    #[error("{field} is given twice")]
    Repeated {
        /// The field.
        field: String,
    },
    /// A field as a text and as base64.
    #[error("{text} and {base64} are both given; keep one of them")]
    TextAndBase64 {
        /// The field as a text.
        text: String,
        /// The field as base64.
        base64: String,
    },
    /// A field in base64 that is none.
    #[error("{field} is not base64 (the standard alphabet, with padding)")]
    NotBase64 {
        /// The field.
        field: String,
    },
    /// A record or header without a value: a forgotten one must not become a tombstone.
    #[error("neither {text} nor {base64} is given; for a null value write null")]
    MissingValue {
        /// The field as a text.
        text: String,
        /// The field as base64.
        base64: String,
    },
    /// A header without a key.
    #[error("neither {text} nor {base64} is given")]
    MissingHeaderKey {
        /// The field as a text.
        text: String,
        /// The field as base64.
        base64: String,
    },
}

/// Reads a record from one line of JSON, as [the format `json`](super) writes it.
///
/// `topic` is where the record belongs if the line names no topic. `partition`, `offset` and
/// `timestamp_type` are ignored, since they are the broker's to set. Every field may be missing
/// except the value; a missing or null `headers` is none.
///
/// ```
/// let record = kp_core::json::parse(br#"{"key": "k", "value": "v"}"#, "orders")?;
/// assert_eq!(record.key.as_deref(), Some(&b"k"[..]));
/// assert_eq!(record.topic, "orders");
/// # Ok::<(), kp_core::json::JsonRecordError>(())
/// ```
///
/// # Errors
///
/// The line is not JSON, has an unknown, repeated, contradictory or wrongly typed field, or no
/// value.
pub fn parse(line: &[u8], topic: &str) -> Result<OwnedRecord, JsonRecordError> {
    record(read(line)?, topic)
}

/// Reads a record from one line of JSON with all that the line says of it: its partition, its
/// offset and who set its time as well.
///
/// ```
/// let line = br#"{"topic": "orders", "partition": 2, "offset": 7, "value": null}"#;
/// let record = kp_core::json::parse_stored(line)?;
/// assert_eq!((record.partition, record.offset), (Some(2), Some(7)));
/// # Ok::<(), kp_core::json::JsonRecordError>(())
/// ```
///
/// # Errors
///
/// As [`parse`]. Or the line names no topic, or its partition, offset or kind of time is none.
pub fn parse_stored(line: &[u8]) -> Result<OwnedRecord, JsonRecordError> {
    let mut read = read(line)?;
    let wrong =
        |name: &str, expected| JsonRecordError::WrongType { field: names(None, name).0, expected };
    let partition = match read.partition.take() {
        None => None,
        Some(number) => Some(
            number
                .as_i64()
                .and_then(|number| i32::try_from(number).ok())
                .ok_or_else(|| wrong("partition", "an integer of 32 bits or null"))?,
        ),
    };
    let offset = match read.offset.take() {
        None => None,
        Some(number) => Some(number.as_i64().ok_or_else(|| wrong("offset", "an integer or null"))?),
    };
    let kind = read.timestamp_type.take();
    let timestamp = match (read.timestamp, kind.as_ref().and_then(Value::as_str)) {
        (None, None) if kind.is_none() => Timestamp::NotAvailable,
        (Some(millis), Some("create")) => Timestamp::CreateTime(millis),
        (Some(millis), Some("log_append")) => Timestamp::LogAppendTime(millis),
        _ => {
            let expected = "\"create\" or \"log_append\" beside a timestamp, null without one";
            return Err(wrong("timestamp_type", expected));
        }
    };
    if read.topic.is_none() {
        return Err(wrong("topic", "a string"));
    }
    Ok(OwnedRecord { partition, offset, timestamp, ..record(read, "")? })
}

fn read(line: &[u8]) -> Result<JsonRecord, JsonRecordError> {
    let Object(read) = match serde_json::from_slice::<Object<JsonRecord>>(line) {
        Ok(read) => read,
        Err(_) => read_again(line)?,
    };
    Ok(read)
}

/// The record without what the broker sets.
fn record(read: JsonRecord, topic: &str) -> Result<OwnedRecord, JsonRecordError> {
    let headers = read.headers.unwrap_or_default().into_iter().enumerate();
    Ok(OwnedRecord {
        topic: read.topic.unwrap_or_else(|| topic.to_owned()),
        partition: None,
        offset: None,
        timestamp: read.timestamp.map_or(Timestamp::NotAvailable, Timestamp::CreateTime),
        headers: headers.map(|(index, header)| pair(index, header.0)).collect::<Result<_, _>>()?,
        key: bytes(None, "key", read.key, read.key_base64)?.flatten(),
        value: value(None, read.value, read.value_base64)?,
    })
}

fn pair(index: usize, read: JsonHeader) -> Result<(Vec<u8>, Option<Vec<u8>>), JsonRecordError> {
    let header = Some(index);
    let key = match bytes(header, "key", read.key, read.key_base64)? {
        Some(Some(key)) => key,
        Some(None) => {
            let field = names(header, "key").0;
            return Err(JsonRecordError::WrongType { field, expected: "a string" });
        }
        None => {
            let (text, base64) = names(header, "key");
            return Err(JsonRecordError::MissingHeaderKey { text, base64 });
        }
    };
    Ok((key, value(header, read.value, read.value_base64)?))
}

/// The value, which must not be missing.
fn value(
    header: Option<usize>,
    text: Text,
    base64: Base64,
) -> Result<Option<Vec<u8>>, JsonRecordError> {
    bytes(header, "value", text, base64)?.ok_or_else(|| {
        let (text, base64) = names(header, "value");
        JsonRecordError::MissingValue { text, base64 }
    })
}

/// The bytes that are given as a text or as base64: missing, null, or bytes.
fn bytes(
    header: Option<usize>,
    name: &str,
    text: Text,
    base64: Base64,
) -> Result<Option<Option<Vec<u8>>>, JsonRecordError> {
    match (text, base64) {
        (text, None) => Ok(text.map(|text| text.map(String::into_bytes))),
        (None, Some(base64)) => match BASE64.decode(base64.as_bytes()) {
            Ok(bytes) => Ok(Some(Some(bytes))),
            Err(_) => Err(JsonRecordError::NotBase64 { field: names(header, name).1 }),
        },
        (Some(_), Some(_)) => {
            let (text, base64) = names(header, name);
            Err(JsonRecordError::TextAndBase64 { text, base64 })
        }
    }
}

/// The names of a field of the record or of this header, as a text and as base64.
fn names(header: Option<usize>, name: &str) -> (String, String) {
    let object = header.map_or_else(String::new, |index| format!("headers[{index}]."));
    (format!("`{object}{name}`"), format!("`{object}{name}_base64`"))
}

/// Reads a line that was refused once more, to say what is wrong with it. What is no JSON is told
/// as such, wherever in the line that is.
#[cold]
fn read_again(line: &[u8]) -> Result<Object<JsonRecord>, JsonRecordError> {
    serde_json::from_slice::<Value>(line).map_err(|error| not_json(&error))?;
    let mut document = serde_json::Deserializer::from_slice(line);
    serde_path_to_error::deserialize(&mut document)
        .map_err(|error| wrong(error.path(), &error.inner().to_string()))
}

fn not_json(error: &serde_json::Error) -> JsonRecordError {
    // The caller has a line number of its own; serde_json's is that of the line within itself.
    let text = error.to_string();
    let reason = text.split_once(" at line ").map_or(&*text, |(reason, _)| reason);
    JsonRecordError::NotJson { reason: reason.to_owned(), column: error.column() }
}

/// What is wrong at this place. serde's `text` may show a value: only its kind is taken, and the
/// names of fields, which are known.
fn wrong(path: &Path, text: &str) -> JsonRecordError {
    let mut place = String::new();
    let mut last = "";
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                last = "";
                place += &format!("[{index}]");
            }
            Segment::Map { key } => {
                last = key;
                let dot = if place.is_empty() { "" } else { "." };
                place += &format!("{dot}{}", key.escape_debug());
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    if text.starts_with("unknown field ") {
        let known = text.rsplit_once(", expected ").map_or("", |(_, known)| known);
        let known: Vec<_> = known.split('`').skip(1).step_by(2).collect();
        let suggestion = did_you_mean(last, &known);
        return JsonRecordError::UnknownField { field: format!("`{place}`"), suggestion };
    }
    if let Some(field) = text.strip_prefix("duplicate field `") {
        let field = field.split('`').next().unwrap_or_default();
        let dot = if place.is_empty() { "" } else { "." };
        return JsonRecordError::Repeated { field: format!("`{place}{dot}{field}`") };
    }
    let expected = match last {
        "topic" | "key" => "a string or null",
        "value" => "a string or null; write JSON as a string, or give --stdin-format lines",
        "key_base64" | "value_base64" => "a string in base64",
        "timestamp" => "an integer (milliseconds since 1970) or null",
        "headers" => "a list of objects",
        _ => "a JSON object",
    };
    let field = if place.is_empty() { "the line".to_owned() } else { format!("`{place}`") };
    JsonRecordError::WrongType { field, expected }
}
