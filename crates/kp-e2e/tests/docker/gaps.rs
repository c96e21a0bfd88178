//! Messages that are deleted before they were read, and topics that are deleted and made again
//! under a reader.

use kp_e2e::{Cluster, Running, Signal, eventually, random_name};

use crate::Stack;

const OFFSETS: [&str; 2] = ["--format", "%o\\n"];

fn create(stack: &Stack, topic: &str) {
    let create = ["topics", "create", topic, "--partitions", "1"];
    stack.admin().args(create).run().exits(0);
}

fn produce(stack: &Stack, topic: &str, count: &str) {
    let producer = stack.producer().args(["--topic", topic, "--count", count]);
    producer.run().exits(0);
}

fn delete_up_to(stack: &Stack, topic: &str, offset: u32) {
    let records = format!(
        "{{\"partitions\":[{{\"topic\":\"{topic}\",\"partition\":0,\"offset\":{offset}}}],\"version\":1}}"
    );
    let file = ["--offset-json-file", "/dev/stdin"];
    stack.tool("kafka-delete-records", &file, &records);
}

fn delete(stack: &Stack, topic: &str) {
    let delete = ["topics", "delete", topic, "--yes"];
    stack.admin().args(delete).run().exits(0);
}

/// A topic of ten messages of which the group has read two when the first five are deleted.
fn behind(stack: &Stack) -> (String, String) {
    let (topic, group) = (random_name("topic"), random_name("group"));
    create(stack, &topic);
    produce(stack, &topic, "10");
    let two = ["--topic", &topic, "--group", &group, "--max-messages", "2"];
    stack.consumer().args(two).run().exits(0);
    delete_up_to(stack, &topic, 5);
    (topic, group)
}

#[test]
fn what_was_deleted_before_a_group_read_it_is_told_and_counted() {
    let stack = Stack::kraft();
    let (topic, group) = behind(&stack);
    let told = format!("{topic} [0]: reading goes on at offset 5, not at 2: 3 messages are gone");
    let of_group = ["--topic", &topic, "--group", &group, "--until-end"];
    let strict = stack.consumer().args(of_group).args(["--on-gap", "fail"]);
    strict.run().exits(5).says(&[&told]);
    let read = stack.consumer().args(of_group).args(OFFSETS).run();
    let read = read.exits(0).says(&[&told]);
    assert_eq!(read.lines(), ["5", "6", "7", "8", "9"]);
    assert_eq!(stack.committed(&group, &topic), [(0, 10)]);
    let described = stack.admin().args(["groups", "describe", &group]);
    assert!(!described.run().exits(0).text().contains('!'));
}

#[test]
fn a_copy_counts_its_gaps_and_fails_by_them_if_told_so() {
    let stack = Stack::kraft();
    let (topic, group) = behind(&stack);
    let id = random_name("id");
    let copy = format!("{topic}.copy");
    let copying = |on_gap: &str| {
        let of_group = ["--topic", &topic, "--group", &group, "--until-end"];
        let to = ["--copy-to", &copy, "--transactional-id", &id, "--on-gap", on_gap];
        stack.consumer().args(of_group).args(to).run()
    };
    copying("fail").exits(5).says(&["0 messages copied"]);
    assert_eq!(stack.committed(&group, &topic), [(0, 2)]);
    copying("warn")
        .exits(0)
        .says(&["5 messages copied", "; 1 gap, in which 3 messages are gone for certain"]);
    // The transaction's marks reach the group's offsets a moment after it has ended.
    eventually("it stands at the end", || stack.committed(&group, &topic) == [(0, 10)]);
}

/// A reader that has read five messages, and stays.
fn reading(stack: &Stack, topic: &str, membership: &[&str]) -> Running {
    let stays = ["--topic", topic, "--idle-exit", "never"];
    let call = stack.consumer().args(stays).args(OFFSETS);
    let reader = call.args(membership).start();
    reader.wait_for_lines(5);
    reader
}

#[test]
fn a_topic_that_is_made_again_is_told_once_and_read_from_its_beginning() {
    let stack = Stack::kraft();
    let topic = random_name("topic");
    create(&stack, &topic);
    produce(&stack, &topic, "5");
    let group = random_name("group");
    let readers =
        [reading(&stack, &topic, &["--no-group"]), reading(&stack, &topic, &["--group", &group])];
    delete(&stack, &topic);
    create(&stack, &topic);
    produce(&stack, &topic, "3");
    for reader in readers {
        assert_eq!(reader.wait_for_lines(8)[5..], ["0", "1", "2"]);
        reader.wait_for_words("read from its beginning");
        reader.signal(Signal::TERM);
        let ended = reader.finish().exits(0);
        assert_eq!(ended.lines().len(), 8, "{ended}");
        let told = ended.stderr.matches("made again").count();
        assert_eq!(told, 1, "{ended}");
    }
    assert_eq!(stack.committed(&group, &topic), [(0, 3)]);
}

#[test]
fn a_topic_that_stays_away_is_told_once_and_ends_a_reader_that_does_not_wait() {
    let stack = Stack::kraft();
    let topic = random_name("topic");
    create(&stack, &topic);
    produce(&stack, &topic, "5");
    let waits = reading(&stack, &topic, &["--no-group"]);
    let ends = reading(&stack, &topic, &["--no-group", "--idle-exit", "30s"]);
    delete(&stack, &topic);
    let ended = ends.finish().exits(4);
    assert_eq!(ended.stderr.matches("was deleted on").count(), 1, "{ended}");
    waits.wait_for_words("was deleted on");
    waits.signal(Signal::TERM);
    waits.finish().exits(0);
}
