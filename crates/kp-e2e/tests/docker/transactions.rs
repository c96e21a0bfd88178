//! Transactions, fencing, and copies that are made exactly once: what only a real broker keeps.

use kp_e2e::{Call, Cluster, Signal, eventually, random_name};
use tempfile::TempDir;

use crate::Stack;

/// The values of a topic that a reader of committed messages sees.
fn values(stack: &Stack, topic: &str) -> Vec<String> {
    let read = stack.consumer().args(["--topic", topic]);
    let read = read.args(["--no-group", "--until-end", "--format", "value"]).run().exits(0);
    read.lines().into_iter().map(str::to_owned).collect()
}

fn numbered(count: u64) -> Vec<String> {
    (0..count).map(|number| format!("{{\"str\":\"result{number}\"}}")).collect()
}

fn producer(stack: &Stack, topic: &str, id: &str) -> Call {
    stack.producer().args(["--topic", topic, "--transactional-id", id])
}

#[test]
fn messages_go_in_transactions_as_a_whole() {
    let stack = Stack::kraft();
    let (topic, id) = (random_name("topic"), random_name("id"));
    let folder = TempDir::new().unwrap();
    let ledger = folder.path().join("ledger");
    producer(&stack, &topic, &id)
        .args(["--per-transaction", "30", "--count", "100", "--audit"])
        .args([&ledger])
        .run()
        .exits(0)
        .says(&["100 acknowledged", "4 transactions committed"]);
    assert_eq!(values(&stack, &topic), numbered(100));
    let report = producer(&stack, &topic, &id)
        .args(["--count", "5", "--report", "json"])
        .run()
        .exits(0)
        .json();
    assert_eq!(report["transactions"]["committed"], 1);
    let audit = stack.admin().args(["audit", "--output", "json"]);
    let found = audit.args([&ledger]).run().exits(0).json();
    assert_eq!(found["promise"], "transactional");
    assert_eq!((&found["stored"], &found["others"]), (&100.into(), &5.into()));
}

#[test]
fn a_receipt_is_written_when_the_transaction_is_over() {
    let stack = Stack::kraft();
    let (topic, id) = (random_name("topic"), random_name("id"));
    let create = ["topics", "create", &topic, "--partitions", "1"];
    stack.admin().args(create).args(["--config", "max.message.bytes=1000"]).run().exits(0);
    let mut lines: Vec<_> = (1..=15).map(|number| number.to_string()).collect();
    lines[7] = "x".repeat(5000);
    let sent = producer(&stack, &topic, &id)
        .args(["--per-transaction", "5", "--stdin", "--compression", "none"])
        .args(["--linger", "0ms", "--receipts"])
        .stdin(lines.join("\n"))
        .run()
        .exits(5)
        .says(&["5 acknowledged, 5 failed"]);
    let receipts = sent.lines();
    assert_eq!(receipts.len(), 10, "{sent}");
    for (line, receipt) in (1..=10).zip(receipts) {
        let fate = match line {
            1..=5 => format!("line {line}: acknowledged in {topic} [0] @ {}", line - 1),
            8 => format!("line 8: failed: too large for topic {topic}"),
            _ => format!(
                "line {line}: failed for {topic}: its transaction was aborted, because message 8"
            ),
        };
        assert!(receipt.starts_with(&fate), "{sent}");
    }
    assert_eq!(values(&stack, &topic), ["1", "2", "3", "4", "5"]);
}

#[test]
fn a_transaction_with_a_message_that_is_refused_is_seen_by_nobody_and_not_tried_again() {
    let stack = Stack::kraft();
    let (topic, id) = (random_name("topic"), random_name("id"));
    let folder = TempDir::new().unwrap();
    let ledger = folder.path().join("ledger");
    let create = ["topics", "create", &topic, "--partitions", "1"];
    stack.admin().args(create).args(["--config", "max.message.bytes=1000"]).run().exits(0);
    let mut lines: Vec<_> = (0..15).map(|number| number.to_string()).collect();
    lines[7] = "x".repeat(5000);
    let sent = producer(&stack, &topic, &id)
        .args(["--per-transaction", "5", "--stdin", "--compression", "none"])
        .args(["--linger", "0ms", "--audit"])
        .args([&ledger])
        .stdin(lines.join("\n"))
        .run()
        .exits(5)
        .says(&[
            "a transaction of 5 messages was aborted, and none of them is stored",
            "1 failed (record",
            "too large for topic",
        ]);
    assert!(sent.stderr.contains("5 acknowledged, 5 failed"), "{sent}");
    assert_eq!(values(&stack, &topic), ["0", "1", "2", "3", "4"]);
    let audit = stack.admin().args(["audit", "--output", "json"]);
    let found = audit.args([&ledger]).run().exits(0).json();
    for (what, count) in [
        ("acknowledged", 5),
        ("stored", 5),
        ("aborted", 5),
        ("aborted_stored", 0),
        ("torn_transactions", 0),
    ] {
        assert_eq!(found[what], count, "{what} of {found}");
    }
}

#[test]
fn a_second_producer_with_the_same_name_fences_the_first() {
    let stack = Stack::kraft();
    let (topic, id) = (random_name("topic"), random_name("id"));
    let first = producer(&stack, &topic, &id)
        .args(["--per-transaction", "10", "--rate", "200"])
        .args(["--count", "100000"])
        .start();
    eventually("the first has sent something", || {
        let read = stack.consumer().args(["--topic", &topic]);
        let read = read.args(["--no-group", "--until-end", "--format", "value"]).run();
        read.lines().len() >= 20
    });
    producer(&stack, &topic, &id).args(["--count", "10"]).run().exits(0);
    first.finish().exits(6).says(&["another instance took over"]);
    let stored = values(&stack, &topic).len();
    assert_eq!(stored % 10, 0, "a transaction is torn");
}

#[test]
fn a_copy_that_is_killed_again_and_again_has_each_message_once() {
    const COUNT: u64 = 20_000;
    let stack = Stack::kraft();
    let (topic, copy) = (random_name("topic"), random_name("copy"));
    let group = random_name("group");
    stack.producer().args(["--topic", &topic, "--count", &COUNT.to_string()]).run().exits(0);
    let copier = || {
        let call = stack.consumer().args(["--topic", &topic, "--group", &group]);
        call.args(["--copy-to", &copy, "--transactional-id", &copy]).args([
            "-X",
            "session.timeout.ms=6000",
            "--until-end",
        ])
    };
    for committed in [1, 8_000] {
        let running = copier().start();
        eventually("the copy gets on", || {
            let offsets = stack.committed(&group, &topic);
            offsets.iter().map(|(_, offset)| offset).sum::<i64>() >= committed
        });
        running.signal(Signal::KILL);
        assert_eq!(running.finish().code(), None);
    }
    copier().run().exits(0);
    assert!(values(&stack, &copy) == numbered(COUNT), "the copy differs");
    copier().run().exits(0).says(&["0 messages copied"]);
}

#[test]
fn a_copy_with_a_filter_has_what_matches_once_and_the_group_goes_on_behind_all() {
    const COUNT: u64 = 20_000;
    let stack = Stack::kraft();
    let (topic, copy) = (random_name("topic"), random_name("copy"));
    let group = random_name("group");
    stack.producer().args(["--topic", &topic, "--count", &COUNT.to_string()]).run().exits(0);
    let copier = |text: &str| {
        let call = stack.consumer().args(["--topic", &topic, "--group", &group, "--until-end"]);
        call.args(["--copy-to", &copy, "--transactional-id", &copy, "--grep", text])
    };
    let first = copier("result1").args(["--max-messages", "10"]).run().exits(0);
    // 1 and 10 to 18.
    first.says(&["scanned 19 messages, 10 matched", "10 messages copied"]);
    let committed = |stack: &Stack| -> i64 {
        stack.committed(&group, &topic).iter().map(|(_, offset)| offset).sum()
    };
    assert_eq!(committed(&stack), 19);
    copier("result1").run().exits(0).says(&["scanned 19,981 messages, 11,101 matched"]);
    let mut matching = numbered(COUNT);
    matching.retain(|value| value.contains("result1"));
    assert!(values(&stack, &copy) == matching, "the copy differs");
    assert_eq!(committed(&stack), 20_000);
    copier("nothing").args(["--from", "earliest"]).run().exits(0).says(&[
        "0 messages copied",
        "copied nothing: 20,000 messages were read, and none matched",
    ]);
}

#[test]
fn a_slow_source_is_seen_after_a_second_and_not_after_a_thousand_messages() {
    let stack = Stack::kraft();
    let (topic, id) = (random_name("topic"), random_name("id"));
    let sent = producer(&stack, &topic, &id)
        .args(["--rate", "5", "--count", "14", "--report", "json"])
        .run()
        .exits(0)
        .json();
    let committed = sent["transactions"]["committed"].as_u64().unwrap();
    assert!((2..=4).contains(&committed), "{sent}");
    assert_eq!(values(&stack, &topic), numbered(14));
}

#[test]
fn a_message_that_cannot_be_copied_is_named_and_ends_the_copy() {
    let stack = Stack::kraft();
    let (topic, copy) = (random_name("topic"), random_name("copy"));
    let group = random_name("group");
    stack
        .admin()
        .args(["topics", "create", &copy, "--partitions", "1"])
        .args(["--config", "max.message.bytes=1000"])
        .run()
        .exits(0);
    stack
        .producer()
        .args(["--topic", &topic, "--stdin"])
        .stdin(format!("small\n{}\n", "x".repeat(5000)))
        .run()
        .exits(0);
    let call = stack.consumer().args(["--topic", &topic, "--group", &group]);
    call.args(["--copy-to", &copy, "--transactional-id", &copy])
        .env("KP_PRODUCER__COMPRESSION", "none")
        .args(["--until-end"])
        .run()
        .exits(5)
        .says(&[
            &format!("{topic} [0] @ 1 cannot be copied: too large"),
            "its transaction of 2 messages was aborted",
        ]);
    assert_eq!(values(&stack, &copy), [""; 0]);
    assert_eq!(stack.committed(&group, &topic), []);
}

#[test]
fn an_audit_waits_for_a_transaction_that_somebody_left_open() {
    let stack = Stack::kraft();
    let (topic, id) = (random_name("topic"), random_name("id"));
    let folder = TempDir::new().unwrap();
    let ledger = folder.path().join("ledger");
    let create = ["topics", "create", &topic, "--partitions", "1"];
    stack.admin().args(create).run().exits(0);
    let killed = producer(&stack, &topic, &id)
        .args(["--rate", "100", "--count", "100000"])
        .args(["--delivery-timeout", "2s", "-X", "transaction.timeout.ms=3000"])
        .start();
    eventually("something is committed", || !values(&stack, &topic).is_empty());
    killed.signal(Signal::KILL);
    killed.finish();
    stack
        .producer()
        .args(["--topic", &topic, "--count", "50", "--audit"])
        .args([&ledger])
        .run()
        .exits(0);
    let audit = stack.admin().args(["audit", "--output", "json"]);
    let audited = audit.args([&ledger]).run().exits(0);
    assert_eq!(audited.json()["stored"], 50, "{audited}");
}
