//! What is wrong with a line that serde refused.

use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::error::JsonRecordError;
use super::fields::{Fields, Object};
use super::written::AnyJson;
use crate::nearest::did_you_mean;

/// Reads a line that was refused once more, to say what is wrong with it. What is no JSON is told
/// as such, wherever in the line that is.
#[cold]
pub(super) fn why(line: &[u8]) -> JsonRecordError {
    if let Err(error) = serde_json::from_slice::<Value>(line) {
        return not_json(&error);
    }
    let mut document = serde_json::Deserializer::from_slice(line);
    match serde_path_to_error::deserialize::<_, Object<Fields<AnyJson>>>(&mut document) {
        Err(error) => wrong(error.path(), &error.inner().to_string()),
        // What follows the object would not have been JSON.
        Ok(_) => wrong_line(),
    }
}

fn wrong_line() -> JsonRecordError {
    JsonRecordError::WrongType { field: "the line".to_owned(), expected: "a JSON object" }
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
        // Of a header; that of a record may be any JSON.
        "topic" | "key" | "value" | "tstype" => "a string or null",
        "key_base64" | "value_base64" => "a string in base64",
        "timestamp" | "ts" => "an integer (milliseconds since 1970) or null",
        "headers" => "a list of objects",
        _ => "a JSON object",
    };
    let field = if place.is_empty() { "the line".to_owned() } else { format!("`{place}`") };
    JsonRecordError::WrongType { field, expected }
}
