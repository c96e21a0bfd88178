//! Where reading ends in topics with transactions: the marks are behind a group, and what is open
//! is told.

use kp_e2e::{Call, Cluster, Signal, eventually, random_name};

use crate::Stack;

/// Leaves a transaction open behind a few messages that are committed.
fn leave_open(stack: &Stack, topic: &str) {
    send_in_transactions(stack, topic, "5");
    let killed = stack
        .producer()
        .args(["--topic", topic, "--transactional-id", &random_name("id")])
        .args(["--rate", "50", "--count", "100000", "--per-transaction", "100000"])
        .start();
    let stored = || {
        let read = stack.consumer().args(["--topic", topic, "--no-group", "--until-end"]);
        read.args(["-X", "isolation.level=read_uncommitted"]).run().exits(0).messages().len()
    };
    eventually("some of the open transaction are stored", || stored() > 5);
    killed.signal(Signal::KILL);
    killed.finish();
}

fn one_partition(stack: &Stack) -> String {
    let topic = random_name("topic");
    let create = ["topics", "create", &topic, "--partitions", "1"];
    stack.admin().args(create).run().exits(0);
    topic
}

fn send_in_transactions(stack: &Stack, topic: &str, count: &str) {
    let producer = stack.producer().args(["--topic", topic, "--count", count]);
    producer
        .args(["--transactional-id", &random_name("id"), "--per-transaction", "5"])
        .run()
        .exits(0);
}

#[test]
fn a_group_that_has_read_all_stands_behind_the_last_transactions_mark() {
    let stack = Stack::kraft();
    let (topic, copy) = (one_partition(&stack), random_name("copy"));
    send_in_transactions(&stack, &topic, "10");
    let member = |group: &str| stack.consumer().args(["--topic", &topic, "--group", group]);
    let copier =
        |group: &str| member(group).args(["--copy-to", &copy, "--transactional-id", &copy]);
    let plain: fn(Call) -> Call = |call| call;
    let until_end: fn(Call) -> Call = |call| call.args(["--until-end"]);
    let at_most_once: fn(Call) -> Call = |call| call.args(["--delivery", "at-most-once"]);
    for way in [plain, until_end, at_most_once] {
        let group = random_name("group");
        way(member(&group)).run().exits(0);
        assert_eq!(stack.committed(&group, &topic), [(0, 12)], "two marks");
    }
    for way in [plain, until_end] {
        let group = random_name("group");
        way(copier(&group)).run().exits(0).says(&["10 messages copied"]);
        // Its own marks reach the group's offsets a moment after the transaction has ended.
        eventually("a copy ends there", || stack.committed(&group, &topic) == [(0, 12)]);
    }
    // A copy that goes on commits the end while it rests.
    let group = random_name("group");
    let copying = copier(&group)
        .args(["--idle-exit", "never"])
        .env("KP_CONSUMER__COMMIT_INTERVAL", "500ms")
        .start();
    eventually("the copy stands at the end", || stack.committed(&group, &topic) == [(0, 12)]);
    copying.signal(Signal::TERM);
    copying.finish().exits(0);
    // One mark more, behind an offset that an older version committed.
    let group = random_name("group");
    let first = member(&group).args(["--max-messages", "10"]);
    first.run().exits(0);
    assert_eq!(stack.committed(&group, &topic), [(0, 11)]);
    member(&group).run().exits(0).says(&["has read all"]);
    assert_eq!(stack.committed(&group, &topic), [(0, 12)]);
}

#[test]
fn what_an_open_transaction_hides_is_told() {
    let stack = Stack::kraft();
    let (topic, copy) = (one_partition(&stack), random_name("copy"));
    leave_open(&stack, &topic);
    let place = format!("a transaction is open in {topic} [0] from offset ");
    let words = [place.as_str(), "cannot be read before its producer"];
    let group = random_name("group");
    let member = || stack.consumer().args(["--topic", &topic, "--group", &group]);
    member().run().exits(0).says(&words);
    let again = member().run().exits(0).says(&words);
    let hides = "printed nothing: an open transaction hides what is left of";
    assert!(!again.says(&[hides]).stderr.contains("has read all"));
    let read = stack.consumer().args(["--topic", &topic, "--no-group"]);
    read.args(["--until-end"]).run().exits(0).says(&words);
    let copier = stack.consumer().args(["--topic", &topic, "--group", &random_name("group")]);
    copier
        .args(["--copy-to", &copy, "--transactional-id", &copy, "--until-end"])
        .run()
        .exits(0)
        .says(&words);
    let all = stack.consumer().args(["--topic", &topic, "--no-group", "--until-end"]);
    all.args(["-X", "isolation.level=read_uncommitted"]).run().exits(0).is_quiet();
}
