//! Partitions that are added while somebody reads.

use kp_e2e::{Cluster, Signal, random_name};

use crate::Stack;

#[test]
fn partitions_that_are_added_are_read_without_a_group_too() {
    let stack = Stack::kraft();
    let topic = random_name("topic");
    let create = ["topics", "create", &topic, "--partitions", "1"];
    stack.admin().args(create).run().exits(0);
    let producer = stack.producer().args(["--topic", &topic, "--stdin"]);
    producer.stdin("a\nb\nc\nd\ne\nf\ng\nh\n").run().exits(0);
    let reader = stack
        .consumer()
        .args(["--topic", &topic, "--no-group", "--idle-exit", "never"])
        .args(["--format", "%p %o %s\n", "-X", "topic.metadata.refresh.interval.ms=500"])
        .start();
    reader.wait_for_lines(8);
    let add = ["topics", "add-partitions", &topic, "--partitions", "3"];
    stack.admin().args(add).run().exits(0);
    reader.wait_for_words("has the new partitions 1, 2: reading begins at their beginning");
    let records = "{\"key\":\"a\",\"value\":\"1\"}\n{\"key\":\"b\",\"value\":\"2\"}\n{\"key\":\"c\",\"value\":\"3\"}\n\
                   {\"key\":\"d\",\"value\":\"4\"}\n{\"key\":\"e\",\"value\":\"5\"}\n{\"key\":\"f\",\"value\":\"6\"}\n";
    let producer = stack.producer().args(["--topic", &topic, "--stdin"]);
    producer.args(["--stdin-format", "json"]).stdin(records).run().exits(0);
    let lines = reader.wait_for_lines(14);
    assert!(lines[8..].iter().any(|line| !line.starts_with("0 ")), "{lines:?}");
    reader.signal(Signal::TERM);
    let read = reader.finish().exits(0);
    assert_eq!(read.lines().len(), 14);
}
