//! The format `json`, there and back.

use kp_core::{
    Format, Header, OwnedRecord, Record, Timestamp,
    json::{self, JsonRecordError},
};
use proptest::prelude::*;

fn print(record: &Record<'_>) -> String {
    let mut out = Vec::new();
    Format::Json.write(record, &mut out).expect("the format json shows every record");
    String::from_utf8(out).expect("the format json is a text")
}

/// Where a line belongs that names no topic.
const TOPIC: &str = "topic1";

fn parse(line: &[u8]) -> Result<OwnedRecord, JsonRecordError> {
    json::parse(line, TOPIC)
}

fn refused(line: &str) -> String {
    parse(line.as_bytes()).expect_err("a line that is no record").to_string()
}

#[test]
fn a_record_is_one_object_on_one_line() {
    let record = Record {
        topic: "topic1",
        partition: Some(0),
        offset: Some(7),
        timestamp: Timestamp::CreateTime(1_732_300_000_000),
        key: Some(b"k"),
        value: Some(b"{\"str\":\n1}"),
        headers: &[
            Header { key: b"h", value: Some(b"v") },
            Header { key: b"h", value: None },
            Header { key: b"\xff", value: Some(b"\xfe") },
        ],
    };
    assert_eq!(
        print(&record),
        concat!(
            r#"{"topic":"topic1","partition":0,"offset":7,"timestamp":1732300000000,"timestamp_type":"create","#,
            r#""key":"k","value":"{\"str\":\n1}","headers":[{"key":"h","value":"v"},{"key":"h","value":null},"#,
            r#"{"key_base64":"/w==","value_base64":"/g=="}]}"#,
            "\n"
        )
    );
}

#[test]
fn null_and_empty_differ_and_no_timestamp_is_null() {
    let record = Record {
        topic: "t",
        partition: Some(1),
        offset: Some(0),
        timestamp: Timestamp::NotAvailable,
        key: None,
        value: Some(b""),
        headers: &[],
    };
    assert_eq!(
        print(&record),
        "{\"topic\":\"t\",\"partition\":1,\"offset\":0,\"timestamp\":null,\"timestamp_type\":null,\"key\":null,\"value\":\"\",\"headers\":[]}\n"
    );
    let stored =
        Record { timestamp: Timestamp::LogAppendTime(5), key: Some(b""), value: None, ..record };
    assert!(
        print(&stored)
            .contains(r#""timestamp":5,"timestamp_type":"log_append","key":"","value":null"#)
    );
}

#[test]
fn every_field_but_the_value_may_be_missing() {
    let none = OwnedRecord { topic: TOPIC.to_owned(), ..OwnedRecord::default() };
    let only_value = OwnedRecord { value: Some(b"v".to_vec()), ..none.clone() };
    assert_eq!(parse(br#"{"value":"v"}"#), Ok(only_value.clone()));
    let all_null = br#" {"value_base64":"dg==","topic":null,"timestamp":null,"timestamp_type":null,"partition":null,"offset":null,"key":null,"headers":null} "#;
    assert_eq!(parse(all_null), Ok(only_value));
    assert_eq!(parse(br#"{"value":null}"#), Ok(none));
}

#[test]
fn partition_offset_and_timestamp_type_are_ignored() {
    let parsed = parse(br#"{"partition":"x","offset":[1],"timestamp_type":{"a":1},"value":null}"#);
    assert_eq!(parsed, parse(br#"{"value":null}"#));
}

#[test]
fn what_is_wrong_with_a_line_is_said_in_words() {
    let cases = [
        (r#"{"vlaue":"v"}"#, "unknown field `vlaue`, did you mean `value`?"),
        (r#"{"value":"v","qq":1}"#, "unknown field `qq`"),
        ("{}", "neither `value` nor `value_base64` is given; for a null value write null"),
        (
            r#"{"key":"k"}"#,
            "neither `value` nor `value_base64` is given; for a null value write null",
        ),
        (
            r#"{"value":"v","value_base64":"dg=="}"#,
            "`value` and `value_base64` are both given; keep one of them",
        ),
        (
            r#"{"key":null,"key_base64":"dg==","value":null}"#,
            "`key` and `key_base64` are both given; keep one of them",
        ),
        (r#"{"value":"v","value":"w"}"#, "`value` is given twice"),
        (r#"{"value":null,"key":5}"#, "`key` must be a string or null"),
        (r#"{"value":null,"key":{"a":1}}"#, "`key` must be a string or null"),
        (r#"{"value":{"a":}}"#, "not JSON: expected value at column 15"),
        (
            r#"{"value":{"a":1},"value_base64":"dg=="}"#,
            "`value` and `value_base64` are both given; keep one of them",
        ),
        (r#"{"value":null,"topic":5}"#, "`topic` must be a string or null"),
        (
            r#"{"value":null,"timestamp":"5"}"#,
            "`timestamp` must be an integer (milliseconds since 1970) or null",
        ),
        (
            r#"{"value":null,"timestamp":1.5}"#,
            "`timestamp` must be an integer (milliseconds since 1970) or null",
        ),
        (r#"{"value":null,"headers":{}}"#, "`headers` must be a list of objects"),
        (r#"{"value":null,"headers":["h"]}"#, "`headers[0]` must be a JSON object"),
        (
            r#"{"value":null,"headers":[{"key":"h","value":1}]}"#,
            "`headers[0].value` must be a string or null",
        ),
        (
            r#"{"value":null,"headers":[{"key":"h","value":"v"},{"key":"h"}]}"#,
            "neither `headers[1].value` nor `headers[1].value_base64` is given; for a null value write null",
        ),
        (
            r#"{"value":null,"headers":[{"value":"v"}]}"#,
            "neither `headers[0].key` nor `headers[0].key_base64` is given",
        ),
        (
            r#"{"value":null,"headers":[{"key":null,"value":"v"}]}"#,
            "`headers[0].key` must be a string",
        ),
        (r#"{"value":null,"headers":[{"name":"h"}]}"#, "unknown field `headers[0].name`"),
        (
            r#"{"value_base64":"%"}"#,
            "`value_base64` is not base64 (the standard alphabet, with padding)",
        ),
        (r#"{"value_base64":null}"#, "`value_base64` must be a string in base64"),
        ("[]", "the line must be a JSON object"),
        ("hello", "not JSON: expected value at column 1"),
        ("", "not JSON: EOF while parsing a value at column 0"),
        (r#"{"value":"v"} x"#, "not JSON: trailing characters at column 15"),
    ];
    for (line, message) in cases {
        assert_eq!(refused(line), message, "{line}");
    }
}

#[test]
fn errors_do_not_show_the_values() {
    for line in [
        r#"{"value":["secret",]}"#,
        r#"{"value":["secret"],"key":["secret"]}"#,
        r#"{"value":null,"key":{"secret":"secret"}}"#,
        r#"{"value_base64":"secret!"}"#,
        r#"{"value":"secret","timestamp":"secret"}"#,
        r#"{"value":"secret","#,
        r#""secret""#,
        r#"secret"#,
        r#"{"value":"secret\q"}"#,
        r#"{"value":"secret","value":"secret"}"#,
    ] {
        let error = parse(line.as_bytes()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }
}

#[test]
fn deep_nesting_is_an_error() {
    let line = format!(r#"{{"value":{}"#, "[".repeat(200_000));
    assert!(refused(&line).starts_with("not JSON: recursion limit exceeded"));
}

#[test]
fn a_value_that_is_json_is_sent_as_it_stands() {
    for value in [
        r#"{"a": 1,  "a":2.50 }"#,
        "[1,\t2 , null]",
        "{}",
        "[]",
        "true",
        "false",
        "0",
        "-1.50e+3",
        "1e999",
        "123456789012345678901234567890",
        r#"{"é":"\u00e9\/\ud800"}"#,
    ] {
        for line in [
            format!(r#"{{"key":"k","value": {value} ,"topic":"t"}}"#),
            format!(r#"{{"topic":"t","value":{value},"key":"k"}}"#),
        ] {
            let read = parse(line.as_bytes()).unwrap();
            assert_eq!(read.value.as_deref(), Some(value.as_bytes()));
            assert_eq!((read.key.as_deref(), &*read.topic), (Some(&b"k"[..]), "t"));
        }
    }
    // null is the null value and a string is the text that it stands for.
    assert_eq!(parse(br#"{"value":null}"#).unwrap().value, None);
    assert_eq!(parse(br#"{"value":"{\"a\":\u0031}"}"#).unwrap().value.unwrap(), br#"{"a":1}"#);
    assert_eq!(parse(br#"{"value":"null"}"#).unwrap().value.unwrap(), b"null");
}

#[test]
fn a_value_may_be_nested_as_deeply_as_it_likes() {
    let value = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let read = parse(format!(r#"{{"value":{value}}}"#).as_bytes()).unwrap();
    assert!(read.value.as_deref() == Some(value.as_bytes()));
}

#[test]
fn a_stored_record_has_a_text_or_base64_for_its_value() {
    for (line, message) in [
        (r#"{"topic":"t","value":{"a":1}}"#, "`value` must be a string or null"),
        (r#"{"topic":"t","value":5}"#, "`value` must be a string or null"),
        (r#"{"topic":"t","payload":"v"}"#, "unknown field `payload`"),
        (r#"{"topic":"t","value":"v","ts":1}"#, "unknown field `ts`"),
    ] {
        assert_eq!(json::parse_stored(line.as_bytes()).unwrap_err().to_string(), message);
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![any::<Vec<u8>>(), any::<String>().prop_map(String::into_bytes)]
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        Just(Timestamp::NotAvailable),
        any::<i64>().prop_map(Timestamp::CreateTime),
        any::<i64>().prop_map(Timestamp::LogAppendTime),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_record_comes_back_unchanged(
        topic in any::<String>(),
        partition in any::<i32>(),
        offset in any::<i64>(),
        timestamp in timestamp(),
        key in prop::option::of(bytes()),
        value in prop::option::of(bytes()),
        headers in prop::collection::vec((bytes(), prop::option::of(bytes())), 0..4),
    ) {
        let borrowed: Vec<_> = headers
            .iter()
            .map(|(key, value)| Header { key, value: value.as_deref() })
            .collect();
        let record = Record {
            topic: &topic,
            partition: Some(partition),
            offset: Some(offset),
            timestamp,
            key: key.as_deref(),
            value: value.as_deref(),
            headers: &borrowed,
        };
        let line = print(&record);
        prop_assert_eq!(line.matches('\n').count(), 1);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok());

        let parsed = parse(line.as_bytes()).unwrap();
        prop_assert_eq!(&parsed.topic, &topic);
        prop_assert_eq!(parsed.timestamp.millis(), timestamp.millis());
        prop_assert_eq!(&parsed.key, &key);
        prop_assert_eq!(&parsed.value, &value);
        prop_assert_eq!(&parsed.headers, &headers);

        let (partition, offset) = (record.partition, record.offset);
        let again = parsed.lend(|parsed| print(&Record { partition, offset, timestamp, ..*parsed }));
        prop_assert_eq!(again, line);
    }

    #[test]
    fn any_bytes_are_a_record_or_an_error(line: Vec<u8>) {
        let _ = parse(&line);
    }

    #[test]
    fn nearly_records_are_a_record_or_an_error(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "{", "}", "[", "]", ":", ",", "\"value\"", "\"value_base64\"", "\"key\"", "\"headers\"", "\"timestamp\"",
                "\"topic\"", "null", "1", "-1.5", "\"dg==\"", "true", "\"\\ud800\"",
            ]),
            0..16,
        ),
    ) {
        let _ = parse(pieces.concat().as_bytes());
    }
}
