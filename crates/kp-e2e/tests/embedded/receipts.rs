//! `--receipts`: the fate of each record on standard output, and nothing else there.

use std::collections::BTreeMap;

use kp_e2e::{Finished, Signal};
use serde_json::Value;

use crate::Stage;

/// Each line is one JSON object.
fn receipts(finished: &Finished) -> Vec<Value> {
    finished.lines().into_iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The JSON report, the last line of standard error.
fn report(finished: &Finished) -> Value {
    let last = finished.stderr.lines().find(|line| line.starts_with('{'));
    serde_json::from_str(last.unwrap_or_else(|| panic!("{finished}"))).unwrap()
}

/// How many receipts have each status; each record has one, and all of them are in the report.
fn counts(finished: &Finished) -> BTreeMap<String, u64> {
    let receipts = receipts(finished);
    let mut records: Vec<u64> =
        receipts.iter().map(|receipt| receipt["record"].as_u64().unwrap()).collect();
    records.sort_unstable();
    assert!(records.iter().copied().eq(0..records.len() as u64), "one each: {finished}");
    let mut counts = BTreeMap::new();
    for receipt in &receipts {
        *counts.entry(receipt["status"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let report = report(finished);
    let of = |status: &str| counts.get(status).copied().unwrap_or_default();
    let number = |field: &str| report[field].as_u64().unwrap();
    assert_eq!(of("acknowledged"), number("acknowledged"), "{report}");
    // Those that the report has as unsent or undelivered have a fate, too.
    assert!(of("failed") >= number("failed"), "{report}");
    assert!(of("failed") <= number("failed") + number("unsent"), "{report}");
    assert_eq!(of("unknown"), number("unknown") + number("undelivered"), "{report}");
    let sum = of("acknowledged") + number("failed") + of("unknown");
    assert_eq!(sum, number("sent"), "{report}");
    counts
}

#[test]
fn each_receipt_says_where_its_record_is() {
    let stage = Stage::with_partitions(4);
    let lines: Vec<String> = (1..=500).map(|line| format!("k{}:v{line}", line % 7)).collect();
    let sent = stage
        .producer()
        .args(["--stdin", "-K", ":", "--receipts", "json", "--report", "json"])
        .stdin(lines.join("\n"))
        .run()
        .exits(0);
    assert_eq!(counts(&sent), BTreeMap::from([("acknowledged".to_owned(), 500)]));
    let read = stage.reader().args(["--until-end", "--format", "json"]).run().exits(0);
    let stored: BTreeMap<(i64, i64), (String, String)> = receipts(&read)
        .into_iter()
        .map(|record| {
            let text = |field: &str| record[field].as_str().unwrap().to_owned();
            let number = |field: &str| record[field].as_i64().unwrap();
            ((number("partition"), number("offset")), (text("key"), text("value")))
        })
        .collect();
    assert_eq!(stored.len(), 500);
    for receipt in receipts(&sent) {
        let number = |field: &str| receipt[field].as_i64().unwrap();
        let (key, value) = &stored[&(number("partition"), number("offset"))];
        assert_eq!(receipt["key"], key.as_str());
        assert_eq!(*value, format!("v{}", number("line")), "{receipt}");
        assert_eq!(receipt["topic"], stage.topic.as_str());
    }
}

#[test]
fn a_record_that_failed_says_why_and_the_report_is_on_the_other_stream() {
    let stage = Stage::new();
    let long = "x".repeat(3_000);
    let sent = stage
        .producer()
        .args(["--stdin-format", "json", "--receipts", "-X", "message.max.bytes=2000"])
        .stdin(format!("{{\"value\":\"a\"}}\n\n{{\"value\":\"{long}\"}}\n{{\"value\":\"b\"}}\n"))
        .run()
        .exits(5)
        .says(&["2 acknowledged, 1 failed", "[Done]: "]);
    let mut lines = sent.lines();
    lines.sort_unstable();
    let topic = &stage.topic;
    assert_eq!(lines.len(), 3, "{sent}");
    assert_eq!(lines[0], format!("line 1: acknowledged in {topic} [0] @ 0"));
    let why = format!("line 3: failed: topic {topic}: larger than 2000 bytes");
    assert!(lines[1].starts_with(&why), "{sent}");
    assert_eq!(lines[2], format!("line 4: acknowledged in {topic} [0] @ 1"));
}

#[test]
fn without_a_confirmation_the_fate_is_unknown() {
    let stage = Stage::new();
    let call = || stage.producer().args(["--receipts", "json", "--report", "json"]);
    let sent = call().args(["--acks", "0", "--count", "20"]).run().exits(0);
    assert_eq!(counts(&sent), BTreeMap::from([("unknown".to_owned(), 20)]));
    assert!(receipts(&sent)[0]["reason"].as_str().unwrap().contains("acks=0"), "{sent}");
}

#[test]
fn what_was_under_way_when_a_run_gave_up_is_unknown_and_the_rest_never_sent() {
    let stage = Stage::new();
    let reader =
        stage.reader().args(["--no-group", "--idle-exit", "never", "--format", "value"]).start();
    let producer = stage
        .producer()
        .args(["--rate", "1000", "--count", "100000", "--delivery-timeout", "1s"])
        .args(["--receipts", "json", "--report", "json"])
        .start();
    reader.wait_for_lines(200);
    stage.broker.signal(Signal::STOP);
    let ended = producer.finish().exits(5);
    stage.broker.signal(Signal::CONT);
    let counts = counts(&ended);
    assert!(counts["acknowledged"] >= 200 && counts["unknown"] > 0, "{counts:?}");
    let unknown = receipts(&ended).into_iter().find(|receipt| receipt["status"] == "unknown");
    assert!(unknown.unwrap()["reason"].as_str().unwrap().contains("--delivery-timeout"));
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly_and_is_told_of() {
    let stage = Stage::new();
    let mut producer = stage
        .producer()
        .args(["--rate", "1000", "--count", "1000000", "--receipts", "--report", "json"])
        .start_unread();
    let first = producer.take_first_line();
    assert!(first.starts_with("message 0: acknowledged in "), "{first}");
    let ended = producer.finish_unread().exits(0);
    let report = report(&ended);
    assert_eq!(report["sent"], report["acknowledged"], "{report}");
    assert!(report["sent"].as_u64() < Some(1_000_000), "{report}");
    assert!(report["unwritten_receipts"].as_u64() > Some(0), "{report}");
}

#[test]
fn receipts_go_with_neither_a_ledger_nor_a_redrive() {
    let stage = Stage::new();
    let call = || stage.producer().args(["--receipts"]);
    call().args(["--audit", "ledger"]).run().exits(3).says(&["--receipts", "--audit"]);
    call().args(["--load", "file"]).run().exits(3).says(&["--receipts", "FILE.sent"]);
}
