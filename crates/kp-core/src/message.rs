//! The message schema, and how a message becomes a record's value and comes back.
//!
//! [`Message`] is what the programs exchange by default. A second schema is a type that derives
//! serde's traits, and nothing else; it may borrow from the value:
//!
//! ```
//! use kp_core::message::{decode, encode};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! struct Reading<'a> {
//!     sensor: &'a str,
//!     celsius: f64,
//! }
//!
//! let reading = Reading { sensor: "roof", celsius: 21.5 };
//! let mut value = Vec::new();
//! encode(&reading, &mut value)?;
//! assert_eq!(value, br#"{"sensor":"roof","celsius":21.5}"#);
//! assert_eq!(decode::<Reading>(&value)?, reading);
//!
//! let error = decode::<Reading>(br#"{"sensor":"roof","celsius":"mild"}"#).unwrap_err();
//! assert_eq!(error.to_string(), "the value does not fit the schema at `celsius`, column 33");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::{Deserialize, Serialize};

/// A message: one JSON object with one field.
///
/// On the wire, for example: `{"str":"result0"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The text that is carried.
    pub str: String,
}

impl Message {
    /// The message with number `i` of a run: `result0`, `result1` and so on.
    #[must_use]
    pub fn numbered(i: u64) -> Self {
        Self { str: format!("result{i}") }
    }
}

/// A type that JSON cannot express, such as a map whose keys are no texts.
#[derive(Debug, thiserror::Error)]
#[error("the message cannot be written as JSON")]
pub struct EncodeError(#[from] serde_json::Error);

/// A value that is not of the schema. The text shows nothing of the value but names of fields.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the value does not fit the schema at `{field}`, column {column}")]
pub struct DecodeError {
    /// The field, such as `lines[0].price`; `.` is the whole value.
    pub field: String,
    /// The byte in its line, counted from 1.
    pub column: usize,
}

/// Appends the message as JSON to `out`.
///
/// # Errors
/// The type is not one that JSON can express. `out` is then as it was before.
pub fn encode<T: Serialize>(message: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let before = out.len();
    serde_json::to_writer(&mut *out, message).map_err(|error| {
        out.truncate(before);
        error.into()
    })
}

/// Reads a message from a record's value.
///
/// # Errors
/// The value is not JSON, or not of this schema.
pub fn decode<'v, T: Deserialize<'v>>(value: &'v [u8]) -> Result<T, DecodeError> {
    // Text by text would take a third more instructions than all at once.
    let Ok(text) = std::str::from_utf8(value) else {
        return Err(misfit::<T>(value));
    };
    serde_json::from_str(text).map_err(|_| misfit::<T>(value))
}

/// Where a value does not fit, found by reading it once more, slowly.
#[cold]
#[inline(never)]
fn misfit<'v, T: Deserialize<'v>>(value: &'v [u8]) -> DecodeError {
    if let Err(error) = std::str::from_utf8(value) {
        return DecodeError { field: ".".to_owned(), column: error.valid_up_to() + 1 };
    }
    let mut value = serde_json::Deserializer::from_slice(value);
    match serde_path_to_error::deserialize::<_, T>(&mut value) {
        Err(error) => {
            DecodeError { field: error.path().to_string(), column: error.inner().column() }
        }
        // What follows the whole value is too much.
        Ok(_) => {
            let column = value.end().err().map_or(0, |error| error.column());
            DecodeError { field: ".".to_owned(), column }
        }
    }
}

/// Appends what [`encode`] makes of [`Message::numbered`] to `out`.
///
/// The bytes are put together by hand, because this is the producer's innermost loop. It takes 95
/// instructions a message, counted by callgrind. `encode` takes 450 with the text on the stack, and
/// 660 with serde's `collect_str`.
pub fn encode_numbered(i: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"str":"result"#);
    out.extend_from_slice(itoa::Buffer::new().format(i).as_bytes());
    out.extend_from_slice(br#""}"#);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encode_numbered_yields_the_bytes_of_the_schema() {
        let powers_of_ten = (0..20).map(|exponent| 10_u64.pow(exponent));
        let numbers =
            (0..2_000).chain(powers_of_ten.flat_map(|power| [power - 1, power])).chain([u64::MAX]);
        for i in numbers {
            let (mut by_hand, mut by_serde) = (Vec::new(), Vec::new());
            encode_numbered(i, &mut by_hand);
            let message = Message::numbered(i);
            encode(&message, &mut by_serde).unwrap();
            assert_eq!(by_hand, by_serde);
            assert_eq!(decode::<Message>(&by_hand).unwrap(), message);
        }
    }

    #[test]
    fn encode_numbered_appends() {
        let mut out = b"before ".to_vec();
        encode_numbered(7, &mut out);
        assert_eq!(out, br#"before {"str":"result7"}"#);
    }

    #[test]
    fn what_json_cannot_express_leaves_the_output_as_it_was() {
        let mut out = b"before ".to_vec();
        let keys = std::collections::BTreeMap::from([((), 1)]);
        assert!(encode(&keys, &mut out).is_err());
        assert_eq!(out, b"before ");
    }

    #[test]
    fn an_error_names_the_field_and_shows_no_value() {
        for (value, field, column) in [
            (&br#"{"str":["secret"]}"#[..], "str", 7),
            (br#"{"string":"secret"}"#, ".", 19),
            (br#"{"str":"secret"} secret"#, ".", 18),
            (b"secret", ".", 1),
            (b"", ".", 0),
        ] {
            let error = decode::<Message>(value).unwrap_err();
            assert_eq!(error, DecodeError { field: field.to_owned(), column }, "{value:?}");
            assert!(!error.to_string().contains("secret"));
        }
    }
}
