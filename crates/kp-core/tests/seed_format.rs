//! The format `seed` against what Python printed, recorded by `record_seed_cases.py`.

use data_encoding::HEXLOWER;
use kp_core::{Format, Record, Timestamp};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Recorded {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    key_hex: Option<String>,
    value: Option<String>,
    value_hex: Option<String>,
    /// `None` where Python refuses the value.
    printed: Option<String>,
}

impl Case {
    fn value(&self) -> Vec<u8> {
        match (&self.value, &self.value_hex) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(hex)) => from_hex(hex),
            _ => panic!("a case has one value"),
        }
    }
}

fn from_hex(hex: &str) -> Vec<u8> {
    HEXLOWER.decode(hex.as_bytes()).expect("recorded bytes are hex")
}

fn print(key: Option<&[u8]>, value: Option<&[u8]>) -> Result<String, kp_core::BadMessage> {
    let record = Record {
        topic: "topic1",
        partition: Some(2),
        offset: Some(34),
        timestamp: Timestamp::NotAvailable,
        key,
        value,
        headers: &[],
    };
    let mut out = Vec::new();
    Format::Seed.write(&record, &mut out)?;
    Ok(String::from_utf8(out).expect("Python prints UTF-8"))
}

#[test]
fn prints_what_python_printed() {
    let recorded: Recorded = serde_json::from_str(include_str!("seed_cases.json")).unwrap();
    assert!(recorded.cases.len() > 100);
    for case in &recorded.cases {
        let key = case.key_hex.as_deref().map(from_hex);
        let value = case.value();
        let ours = print(key.as_deref(), Some(&value));
        assert_eq!(
            ours.as_ref().ok(),
            case.printed.as_ref(),
            "{:.200}: {ours:?}",
            String::from_utf8_lossy(&value)
        );
    }
}

#[test]
fn a_tombstone_prints_none() {
    assert_eq!(
        print(Some(b"k"), None).unwrap(),
        "Topic : topic1, Partition : 2, Offset : 34, Key : b'k', value : None\n"
    );
}

#[test]
fn what_python_refuses_is_refused_with_the_reason() {
    let refused = |value: &str| print(None, Some(value.as_bytes())).unwrap_err().to_string();
    let cases = [
        (
            "1".repeat(4301),
            "value has an integer of 4301 digits at byte 0, more than the 4300 that Python reads",
        ),
        (
            "[".repeat(200_000),
            "value is nested deeper than 990 levels at byte 990, more than Python reads",
        ),
        (
            r#""\ud800""#.to_owned(),
            "value is a text with a lone surrogate, which has no UTF-8 and which Python does not print",
        ),
        ("{\"a\":}".to_owned(), "value is not JSON: expected a value at byte 5"),
    ];
    for (value, reason) in cases {
        assert_eq!(refused(&value), format!("topic1 [2] @ 34: {reason}"));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_printed_or_refused(
        key in any::<Option<Vec<u8>>>(),
        value in prop_oneof![any::<Vec<u8>>(), ".*".prop_map(String::into_bytes)],
    ) {
        if let Ok(printed) = print(key.as_deref(), Some(&value)) {
            prop_assert!(printed.starts_with("Topic : topic1, Partition : 2, Offset : 34, Key : "));
            prop_assert!(printed.ends_with('\n'));
        }
    }

    #[test]
    fn keys_are_ascii_on_one_line(key: Vec<u8>) {
        let printed = print(Some(&key), None).unwrap();
        prop_assert!(printed.trim_end_matches('\n').bytes().all(|byte| matches!(byte, b' '..=b'~')));
    }
}
