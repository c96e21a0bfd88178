//! Reading a record back from a line of the format `json`.

use data_encoding::BASE64;

use super::node::Node;
use crate::nearest::did_you_mean;

const RECORD_FIELDS: [&str; 10] = [
    "topic",
    "partition",
    "offset",
    "timestamp",
    "timestamp_type",
    "key",
    "key_base64",
    "value",
    "value_base64",
    "headers",
];
const HEADER_FIELDS: [&str; 4] = ["key", "key_base64", "value", "value_base64"];

/// A record to be sent, as one line of JSON describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InputRecord {
    /// The topic, if the line names one.
    pub topic: Option<String>,
    /// Milliseconds since 1970-01-01 UTC, if the line has a timestamp.
    pub timestamp_ms: Option<i64>,
    /// The key; `None` is Kafka's null.
    pub key: Option<Vec<u8>>,
    /// The value; `None` is Kafka's null, a tombstone.
    pub value: Option<Vec<u8>>,
    /// The headers in their order: each one's key, and its value or null.
    pub headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
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
/// `partition`, `offset` and `timestamp_type` are ignored, since they are the broker's to set.
/// Every field may be missing except the value; a missing or null `headers` is none.
///
/// ```
/// let record = kp_core::json::parse(br#"{"key": "k", "value": "v"}"#)?;
/// assert_eq!(record.key.as_deref(), Some(&b"k"[..]));
/// assert_eq!(record.topic, None);
/// # Ok::<(), kp_core::json::JsonRecordError>(())
/// ```
///
/// # Errors
///
/// The line is not JSON, has an unknown, repeated, contradictory or wrongly typed field, or no
/// value.
pub fn parse(line: &[u8]) -> Result<InputRecord, JsonRecordError> {
    let node = serde_json::from_slice(line).map_err(|error| not_json(&error))?;
    let mut fields = Fields::new(node, "", &RECORD_FIELDS)?;
    let topic = match fields.take("topic") {
        None | Some(Node::Null) => None,
        Some(Node::Text(topic)) => Some(topic),
        Some(_) => return Err(fields.wrong_type("topic", "a string or null")),
    };
    let timestamp_ms = match fields.take("timestamp") {
        None | Some(Node::Null) => None,
        Some(Node::Integer(millis)) => Some(millis),
        Some(_) => {
            let expected = "an integer (milliseconds since 1970) or null";
            return Err(fields.wrong_type("timestamp", expected));
        }
    };
    let headers = match fields.take("headers") {
        None | Some(Node::Null) => Vec::new(),
        Some(Node::List(headers)) => headers
            .into_iter()
            .enumerate()
            .map(|(index, header)| parse_header(index, header))
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(fields.wrong_type("headers", "a list of objects")),
    };
    Ok(InputRecord {
        topic,
        timestamp_ms,
        key: fields.take_key()?.flatten(),
        value: fields.take_value()?,
        headers,
    })
}

fn parse_header(index: usize, header: Node) -> Result<(Vec<u8>, Option<Vec<u8>>), JsonRecordError> {
    let mut fields = Fields::new(header, &format!("headers[{index}]"), &HEADER_FIELDS)?;
    let key = match fields.take_key()? {
        Some(Some(key)) => key,
        Some(None) => return Err(fields.wrong_type("key", "a string")),
        None => {
            return Err(JsonRecordError::MissingHeaderKey {
                text: fields.name("key"),
                base64: fields.name("key_base64"),
            });
        }
    };
    Ok((key, fields.take_value()?))
}

fn not_json(error: &serde_json::Error) -> JsonRecordError {
    // The caller has a line number of its own; serde_json's is that of the line within itself.
    let text = error.to_string();
    let reason = text
        .split_once(" at line ")
        .map_or(&*text, |(reason, _)| reason);
    JsonRecordError::NotJson {
        reason: reason.to_owned(),
        column: error.column(),
    }
}

/// The members of an object that have not been read yet.
struct Fields {
    members: Vec<(String, Node)>,
    /// Where the object stands, such as `headers[0]`; empty for the record itself.
    path: String,
}

impl Fields {
    fn new(node: Node, path: &str, known: &[&'static str]) -> Result<Self, JsonRecordError> {
        let Node::Object(members) = node else {
            return Err(JsonRecordError::WrongType {
                field: if path.is_empty() {
                    "the line".to_owned()
                } else {
                    format!("`{path}`")
                },
                expected: "a JSON object",
            });
        };
        let fields = Self {
            members,
            path: path.to_owned(),
        };
        for (index, (name, _)) in fields.members.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(JsonRecordError::UnknownField {
                    field: fields.name(name),
                    suggestion: did_you_mean(name, known),
                });
            }
            if fields.members[..index]
                .iter()
                .any(|(earlier, _)| earlier == name)
            {
                return Err(JsonRecordError::Repeated {
                    field: fields.name(name),
                });
            }
        }
        Ok(fields)
    }

    fn name(&self, field: &str) -> String {
        let dot = if self.path.is_empty() { "" } else { "." };
        format!("`{}{dot}{}`", self.path, field.escape_debug())
    }

    fn wrong_type(&self, field: &str, expected: &'static str) -> JsonRecordError {
        JsonRecordError::WrongType {
            field: self.name(field),
            expected,
        }
    }

    fn take(&mut self, field: &str) -> Option<Node> {
        let index = self.members.iter().position(|(name, _)| name == field)?;
        Some(self.members.swap_remove(index).1)
    }

    /// The key: missing, null, or bytes.
    fn take_key(&mut self) -> Result<Option<Option<Vec<u8>>>, JsonRecordError> {
        self.take_bytes("key", "key_base64", "a string or null")
    }

    /// The value, which must not be missing.
    fn take_value(&mut self) -> Result<Option<Vec<u8>>, JsonRecordError> {
        let expected = "a string or null; write JSON as a string, or give --stdin-format lines";
        self.take_bytes("value", "value_base64", expected)?
            .ok_or_else(|| JsonRecordError::MissingValue {
                text: self.name("value"),
                base64: self.name("value_base64"),
            })
    }

    fn take_bytes(
        &mut self,
        field: &str,
        field_base64: &str,
        expected: &'static str,
    ) -> Result<Option<Option<Vec<u8>>>, JsonRecordError> {
        match (self.take(field), self.take(field_base64)) {
            (None, None) => Ok(None),
            (Some(Node::Null), None) => Ok(Some(None)),
            (Some(Node::Text(text)), None) => Ok(Some(Some(text.into_bytes()))),
            (Some(_), None) => Err(self.wrong_type(field, expected)),
            (None, Some(Node::Text(base64))) => match BASE64.decode(base64.as_bytes()) {
                Ok(bytes) => Ok(Some(Some(bytes))),
                Err(_) => Err(JsonRecordError::NotBase64 {
                    field: self.name(field_base64),
                }),
            },
            (None, Some(_)) => Err(self.wrong_type(field_base64, "a string in base64")),
            (Some(_), Some(_)) => Err(JsonRecordError::TextAndBase64 {
                text: self.name(field),
                base64: self.name(field_base64),
            }),
        }
    }
}
