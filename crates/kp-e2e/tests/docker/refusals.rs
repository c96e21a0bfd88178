//! A message that the topic refuses: only that one fails and is named by its number, and what is
//! lost with it is told.

use kp_e2e::{Cluster, Finished, eventually, random_name};

use crate::Stack;

fn topic(stack: &Stack, config: &str) -> String {
    let topic = random_name("topic");
    let create = ["topics", "create", &topic, "--partitions", "1"];
    let create = stack.admin().args(create).args(["--config", config]);
    create.run().exits(0);
    topic
}

fn send(stack: &Stack, topic: &str, more: &[&str], input: &str) -> Finished {
    let producer = stack.producer().args(["--topic", topic]).args(more);
    if input.is_empty() { producer.run() } else { producer.args(["--stdin"]).stdin(input).run() }
}

fn stored(stack: &Stack, topic: &str) -> usize {
    let read = stack.consumer().args(["--topic", topic, "--no-group"]);
    let read = read.args(["--until-end", "--format", "value"]).run();
    read.exits(0).lines().len()
}

#[test]
fn batches_are_kept_below_what_a_topic_takes() {
    let stack = Stack::kraft();
    let small = topic(&stack, "max.message.bytes=2000");
    for packed in ["none", "gzip", "lz4"] {
        send(&stack, &small, &["--compression", packed], "").exits(0).says(&["1000 acknowledged"]);
    }
    send(&stack, &small, &["--acks", "0", "--compression", "none"], "").exits(0);
    // Nobody acknowledges the last ones: the producer may end before the broker has stored them.
    eventually("all are stored", || stored(&stack, &small) == 4000);
}

#[test]
fn only_the_message_that_is_too_large_by_itself_fails() {
    let stack = Stack::kraft();
    let small = topic(&stack, "max.message.bytes=2000");
    let mut lines: Vec<_> = (1..=500).map(|number| number.to_string()).collect();
    lines[41] = "x".repeat(5000);
    send(&stack, &small, &["--compression", "none"], &lines.join("\n")).exits(5).says(&[
        "499 acknowledged, 1 failed",
        "1 failed (line 42)",
        "takes 2000 bytes at most",
    ]);
    assert_eq!(stored(&stack, &small), 499);
    // It compresses well, so the topic accepts it.
    send(&stack, &small, &[], &lines.join("\n")).exits(0);
}

#[test]
fn topics_of_any_size_go_together_also_in_transactions() {
    let stack = Stack::kraft();
    let topics = ["max.message.bytes=2000", "retention.ms=600000", "max.message.bytes=900"];
    let topics = topics.map(|config| topic(&stack, config));
    let records: String = (0..600)
        .map(|number| {
            let topic = &topics[number % 3];
            format!("{{\"topic\":\"{topic}\",\"value\":\"value number {number}\"}}\n")
        })
        .collect();
    let id = random_name("id");
    for more in [&[][..], &["--transactional-id", &id]] {
        let producer = stack.producer().args(["--stdin", "--stdin-format", "json"]);
        let producer = producer.args(["--compression", "none"]).args(more);
        producer.stdin(records.clone()).run().exits(0);
    }
    for topic in &topics {
        assert_eq!(stored(&stack, topic), 400);
    }
}

#[test]
fn who_may_not_ask_for_the_limit_gets_advice_that_works() {
    let stack = Stack::with_acls();
    let small = topic(&stack, "max.message.bytes=2000");
    let acls = |kind: &str, operations: &[&str]| {
        let mut arguments = vec!["--add", kind, "User:ANONYMOUS", "--topic", &small];
        arguments.extend(operations.iter().flat_map(|one| ["--operation", one]));
        stack.tool("kafka-acls", &arguments, "");
    };
    acls("--allow-principal", &["Write", "Read", "Describe"]);
    acls("--deny-principal", &["DescribeConfigs"]);
    let plain = ["--compression", "none"];
    send(&stack, &small, &plain, "").exits(5).says(&[
        "ACL DescribeConfigs on topic",
        "-X batch.num.messages=1",
        "-X batch.size=N",
    ]);
    assert_eq!(stored(&stack, &small), 0);
    for advice in ["batch.num.messages=1", "batch.size=2000"] {
        send(&stack, &small, &[&plain[..], &["-X", advice]].concat(), "")
            .exits(0)
            .says(&["1000 acknowledged"]);
    }
    assert_eq!(stored(&stack, &small), 2000);
}

#[test]
fn one_message_without_a_key_is_told_from_those_it_takes_along() {
    let stack = Stack::kraft();
    let compact = topic(&stack, "cleanup.policy=compact");
    let records: String = (1..=100)
        .map(|line| match line {
            17 => "{\"value\":\"v\"}\n".to_owned(),
            line => format!("{{\"key\":\"{line}\",\"value\":\"v\"}}\n"),
        })
        .collect();
    let json = ["--stdin-format", "json"];
    let report = send(
        &stack,
        &compact,
        &[&json[..], &["--report", "json", "--linger", "500ms"]].concat(),
        &records,
    )
    .exits(5)
    .json();
    let failures = report["failures"].as_array().unwrap();
    let own = failures
        .iter()
        .find(|kind| kind["reason"].as_str().unwrap().contains("without a key"))
        .unwrap();
    assert_eq!((&own["count"], &own["first"]), (&1.into(), &vec![17].into()));
    let others = failures
        .iter()
        .find(|kind| kind["reason"].as_str().unwrap().contains("in one batch with"))
        .unwrap();
    assert_eq!(others["count"].as_u64(), report["failed"].as_u64().map(|all| all - 1));
    // To the letter.
    let alone = [&json[..], &["-X", "batch.num.messages=1"]].concat();
    send(&stack, &compact, &alone, &records)
        .exits(5)
        .says(&["99 acknowledged, 1 failed", "1 failed (line 17)"]);
    let id = random_name("id");
    send(&stack, &compact, &[&json[..], &["--transactional-id", &id]].concat(), &records)
        .exits(5)
        .says(&["1 failed (line 17)", "0 transactions committed, 1 aborted"]);
}

#[test]
fn a_message_that_another_topic_does_not_take_is_tried_once_and_named() {
    let stack = Stack::kraft();
    let (large, usual) =
        (topic(&stack, "max.message.bytes=9000000"), topic(&stack, "retention.ms=600000"));
    let lines = format!("1\n2\nnot JSON {}\n4\n", "x".repeat(3_000_000));
    send(&stack, &large, &["--compression", "none"], &lines).exits(0);
    let copy = |to: &str| {
        let (group, id) = (random_name("group"), random_name("id"));
        let copy = stack.consumer().args(["--topic", &large, "--group", &group]);
        let copy = copy.args(["--copy-to", to, "--transactional-id", &id]);
        copy.env("KP_PRODUCER__COMPRESSION", "none").run()
    };
    copy(&usual).exits(5).says(&[
        &format!("{large} [0] @ 2 cannot be copied: too large"),
        "1048588 bytes at most",
        ", 1 aborted",
    ]);
    let roomy = topic(&stack, "max.message.bytes=9000000");
    copy(&roomy).exits(0).says(&["4 messages copied"]);

    let letters = |to: &str| {
        let way = format!("dead-letter:{to}");
        let reader = stack.consumer().args(["--topic", &large, "--until-end"]);
        let reader = reader.args(["--group", &random_name("group"), "--on-bad-message", &way]);
        reader.env("KP_PRODUCER__COMPRESSION", "none").run()
    };
    letters(&usual).exits(5).says(&[
        &format!("{large} [0] @ 2 could not be sent to {usual} as a dead letter: too large"),
        "not committed",
    ]);
    letters(&roomy).exits(0);
    assert_eq!(stored(&stack, &roomy), 5);
}
