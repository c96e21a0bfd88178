//! A message that the format cannot show.

use kp_e2e::{Cluster, EmbeddedBroker};

use crate::Stage;

/// A topic with a message that is no JSON at offset 2 of 4.
fn poisoned() -> Stage {
    let stage = Stage::new();
    stage.produce_lines(POISONED);
    stage
}

const POISONED: &str = "{\"n\":0}\n{\"n\":1}\npoison\n{\"n\":3}\n";

#[test]
fn beside_a_named_topic_it_is_printed_as_text_on_one_line() {
    let stage = Stage::new();
    let records = [
        r#"{"value":"hello world"}"#,
        r#"{"value":"a\nb\u001b[31m"}"#,
        r#"{"value_base64":"//5h"}"#,
        r#"{"value":""}"#,
        r#"{"value":null}"#,
        r#"{"value":"{\"n\": 1}"}"#,
    ];
    stage.producer().args(["--stdin-format", "json"]).stdin(records.join("\n")).run().exits(0);
    let texts = ["hello world", r"a\nb\u{1b}[31m", r"\xff\xfea", "", "null", r#"{"n":1}"#];
    let read = stage.reader().args(["--until-end"]).run().exits(0);
    let values: Vec<_> =
        read.lines().iter().map(|line| line.split_once("value : ").unwrap().1).collect();
    assert_eq!(values, texts, "{read}");
    // JSON has Python's form, between the original's two lines.
    let seed = stage.consumer().args(["--until-end", "--format", "seed"]).run().exits(0);
    let lines = seed.lines();
    assert_eq!(lines.len(), texts.len() + 2, "{seed}");
    assert_eq!(lines[0], "[Start] get consumer");
    assert!(lines[1].ends_with("value : hello world"), "{seed}");
    assert!(lines[6].ends_with("value : {'n': 1}"), "{seed}");
    assert_eq!(stage.committed(), Some(6));
}

#[test]
fn the_exercise_ends_at_it_and_does_not_commit_it() {
    let stage = Stage {
        broker: EmbeddedBroker::start(&["topic1:1"]),
        topic: "topic1".to_owned(),
        group: "test-group".to_owned(),
    };
    stage.produce_lines(POISONED);
    for attempt in 0..2 {
        let read = stage.broker.consumer().args(["--until-end"]).run().exits(5).says(&[
            "topic1 [0] @ 2",
            "not JSON",
            "--on-bad-message show",
        ]);
        // The first run prints what comes before it, and the next one begins with it.
        assert_eq!(read.messages().len(), if attempt == 0 { 2 } else { 0 }, "{read}");
        assert_eq!(stage.committed(), Some(2));
    }
}

#[test]
fn one_at_the_very_start_leaves_the_group_where_it_was() {
    let stage = Stage::new();
    stage.produce_lines("poison\n{}\n");
    for _ in 0..2 {
        stage
            .consumer()
            .args(["--until-end", "--on-bad-message", "fail"])
            .run()
            .exits(5)
            .says(&["[0] @ 0"]);
    }
    assert!(matches!(stage.committed(), None | Some(0)));
}

#[test]
fn skip_warns_goes_on_and_commits_all() {
    let stage = poisoned();
    let read = stage
        .consumer()
        .args(["--until-end", "--on-bad-message", "skip"])
        .run()
        .exits(0)
        .says(&["[0] @ 2"]);
    assert_eq!(read.messages().len(), 3, "{read}");
    assert!(read.messages()[2].ends_with("{\"n\":3}"), "{read}");
    assert_eq!(stage.committed(), Some(4));
}

#[test]
fn formats_that_do_not_look_inside_have_no_bad_messages() {
    let stage = poisoned();
    for format in ["value", "json", r"%s\n"] {
        let read = stage.reader().args(["--no-group", "--until-end", "--format", format]).run();
        assert_eq!(read.exits(0).lines().len(), 4);
    }
}

#[test]
fn a_tombstone_is_not_bad() {
    let stage = Stage::new();
    stage
        .producer()
        .args(["--stdin", "--stdin-format", "json"])
        .stdin("{\"key\":\"k\",\"value\":null}\n")
        .run()
        .exits(0);
    for (format, key, value) in [("line", "\"k\"", "null"), ("seed", "b'k'", "None")] {
        let read =
            stage.reader().args(["--no-group", "--until-end", "--format", format]).run().exits(0);
        let line = format!(
            "Topic : {}, Partition : 0, Offset : 0, Key : {key}, value : {value}",
            stage.topic
        );
        assert_eq!(read.messages(), [line]);
    }
}
