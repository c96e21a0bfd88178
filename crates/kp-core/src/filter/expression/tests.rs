use proptest::prelude::*;

use super::*;
use crate::record::{Header, Timestamp};

const HEADERS: &[Header<'_>] = &[
    Header { key: b"env", value: Some(b"test") },
    Header { key: b"env", value: Some(b"prod") },
    Header { key: b"none", value: None },
];

fn record(value: &[u8]) -> Record<'_> {
    Record {
        topic: "orders",
        partition: Some(3),
        offset: Some(i64::MAX),
        timestamp: Timestamp::CreateTime(1_732_300_000_000),
        key: Some(b"12"),
        value: Some(value),
        headers: HEADERS,
    }
}

fn outcome(code: &str, record: &Record<'_>) -> Result<bool, String> {
    Expression::new(code).unwrap().holds(record).map_err(|failure| failure.to_string())
}

#[track_caller]
fn assert_holds(code: &str, record: &Record<'_>) {
    assert_eq!(outcome(code, record), Ok(true), "{code}");
}

#[test]
fn the_example_of_the_help_works() {
    let code = r#".value.total > 100 and .header.env == "prod""#;
    assert_eq!(outcome(code, &record(br#"{"total":100.5}"#)), Ok(true));
    assert_eq!(outcome(code, &record(br#"{"total":100}"#)), Ok(false));
    let without = Record { headers: &[], ..record(br#"{"total":100.5}"#) };
    assert_eq!(outcome(code, &without), Ok(false));
}

#[test]
fn the_input_is_the_whole_record() {
    let whole = r#". == {"value":{"a":[1,"\u00e9"]},"key":"12","header":{"env":"prod","none":null},
        "topic":"orders","partition":3,"offset":9223372036854775807,"timestamp":1732300000000}"#;
    assert_holds(whole, &record(r#" {"a": [1,"é"]} "#.as_bytes()));
    let nothing = r#". == {"value":null,"key":null,"header":{},"topic":"","partition":null,
        "offset":null,"timestamp":null}"#;
    assert_holds(nothing, &Record::default());
}

#[test]
fn a_value_that_is_no_json_is_text() {
    for text in [
        "hello",
        "",
        "12 13",
        "{\"a\":}",
        "b\"x\"",
        "# a",
        "NaN",
        "+1",
        "01",
        "[1,]",
        "\"\\ud800\"",
    ] {
        let quoted = serde_json::to_string(text).unwrap();
        assert_holds(&format!(".value == {quoted}"), &record(text.as_bytes()));
    }
    assert_holds(r#".value | type == "string" and length == 2"#, &record(b"\xffa"));
    for (json, kind) in [
        ("12", "number"),
        ("\"12\"", "string"),
        ("null", "null"),
        ("true", "boolean"),
        ("[]", "array"),
    ] {
        assert_holds(&format!(".value | type == \"{kind}\""), &record(json.as_bytes()));
    }
    // A key is text, whatever it looks like.
    assert_holds(r#".key == "12""#, &record(b""));
}

#[test]
fn the_first_output_decides() {
    for (code, expected) in [
        ("true, false", true),
        ("false, true", false),
        ("null", false),
        ("0", true),
        ("\"\"", true),
        ("empty", false),
        (".value[]?", false),
    ] {
        assert_eq!(outcome(code, &record(b"text")), Ok(expected), "{code}");
    }
}

#[test]
fn what_jq_users_know_is_there() {
    for code in [
        r#".value.name | test("^a.*z$"; "i")"#,
        r#".value.tags | any(. == "x")"#,
        r#".value.tags | index("x") != null"#,
        r#".value.name | ascii_downcase | startswith("a")"#,
        r#"select(.value.total >= 5) | .partition == 3"#,
        r#".value.at | fromdateiso8601 < now"#,
        r#".value | has("name") and (has("other") | not)"#,
        r#".value.total as $t | $t * 2 == 10"#,
        r#"def big: . > 3; .value.total | big"#,
        r#".value.missing.deep == null"#,
        r#".value."total" == .value["total"]"#,
        r#".value.inner | fromjson | .a == [1]"#,
        r#".key | tonumber == 12"#,
    ] {
        assert_holds(
            code,
            &record(br#"{"name":"ABCZ","tags":["x"],"total":5,"at":"2026-01-01T00:00:00Z","inner":"{\"a\":[1]}"}"#),
        );
    }
}

#[test]
fn a_failure_says_why() {
    let said = |code: &str, value: &[u8]| outcome(code, &record(value)).unwrap_err();
    assert_eq!(said(".value.total", b"text"), "cannot index \"text\" with \"total\"");
    assert_eq!(said("halt", b""), "the expression halts");
    assert_eq!(said("error(\"mine\")", b""), "mine");
    assert_eq!(said("error({a: 1})", b""), "{\"a\":1}");
}

#[test]
fn a_value_that_jaq_could_not_bear_fails_in_words() {
    let nested = |levels: usize| ["[".repeat(levels), "]".repeat(levels)].concat();
    assert_holds(".value", &record(nested(MOST_LEVELS).as_bytes()));
    for levels in [MOST_LEVELS + 1, 100_000] {
        let failed = outcome(".value", &record(nested(levels).as_bytes())).unwrap_err();
        assert!(failed.contains("levels deep"), "{failed}");
    }
    // The same for a text within the value.
    let inner = format!("{:?}", nested(100_000));
    let failed = outcome(".value | fromjson", &record(inner.as_bytes())).unwrap_err();
    assert!(failed.contains("levels deep"), "{failed}");
    let failed = outcome(".value | fromjson", &record(b"\"[1\"")).unwrap_err();
    assert_eq!(failed, "cannot parse \"[1\" as JSON");
    let digits = |count: usize| "9".repeat(count);
    assert_holds(".value > 1", &record(digits(MOST_DIGITS).as_bytes()));
    let failed = outcome(".value", &record(digits(MOST_DIGITS + 1).as_bytes())).unwrap_err();
    assert!(failed.contains("digits"), "{failed}");
}

#[test]
fn mistakes_are_told_with_place_and_remedy() {
    for (code, words) in [
        ("", &["at its end", "write a condition such as"][..]),
        (".value.a >", &["at its end", "expected a field"]),
        (".value.a && .value.b", &["at character 10 (`&& .value.b`)", "write `and` for &&"]),
        (".value.a || .value.b", &["at character 10", "write `or` for ||"]),
        (".value == 'x'", &["at character 11 (`'x'`)", "double quotes"]),
        (".value == \"한\" and prod", &["at character 19 (`prod`)", "\"prod\""]),
        (".value.my-field == 1", &["character 11", ".\"my-field\""]),
        ("(.value", &["at its end", "expected a closing parenthesis"]),
        (".value)", &["at character 7 (`)`)", "means nothing"]),
        (".value | frob(1)", &["no function frob with 1 arguments"]),
        (".value == $x", &["no variable $x"]),
        ("include \"a\"; .value", &["no module"]),
        ("env.HOME", &["no function env"]),
        (".value.a = 1", &["write =="]),
        (".value.a |= 1", &["write =="]),
        (".total > 1", &["no field .total;", ".value.total"]),
        (".valeu.total > 1", &["did you mean `value`?"]),
        (".partition == 1 and .total > 1", &["no field .total"]),
    ] {
        let Err(error) = Expression::new(code) else { panic!("{code} is understood") };
        let said = error.to_string();
        assert!(words.iter().all(|word| said.contains(word)), "{code}: {said}");
    }
}

#[test]
fn what_looks_at_the_value_is_not_taken_for_a_mistake() {
    for code in [
        ".value | .total > 1",
        ".value.list | any(.total > 1)",
        ".value | .a = 1 | .a",
        ".value as {total: $t} | $t > 1",
        ". | .value",
        ".[\"value\"]",
        ".[]",
        "..",
    ] {
        assert!(Expression::new(code).is_ok(), "{code}");
    }
}

/// Half of the stack that the main thread has on Linux and macOS.
const STACK: usize = 4 << 20;

#[test]
fn an_expression_that_could_overflow_the_stack_is_refused() {
    let read = || {
        for (start, end) in [
            ("(", ")"),
            ("[", "]"),
            ("{a:", "}"),
            ("-", ""),
            ("not|", ""),
            (".a|", ""),
            ("1+", ""),
            ("if .", ""),
            ("try ", ""),
            ("label $a|", ""),
            ("def a:", ""),
            (". as $a|", ""),
        ] {
            let (mut levels, mut was_refused) = (1, false);
            while levels < 100_000 {
                let code = [&start.repeat(levels), "1", &end.repeat(levels)].concat();
                if let Err(error) = Expression::new(&code) {
                    was_refused |= error.to_string().contains("words and signs");
                }
                levels = levels * 5 / 4 + 1;
            }
            assert!(was_refused, "{start}");
        }
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(read).unwrap();
    thread.join().unwrap();
}

proptest! {
    /// jaq's own reader takes this for JSON, as does serde: then so does the expression.
    #[test]
    fn a_value_is_json_where_others_say_so(value in "[\\[\\]{}\",:0-9.eE+\\-a-c \\\\ntrufls]{0,12}") {
        let is_json = serde_json::from_str::<serde_json::Value>(&value);
        let quoted = serde_json::to_string(&value).unwrap();
        let is_text = outcome(&format!(".value == {quoted}"), &record(value.as_bytes()));
        match is_json {
            // A text in quotes is not the text with its quotes.
            Ok(_) => prop_assert_eq!(is_text, Ok(false)),
            // serde refuses numbers that are too large for it.
            Err(error) if error.to_string().contains("out of range") => {}
            Err(_) => prop_assert_eq!(is_text, Ok(true)),
        }
    }

    #[test]
    fn any_expression_is_understood_or_refused_in_words(
        code in prop_oneof![".{0,30}", "[.()\\[\\]{}|=&\"'$@,;:?a-c0-9 -]{0,30}"],
        value in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        match Expression::new(&code) {
            Ok(_) => {}
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
        prop_assert!(outcome(".value == .value", &record(&value)).is_ok());
    }
}
