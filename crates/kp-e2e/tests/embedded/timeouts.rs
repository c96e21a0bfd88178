//! Messages that are not acknowledged in time: the producer stops rather than go on with a gap.

use std::time::{Duration, Instant};

use kp_e2e::{Call, Cluster, Running, Signal};
use serde_json::Value;

use crate::Stage;

/// A producer that sends all the while, and has sent some.
fn sending(stage: &Stage, more: &[&str]) -> (Running, Running) {
    let reader =
        stage.reader().args(["--no-group", "--idle-exit", "never", "--format", "value"]).start();
    let producer = stage.producer().args(["--rate", "1000", "--report", "json"]).args(more).start();
    reader.wait_for_lines(200);
    (producer, reader)
}

fn audit(stage: &Stage, ledger: &str) -> Value {
    let audit: Call = stage.broker.admin();
    let audit = audit.args(["audit", ledger, "--output", "json"]);
    audit.run().exits(0).json()
}

fn number(report: &Value, field: &str) -> u64 {
    report[field].as_u64().unwrap()
}

#[test]
fn an_overdue_message_ends_the_run_and_nothing_is_sent_again() {
    let stage = Stage::new();
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("run.ledger");
    let ledger = ledger.to_str().unwrap();
    let more = ["--count", "100000", "--delivery-timeout", "1s", "--audit", ledger];
    let (producer, _reader) = sending(&stage, &more);
    stage.broker.signal(Signal::STOP);
    let hung = Instant::now();
    let ended = producer.finish().exits(5).says(&["--delivery-timeout", "--on-timeout go-on"]);
    assert!(hung.elapsed() < Duration::from_secs(6), "{ended}");
    stage.broker.signal(Signal::CONT);
    let report = ended.json();
    assert!(number(&report, "acknowledged") >= 200, "{report}");
    assert!(number(&report, "unknown") > 0, "{report}");
    assert_eq!(report["promise"], "idempotent");
    assert_eq!(
        number(&report, "sent"),
        number(&report, "acknowledged") + number(&report, "failed") + number(&report, "unknown"),
        "{report}"
    );
    let audit = audit(&stage, ledger);
    assert_eq!(audit["unknown"], report["unknown"], "{audit}");
    assert_eq!(audit["failed"], report["failed"], "{audit}");
    for none in ["lost", "failed_stored", "twice", "out_of_order"] {
        assert_eq!(audit[none], 0, "{none}: {audit}");
    }
}

#[test]
fn nothing_follows_what_was_given_up() {
    let stage = Stage::new();
    let folder = tempfile::tempdir().unwrap();
    // More than the queue holds, so that messages wait before it when all is given up.
    let input = folder.path().join("input");
    let lines: String = (0..2_000_000).map(|number| format!("{number}\n")).collect();
    std::fs::write(&input, lines).unwrap();
    let producer = stage.producer().args(["--file", input.to_str().unwrap(), "--report", "json"]);
    let producer = producer.args(["--delivery-timeout", "1s"]).start();
    let stored = || stage.reader().args(["--until-end", "--format", "value"]).run().exits(0);
    kp_e2e::eventually("some are stored", || !stored().lines().is_empty());
    stage.broker.signal(Signal::STOP);
    let hung = Instant::now();
    let ended = producer.finish().exits(5).says(&["nothing more is sent"]);
    assert!(hung.elapsed() < Duration::from_secs(10), "{ended}");
    stage.broker.signal(Signal::CONT);
    let report = ended.json();
    assert!(number(&report, "unsent") > 0, "{report}");
    assert_eq!(report["undelivered"], 0, "{report}");
    let stored = stored();
    // The embedded broker keeps the newest messages alone.
    let numbers: Vec<u64> = stored.lines().iter().map(|line| line.parse().unwrap()).collect();
    let first = numbers[0];
    let without_gap: Vec<u64> = (first..first + numbers.len() as u64).collect();
    assert_eq!(numbers, without_gap, "nothing is stored behind a gap");
}

#[test]
fn a_broker_that_comes_back_in_time_loses_nothing() {
    let stage = Stage::new();
    let more = ["--count", "3000", "--delivery-timeout", "20s"];
    let (producer, reader) = sending(&stage, &more);
    stage.broker.signal(Signal::STOP);
    std::thread::sleep(Duration::from_secs(2));
    stage.broker.signal(Signal::CONT);
    let report = producer.finish().exits(0).json();
    assert_eq!(report["acknowledged"], 3000);
    reader.wait_for_lines(3000);
}

#[test]
fn going_on_is_told_as_a_weaker_promise() {
    let stage = Stage::new();
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("run.ledger");
    let ledger = ledger.to_str().unwrap();
    let reader =
        stage.reader().args(["--no-group", "--idle-exit", "never", "--format", "value"]).start();
    let producer = stage
        .producer()
        .args(["--rate", "500", "--count", "2500", "--audit", ledger])
        .args(["--delivery-timeout", "1s", "--on-timeout", "go-on"])
        .start();
    reader.wait_for_lines(100);
    stage.broker.signal(Signal::STOP);
    std::thread::sleep(Duration::from_secs(3));
    stage.broker.signal(Signal::CONT);
    producer.finish().exits(5).says(&[
        "2500 messages",
        "not acknowledged within 1s",
        "the promise became acks-all",
    ]);
    let audit = audit(&stage, ledger);
    assert_eq!(audit["promise"], "acks-all", "{audit}");
    assert_eq!(audit["attempted"], 2500, "{audit}");
    assert_eq!(audit["unknown"], 0, "{audit}");
}

#[test]
fn the_oldest_message_counts_not_the_run() {
    let stage = Stage::new();
    let mut producer =
        stage.producer().args(["--stdin", "--delivery-timeout", "1s"]).open_stdin().start();
    let reader =
        stage.reader().args(["--no-group", "--idle-exit", "never", "--format", "value"]).start();
    producer.type_in("first\n");
    reader.wait_for_lines(1);
    std::thread::sleep(Duration::from_secs(2));
    producer.type_in("second\n");
    reader.wait_for_lines(2);
    assert!(producer.is_running());
    stage.broker.signal(Signal::STOP);
    producer.type_in("third\n");
    // Standard input stays open.
    let ended = producer.finish().exits(5);
    ended.says(&["3 messages", "2 acknowledged", "1 unknown (line 3)"]);
}

#[test]
fn acks_of_any_kind_keep_the_same_clock() {
    for acks in ["0", "1"] {
        let stage = Stage::new();
        let more = ["--acks", acks, "--delivery-timeout", "1s", "--count", "100000"];
        let (producer, _reader) = sending(&stage, &more);
        drop(stage.broker);
        let report = producer.finish().exits(5).json();
        assert!(number(&report, "failed") > 0, "acks={acks}: {report}");
        assert_eq!(report["undelivered"], 0);
    }
}
