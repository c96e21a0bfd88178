//! The formats that print records, on records of every kind.

use kp_core::{BadValue, Format, Header, Record, Timestamp};
use proptest::prelude::*;

const RECORD: Record<'_> = Record {
    topic: "topic1",
    partition: Some(0),
    offset: Some(12),
    timestamp: Timestamp::CreateTime(1_732_300_000_000),
    key: None,
    value: None,
    headers: &[],
};

fn print(format: &str, record: &Record<'_>) -> Result<Vec<u8>, kp_core::BadMessage> {
    let mut out = Vec::new();
    format.parse::<Format>().expect("a format").write(record, &mut out)?;
    Ok(out)
}

fn line(key: Option<&[u8]>, value: Option<&[u8]>) -> String {
    let record = Record { key, value, ..RECORD };
    let printed = print("line", &record).expect("a value that is JSON");
    String::from_utf8(printed).expect("the format line is a text")
}

#[test]
fn line_shows_the_value_compactly_with_its_own_tokens() {
    let cases = [
        (r#"{"str":"result0"}"#, r#"{"str":"result0"}"#),
        ("{\"str\": \"result0\"}\r\n", r#"{"str":"result0"}"#),
        (
            " [ 1.50 , -0, 1E400,\t12345678901234567890123 ] ",
            "[1.50,-0,1E400,12345678901234567890123]",
        ),
        (r#"{"a":1, "a": 2}"#, r#"{"a":1,"a":2}"#),
        (r#"" two  spaces \u00e9 \ud800""#, r#"" two  spaces \u00e9 \ud800""#),
        ("null", "null"),
    ];
    for (value, shown) in cases {
        assert_eq!(
            line(None, Some(value.as_bytes())),
            format!("Topic : topic1, Partition : 0, Offset : 12, Key : null, value : {shown}\n")
        );
    }
}

#[test]
fn line_shows_keys_as_null_text_or_hex() {
    let cases: [(Option<&[u8]>, &str); 5] = [
        (None, "null"),
        (Some(b""), r#""""#),
        (Some(b"null"), r#""null""#),
        (Some("a \"é\"\n".as_bytes()), r#""a \"é\"\n""#),
        (Some(b"\x00\xff"), "0x00ff"),
    ];
    for (key, shown) in cases {
        assert_eq!(
            line(key, Some(b"1")),
            format!("Topic : topic1, Partition : 0, Offset : 12, Key : {shown}, value : 1\n")
        );
    }
}

#[test]
fn a_tombstone_is_shown_and_an_empty_value_is_bad() {
    assert!(line(None, None).ends_with("value : null\n"));
    for format in ["line", "seed"] {
        let bad = print(format, &Record { value: Some(b""), ..RECORD }).unwrap_err();
        assert_eq!(
            bad.to_string(),
            "topic1 [0] @ 12: value is not JSON: expected a value at byte 0"
        );
    }
}

#[test]
fn a_bad_message_leaves_the_output_as_it_was() {
    for format in ["line", "seed"] {
        let mut out = b"earlier\n".to_vec();
        let record = Record { value: Some(b"{\"str\": \"result0\"} x"), ..RECORD };
        let bad = format.parse::<Format>().unwrap().write(&record, &mut out).unwrap_err();
        assert_eq!(bad.reason, BadValue::NotJson { expected: "nothing more", byte: 19 });
        assert_eq!((bad.topic.as_str(), bad.partition, bad.offset), ("topic1", 0, 12));
        assert_eq!(out, b"earlier\n");
    }
}

#[test]
fn a_bad_message_does_not_show_the_value() {
    for value in [&b"secret"[..], b"{\"secret\"", b"secret\xff"] {
        let bad = print("line", &Record { value: Some(value), ..RECORD }).unwrap_err();
        assert!(!format!("{bad} {bad:?}").contains("secret"));
    }
}

#[test]
fn deep_nesting_is_no_danger() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    assert!(line(None, Some(deep.as_bytes())).ends_with(&format!("{deep}\n")));
}

#[test]
fn value_is_the_bytes_and_a_newline() {
    for (value, printed) in
        [(Some(&b"a\xff\n"[..]), &b"a\xff\n\n"[..]), (Some(b""), b"\n"), (None, b"\n")]
    {
        assert_eq!(print("value", &Record { value, ..RECORD }).unwrap(), printed);
    }
}

#[test]
fn a_template_appends_nothing() {
    let record = Record { key: Some(b"k"), value: Some(b"v"), ..RECORD };
    assert_eq!(print("%k=%s", &record).unwrap(), b"k=v");
    assert_eq!(print(r"%o\t%s\n", &record).unwrap(), b"12\tv\n");
}

proptest! {
    #[test]
    fn no_format_panics_and_none_touches_what_was_written(
        topic: String,
        partition: i32,
        offset: i64,
        millis: i64,
        key: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
        headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    ) {
        let headers: Vec<_> = headers
            .iter()
            .map(|(key, value)| Header { key, value: value.as_deref() })
            .collect();
        let record = Record {
            topic: &topic,
            partition: Some(partition),
            offset: Some(offset),
            timestamp: Timestamp::CreateTime(millis),
            key: key.as_deref(),
            value: value.as_deref(),
            headers: &headers,
        };
        for format in ["line", "seed", "json", "value", r"%t%p%o%k%K%s%S%R%T%h%%\n"] {
            let mut out = b"earlier".to_vec();
            let written = format.parse::<Format>().unwrap().write(&record, &mut out);
            prop_assert!(out.starts_with(b"earlier"));
            prop_assert_eq!(out.len() == b"earlier".len(), written.is_err());
        }
    }

    #[test]
    fn any_text_is_a_format_or_an_error(text: String, template in "[%a-z\\\\]{0,8}") {
        for text in [text, template] {
            if let Ok(format) = text.parse::<Format>() {
                prop_assert_eq!(format.to_string(), text);
            }
        }
    }

    #[test]
    fn line_keeps_the_document(value in any::<Vec<Option<(String, i64)>>>()) {
        let pretty = serde_json::to_vec_pretty(&value).unwrap();
        let compact = serde_json::to_string(&value).unwrap();
        let shown = format!("value : {compact}\n");
        prop_assert!(line(None, Some(&pretty)).ends_with(&shown));
    }
}
