//! A template of `--format`, with any record.
//!
//! An input is lines: two templates, the topic, the key, the value, then header by header its key
//! and its value. A line that is missing, or is `~`, is null.

use kp_core::{Format, Header, Record, Template, Timestamp, json};

use crate::shown;

pub(crate) const WORDS: &[&str] = &[
    "\n", "\n", "~\n", "%t", "%p", "%o", "%k", "%K", "%s", "%S", "%R", "%T", "%h", "%%", "%", "%q",
    "\\n", "\\r", "\\t", "\\0", "\\\\", "\\", "\\x4", "\\xff", "\\x", "1", "é", "json", "line",
    "seed", "value", "\"", "{}",
];

pub(crate) fn check(input: &[u8]) {
    let mut lines = input.split(|&byte| byte == b'\n');
    let one = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let other = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let topic = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let mut bytes = || lines.next().filter(|line| *line != b"~");
    let (key, value) = (bytes(), bytes());
    let mut headers = Vec::new();
    while let Some(key) = bytes() {
        let value = bytes();
        headers.push(Header { key, value });
    }
    let record = Record {
        topic: &topic,
        partition: Some(3),
        offset: Some(i64::from(u8::MAX)),
        timestamp: Timestamp::LogAppendTime(1_732_300_000_000),
        key,
        value,
        headers: &headers,
    };
    is_a_format_or_an_error(&one, &record);
    are_two_templates_one_after_the_other(&one, &other, &record);
    any_bytes_can_be_written_with_escapes(value.unwrap_or_default(), &record);
    a_record_comes_back(&record);
}

fn is_a_format_or_an_error(text: &str, record: &Record<'_>) {
    let format = match text.parse::<Format>() {
        Ok(format) => format,
        Err(error) => {
            let error = error.to_string();
            // What was typed is repeated as it is.
            assert!(error.contains(text));
            assert!(!error.contains(|shown: char| shown.is_control() && !text.contains(shown)));
            return;
        }
    };
    assert_eq!(format.to_string(), text);
    let with_headers = shown(&format, record);
    if !format.needs_headers() {
        let without = Record { headers: &[], ..*record };
        assert_eq!(shown(&format, &without), with_headers);
    }
}

fn are_two_templates_one_after_the_other(one: &str, other: &str, record: &Record<'_>) {
    let render = |text: &str| {
        let template: Template = text.parse().ok()?;
        Some(shown(&Format::Template(template), record).expect("a template shows every record"))
    };
    if let (Some(first), Some(second)) = (render(one), render(other)) {
        let both = render(&format!("{one}{other}"));
        assert_eq!(both, Some([first, second].concat()));
    }
}

fn any_bytes_can_be_written_with_escapes(bytes: &[u8], record: &Record<'_>) {
    let text: String = bytes.iter().map(|byte| format!("\\x{byte:02X}")).collect();
    let template: Template = text.parse().expect("escapes");
    assert_eq!(shown(&Format::Template(template), record).as_deref(), Ok(bytes));
}

fn a_record_comes_back(record: &Record<'_>) {
    let line = shown(&Format::Json, record).expect("the format json shows every record");
    let read = json::parse(&line, "no topic is named").expect("the format json reads back");
    read.lend(|read| {
        assert_eq!((read.topic, read.key, read.value), (record.topic, record.key, record.value));
        assert_eq!(read.timestamp.millis(), record.timestamp.millis());
        assert_eq!(read.headers, record.headers);
    });
}
