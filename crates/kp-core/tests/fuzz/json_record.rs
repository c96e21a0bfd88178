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
    "\"payload\":",
    "\"ts\":",
    "\"tstype\":\"create\"",
    "\"headers\":[\"h\",null,\"i\",",
    "\"payload_error\":\"e\"",
    "1e999",
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
            is_as_the_document_says(&record, line, value);
            assert_eq!(parse(&written(&record), TOPIC), Ok(record));
        }
        (Ok(record), Err(_)) => is_json_that_serde_json_cannot_hold(&record, line),
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
fn is_as_the_document_says(record: &OwnedRecord, line: &[u8], document: &Value) {
    let is_kcats = ["payload", "ts", "tstype", "broker", "key_schema_id", "value_schema_id"]
        .iter()
        .any(|field| {
            !document[*field].is_null() || *field == "payload" && document.get("payload").is_some()
        });
    let (value, time) = if is_kcats { ("payload", "ts") } else { ("value", "timestamp") };
    let headers = document["headers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let headers: Vec<_> = match headers {
        [Value::Object(_), ..] => headers
            .iter()
            .map(|header| (bytes(header, "key").expect("a header's key"), bytes(header, "value")))
            .collect(),
        flat => flat
            .chunks(2)
            .map(|pair| (text(&pair[0]).expect("a header's name"), text(&pair[1])))
            .collect(),
    };
    let time = document[time].as_i64().filter(|_| document["tstype"] != "unknown");
    let expected = OwnedRecord {
        topic: document["topic"].as_str().unwrap_or(TOPIC).to_owned(),
        partition: None,
        offset: None,
        timestamp: time.map_or(Timestamp::NotAvailable, Timestamp::CreateTime),
        key: record.key.clone(),
        value: record.value.clone(),
        headers,
    };
    assert_eq!(record, &expected);
    is_as_it_stands(record.value.as_deref(), line, document, value);
    is_as_it_stands(record.key.as_deref(), line, document, "key");
}

/// A text's bytes, or JSON with the bytes that it has in the line.
fn is_as_it_stands(read: Option<&[u8]>, line: &[u8], document: &Value, name: &str) {
    if matches!(document[name], Value::Null | Value::String(_)) {
        assert_eq!(read, bytes(document, name).as_deref());
    } else {
        let read = read.expect("JSON");
        assert!(line.windows(read.len()).any(|part| part == read));
        let read: Value = serde_json::from_slice(read).expect("JSON");
        assert_eq!(read, document[name]);
    }
}

/// Half a surrogate pair, a number out of range or deep brackets may stand in a value that is JSON.
fn is_json_that_serde_json_cannot_hold(record: &OwnedRecord, line: &[u8]) {
    let is_json = |bytes: &[u8]| {
        let record = Record { value: Some(bytes), ..Record::default() };
        shown(&Format::Line, &record).is_ok()
    };
    assert!(is_json(line), "{record:?} was read from what is no JSON");
    let mut json = [&record.key, &record.value].into_iter().flatten();
    assert!(json.any(|bytes| is_json(bytes) && serde_json::from_slice::<Value>(bytes).is_err()));
}

fn text(value: &Value) -> Option<Vec<u8>> {
    value.as_str().map(|text| text.as_bytes().to_vec())
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
