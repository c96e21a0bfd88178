//! A line that kcat's `-J` has printed.
//!
//! ```json
//! {"topic":"t","partition":0,"offset":3,"tstype":"create","ts":1732300000000,"broker":1,
//!  "headers":["trace","7","empty",null],"key":"k","payload":"v"}
//! ```
//!
//! - `headers` are names and values in turn, and are missing where there are none.
//! - `tstype` is `create`, `logappend` or `unknown`, and `ts` is missing where there is no time.
//! - With kcat's `-s avro` key and payload are JSON as it was decoded, with the number of its
//!   schema beside it, or null with the reason why not.

use super::error::JsonRecordError;
use super::fields::{Fields, HeaderItem};
use super::written::Written;
use crate::record::{OwnedRecord, Timestamp};

/// The record of such a line; `None` where the line has no field that only kcat writes.
pub(super) fn record<T: Into<Written>>(
    fields: &mut Fields<T>,
    topic: &str,
) -> Result<Option<OwnedRecord>, JsonRecordError> {
    let Some(kcat) = own_field(fields) else {
        return Ok(None);
    };
    if let Some(other) = field_of_kp(fields) {
        return Err(JsonRecordError::TwoLayouts { kcat, other });
    }
    for (field, is_given) in [
        ("key_error", fields.key_error.is_some()),
        ("payload_error", fields.payload_error.is_some()),
    ] {
        if is_given {
            return Err(JsonRecordError::Undecoded { field });
        }
    }
    let bytes = |field: T| match field.into() {
        Written::Null => None,
        Written::Text(bytes) | Written::Json(bytes) => Some(bytes),
    };
    let payload = fields.payload.take().ok_or(JsonRecordError::MissingPayload)?;
    Ok(Some(OwnedRecord {
        topic: fields.topic.take().unwrap_or_else(|| topic.to_owned()),
        partition: None,
        offset: None,
        timestamp: match (fields.ts, fields.tstype.as_deref()) {
            (None, _) | (_, Some("unknown")) => Timestamp::NotAvailable,
            (Some(millis), _) => Timestamp::CreateTime(millis),
        },
        headers: headers(fields.headers.take().unwrap_or_default())?,
        key: fields.key.take().and_then(bytes),
        value: bytes(payload),
    }))
}

/// The first field of the line that only kcat writes.
pub(super) fn own_field<T>(fields: &Fields<T>) -> Option<&'static str> {
    let own = [
        ("payload", fields.payload.is_some()),
        ("ts", fields.ts.is_some()),
        ("tstype", fields.tstype.is_some()),
        ("broker", fields.broker.is_some()),
        ("key_schema_id", fields.key_schema_id.is_some()),
        ("value_schema_id", fields.value_schema_id.is_some()),
        ("key_error", fields.key_error.is_some()),
        ("payload_error", fields.payload_error.is_some()),
    ];
    own.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
}

/// The first field of the line that kcat never writes.
fn field_of_kp<T>(fields: &Fields<T>) -> Option<&'static str> {
    let own = [
        ("value", fields.value.is_some()),
        ("value_base64", fields.value_base64.is_some()),
        ("key_base64", fields.key_base64.is_some()),
        ("timestamp", fields.timestamp.is_some()),
        ("timestamp_type", fields.timestamp_type.is_some()),
    ];
    own.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
}

type Headers = Vec<(Vec<u8>, Option<Vec<u8>>)>;

fn headers(items: Vec<HeaderItem>) -> Result<Headers, JsonRecordError> {
    let mut headers = Vec::with_capacity(items.len() / 2);
    let mut items = items.into_iter().enumerate();
    let wrong = |index: usize, expected| JsonRecordError::WrongType {
        field: format!("`headers[{index}]`"),
        expected,
    };
    while let Some((index, name)) = items.next() {
        let HeaderItem::Text(name) = name else {
            return Err(wrong(index, "a header's name, beside kcat's fields"));
        };
        let value = match items.next() {
            None => return Err(JsonRecordError::HeaderWithoutValue),
            Some((_, HeaderItem::Null)) => None,
            Some((_, HeaderItem::Text(value))) => Some(value.into_bytes()),
            Some((index, HeaderItem::Object(_))) => {
                return Err(wrong(index, "a header's value, a string or null"));
            }
        };
        headers.push((name.into_bytes(), value));
    }
    Ok(headers)
}
