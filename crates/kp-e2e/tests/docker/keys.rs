//! Keys lie where Java's clients put them.

use std::collections::BTreeMap;

use kp_e2e::{Cluster, random_name};

use crate::Stack;

/// The partition of each key.
fn partitions(stack: &Stack, topic: &str) -> BTreeMap<String, i64> {
    let read = stack
        .consumer()
        .args(["--topic", topic, "--no-group", "--until-end", "--format", "json"])
        .run()
        .exits(0);
    read.lines()
        .iter()
        .map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            (record["key"].as_str().unwrap().to_owned(), record["partition"].as_i64().unwrap())
        })
        .collect()
}

#[test]
fn a_key_leads_to_the_same_partition_as_in_java() {
    let stack = Stack::kraft();
    let (java, ours) = (random_name("java"), random_name("ours"));
    for topic in [&java, &ours] {
        stack
            .admin()
            .args(["topics", "create", topic, "--partitions", "4", "--replication-factor", "1"])
            .run()
            .exits(0);
    }
    let keys: Vec<String> =
        (0..100).map(|number| format!("key{number}")).chain(["키".to_owned()]).collect();

    let input: String = keys.iter().map(|key| format!("{key}\tvalue\n")).collect();
    stack.tool(
        "kafka-console-producer",
        &["--topic", &java, "--property", "parse.key=true"],
        &input,
    );

    let records: String = keys
        .iter()
        .map(|key| format!("{}\n", serde_json::json!({"key": key, "value": "value"})))
        .collect();
    let producer = || stack.producer().args(["--topic", &ours]);
    producer().args(["--stdin", "--stdin-format", "json"]).stdin(records).run().exits(0);
    // The flag is one more way to set a key, and takes the same road.
    producer().args(["--count", "1", "--key", "key7"]).run().exits(0);

    let expected = partitions(&stack, &java);
    assert_eq!(expected.len(), keys.len());
    assert_eq!(partitions(&stack, &ours), expected);
}
