use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::chance::from_seed;

/// `users.txt` has two lines, `ids.txt` two numbers, `odd.txt` what must be escaped, and
/// `empty.txt` nothing.
fn parse(text: &str) -> Result<Template, String> {
    let mut read = |path: &str| match path {
        "users.txt" => Ok(vec!["ann".to_owned(), "bob".to_owned()]),
        "ids.txt" => Ok(vec!["7".to_owned(), "8".to_owned()]),
        "odd.txt" => Ok(vec!["a\"b\\c\td".to_owned()]),
        "empty.txt" => Ok(Vec::new()),
        _ => Err("it cannot be read: no such file".to_owned()),
    };
    Template::parse(text, &mut read).map_err(|mistake| mistake.to_string())
}

fn render(text: &str) -> String {
    let template = parse(text).unwrap();
    let mut out = Vec::new();
    template.render(3, &mut from_seed(1, 0), &mut out);
    String::from_utf8(out).unwrap()
}

fn json(text: &str) -> Value {
    let rendered = render(text);
    serde_json::from_str(&rendered).unwrap_or_else(|error| panic!("{rendered}: {error}"))
}

#[test]
fn the_example_is_json_as_it_is_written() {
    let before = now();
    let value = json(r#"{"id":{{seq}},"at":{{now}},"user":{{choice users.txt}}}"#);
    assert_eq!(value["id"], 3);
    assert!((before..=now()).contains(&value["at"].as_u64().unwrap()));
    assert!(value["user"] == "ann" || value["user"] == "bob", "{value}");
}

#[test]
fn a_text_gets_quotes_in_json_where_it_has_none() {
    assert_eq!(json(r#"{"a":{{choice odd.txt}}}"#)["a"], "a\"b\\c\td");
    assert_eq!(json(r#"{"a":"<{{choice odd.txt}}>"}"#)["a"], "<a\"b\\c\td>");
    assert_eq!(json(r#"{"a":"\"{{choice odd.txt}}"}"#)["a"], "\"a\"b\\c\td");
    assert_eq!(json(r#"{ {{choice users.txt}}:[{{uuid}}]}"#).as_object().unwrap().len(), 1);
    assert_eq!(json("{{choice a| b }}").as_str().unwrap().len(), 1);
    assert_eq!(json(r#"{"a":"{{uuid}}","b":{{uuid}}}"#)["b"].as_str().unwrap().len(), 36);
    assert_eq!(json(r#"{"a":{"b":{{seq}}}}"#)["a"]["b"], 3);
}

#[test]
fn choices_that_are_all_json_stay_what_they_are() {
    assert!(json(r#"{"a":{{choice ids.txt}}}"#)["a"].is_u64());
    assert!(json(r#"{"a":{{choice true|false|null}}}"#)["a"].as_str().is_none());
    assert!(json(r#"{"a":{{choice 1|two}}}"#)["a"].is_string());
    assert!(json(r#"{"a":"{{choice 1|2}}"}"#)["a"].is_string());
    assert!(json(r#"{"a":{{choice {"x":1}|{"x":2} }}}"#)["a"]["x"].is_u64());
}

#[test]
fn what_is_no_json_is_text_and_told_where_it_begins_like_an_object() {
    assert_eq!(render("user={{choice odd.txt}} {{seq}}"), "user=a\"b\\c\td 3");
    assert_eq!(render("[{{seq}}] {{choice odd.txt}}"), "[3] a\"b\\c\td");
    assert!(parse("[{{seq}}] x").unwrap().not_json().is_none());
    let told = parse(r#"{"ä":{{seq}} "b":1}"#).unwrap();
    assert_eq!(
        told.not_json().unwrap().to_string(),
        "column 14: expected `,` or `}`, so that the values are no JSON"
    );
}

#[test]
fn a_range_has_both_ends_and_a_uuid_its_version() {
    let template = parse("{{int -1 1}}").unwrap();
    let mut chance = from_seed(1, 0);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let mut out = Vec::new();
        template.render(0, &mut chance, &mut out);
        seen.insert(String::from_utf8(out).unwrap());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["-1", "0", "1"]);
    assert!(parse(&format!("{{{{int {} {}}}}}", i64::MIN, i64::MAX)).is_ok());
    for _ in 0..100 {
        let uuid = String::from_utf8(uuid(&mut chance).to_vec()).unwrap();
        let groups: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12], "{uuid}");
        assert!(uuid.as_bytes()[14] == b'4' && b"89ab".contains(&uuid.as_bytes()[19]), "{uuid}");
    }
}

#[test]
fn a_mistake_has_its_column_and_says_what_would_be_right() {
    for (text, words) in [
        ("{{seq", "column 1: {{ has no }} behind it"),
        ("ä{{sek}}", "column 2: \"sek\" is no placeholder, did you mean seq?"),
        ("{{}}", "column 1: there is no name in the braces"),
        ("{{colour}}", "column 1: \"colour\" is no placeholder; there are {{seq}}, {{now}}"),
        (r#"{{choice("users.txt")}}"#, "a name has no brackets behind it"),
        ("{{seq 5}}", "column 1: {{seq}} has nothing behind its name, and here is \"5\""),
        ("{{int 5}}", "column 1: {{int FROM TO}} has two whole numbers, and here is \"5\""),
        ("{{int 5 1}}", "{{int 1 5}} is right"),
        ("{{choice}}", "column 1: {{choice FILE}} has a file"),
        ("x {{choice no.txt}}", "column 3: no.txt: it cannot be read: no such file; words to"),
        ("{{choice empty.txt}}", "column 1: empty.txt: there is no line to choose from"),
    ] {
        let said = parse(text).unwrap_err();
        assert!(said.contains(words), "{text}: {said}");
    }
    assert!(parse(r#"{{choice "users.txt"}}"#).is_ok());
}

#[test]
fn a_file_is_read_by_lines_and_what_is_wrong_with_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let read = |content: &[u8]| {
        let path = folder.path().join("lines");
        std::fs::write(&path, content).unwrap();
        choices::lines_of(path.to_str().unwrap())
    };
    assert_eq!(read(b"\xef\xbb\xbfa\r\n\nb b\n"), Ok(vec!["a".to_owned(), "b b".to_owned()]));
    assert_eq!(read(b""), Ok(Vec::new()));
    assert_eq!(read(b"a\nb\n\xff\n"), Err("line 3 is not UTF-8".to_owned()));
    let missing = folder.path().join("missing");
    assert!(choices::lines_of(missing.to_str().unwrap()).unwrap_err().contains("cannot be read"));
    assert!(choices::lines_of(folder.path().to_str().unwrap()).is_err());
    assert_eq!(choices::lines_of("/dev/zero"), Err("it has more than 64 MiB".to_owned()));
}

proptest! {
    #[test]
    fn any_template_is_read_or_refused(text in "([a-z{}\"\\\\:,| \\[\\]é]|\\{\\{|\\}\\}|\\{\\{seq\\}\\}|\\{\\{choice a\\|b\\}\\}){0,24}") {
        if let Ok(template) = parse(&text) {
            let mut out = Vec::new();
            template.render(1, &mut from_seed(1, 0), &mut out);
            if !text.contains(OPENS) {
                prop_assert_eq!(out, text.into_bytes());
            }
        }
    }

    #[test]
    fn any_lines_make_json_of_a_template_that_is_json(lines in proptest::collection::vec("\\PC{0,12}", 1..5)) {
        let text = r#"{"a":{{choice FILE}},"b":"x{{choice FILE}}"}"#;
        let template = Template::parse(text, &mut |_| Ok(lines.clone())).unwrap();
        let mut chance = from_seed(2, 0);
        for number in 0..10 {
            let mut out = Vec::new();
            template.render(number, &mut chance, &mut out);
            let value: Value = serde_json::from_slice(&out).unwrap();
            let quoted = value["b"].as_str().unwrap();
            prop_assert!(lines.iter().any(|line| format!("x{line}") == quoted), "{}", quoted);
        }
    }
}
