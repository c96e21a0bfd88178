//! A message that the format cannot show.

use crate::Stage;

/// A topic with a message that is no JSON at offset 2 of 4.
fn poisoned() -> Stage {
    let stage = Stage::new();
    stage.produce_lines("{\"n\":0}\n{\"n\":1}\npoison\n{\"n\":3}\n");
    stage
}

#[test]
fn by_default_it_ends_the_run_and_is_not_committed() {
    let stage = poisoned();
    for attempt in 0..2 {
        let read = stage
            .consumer()
            .args(["--until-end"])
            .run()
            .exits(5)
            .says(&[&stage.topic, "[0] @ 2", "not JSON", "--on-bad-message skip"]);
        // The first run prints what stands before it; the next one begins with it.
        assert_eq!(
            read.messages().len(),
            if attempt == 0 { 2 } else { 0 },
            "{read}"
        );
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
            .args(["--until-end"])
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
        let read = stage
            .reader()
            .args(["--no-group", "--until-end", "--format", format])
            .run();
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
        let read = stage
            .reader()
            .args(["--no-group", "--until-end", "--format", format])
            .run()
            .exits(0);
        let line = format!(
            "Topic : {}, Partition : 0, Offset : 0, Key : {key}, value : {value}",
            stage.topic
        );
        assert_eq!(read.messages(), [line]);
    }
}
