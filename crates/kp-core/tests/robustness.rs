//! Whatever bytes come: an answer or an error, never a panic. `PROPTEST_CASES` says how many of
//! each kind are tried.

use kp_core::{Format, Header, Record, Timestamp, json};
use proptest::prelude::*;

/// Bytes that are nearly what is expected, and bytes that are not at all.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        r#"[\[\]{}":,0-9eE+.\-a-z\\u\x00-\x20é\u{10ffff}]{0,200}"#.prop_map(String::into_bytes),
        (0_usize..60_000, prop_oneof![Just("["), Just("{\"a\":"), Just("[[1,")])
            .prop_map(|(times, opening)| opening.repeat(times / opening.len()).into_bytes()),
    ]
}

fn optional() -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(bytes())
}

proptest! {
    #[test]
    fn any_record_in_any_format(
        key in optional(),
        value in optional(),
        header in optional(),
        name in bytes(),
        (partition, offset, time) in any::<(i32, i64, i64)>(),
    ) {
        let headers = [Header { key: &name, value: header.as_deref() }];
        let record = Record {
            topic: "topic1",
            partition: Some(partition),
            offset: Some(offset),
            timestamp: Timestamp::CreateTime(time),
            key: key.as_deref(),
            value: value.as_deref(),
            headers: &headers,
        };
        for format in ["line", "seed", "json", "value", "%t%p%o%k%K%s%S%R%T%h%%\\n\\x00"] {
            let format: Format = format.parse().expect("a format that there is");
            let mut out = b"before".to_vec();
            let shown = format.write(&record, &mut out);
            prop_assert!(out.starts_with(b"before"));
            prop_assert!(shown.is_ok() || out == b"before", "half a record is left");
        }
    }

    #[test]
    fn any_line_as_a_record(line in bytes()) {
        let _ = json::parse(&line, "topic1");
    }

    #[test]
    fn any_line_that_begins_as_a_record(rest in bytes()) {
        let mut line = br#"{"topic":"a","key":"#.to_vec();
        line.extend(rest);
        let _ = json::parse(&line, "topic1");
    }

    #[test]
    fn any_text_as_a_format(text in ".{0,60}", start in "[%\\\\a-zA-Z0-9]{0,20}") {
        for text in [format!("{start}{text}"), format!("%{text}")] {
            let _ = text.parse::<Format>();
        }
    }
}
