//! What comes first, the commit or the message; dead letters; what transactions cannot go with.

use kp_e2e::{Cluster, Signal, eventually, random_name};

use crate::Stage;

#[test]
fn at_most_once_commits_before_it_prints() {
    let stage = Stage::new();
    stage.produce(20_000);
    let consumer = stage
        .consumer()
        .args(["--delivery", "at-most-once", "--idle-exit", "never"])
        .start_unread();
    // The pipe takes one buffer; the next one is committed, and then waits for room.
    consumer.wait_for_unread(4096);
    eventually("the second buffer is committed", || stage.committed() > Some(1000));
    consumer.signal(Signal::KILL);
    let printed = consumer.finish_unread().messages().len();
    let committed = usize::try_from(stage.committed().unwrap()).unwrap();
    assert!(printed < committed && committed < 20_000, "{printed} printed, {committed} committed");
    let rest = stage.consumer().args(["--until-end"]).run().exits(0);
    assert_eq!(rest.messages(), stage.lines_of(committed..20_000));
}

#[test]
fn at_most_once_prints_all_when_nothing_goes_wrong() {
    let stage = Stage::new();
    stage.produce(5_000);
    let read = stage
        .consumer()
        .args(["--delivery", "at-most-once", "--until-end"])
        .run()
        .exits(0)
        .is_quiet();
    assert_eq!(read.messages(), stage.lines_of(0..5_000));
    assert_eq!(stage.committed(), Some(5_000));
}

#[test]
fn a_dead_letter_has_the_original_bytes_and_says_why() {
    let stage = Stage::new();
    let dead = random_name("dead");
    stage
        .producer()
        .args(["--stdin", "--stdin-format", "json"])
        .stdin(
            "{\"value\":\"{}\"}\n\
             {\"key\":\"k\",\"value_base64\":\"/w==\",\"timestamp\":1732300000000,\"headers\":[{\"key\":\"a\",\"value\":\"b\"}]}\n\
             {\"value\":\"[1]\"}\n",
        )
        .run()
        .exits(0);
    let way = format!("dead-letter:{dead}");
    let read = stage
        .consumer()
        .args(["--until-end", "--on-bad-message", &way])
        .run()
        .exits(0)
        .says(&["[0] @ 1", &dead]);
    assert_eq!(read.messages().len(), 2, "{read}");
    assert_eq!(stage.committed(), Some(3));
    let letters = stage
        .broker
        .consumer()
        .args(["--topic", &dead, "--no-group", "--until-end", "--format", "json"])
        .run()
        .exits(0);
    let letter: serde_json::Value = serde_json::from_str(letters.text()).unwrap();
    assert_eq!(letter["key"], "k");
    assert_eq!(letter["value_base64"], "/w==");
    assert_eq!(letter["timestamp"], 1_732_300_000_000_i64);
    let headers: Vec<_> = letter["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|header| (header["key"].as_str().unwrap(), header["value"].as_str().unwrap()))
        .collect();
    let from = format!("{} [0] @ 1", stage.topic);
    assert_eq!(
        headers,
        [
            ("a", "b"),
            ("kp-dead-letter-from", from.as_str()),
            ("kp-dead-letter-group", stage.group.as_str()),
            ("kp-dead-letter-reason", "value is not JSON: invalid UTF-8 at byte 0"),
        ]
    );
}

#[test]
fn a_dead_letter_that_cannot_be_sent_leaves_its_message_uncommitted() {
    let stage = Stage::new();
    stage.produce_lines("{}\npoison\n{}\n");
    let read = stage
        .consumer()
        .env("KP_PRODUCER__CREATE_TOPICS", "false")
        .args(["--until-end", "--on-bad-message", "dead-letter:nowhere"])
        .run()
        .exits(4)
        .says(&["topic nowhere does not exist"]);
    assert_eq!(read.messages().len(), 1, "{read}");
    assert_eq!(stage.committed(), Some(1));
}

#[test]
fn transactions_are_refused_because_the_embedded_broker_would_only_pretend() {
    let stage = Stage::new();
    let words = "the embedded broker cannot keep transactions";
    stage.producer().args(["--transactional-id", "id"]).run().exits(4).says(&[words]);
    stage
        .consumer()
        .args(["--copy-to", "copy", "--transactional-id", "id"])
        .run()
        .exits(4)
        .says(&[words]);
}

#[test]
fn what_does_not_go_together_is_said_before_anything_is_read() {
    let stage = Stage::new();
    let topic = stage.topic.as_str();
    for (arguments, words) in [
        (&["--copy-to", "copy"][..], "consumer.transactional_id"),
        (&["--transactional-id", "id"], "consumer.copy_to"),
        (
            &["--copy-to", "copy", "--transactional-id", "id", "--no-group"],
            "not together with --no-group",
        ),
        (&["--copy-to", topic, "--transactional-id", "id"], "copied to itself"),
        (&["--on-bad-message", "dead-letter:"], "dead-letter:TOPIC"),
        (&["--on-bad-message", &format!("dead-letter:{topic}")], "is read itself"),
        (
            &[
                "--copy-to",
                "copy",
                "--transactional-id",
                "id",
                "-X",
                "isolation.level=read_uncommitted",
            ],
            "it would copy what was aborted",
        ),
    ] {
        stage.consumer().args(arguments).run().exits(3).says(&[words]);
    }
    stage
        .producer()
        .args(["--transactional-id", "id", "--acks", "1"])
        .run()
        .exits(3)
        .says(&["transactions need acks = all"]);
}
