//! A line of the format `json`, as `kp-producer --stdin-format json` reads it.

use data_encoding::BASE64;
use kp_core::json::{JsonRecordError, parse};
use kp_core::{Format, OwnedRecord, Record, Timestamp};
use serde_json::Value;

use crate::{assert_one_line, shown};

pub(crate) const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    " ",
    "null",
    "true",
    "-1.5e3",
    "1732300000000",
    "9223372036854775808",
    "\"topic\":\"a\"",
    "\"timestamp\":",
    "\"partition\":0",
    "\"offset\":[{}]",
    "\"key\":",
    "\"key_base64\":",
    "\"value\":",
    "\"value_base64\":",
    "\"headers\":[",
    "{\"key\":\"h\",\"value\":null}",
    "{\"value\":\"v\"",
    "\"k\"",
    "\"/w==\"",
    "\"é\\n\\ud83d\\ude00\"",
    "\"\\ud800\"",
    "\"vlaue\":",
    "\"\\u0000\"",
];

/// Stands at the beginning of each value when it is looked for in an error.
const CANARY: &str = "canary7Hq";

/// Where a line belongs that names no topic.
const TOPIC: &str = "no topic is named";

pub(crate) fn check(line: &[u8]) {
    let read = serde_json::from_slice::<Value>(line);
    match (parse(line, TOPIC), &read) {
        (Ok(record), Ok(value)) => {
            assert_eq!(record, as_the_document_says(value));
            assert_eq!(parse(&written(&record), TOPIC), Ok(record));
        }
        (Ok(record), Err(error)) => panic!("{record:?} was read from what is no JSON: {error}"),
        (Err(error), _) => {
            assert_one_line(&error.to_string());
            let is_no_json = matches!(error, JsonRecordError::NotJson { .. });
            assert_eq!(is_no_json, read.is_err(), "{error}");
            if let JsonRecordError::NotJson { column, .. } = error {
                assert!(column <= line.len(), "{error}");
            }
        }
    }
    if let Ok(value) = read
        && !String::from_utf8_lossy(line).contains(CANARY)
    {
        errors_show_no_value(value);
    }
}

/// The record in a document that is one, read in the plainest way.
fn as_the_document_says(line: &Value) -> OwnedRecord {
    let headers = line["headers"].as_array();
    OwnedRecord {
        topic: line["topic"].as_str().unwrap_or(TOPIC).to_owned(),
        partition: None,
        offset: None,
        timestamp: line["timestamp"]
            .as_i64()
            .map_or(Timestamp::NotAvailable, Timestamp::CreateTime),
        key: bytes(line, "key"),
        value: bytes(line, "value"),
        headers: headers
            .into_iter()
            .flatten()
            .map(|header| (bytes(header, "key").expect("a header's key"), bytes(header, "value")))
            .collect(),
    }
}

fn bytes(object: &Value, name: &str) -> Option<Vec<u8>> {
    let text = object[name].as_str().map(|text| text.as_bytes().to_vec());
    text.or_else(|| {
        let base64 = object[format!("{name}_base64")].as_str()?;
        Some(BASE64.decode(base64.as_bytes()).expect("base64"))
    })
}

/// The record in the format `json`, without the topic where it has none.
fn written(record: &OwnedRecord) -> Vec<u8> {
    let line = record
        .lend(|record| {
            shown(&Format::Json, &Record { partition: Some(3), offset: Some(7), ..*record })
        })
        .expect("the format json shows every record");
    assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1));
    let unnamed = format!("{{\"topic\":\"{TOPIC}\",");
    match line.strip_prefix(unnamed.as_bytes()) {
        Some(rest) => [b"{", rest].concat(),
        None => line,
    }
}

/// The values of a record may be secrets: an error names fields and shows nothing of them.
fn errors_show_no_value(mut line: Value) {
    mark(&mut line);
    if let Err(error) = parse(line.to_string().as_bytes(), TOPIC) {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(CANARY), "{shown}");
    }
}

fn mark(value: &mut Value) {
    match value {
        Value::String(text) => text.insert_str(0, CANARY),
        Value::Array(items) => items.iter_mut().for_each(mark),
        Value::Object(members) => members.values_mut().for_each(mark),
        _ => {}
    }
}
