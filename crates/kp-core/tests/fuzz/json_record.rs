//! A line of the format `json`, as `kp-producer --stdin-format json` reads it.

use data_encoding::BASE64;
use kp_core::json::{InputRecord, JsonRecordError, parse};
use kp_core::{Format, Header, Record, Timestamp};
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

pub(crate) fn check(line: &[u8]) {
    let read = serde_json::from_slice::<Value>(line);
    match (parse(line), &read) {
        (Ok(record), Ok(value)) => {
            assert_eq!(record, as_the_document_says(value));
            assert_eq!(parse(&written(&record)), Ok(record));
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
fn as_the_document_says(line: &Value) -> InputRecord {
    let headers = line["headers"].as_array();
    InputRecord {
        topic: line["topic"].as_str().map(str::to_owned),
        timestamp_ms: line["timestamp"].as_i64(),
        key: bytes(line, "key"),
        value: bytes(line, "value"),
        headers: headers
            .into_iter()
            .flatten()
            .map(|header| {
                (
                    bytes(header, "key").expect("a header's key"),
                    bytes(header, "value"),
                )
            })
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
fn written(record: &InputRecord) -> Vec<u8> {
    let headers: Vec<_> = record
        .headers
        .iter()
        .map(|(key, value)| Header {
            key,
            value: value.as_deref(),
        })
        .collect();
    let whole = Record {
        topic: record.topic.as_deref().unwrap_or_default(),
        partition: 3,
        offset: 7,
        timestamp: record
            .timestamp_ms
            .map_or(Timestamp::NotAvailable, Timestamp::CreateTime),
        key: record.key.as_deref(),
        value: record.value.as_deref(),
        headers: &headers,
    };
    let line = shown(&Format::Json, &whole).expect("the format json shows every record");
    assert_eq!(
        line.iter().position(|&byte| byte == b'\n'),
        Some(line.len() - 1)
    );
    match (&record.topic, line.strip_prefix(b"{\"topic\":\"\",")) {
        (None, Some(rest)) => [b"{", rest].concat(),
        _ => line,
    }
}

/// The values of a record may be secrets: an error names fields and shows nothing of them.
fn errors_show_no_value(mut line: Value) {
    mark(&mut line);
    if let Err(error) = parse(line.to_string().as_bytes()) {
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
