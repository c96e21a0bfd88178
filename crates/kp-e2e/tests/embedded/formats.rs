//! What goes through `--format` and back.

use serde_json::json;

use crate::Stage;

/// Records that a careless copy would change, as `--format json` writes them.
fn delicate_records() -> String {
    let records = [
        json!({"key": null, "value": null, "headers": [], "timestamp": 1_700_000_000_000_i64}),
        json!({"key": "", "value": "", "headers": [{"key": "h", "value": null}], "timestamp": 1_700_000_000_001_i64}),
        json!({"key": "k", "value": "v", "timestamp": 1,
            "headers": [{"key": "r", "value": "1"}, {"key": "q", "value": ""}, {"key": "r", "value": "2"}]}),
        json!({"key_base64": "/wA=", "value_base64": "gIGC/w==", "timestamp": 1_700_000_000_002_i64,
            "headers": [{"key": "raw", "value_base64": "AP8="}]}),
        json!({"key": "키 \u{1f600}", "value": "line\nbreak \"quoted\" \\ \u{0}", "headers": [], "timestamp": 1_700_000_000_003_i64}),
    ];
    records.iter().map(|record| format!("{record}\n")).collect()
}

#[test]
fn json_is_copied_without_loss() {
    let from = Stage::new();
    from.producer()
        .args(["--stdin", "--stdin-format", "json"])
        .stdin(delicate_records())
        .run()
        .exits(0);
    let read = |stage: &Stage| {
        let read = stage.reader().args(["--no-group", "--until-end", "--format", "json"]).run();
        read.exits(0).stdout.clone()
    };
    let original = read(&from);

    // The flag overrides the topic in the records.
    let to = Stage::new();
    to.producer()
        .args(["--stdin", "--stdin-format", "json"])
        .stdin(original.clone())
        .run()
        .exits(0);
    let copy = String::from_utf8(read(&to)).unwrap();
    let original = String::from_utf8(original).unwrap();
    assert_eq!(copy.replace(&to.topic, &from.topic), original);

    // The bytes that were read are those that were sent.
    for (sent, read) in delicate_records().lines().zip(original.lines()) {
        let sent: serde_json::Value = serde_json::from_str(sent).unwrap();
        let read: serde_json::Value = serde_json::from_str(read).unwrap();
        for (field, value) in sent.as_object().unwrap() {
            assert_eq!(&read[field], value, "{field} of {read}");
        }
    }
    assert_eq!(original.lines().count(), 5);
}

#[test]
fn without_a_flag_each_record_goes_to_its_own_topic() {
    let stage = Stage::new();
    let record = format!("{}\n", json!({"topic": stage.topic, "value": "here"}));
    kp_e2e::Cluster::producer(&stage.broker)
        .args(["--stdin", "--stdin-format", "json"])
        .stdin(record)
        .run()
        .exits(0);
    let read =
        stage.reader().args(["--no-group", "--until-end", "--format", "value"]).run().exits(0);
    assert_eq!(read.text(), "here\n");
}

#[test]
fn the_seed_format_shows_pythons_form_of_any_json() {
    let stage = Stage::new();
    stage
        .producer()
        .args(["--stdin", "--key", "k'1"])
        .stdin("{\"a\": [true, null, 1.0, 1e22, \"it's\"], \"한\": \"글\\n\"}\n")
        .run()
        .exits(0);
    let read =
        stage.reader().args(["--no-group", "--until-end", "--format", "seed"]).run().exits(0);
    let expected = format!(
        "Topic : {}, Partition : 0, Offset : 0, Key : b\"k'1\", value : {{'a': [True, None, 1.0, 1e+22, \"it's\"], '한': '글\\n'}}",
        stage.topic
    );
    assert_eq!(read.messages(), [expected]);
}

#[test]
fn a_template_and_raw_values_have_no_banner() {
    let stage = Stage::new();
    stage
        .producer()
        .args(["--stdin", "--key", "k", "--header", "h=1"])
        .stdin("a\n\nc\n")
        .run()
        .exits(0);
    let read = |format: &str| {
        let read = stage.reader().args(["--no-group", "--until-end", "--format", format]).run();
        read.exits(0).text().to_owned()
    };
    assert_eq!(read("value"), "a\n\nc\n");
    let expected = format!("{0}/0/0 k=a h=1\n{0}/0/1 k= h=1\n{0}/0/2 k=c h=1\n", stage.topic);
    assert_eq!(read(r"%t/%p/%o %k=%s %h\n"), expected);
}

#[test]
fn a_format_that_does_not_exist_is_a_wrong_setting() {
    let stage = Stage::new();
    stage.consumer().args(["--format", "%y"]).run().exits(3).says(&["%y", "%t"]);
}

#[test]
fn a_value_that_is_json_stands_as_json_when_it_is_asked_for() {
    let stage = Stage::new();
    let values = [
        (r#"{"b": 1.0, "b":2,"a":[1e400]}"#, r#""value":{"b": 1.0, "b":2,"a":[1e400]}"#),
        ("{\n \"a\": 1\n}\n", r#""value":{"a":1}"#),
        ("-1.50", r#""value":-1.50"#),
        ("null", r#""value":"null""#),
        (r#""abc""#, r#""value":"\"abc\"""#),
        ("{", r#""value":"{""#),
    ];
    let lines: String = values
        .iter()
        .map(|(value, _)| format!("{}\n", json!({ "value": value })))
        .chain(["{\"value\":null}\n".to_owned(), "{\"value_base64\":\"/w==\"}\n".to_owned()])
        .collect();
    stage.producer().args(["--stdin", "--stdin-format", "json"]).stdin(lines).run().exits(0);
    let run = stage.reader().args(["--until-end", "-J", "--decode", "json"]).run();
    let read = String::from_utf8(run.exits(0).stdout.clone()).unwrap();
    let expected = values.iter().map(|(_, shown)| *shown);
    let expected: Vec<_> =
        expected.chain(["\"value\":null", "\"value_base64\":\"/w==\""]).collect();
    assert_eq!(read.lines().count(), expected.len(), "{read}");
    for (line, shown) in read.lines().zip(expected) {
        assert!(line.contains(&format!("{shown},\"headers\"")), "{shown}: {line}");
        let _: serde_json::Value = serde_json::from_str(&line.replace("1e400", "1")).unwrap();
    }
}

/// What is shown for people, with these flags and variables.
fn shown(stage: &Stage, flags: &[&str], variables: &[(&str, &str)]) -> String {
    let call = stage.reader().args(["--until-end"]).args(flags.iter().copied());
    let call = variables.iter().fold(call, |call, (name, value)| call.env(name, value));
    String::from_utf8(call.run().exits(0).stdout.clone()).unwrap()
}

#[test]
fn what_is_for_people_has_local_times_and_through_a_pipe_no_colours() {
    let stage = Stage::new();
    let record = json!({"key": "k", "value": "{\"a\":[1]}", "timestamp": 1_700_000_000_000_i64});
    let records = format!("{record}\n{}\n", json!({"value": "\u{1b}[31mred"}));
    stage.producer().args(["--stdin", "--stdin-format", "json"]).stdin(records).run().exits(0);
    let seoul = [("TZ", "Asia/Seoul"), ("TERM", "xterm")];
    let first = |time: &str| {
        format!(
            "{} [0] @ 0  {time}  key \"k\"\n  {{\n    \"a\": [\n      1\n    ]\n  }}\n",
            stage.topic
        )
    };
    let local = shown(&stage, &["--pretty"], &seoul);
    assert!(local.starts_with(&first("2023-11-15T07:13:20.000+09:00")), "{local}");
    assert!(local.ends_with("\n  \\x1b[31mred\n") && !local.contains('\x1b'), "{local:?}");
    let utc = shown(&stage, &["--format", "pretty", "--utc"], &seoul);
    assert!(utc.starts_with(&first("2023-11-14T22:13:20.000Z")), "{utc}");
    let times = shown(&stage, &["--format", "%d\n", "--max-messages", "1"], &seoul);
    assert_eq!(times, "2023-11-15T07:13:20.000+09:00\n");
    let colored = shown(&stage, &["--pretty", "--color", "always"], &[("NO_COLOR", "1")]);
    assert!(colored.contains("\x1b[33m1\x1b[0m"), "{colored:?}");
}
