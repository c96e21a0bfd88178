//! The scanner against `serde_json`, which reads the same grammar.

use super::*;
use proptest::prelude::*;
use serde::de::IgnoredAny;

fn scan(document: &[u8]) -> Result<(), BadValue> {
    Scanner::new(document, Dialect::Standard)?.try_for_each(|token| token.map(drop))
}

/// Texts made of the pieces that JSON is made of, so that many are nearly or quite JSON.
fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\\",
        "\\u00e9",
        "\\ud800",
        "\\n",
        "\\x",
        "true",
        "false",
        "null",
        "NaN",
        "nul",
        "0",
        "-",
        "1",
        "01",
        "-0",
        ".5",
        "1.5",
        "e",
        "E+9",
        "1e-7",
        " ",
        "\n",
        "\t",
        "\u{b}",
        "\u{1}",
        "é",
        "\u{a0}",
        "\u{feff}",
        "\u{1f600}",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat().into_bytes())
}

fn json() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    let value = leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    });
    value.prop_map(|value| serde_json::to_vec_pretty(&value).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn accepts_what_serde_json_accepts(document in prop_oneof![nearly_json(), json(), any::<Vec<u8>>()]) {
        let expected = std::str::from_utf8(&document)
            .is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
        prop_assert_eq!(scan(&document).is_ok(), expected);
    }

    #[test]
    fn an_object_cut_anywhere_is_refused_no_later_than_at_the_cut(inner in json(), cut in any::<prop::sample::Index>()) {
        let document = [b"{\"a\":", &inner[..], b"}"].concat();
        let cut = cut.index(document.len());
        match scan(&document[..cut]) {
            Err(BadValue::NotJson { byte, .. }) => prop_assert!(byte <= cut),
            Err(BadValue::NotUtf8 { byte }) => prop_assert!(byte < cut),
            other => prop_assert!(false, "{other:?}"),
        }
    }
}

#[test]
fn nesting_costs_no_stack() {
    for deep in [
        "[".repeat(200_000) + &"]".repeat(200_000),
        "{\"a\":".repeat(200_000) + "1" + &"}".repeat(200_000),
    ] {
        assert_eq!(scan(deep.as_bytes()), Ok(()));
    }
}

#[test]
fn an_error_says_what_was_expected_and_where() {
    let cases: &[(&str, &str, usize)] = &[
        ("", "a value", 0),
        ("  ", "a value", 2),
        ("hello", "a value", 0),
        ("{\"a\":}", "a value", 5),
        ("{a:1}", "a key in quotes or `}`", 1),
        ("{\"a\":1,}", "a key in quotes", 7),
        ("{\"a\" 1}", "`:`", 5),
        ("[1 2]", "`,` or `]`", 3),
        ("[1}", "`,` or `]`", 2),
        ("{\"a\":1]", "`,` or `}`", 6),
        ("[", "a value or `]`", 1),
        ("1 2", "nothing more", 2),
        ("01", "nothing more", 1),
        ("-", "a digit", 1),
        ("1.", "a digit", 2),
        ("1e+", "a digit", 3),
        ("\"a", "the closing quote", 2),
        ("\"a\n\"", "an escape for the control character", 2),
        ("\"\\q\"", "a JSON escape", 2),
        ("\"\\u12g4\"", "a hexadecimal digit", 5),
        ("\u{feff}1", "a value", 0),
        ("NaN", "a value", 0),
    ];
    for &(document, expected, byte) in cases {
        assert_eq!(
            scan(document.as_bytes()),
            Err(BadValue::NotJson { expected, byte }),
            "{document}"
        );
    }
    assert_eq!(scan(b"\"a\xff\""), Err(BadValue::NotUtf8 { byte: 2 }));
}

#[test]
fn python_has_three_more_constants() {
    for constant in ["NaN", "Infinity", "-Infinity"] {
        let tokens: Vec<_> = Scanner::new(constant.as_bytes(), Dialect::Python).unwrap().collect();
        assert_eq!(tokens, [Ok(Token { kind: Kind::Constant, text: constant, start: 0 })]);
    }
}
