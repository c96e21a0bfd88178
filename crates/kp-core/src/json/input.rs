//! Reading a record back from a line of the format `json`.

mod error;
mod fields;
mod kcat;
mod refused;
mod written;

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::Value;

use crate::record::{OwnedRecord, Timestamp};
use fields::{Base64, Fields, HeaderItem, JsonHeader, Object, Text};
use written::{AnyJson, TextOrNull, Written};

pub use error::JsonRecordError;

/// Reads a record from one line of JSON, as [the format `json`](super) writes it.
///
/// `topic` is where the record belongs if the line names no topic. `partition`, `offset` and
/// `timestamp_type` are ignored, since they are the broker's to set. Every field may be missing
/// except the value; a missing or null `headers` is none.
///
/// `value` may also be an object, a list, a number or a boolean: its bytes are that JSON as it
/// stands. A line that kcat's `-J` has printed is read as well; it has `payload` for the value.
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
    // Most values are texts. Any other, and what is wrong, is seen when the line is read again.
    match serde_json::from_slice(line) {
        Ok(Object(fields)) => either::<TextOrNull>(fields, topic),
        Err(_) => either::<AnyJson>(read(line)?, topic),
    }
}

/// The record of a line of kp or of kcat.
fn either<T: Into<Written>>(
    mut fields: Fields<T>,
    topic: &str,
) -> Result<OwnedRecord, JsonRecordError> {
    match kcat::record(&mut fields, topic)? {
        Some(record) => Ok(record),
        None => record(fields, topic, Json::IsAValue),
    }
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
/// As [`parse`]. Or the line names no topic, or its partition, offset or kind of time is none. A
/// value that is neither a string nor null is refused, and a line of kcat's.
pub fn parse_stored(line: &[u8]) -> Result<OwnedRecord, JsonRecordError> {
    match serde_json::from_slice(line) {
        Ok(Object(fields)) => stored::<TextOrNull>(fields),
        Err(_) => stored::<AnyJson>(read(line)?),
    }
}

fn stored<T: Into<Written>>(mut read: Fields<T>) -> Result<OwnedRecord, JsonRecordError> {
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
    if let Some(field) = kcat::own_field(&read) {
        let (field, suggestion) = (format!("`{field}`"), String::new());
        return Err(JsonRecordError::UnknownField { field, suggestion });
    }
    let record = record(read, "", Json::IsRefused)?;
    Ok(OwnedRecord { partition, offset, timestamp, ..record })
}

/// Whether the value may stand as JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Json {
    IsAValue,
    IsRefused,
}

fn read<'l, T: Deserialize<'l>>(line: &'l [u8]) -> Result<Fields<T>, JsonRecordError> {
    match serde_json::from_slice(line) {
        Ok(Object(fields)) => Ok(fields),
        Err(_) => Err(refused::why(line)),
    }
}

/// The record without what the broker sets.
fn record<T: Into<Written>>(
    read: Fields<T>,
    topic: &str,
    json: Json,
) -> Result<OwnedRecord, JsonRecordError> {
    let headers = read.headers.unwrap_or_default().into_iter().enumerate();
    let key = text("key", read.key, Json::IsRefused)?;
    let value = text("value", read.value, json)?;
    Ok(OwnedRecord {
        topic: read.topic.unwrap_or_else(|| topic.to_owned()),
        partition: None,
        offset: None,
        timestamp: read.timestamp.map_or(Timestamp::NotAvailable, Timestamp::CreateTime),
        headers: headers.map(|(index, header)| pair(index, header)).collect::<Result<_, _>>()?,
        key: bytes(None, "key", key, read.key_base64)?.flatten(),
        value: or_missing(None, bytes(None, "value", value, read.value_base64)?)?,
    })
}

fn pair(index: usize, item: HeaderItem) -> Result<(Vec<u8>, Option<Vec<u8>>), JsonRecordError> {
    let header = Some(index);
    let HeaderItem::Object(JsonHeader { key, key_base64, value, value_base64 }) = item else {
        let field = format!("`headers[{index}]`");
        return Err(JsonRecordError::WrongType { field, expected: "a JSON object" });
    };
    let of = |text: Text| text.map(|text| text.map(String::into_bytes));
    let key = match bytes(header, "key", of(key), key_base64)? {
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
    Ok((key, or_missing(header, bytes(header, "value", of(value), value_base64)?)?))
}

/// The value, which must not be missing.
fn or_missing(header: Option<usize>, value: Bytes) -> Result<Option<Vec<u8>>, JsonRecordError> {
    value.ok_or_else(|| {
        let (text, base64) = names(header, "value");
        JsonRecordError::MissingValue { text, base64 }
    })
}

/// Missing, null, or bytes.
type Bytes = Option<Option<Vec<u8>>>;

/// The bytes of a field of the record that is not base64.
fn text<T: Into<Written>>(
    name: &str,
    field: Option<T>,
    json: Json,
) -> Result<Bytes, JsonRecordError> {
    match field.map(Into::into) {
        None => Ok(None),
        Some(Written::Null) => Ok(Some(None)),
        Some(Written::Text(bytes)) => Ok(Some(Some(bytes))),
        Some(Written::Json(bytes)) if json == Json::IsAValue => Ok(Some(Some(bytes))),
        Some(Written::Json(_)) => {
            let field = names(None, name).0;
            Err(JsonRecordError::WrongType { field, expected: "a string or null" })
        }
    }
}

/// The bytes that are given as a text or as base64.
fn bytes(
    header: Option<usize>,
    name: &str,
    text: Bytes,
    base64: Base64,
) -> Result<Bytes, JsonRecordError> {
    match (text, base64) {
        (text, None) => Ok(text),
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
