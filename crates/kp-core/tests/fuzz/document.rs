//! A message's key and value, as the formats `line` and `seed` read them.

use kp_core::{BadValue, Format, Record, Timestamp};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::{assert_one_line, python, shown};

pub(crate) const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    " ",
    "\r\n",
    "null",
    "true",
    "false",
    "NaN",
    "-Infinity",
    "0",
    "-0",
    "1.0",
    "1e400",
    "1E-7",
    "123456789012345678901234567890",
    "\"a\":",
    "\"b\":",
    "{\"a\":1,\"a\":[2]}",
    "\"it's\"",
    "\"it's \\\"both\\\"\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud800\"",
    "\"\\u0000\\n\\u2028\"",
    "\"é주제\"",
    "[[[[",
    "]]]]",
    "{\"\":{\"\":",
    "}}",
];

const AT: &str = "Topic : t, Partition : 0, Offset : 0, Key : ";

pub(crate) fn check(bytes: &[u8]) {
    let line = value_shown(&Format::Line, bytes);
    let seed = value_shown(&Format::Seed, bytes);
    let text = std::str::from_utf8(bytes);

    // Read like this, serde_json checks the grammar and nothing else: no range of numbers, no
    // depth.
    let is_json = text.is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    assert_eq!(line.is_ok(), is_json, "{line:?}");
    let value = serde_json::from_slice(bytes).ok();
    if let Ok(line) = &line {
        is_the_same_document(line, value.as_ref());
    }
    match seed {
        Ok(seed) => {
            assert!(is_json || contains_python_constant(bytes), "{seed}");
            is_what_python_reads(&seed, bytes, value.as_ref());
        }
        Err(reason) => {
            let is_no_json = matches!(reason, BadValue::NotUtf8 { .. } | BadValue::NotJson { .. });
            assert!(!(is_json && is_no_json), "{reason}");
            if let BadValue::NotUtf8 { byte } | BadValue::NotJson { byte, .. } = reason {
                assert!(byte <= bytes.len(), "{reason}");
            }
        }
    }
    keys_read_back(bytes);
}

fn value_shown(format: &Format, value: &[u8]) -> Result<String, BadValue> {
    let record = record(None, Some(value));
    let line = shown(format, &record).map_err(|bad| {
        assert_one_line(&bad.to_string());
        bad.reason
    })?;
    let key = if *format == Format::Seed { "None" } else { "null" };
    let line = String::from_utf8(line).expect("a text");
    let value =
        line.strip_prefix(&format!("{AT}{key}, value : ")).and_then(|rest| rest.strip_suffix('\n'));
    Ok(value.expect("a whole line").to_owned())
}

fn record<'a>(key: Option<&'a [u8]>, value: Option<&'a [u8]>) -> Record<'a> {
    Record {
        topic: "t",
        partition: Some(0),
        offset: Some(0),
        timestamp: Timestamp::NotAvailable,
        key,
        value,
        headers: &[],
    }
}

/// `line` keeps every token; only what stands between them goes.
fn is_the_same_document(line: &str, value: Option<&Value>) {
    assert!(!line.contains('\n'), "{line}");
    assert_eq!(serde_json::from_str(line).ok().as_ref(), value, "{line}");
    let again = value_shown(&Format::Line, line.as_bytes());
    assert_eq!(again.as_deref(), Ok(line));
}

fn is_what_python_reads(seed: &str, bytes: &[u8], value: Option<&Value>) {
    let bytes = bytes.trim_ascii();
    if bytes.starts_with(b"\"") {
        // A text by itself is printed as it is, with its newlines.
        if let Some(value) = value {
            assert_eq!(value.as_str(), Some(seed));
        }
        return;
    }
    let literal = python::Literal::read(seed);
    if let Some(value) = value {
        assert!(literal.is(value), "{seed} is not {value}");
    }
    if let (python::Literal::Number(number), Ok(document)) = (&literal, std::str::from_utf8(bytes))
        && let (Ok(printed), Ok(written)) = (number.parse::<f64>(), document.parse::<f64>())
    {
        assert!(printed == written || written.is_nan(), "{document} as {printed}");
    }
}

fn contains_python_constant(bytes: &[u8]) -> bool {
    [&b"NaN"[..], b"Infinity"]
        .iter()
        .any(|constant| bytes.windows(constant.len()).any(|at| at == *constant))
}

fn keys_read_back(key: &[u8]) {
    let record = record(Some(key), None);
    let seed = shown(&Format::Seed, &record).expect("a tombstone");
    let seed = String::from_utf8(seed).expect("a text");
    let repr = seed.strip_prefix(AT).and_then(|rest| rest.strip_suffix(", value : None\n"));
    assert_eq!(python::read_bytes(repr.expect("a whole line")), key);

    let line = shown(&Format::Line, &record).expect("a tombstone");
    let line = String::from_utf8(line).expect("a text");
    let shown = line
        .strip_prefix(AT)
        .and_then(|rest| rest.strip_suffix(", value : null\n"))
        .expect("a whole line");
    match std::str::from_utf8(key) {
        Ok(text) => assert_eq!(serde_json::from_str::<String>(shown).ok().as_deref(), Some(text)),
        Err(_) => {
            let hexadecimal = shown.strip_prefix("0x").expect("hexadecimal digits");
            let read = data_encoding::HEXLOWER.decode(hexadecimal.as_bytes());
            assert_eq!(read.as_deref(), Ok(key));
        }
    }
}
