use proptest::prelude::*;

use super::*;
use crate::record::{Header, Timestamp};

const PLAIN: Record<'_> = Record {
    topic: "orders",
    partition: Some(0),
    offset: Some(42),
    timestamp: Timestamp::CreateTime(1_732_300_000_000),
    key: None,
    value: None,
    headers: &[],
};

fn shown(record: &Record<'_>, colors: bool) -> String {
    let mut out = Vec::new();
    write(record, &Look { colors, ..Look::default() }, &mut out);
    String::from_utf8(out).unwrap()
}

/// The lines of a value.
fn value(bytes: &[u8]) -> String {
    let shown = shown(&Record { value: Some(bytes), ..PLAIN }, false);
    shown.split_once('\n').unwrap().1.to_owned()
}

#[test]
fn one_line_says_what_it_is_and_the_value_follows_indented() {
    let headers = [
        Header { key: b"trace", value: Some(b"7") },
        Header { key: b"trace", value: None },
        Header { key: b"\xff", value: Some(b"a \"b\"") },
    ];
    let record = Record {
        key: Some(b"alice"),
        value: Some(br#"{"is":"order","total":120.50,"tags":[],"of":[{"a":null},true]}"#),
        headers: &headers,
        ..PLAIN
    };
    assert_eq!(
        shown(&record, false),
        r#"orders [0] @ 42  2024-11-22T18:26:40.000Z  key "alice"  trace="7"  trace=null  0xff="a \"b\""
  {
    "is": "order",
    "total": 120.50,
    "tags": [],
    "of": [
      {
        "a": null
      },
      true
    ]
  }
"#
    );
}

#[test]
fn null_and_empty_are_told_apart() {
    let header = "orders [0] @ 42  2024-11-22T18:26:40.000Z";
    assert_eq!(shown(&PLAIN, false), format!("{header}\n  (no value)\n"));
    let empty = Record { key: Some(b""), value: Some(b""), ..PLAIN };
    assert_eq!(shown(&empty, false), format!("{header}  key \"\"\n  (empty)\n"));
    assert_eq!(value(b"null"), "  null\n");
    assert_eq!(value(b" "), "   \n");
    let timeless = Record { timestamp: Timestamp::NotAvailable, ..PLAIN };
    assert_eq!(shown(&timeless, false), "orders [0] @ 42  -\n  (no value)\n");
}

#[test]
fn a_text_keeps_its_lines_and_nothing_else_that_a_terminal_obeys() {
    assert_eq!(value(b"one\r\n\ttwo\n"), "  one\n  \ttwo\n");
    assert_eq!(value(b"\x1b[31mred\x07\rx"), "  \\x1b[31mred\\x07\\rx\n");
    assert_eq!(value("a\u{202e}b".as_bytes()), "  a\\u{202e}b\n");
    let forged = value(b"x\norders [0] @ 43  2024-11-22T18:26:40.000Z");
    assert!(forged.lines().all(|line| line.starts_with("  ")), "{forged}");
}

#[test]
fn json_is_still_json_where_something_in_it_is_escaped() {
    let shown = value("{\"a\u{202e}\":\"\u{7f}\u{e0041}\"}".as_bytes());
    assert_eq!(shown, "  {\n    \"a\\u202e\": \"\\u007f\\udb40\\udc41\"\n  }\n");
}

#[test]
fn bytes_that_are_no_text_are_a_dump() {
    let bytes: Vec<u8> = (0..18).map(|n| if n == 5 { 0xff } else { n + 0x40 }).collect();
    assert_eq!(
        value(&bytes),
        "  000000  40 41 42 43 44 ff 46 47  48 49 4a 4b 4c 4d 4e 4f  |@ABCD.FGHIJKLMNO|\n  \
         000010  50 51                                             |PQ|\n"
    );
    assert_eq!(value(b"\0\0\0\0\x2a").lines().count(), 1);
    assert!(value(&[0; 100]).lines().all(|line| line.len() <= 80));
    let key = Record { key: Some(&[0xff; 40]), ..PLAIN };
    let long = format!("key 0x{}... (40 bytes)\n", "ff".repeat(16));
    assert!(shown(&key, false).contains(&long), "{}", shown(&key, false));
}

#[test]
fn colours_are_there_only_when_they_are_wanted_and_always_end() {
    let record = Record { key: Some(b"k"), value: Some(br#"{"a":[1,"x",null]}"#), ..PLAIN };
    let colored = shown(&record, true);
    assert!(colored.contains("\x1b[32m\"x\"\x1b[0m"), "{colored:?}");
    let plain = anstyle_free(&colored);
    assert_eq!(plain, shown(&record, false));
    for line in colored.lines().filter(|line| line.contains('\x1b')) {
        let last = line.rsplit_once('\x1b').unwrap().1;
        assert!(last.starts_with("[0m"), "a style goes on behind {line:?}");
    }
}

/// The text without signs of style.
fn anstyle_free(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\x1b') {
        plain += before;
        rest = behind.split_once('m').unwrap().1;
    }
    plain + rest
}

#[test]
fn a_value_that_is_deep_or_large_costs_no_more_than_its_lines() {
    let depth = 200_000;
    let deep = ["[".repeat(depth), "]".repeat(depth)].concat();
    let shown = value(deep.as_bytes());
    assert!(shown.len() < deep.len() * (indent::DEEPEST + 3) * 2, "{}", shown.len());
    assert_eq!(value("x".repeat(5_000_000).as_bytes()).len(), 5_000_003);
}

proptest! {
    #[test]
    fn whatever_a_message_holds_nothing_in_it_takes_the_terminal_over(
        key in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..20)),
        bytes in proptest::option::of(prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..60),
            any::<String>().prop_map(String::into_bytes),
            any::<String>().prop_map(|text| serde_json::to_vec(&[text]).unwrap()),
        ]),
    ) {
        let headers =
            [Header { key: key.as_deref().unwrap_or_default(), value: bytes.as_deref() }];
        let record =
            Record { key: key.as_deref(), value: bytes.as_deref(), headers: &headers, ..PLAIN };
        let shown = shown(&record, false);
        let is_safe = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\t');
        prop_assert!(shown.chars().all(is_safe), "{shown:?}");
        prop_assert!(shown.lines().skip(1).all(|line| line.starts_with("  ")), "{shown:?}");
    }

    #[test]
    fn json_keeps_its_meaning(text in any::<String>(), number in any::<i64>()) {
        let document = serde_json::json!({ text.clone(): [number, text, null, {}, []] });
        let shown = value(document.to_string().as_bytes());
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), document);
    }
}
