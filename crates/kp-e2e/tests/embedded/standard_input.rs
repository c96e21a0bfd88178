//! `kp-producer --stdin`.

use crate::Stage;

#[test]
fn a_line_leaves_while_standard_input_stays_open() {
    let stage = Stage::new();
    let mut producer = stage
        .producer()
        .args(["--stdin", "--linger", "5ms"])
        .open_stdin()
        .start();
    let reader = stage
        .reader()
        .args(["--no-group", "--idle-exit", "never", "--format", "value"])
        .start();
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
    let read = stage
        .reader()
        .args(["--no-group", "--until-end", "--format", "json"])
        .run()
        .exits(0);
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
    let sent = stage
        .producer()
        .args(["--stdin", "--report", "json"])
        .run()
        .exits(0);
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
    let read = stage
        .reader()
        .args(["--no-group", "--until-end", "--format", "value"])
        .run()
        .exits(0);
    assert_eq!(read.text(), "1\n2\n");
}

#[test]
fn the_json_report_is_all_of_standard_output() {
    let stage = Stage::new();
    let sent = stage
        .producer()
        .args(["--count", "25", "--report", "json"])
        .run()
        .exits(0);
    let report = sent.json();
    assert!(
        report["schema"]
            .as_str()
            .unwrap()
            .starts_with("kp.producer.report/")
    );
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
    assert!(
        failed.json()["error"].as_str().unwrap().contains("line 2"),
        "{failed}"
    );
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
    let read = stage
        .reader()
        .args(["--no-group", "--until-end", "--format", "value"])
        .run()
        .exits(0);
    assert!(read.text() == lines, "{read}");
}
