//! When `kp-producer` reads standard input unasked, and what `--count` means beside it.

use kp_e2e::Cluster;

use crate::Stage;

/// What the topic holds, value by value.
fn stored(stage: &Stage) -> Vec<String> {
    let read = stage.reader().args(["--until-end", "--format", "value"]).run().exits(0);
    read.lines().into_iter().map(str::to_owned).collect()
}

#[test]
fn beside_a_named_topic_a_file_or_a_pipe_is_sent_unasked() {
    let stage = Stage::new();
    let by_variable = || stage.broker.producer().env("KP_PRODUCER__TOPIC", &stage.topic);
    let calls = [
        stage.producer().stdin("a\nb\n"),
        stage.producer().file("lines", "a\nb\n").stdin_file("lines"),
        by_variable().stdin("a\nb\n"),
        stage
            .producer()
            .args(["--stdin-format", "json"])
            .stdin("{\"value\":\"a\"}\n{\"value\":\"b\"}\n"),
    ];
    for (number, call) in calls.into_iter().enumerate() {
        call.run().exits(0).says(&["2 messages for", "2 acknowledged"]);
        assert_eq!(stored(&stage), ["a", "b"].repeat(number + 1));
    }
}

#[test]
fn the_count_makes_messages_up_and_of_standard_input_takes_so_many_lines() {
    let stage = Stage::new();
    let made_up = stage.producer().args(["--count", "2"]).stdin("a\nb\nc\n").run().exits(0);
    assert!(!made_up.stderr.contains("made up"), "{made_up}");
    assert_eq!(stored(&stage), ["{\"str\":\"result0\"}", "{\"str\":\"result1\"}"]);
    for (arguments, lines) in [
        (&["--stdin", "--count", "2"][..], "a\nb\nc\n"),
        (&["--stdin", "--count", "5"], "c\nd\n"),
        (&["--stdin", "--count", "0"], "e\n"),
        (&["--stdin-format", "json", "--count", "1"], "{\"value\":\"f\"}\nno record\n"),
    ] {
        let call = stage.producer().args(arguments).stdin(lines);
        call.run().exits(0);
    }
    assert_eq!(stored(&stage)[2..], ["a", "b", "c", "d", "f"]);
}

#[test]
fn a_count_in_a_file_does_not_cut_standard_input_off() {
    let stage = Stage::new();
    let file = format!("[producer]\ntopic = {:?}\ncount = 1\n", stage.topic);
    let call = stage.broker.producer().file("x.toml", &file);
    call.args(["--config", "x.toml"]).stdin("a\nb\n").run().exits(0);
    assert_eq!(stored(&stage), ["a", "b"]);
}

#[test]
fn without_a_stream_messages_are_made_up_and_said_to_be() {
    let stage = Stage::new();
    stage.producer().run().exits(0).says(&[
        "1000 messages for",
        "made up, because standard input is neither a file nor a pipe",
        "--count N",
    ]);
}

#[test]
fn the_exercise_makes_its_messages_up_whatever_standard_input_is() {
    let stage = Stage::new();
    let exercise = stage.broker.producer().stdin("a\n").run().exits(0);
    let exercise = exercise.says(&["1000 messages for topic1"]);
    assert!(!exercise.stderr.contains("standard input"), "{exercise}");
}

#[test]
fn a_pipe_that_stays_silent_is_said_to_be_read_and_one_that_is_empty_too() {
    let stage = Stage::new();
    let mut waiting = stage.producer().open_stdin().start();
    waiting.wait_for_words("reads lines from standard input");
    waiting.type_in("late\n");
    waiting.end_stdin();
    waiting.finish().exits(0).says(&["1 acknowledged", "--count N"]);
    let empty = stage.producer().stdin("").run().exits(0);
    empty.says(&["0 messages", "nothing was read from standard input"]);
}
