//! `kp-producer --stdin`.

use std::time::{Duration, Instant};

use kp_e2e::Signal;

use crate::Stage;

#[test]
fn a_line_leaves_while_standard_input_stays_open() {
    let stage = Stage::new();
    let mut producer = stage.producer().args(["--stdin", "--linger", "5ms"]).open_stdin().start();
    let reader =
        stage.reader().args(["--no-group", "--idle-exit", "never", "--format", "value"]).start();
    for number in 1..=3 {
        producer.type_in(&format!("line {number}\n"));
        let lines = reader.wait_for_lines(number);
        assert_eq!(lines.last().unwrap(), &format!("line {number}"));
    }
    assert!(producer.is_running());
    producer.end_stdin();
    producer.finish().exits(0).says(&["3 messages"]);
}

#[test]
fn an_empty_line_is_an_empty_value_and_the_last_line_needs_no_newline() {
    let stage = Stage::new();
    stage.produce_lines("one\n\nthree");
    let read =
        stage.reader().args(["--no-group", "--until-end", "--format", "json"]).run().exits(0);
    let values: Vec<_> = read
        .lines()
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["value"].clone())
        .collect();
    assert_eq!(values, ["one", "", "three"]);
}

#[test]
fn nothing_on_standard_input_is_nothing_sent() {
    let stage = Stage::new();
    let sent = stage.producer().args(["--stdin", "--report", "json"]).run().exits(0);
    assert_eq!(sent.json()["sent"], 0);
}

#[test]
fn a_malformed_line_is_named_and_the_lines_before_it_are_delivered() {
    let stage = Stage::new();
    stage
        .producer()
        .args(["--stdin", "--stdin-format", "json"])
        .stdin("{\"value\":\"1\"}\n{\"value\":\"2\"}\n{\"value\":\n{\"value\":\"4\"}\n")
        .run()
        .exits(5)
        .says(&["line 3"]);
    let read =
        stage.reader().args(["--no-group", "--until-end", "--format", "value"]).run().exits(0);
    assert_eq!(read.text(), "1\n2\n");
}

#[test]
fn the_json_report_is_all_of_standard_output() {
    let stage = Stage::new();
    let sent = stage.producer().args(["--count", "25", "--report", "json"]).run().exits(0);
    let report = sent.json();
    assert!(report["schema"].as_str().unwrap().starts_with("kp.producer.report/"));
    assert_eq!(report["sent"], 25);
    assert_eq!(report["acknowledged"], 25);
    assert_eq!(report["failed"], 0);
    assert_eq!(report["topics"][0], stage.topic);
    assert_eq!(sent.lines().len(), 1);

    let failed = stage
        .producer()
        .args(["--stdin", "--stdin-format", "json", "--report", "json"])
        .stdin("{\"value\":\"1\"}\nnot json\n")
        .run()
        .exits(5);
    assert_eq!(failed.json()["acknowledged"], 1);
    assert!(failed.json()["error"].as_str().unwrap().contains("line 2"), "{failed}");
}

#[test]
fn a_key_for_all_does_not_go_with_records_of_their_own() {
    let stage = Stage::new();
    stage
        .producer()
        .args(["--stdin", "--stdin-format", "json", "--key", "k"])
        .run()
        .exits(3)
        .says(&["--key"]);
}

#[test]
fn more_than_the_queue_holds_is_sent_without_dropping_any() {
    let stage = Stage::new();
    let lines: String = (0..30_000).map(|number| format!("{number}\n")).collect();
    stage
        .producer()
        .args(["--stdin", "-X", "queue.buffering.max.messages=100"])
        .stdin(lines.clone())
        .run()
        .exits(0);
    let read =
        stage.reader().args(["--no-group", "--until-end", "--format", "value"]).run().exits(0);
    assert!(read.text() == lines, "{read}");
}

#[test]
fn a_byte_order_mark_and_blank_lines_are_no_records_and_are_counted_as_lines() {
    let stage = Stage::new();
    stage
        .producer()
        .args(["--stdin", "--stdin-format", "json"])
        .stdin("\u{feff}{\"value\":\"1\"}\r\n\r\n  \t\n\u{feff}{\"value\":\"2\"}\r\n\n{\"valu\":1}\r\n")
        .run()
        .exits(5)
        .says(&["2 messages", "line 6", "the lines before it were sent"]);
    let read =
        stage.reader().args(["--no-group", "--until-end", "--format", "value"]).run().exits(0);
    assert_eq!(read.text(), "1\n2\n");
}

#[test]
fn a_line_ends_with_the_newline_of_any_system() {
    let stage = Stage::new();
    stage.produce_lines("\u{feff}one\r\n\r\n\u{feff}three\rand\nfour\r");
    let read =
        stage.reader().args(["--no-group", "--until-end", "--format", "json"]).run().exits(0);
    let values: Vec<_> = read
        .lines()
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["value"].clone())
        .collect();
    assert_eq!(values, ["one", "", "\u{feff}three\rand", "four\r"]);
}

#[test]
fn an_error_in_the_first_record_says_that_nothing_was_sent() {
    let stage = Stage::new();
    for (input, line) in [("nonsense\n", "line 1"), ("\n\n[1]\n", "line 3")] {
        let failed = stage
            .producer()
            .args(["--stdin", "--stdin-format", "json"])
            .stdin(input)
            .run()
            .exits(5)
            .says(&[line, "nothing was sent"]);
        assert!(!failed.stderr.contains("before it"), "{failed}");
    }
    stage
        .producer()
        .args(["--stdin", "--stdin-format", "json"])
        .stdin("{\"value\":\"1\"}\n\0\n")
        .run()
        .exits(5)
        .says(&["line 2", "not JSON", "the line before it was sent"]);
}

#[test]
fn nesting_bytes_and_encodings_that_are_no_record_are_named_by_their_line() {
    let stage = Stage::new();
    let deep = format!("{{\"value\":{}", "[".repeat(100_000));
    for (input, words) in [
        (deep.into_bytes(), "recursion limit"),
        (b"{\"value\":\"\xff\"}".to_vec(), "unicode"),
        (b"{\"value\":\"\0\"}".to_vec(), "control character"),
        (b"\xff\xfe{\0\"\0".to_vec(), "UTF-16"),
    ] {
        let input = [b"{\"value\":null}\n", input.as_slice()].concat();
        stage
            .producer()
            .args(["--stdin", "--stdin-format", "json"])
            .stdin(input)
            .run()
            .exits(5)
            .says(&["line 2", words]);
    }
}

#[test]
fn a_line_without_end_is_refused_once_it_is_longer_than_a_message_may_be() {
    let stage = Stage::new();
    // A JSON record may be twice as long as its message and 64 KiB. No byte more is typed than is
    // read until it is refused: what follows would meet a closed pipe.
    for (format, length) in [("lines", 5_002), ("json", 10_002 + 64 * 1024)] {
        let mut producer = stage
            .producer()
            .args(["--stdin", "--stdin-format", format, "-X", "message.max.bytes=5000"])
            .open_stdin()
            .start();
        producer.type_in("{\"value\":\"1\"}\n");
        producer.type_in(&"x".repeat(length));
        // Standard input stays open: nothing waits for the end of the line.
        producer.finish().exits(5).says(&[
            "1 message",
            "line 2",
            "longer than",
            "5000",
            "message.max.bytes",
        ]);
    }
    let lines = format!("{}\n{}\r\n{}", "x".repeat(4000), "y".repeat(5000), "z".repeat(5001));
    stage
        .producer()
        .args(["--stdin", "-X", "message.max.bytes=5000"])
        .stdin(lines)
        .run()
        .exits(5)
        .says(&["2 messages", "line 3"]);
}

#[test]
fn what_a_rate_has_no_time_for_is_not_read_ahead() {
    let stage = Stage::new();
    let producer = stage
        .producer()
        .args(["--stdin", "--rate", "1000", "--report", "json"])
        .stdin("y\n".repeat(200_000))
        .start();
    let reader =
        stage.reader().args(["--no-group", "--idle-exit", "never", "--format", "value"]).start();
    reader.wait_for_lines(100);
    producer.signal(Signal::TERM);
    let asked = Instant::now();
    let report = producer.finish().exits(0).json();
    // One chunk of a pipe would have been 32,768 of these lines.
    let sent = report["acknowledged"].as_u64().unwrap();
    assert!(sent < 20_000, "{report}");
    assert_eq!(report["unsent"], 0);
    assert!(asked.elapsed() < Duration::from_secs(4));
}
