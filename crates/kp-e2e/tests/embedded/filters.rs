//! Which messages are printed: the filters, what they count, and what is committed of the others.

use kp_e2e::{Call, Finished, Signal, eventually};
use serde_json::json;

use crate::Stage;

/// Six messages that differ in everything a filter looks at.
fn orders() -> Stage {
    let stage = Stage::new();
    let record = |key: Option<&str>, value: Option<&str>, env: &[&str]| {
        let headers: Vec<_> = env.iter().map(|env| json!({"key": "env", "value": env})).collect();
        format!("{}\n", json!({"key": key, "value": value, "headers": headers}))
    };
    let records = [
        record(Some("alice"), Some(r#"{"is":"order","total":120}"#), &["prod"]),
        record(Some("bob"), Some(r#"{"is":"Order","total":80}"#), &["prod-2"]),
        record(None, Some("heartbeat"), &[]),
        record(Some("alice"), Some(r#"{"is":"refund","total":220}"#), &["test", "prod"]),
        record(Some("carol"), None, &["test"]),
        record(Some("malice"), Some(r#"{"is":"order","total":7}"#), &[]),
    ];
    let sent = stage.producer().args(["--stdin-format", "json"]).stdin(records.concat());
    sent.run().exits(0);
    stage
}

/// The offsets that are printed, as they were typed after `--format`.
fn offsets(read: &Finished) -> String {
    read.lines().join(" ")
}

fn with_offsets(call: Call) -> Call {
    call.args(["--until-end", "--format", r"%o\n"])
}

#[test]
fn each_filter_prints_what_matches_and_not_what_does_not() {
    let stage = orders();
    for (arguments, expected) in [
        (&["--grep", "order"][..], "0 5"),
        (&["--grep", "/\"order|refund/i"], "0 1 3 5"),
        (&["--grep", "total"], "0 1 3 5"),
        (&["--key", "alice"], "0 3 5"),
        (&["--key", "/^alice$/"], "0 3"),
        (&["--header", "env=prod*"], "0 1 3"),
        (&["--header", "env=prod"], "0 3"),
        (&["--header", "env=????"], "0 3 4"),
        (&["--where", ".value.total > 100"], "0 3"),
        (&["--where", r#".header.env == "prod""#], "0 3"),
        (&["--where", ".value == null"], "4"),
        (&["--where", r#".value == "heartbeat""#], "2"),
        (&["--where", ".key == null or .offset == 5"], "2 5"),
        (&["--not", "--grep", "order"], "1 2 3 4"),
        (&["--not", "--key", "alice"], "1 2 4"),
        (&["--not", "--header", "env=*"], "2 5"),
        (&["--not", "--where", ".value.total > 100"], "1 2 4 5"),
        (&["--grep", "order", "--grep", "120"], "0"),
        (&["--key", "alice", "--not", "--grep", "refund"], "0 5"),
        (&["--not", "--key", "malice", "--grep", "total"], "0 1 3"),
    ] {
        let read = with_offsets(stage.reader()).args(arguments).run().exits(0);
        assert_eq!(offsets(&read), expected, "{arguments:?}: {read}");
        let matched = expected.split(' ').count();
        let read = read.says(&[&format!("scanned 6 messages, {matched} matched\n")]);
        let fails = arguments.contains(&".value.total > 100");
        assert_eq!(read.stderr.lines().count(), 1 + usize::from(fails), "{read}");
    }
}

#[test]
fn all_kinds_together_must_match() {
    let stage = orders();
    let all = [
        ("--grep", "total", "nothing"),
        ("--key", "alice", "bob"),
        ("--header", "env=prod", "env=none"),
        ("--where", ".value.total < 200", ".value.total > 300"),
    ];
    let arguments = all.iter().flat_map(|(flag, good, _)| [*flag, *good]);
    let read = with_offsets(stage.reader()).args(arguments).run().exits(0);
    assert_eq!(offsets(&read), "0");
    for wrong in 0..all.len() {
        let words = all
            .iter()
            .enumerate()
            .flat_map(|(at, (flag, good, bad))| [*flag, if at == wrong { *bad } else { *good }]);
        let read = with_offsets(stage.reader()).args(words).run().exits(0);
        assert_eq!(offsets(&read), "", "{}", all[wrong].0);
    }
}

#[test]
fn a_failing_expression_is_told_once_with_its_first_place() {
    let stage = orders();
    let read = with_offsets(stage.reader()).args(["--where", ".value | .total > 1 or .is"]).run();
    let place = format!(
        "--where failed once and counts as false there; first on {} [0] @ 2: cannot index \"heartbeat\" with \"total\"\n",
        stage.topic
    );
    let read = read.exits(0).says(&[&place]);
    assert_eq!(offsets(&read), "0 1 3 5");
}

#[test]
fn a_group_commits_all_that_it_scanned() {
    // Without a match, with some, and with at-most-once. Several buffers, the last of them rests.
    for (count, arguments, matched) in [
        (25_000_usize, &["--grep", "nothing"][..], 0),
        (25_000, &["--grep", "result24999"], 1),
        (25_000, &["--grep", "result1"], 11_111),
        (25_000, &["--grep", "result1", "--delivery", "at-most-once"], 11_111),
    ] {
        let stage = Stage::new();
        stage.produce(count);
        let read = with_offsets(stage.consumer()).args(arguments).run().exits(0);
        assert_eq!(read.lines().len(), matched, "{arguments:?}");
        assert_eq!(stage.committed(), Some(25_000), "{arguments:?}");
        read.says(&["scanned 25,000 messages, "]);
        // There is nothing left for the group, whatever it looks for.
        let again = with_offsets(stage.consumer()).args(["--grep", "result"]).run().exits(0);
        assert_eq!(again.lines().len(), 0);
        again.says(&["scanned 0 messages, 0 matched\n", "has read all of"]);
    }
}

#[test]
fn what_matched_and_was_not_written_is_not_committed() {
    let stage = Stage::new();
    stage.produce(20_000);
    let wanted = |number: usize| format!("wanted {number} {}\n", "x".repeat(100));
    stage.produce_lines(&(0..3_000).map(wanted).collect::<String>());
    let reading = || {
        let call = stage.consumer().args(["--grep", "wanted", "--format", "value"]);
        call.env("KP_CONSUMER__COMMIT_INTERVAL", "100ms")
    };
    // Nobody reads the pipe, so that the end is never reached.
    let stalled = reading().args(["--idle-exit", "never"]).start_unread();
    stalled.wait_for_unread(4096);
    eventually("what was left out is committed", || stage.committed() >= Some(20_000));
    stalled.signal(Signal::KILL);
    let printed = stalled.finish_unread().lines().len();
    let committed = usize::try_from(stage.committed().unwrap()).unwrap() - 20_000;
    assert!(committed <= printed && printed < 3_000, "{committed} committed, {printed} printed");
    let rest = reading().args(["--until-end"]).run().exits(0);
    let rest_wanted: String = (committed..3_000).map(wanted).collect();
    assert!(rest.text() == rest_wanted, "{committed} committed, then {}", rest.lines().len());
}

#[test]
fn a_signal_on_the_way_commits_what_was_left_out_until_then() {
    let stage = Stage::new();
    stage.produce(300_000);
    let reading = stage.consumer().args(["--grep", "result0\"", "--idle-exit", "never"]).start();
    // It is written with the first buffer, or when reading rests, while most is not read yet.
    reading.wait_for_lines(1);
    reading.signal(Signal::INT);
    let read = reading.finish().exits(0);
    let committed = stage.committed().unwrap();
    assert!(committed < 300_000, "{committed}: {read}");
    let said = read.stderr.replace(',', "");
    assert_eq!(said, format!("kp-consumer: scanned {committed} messages 1 matched\n"));
}

#[test]
fn an_idle_exit_ends_a_filtered_group_too() {
    let stage = orders();
    let read =
        stage.consumer().args(["--idle-exit", "300ms", "--not", "--grep", "a"]).run().exits(0);
    assert_eq!(read.messages().len(), 1, "{read}");
    read.says(&["scanned 6 messages, 1 matched\n"]);
    assert_eq!(stage.committed(), Some(6));
}

#[test]
fn max_messages_counts_matches_and_commits_no_further() {
    let stage = orders();
    let read = stage
        .consumer()
        .args(["--max-messages", "2", "--key", "alice", "--format", r"%o\n"])
        .run()
        .exits(0)
        .says(&["scanned 4 messages, 2 matched\n"]);
    assert_eq!(offsets(&read), "0 3");
    assert_eq!(stage.committed(), Some(4));
    let rest = with_offsets(stage.consumer()).args(["--key", "alice"]).run().exits(0);
    assert_eq!(offsets(&rest), "5");
}

#[test]
fn nothing_matched_is_said_and_is_no_failure() {
    let stage = orders();
    let said = "kp-consumer: scanned 6 messages, 0 matched\n\
                kp-consumer: printed nothing: 6 messages were read, and none matched\n";
    let read = with_offsets(stage.reader()).args(["--grep", "nothing"]).run().exits(0);
    assert_eq!(read.stderr, said);
    assert!(read.stdout.is_empty());
    // Who asks for a number of messages and gets none learns it from the exit code.
    with_offsets(stage.reader()).args(["--grep", "nothing", "--max-messages", "1"]).run().exits(4);
}

#[test]
fn what_is_filtered_out_is_never_bad_and_never_listed() {
    let stage = orders();
    let strict = |filter: &[&str]| {
        let call = stage.consumer().args(["--from", "earliest", "--until-end", "--format", "line"]);
        call.args(["--on-bad-message", "fail"]).args(filter).run()
    };
    assert_eq!(strict(&["--grep", "total"]).exits(0).lines().len(), 4);
    strict(&["--grep", "e"]).exits(5).says(&["[0] @ 2", "scanned 3 messages, 3 matched\n"]);

    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list");
    let read = with_offsets(stage.reader()).args(["--key", "/^alice$/", "--audit"]).args([&list]);
    assert_eq!(offsets(&read.run().exits(0)), "0 3");
    let listed = std::fs::read_to_string(&list).unwrap();
    let entries = listed.lines().filter(|line| line.contains(&stage.topic)).count();
    assert_eq!(entries, 2, "{listed}");
}

#[test]
fn a_reader_that_went_away_ends_a_run_that_matches_nothing_more() {
    let stage = Stage::new();
    stage.produce(30_000);
    let arguments = ["--grep", "result0\"", "--idle-exit", "never", "--format", "value"];
    let mut reading = stage.reader().args(arguments).start_unread();
    assert_eq!(reading.take_first_line(), "{\"str\":\"result0\"}\n");
    reading.finish().exits(0);
}

#[test]
fn what_cannot_be_understood_is_refused_before_anything_is_reached() {
    for (arguments, words) in [
        (&["--grep", "/a(/"][..], ["--grep: the regular expression /a(/", "at character 3"]),
        (&["--header", "env"], ["--header: `env` has no =", "NAME=GLOB"]),
        (&["--where", ".value.total >"], ["--where: the expression breaks at its end", "expected"]),
        (&["--where", ".value.total = 1"], ["--where: ", "write =="]),
        (&["--where", ".total > 1"], ["--where: a record has no field .total", ".value.total"]),
        (&["--grep", "a", "--not"], ["--not: ", "none comes after it"]),
    ] {
        let refused = Call::new(kp_e2e::Program::Consumer).bootstrap("127.0.0.1:1").args(arguments);
        let refused = refused.run().exits(2).says(&words);
        assert_eq!(refused.stderr.lines().count(), 1, "{refused}");
    }
}
