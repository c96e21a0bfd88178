//! A ledger of what was sent, a list of what was read, and what `kp-admin audit` makes of both.

use std::path::PathBuf;

use kp_e2e::{Call, Cluster, Finished, Signal};
use tempfile::TempDir;

use crate::Stage;

/// A stage with a folder for ledger and list.
struct Audited {
    stage: Stage,
    folder: TempDir,
}

impl Audited {
    fn new() -> Self {
        Self { stage: Stage::new(), folder: TempDir::new().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Sends with the ledger.
    fn producer(&self) -> Call {
        let ledger = self.path("ledger");
        self.stage.producer().args(["--audit"]).args([ledger.as_os_str()])
    }

    /// Reads with the list, as a member of the group.
    fn consumer(&self) -> Call {
        let list = self.path("list");
        self.stage.consumer().args(["--format", "value", "--audit"]).args([list.as_os_str()])
    }

    fn audit(&self) -> Call {
        let ledger = self.path("ledger");
        let admin = self.stage.broker.admin();
        admin.args(["audit"]).args([ledger.as_os_str()])
    }

    fn found(&self, arguments: &[&str]) -> serde_json::Value {
        let audit = self.audit().args(["--output", "json"]);
        audit.args(arguments).run().json()
    }

    fn with_list(&self) -> serde_json::Value {
        let list = self.path("list");
        self.found(&["--delivered", &list.to_string_lossy()])
    }
}

#[test]
fn what_was_sent_and_stored_is_seen_to_be() {
    let audited = Audited::new();
    audited.producer().args(["--count", "500"]).run().exits(0);
    // A second run is noted after the first in the same ledger.
    audited
        .producer()
        .args(["--stdin", "--key", "k", "--header", "a=b"])
        .stdin("one\n\ntwo\n")
        .run()
        .exits(0);
    let found = audited.found(&[]);
    for (what, count) in [
        ("runs", 2),
        ("attempted", 503),
        ("acknowledged", 503),
        ("stored", 503),
        ("lost", 0),
        ("twice", 0),
        ("out_of_order", 0),
        ("corrupted", 0),
        ("misplaced", 0),
        ("others", 0),
    ] {
        assert_eq!(found[what], count, "{what} of {found}");
    }
    assert_eq!(found["promise"], "idempotent");
    audited.audit().run().exits(0).is_quiet();
}

#[test]
fn what_was_read_is_held_against_what_is_stored() {
    let audited = Audited::new();
    audited.producer().args(["--count", "300"]).run().exits(0);
    audited.consumer().args(["--max-messages", "100"]).run().exits(0);
    let found = audited.with_list();
    assert_eq!(found["kept"], false);
    assert_eq!(found["delivered"]["missing"], 200);
    audited.consumer().args(["--until-end"]).run().exits(0);
    let found = audited.with_list();
    assert_eq!(found["kept"], true, "{found}");
    assert_eq!(found["delivered"]["records"], 300);
    assert_eq!(found["delivered"]["repeated"], 0);
    audited.consumer().args(["--until-end", "--from", "earliest"]).run().exits(0);
    let found = audited.with_list();
    assert_eq!(found["delivered"]["repeated"], 300);
    assert_eq!(found["delivered"]["out_of_order"], 0);
}

#[test]
fn a_killed_producer_leaves_a_ledger_that_tells_all_that_it_began() {
    let audited = Audited::new();
    let producer = audited.producer().args(["--rate", "2000", "--count", "100000"]).start();
    let reader = audited.stage.reader();
    let reader = reader.args(["--no-group", "--idle-exit", "never"]).start();
    reader.wait_for_lines(500);
    producer.signal(Signal::KILL);
    assert_eq!(producer.finish().code(), None);
    let found = audited.found(&[]);
    assert_eq!(found["kept"], true, "{found}");
    assert_eq!(found["never_sent"], 0);
    let count = |what: &str| found[what].as_u64().unwrap();
    assert!(count("stored") >= 400, "{found}");
    assert_eq!(count("attempted"), count("acknowledged") + count("unknown"));
    // The next one goes on in the same file, torn line or not.
    audited.producer().args(["--count", "10"]).run().exits(0);
    assert_eq!(audited.found(&[])["runs"], 2);
}

#[test]
fn a_message_that_is_gone_is_told_to_be_lost() {
    let first = Audited::new();
    first.producer().args(["--count", "10"]).run().exits(0);
    // Another broker, where the topic has three of the records and one that nobody sent.
    let second = Audited::new();
    let topic = &first.stage.topic;
    let printed =
        first.stage.reader().args(["--no-group", "--until-end", "--format", "json"]).run().exits(0);
    let mut lines: Vec<String> = printed.lines().into_iter().map(str::to_owned).collect();
    lines.truncate(3);
    lines.push(lines[0].replace("result0", "forged!"));
    second
        .stage
        .broker
        .producer()
        .args(["--topic", topic, "--stdin", "--stdin-format", "json"])
        .args(["--partition", "0"])
        .stdin(lines.join("\n"))
        .run()
        .exits(0);
    let ledger = first.path("ledger");
    let audit = |form: &str| -> Finished {
        let admin = second.stage.broker.admin();
        let audit = admin.args(["audit"]).args([ledger.as_os_str()]);
        audit.args(["--output", form]).run().exits(5)
    };
    let found = audit("json").json();
    for (what, count) in [("stored", 3), ("lost", 7), ("twice", 1), ("corrupted", 1)] {
        assert_eq!(found[what], count, "{what} of {found}");
    }
    let text = audit("table").text().to_owned();
    assert!(
        text.contains("BROKEN: 1 record stored with another key or value than were sent; 7 records acknowledged and lost"),
        "{text}"
    );
}

#[test]
fn acks_0_promises_nothing_unless_it_is_held_to_more() {
    let audited = Audited::new();
    audited.producer().args(["--acks", "0", "--count", "20"]).run().exits(0);
    let found = audited.found(&[]);
    assert_eq!(found["promise"], "acks-0");
    assert_eq!(found["kept"], true);
    let held = audited.found(&["--promise", "idempotent"]);
    assert_eq!(held["promise"], "idempotent");
    assert_eq!(held["lost"], 0);
}

#[test]
fn files_that_are_something_else_are_named_and_left_alone() {
    let audited = Audited::new();
    std::fs::write(audited.path("ledger"), "precious\n").unwrap();
    audited.producer().run().exits(1).says(&["ledger is not a ledger", "kp-ledger/1"]);
    audited.audit().run().exits(1).says(&["is not a ledger"]);
    let kept = std::fs::read_to_string(audited.path("ledger")).unwrap();
    assert_eq!(kept, "precious\n");
    std::fs::remove_file(audited.path("ledger")).unwrap();
    audited.audit().run().exits(1).says(&["cannot open", "ledger"]);
}

#[test]
fn a_full_disk_ends_the_run_and_nothing_is_sent_that_is_not_in_the_ledger() {
    let stage = Stage::new();
    stage
        .producer()
        .args(["--audit", "/dev/full"])
        .run()
        .exits(1)
        .says(&["cannot write /dev/full"]);
    let read =
        stage.reader().args(["--no-group", "--until-end", "--format", "value"]).run().exits(0);
    assert_eq!(read.text(), "");
}
