//! The producer as a source of load: rates, durations, sizes, keys, and what the report says of
//! them.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::Duration;

use kp_e2e::Signal;
use serde_json::Value;

use crate::Stage;

fn number_of(report: &Value, field: &str) -> u64 {
    report[field].as_u64().unwrap_or_else(|| panic!("{field}: {report}"))
}

#[test]
fn made_up_messages_have_the_size_and_the_keys_that_were_asked_for() {
    let stage = Stage::new();
    let load = ["--count", "500", "--size", "1KiB", "--keys", "5", "--zipf", "1.5"];
    let sent = stage.producer().args(load).args(["--report", "json"]).run().exits(0).json();
    let again = number_of(&sent, "seed").to_string();
    stage.producer().args(load).args(["--seed", &again]).run().exits(0);
    let read = stage.reader().args(["--until-end", "--format", "%k %s\\n"]).run().exits(0);
    let lines = read.messages();
    let (first, second) = lines.split_at(500);
    assert_eq!(first, second, "a seed of a report makes the same messages");
    let mut keys = BTreeSet::new();
    for (number, line) in first.iter().enumerate() {
        let (key, value) = line.split_once(' ').unwrap();
        keys.insert(key);
        assert_eq!(value.len(), 1024);
        let value: Value = serde_json::from_str(value).unwrap();
        assert_eq!(value["str"], format!("result{number}"));
    }
    assert_eq!(keys, BTreeSet::from(["key0", "key1", "key2", "key3", "key4"]));
}

#[test]
fn a_run_by_the_clock_sends_all_that_is_due_before_its_end_or_says_how_many_not() {
    let stage = Stage::new();
    let timed = ["--rate", "1k/s", "--duration", "2s"];
    let sent = stage.producer().args(timed).args(["--report", "json"]).run().exits(0).json();
    assert_eq!(number_of(&sent, "sent") + number_of(&sent["rate"], "missed"), 2_000, "{sent}");
    assert_eq!(sent["latency_from"], "due");
    let seconds = sent["seconds"].as_f64().unwrap();
    assert!(seconds >= 1.9, "{sent}");
    let intervals = sent["intervals"].as_array().unwrap();
    for field in ["sent", "acknowledged", "failed", "unknown"] {
        let sum: u64 = intervals.iter().map(|interval| number_of(interval, field)).sum();
        assert_eq!(sum, number_of(&sent, field), "{field}: {sent}");
    }
    let lengths: f64 = intervals.iter().map(|one| one["seconds"].as_f64().unwrap()).sum();
    assert!((lengths - seconds).abs() < 0.1, "{sent}");
    let few = stage.producer().args(timed).args(["--count", "10"]).run().exits(0);
    few.says(&["10 messages", "target 1000 msg/s", "from when due", "p99.9"]);
}

#[test]
fn a_broker_that_stands_still_shows_as_latency_and_not_as_fewer_messages() {
    let stage = Stage::new();
    let reader =
        stage.reader().args(["--no-group", "--idle-exit", "never", "--format", "value"]).start();
    // Ten messages fill the queue, and 256 more a batch. The others cannot be taken before there is
    // room again, and would not have waited at all if their time began then.
    let producer = stage
        .producer()
        .args(["--rate", "200/s", "--count", "1000", "--delivery-timeout", "60s"])
        .args(["-X", "queue.buffering.max.messages=10", "--report", "json"])
        .start();
    reader.wait_for_lines(100);
    stage.broker.signal(Signal::STOP);
    sleep(Duration::from_secs(3));
    stage.broker.signal(Signal::CONT);
    let report = producer.finish().exits(0).json();
    assert_eq!(number_of(&report, "acknowledged"), 1_000);
    assert!(report["latency_ms"]["p95"].as_f64().unwrap() >= 500.0, "{report}");
    assert!(report["rate"]["latest_ms"].as_f64().unwrap() >= 500.0, "{report}");
    assert!(report["rate"]["queue_full_seconds"].as_f64().unwrap() >= 0.5, "{report}");
}

#[test]
fn a_rate_that_cannot_be_reached_is_said_to_be_and_why() {
    let stage = Stage::new();
    let call = stage.producer().args(["--rate", "1000M/s", "--duration", "1s", "--flush", "each"]);
    call.run().exits(0).says(&[
        "target 1000000000 msg/s",
        "NOT on time",
        "due before the end of --duration not sent",
        "--flush each",
    ]);
}

#[test]
fn a_template_makes_the_values_and_a_mistake_in_it_sends_nothing() {
    let stage = Stage::new();
    let template = r#"{"id":{{seq}},"user":{{choice users.txt}},"n":{{int 1 3}},"u":{{uuid}}}"#;
    let call = || stage.producer().args(["--seed", "5", "--count", "20"]);
    let made = ["--value-template", template];
    call().args(made).run().exits(3).says(&["column 22: users.txt: it cannot be read"]);
    call().file("users.txt", "\n").args(made).run().exits(3).says(&["users.txt: there is no line"]);
    for _ in 0..2 {
        call().file("users.txt", "ann\nbob \"b\"\n").args(made).run().exits(0);
    }
    let read = stage.reader().args(["--until-end", "--format", "value"]).run().exits(0);
    let lines = read.messages();
    assert_eq!(lines.len(), 40, "{read}");
    assert_eq!(lines[..20], lines[20..], "--seed repeats a run");
    for (number, line) in lines[..20].iter().enumerate() {
        let value: Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["id"], number);
        assert!(value["user"] == "ann" || value["user"] == "bob \"b\"", "{line}");
        assert!((1..=3).contains(&number_of(&value, "n")), "{line}");
    }
}
