//! Topics, as kp and as Kafka's own tools see them.

use std::collections::BTreeSet;

use kp_e2e::{Cluster, eventually, random_name};

use crate::Stack;

/// The fields of a description. Kafka 4's `Elr` and `LastKnownElr` are not in the answer that
/// librdkafka reads.
fn fields(description: &str) -> Vec<Vec<(String, String)>> {
    description
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            line.trim()
                .split('\t')
                .filter_map(|field| field.split_once(':'))
                .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                .filter(|(name, _)| !name.ends_with("Elr"))
                .collect()
        })
        .collect()
}

fn is_described_as_by_kafka(stack: &Stack, replicas: &str) {
    let topic = random_name("topic");
    stack
        .admin()
        .args(["topics", "create", &topic, "--partitions", "3"])
        .args(["--replication-factor", replicas])
        .args(["--config", "retention.ms=600000", "--config", "cleanup.policy=compact,delete"])
        .run()
        .exits(0);
    let describe = || stack.tool("kafka-topics", &["--describe", "--topic", &topic], "");
    let mut theirs = describe();
    let mut ours = String::new();
    // A replica that another test took away comes back at any moment: only what stood still
    // meanwhile can be compared.
    eventually("the replicas stand still", || {
        let call = stack.admin().args(["topics", "describe", &topic]);
        ours = call.run().exits(0).text().to_owned();
        let before = std::mem::replace(&mut theirs, describe());
        before == theirs
    });
    assert_eq!(fields(&ours), fields(&theirs));
    assert_eq!(fields(&theirs).len(), 4, "{theirs}");
}

#[test]
fn a_description_is_that_of_kafka_topics_on_kraft() {
    is_described_as_by_kafka(&Stack::kraft(), "1");
}

#[test]
fn a_description_is_that_of_kafka_topics_on_the_zookeeper_pair() {
    is_described_as_by_kafka(&Stack::zookeeper(), "1");
}

#[test]
fn a_description_is_that_of_kafka_topics_on_three_brokers() {
    is_described_as_by_kafka(&Stack::cluster(), "3");
}

/// All topics, as Kafka's own tool lists them.
fn listed(stack: &Stack) -> BTreeSet<String> {
    let list = stack.tool("kafka-topics", &["--list"], "");
    list.lines().map(str::to_owned).collect()
}

#[test]
fn a_topic_is_created_enlarged_and_deleted() {
    let stack = Stack::kraft();
    let topic = random_name("topic");
    let topics = |arguments: &[&str]| stack.admin().args(["topics"]).args(arguments);
    let partitions = || {
        let described = topics(&["describe", &topic, "--output", "json"]).run().exits(0);
        described.json()["topics"][0]["partitions"].as_array().unwrap().len()
    };
    topics(&["create", &topic, "--partitions", "2", "--replication-factor", "1"]).run().exits(0);
    assert!(listed(&stack).contains(&topic));
    assert_eq!(partitions(), 2);
    let again = topics(&["create", &topic, "--partitions", "2", "--replication-factor", "1"]).run();
    let again = again.says(&[&topic, "exists"]);
    assert_ne!(again.code(), Some(0), "{again}");

    topics(&["add-partitions", &topic, "--partitions", "5"]).run().exits(0);
    assert_eq!(partitions(), 5);

    // An answer other than yes, and no answer at all, delete nothing.
    for answer in ["no\n", ""] {
        let _ = topics(&["delete", &topic]).stdin(answer).run();
        assert!(listed(&stack).contains(&topic));
    }
    topics(&["delete", &topic, "--yes"]).run().exits(0);
    kp_e2e::eventually("the topic is gone", || !listed(&stack).contains(&topic));
}

#[test]
fn the_list_has_kafkas_own_topics_only_when_asked() {
    let stack = Stack::kraft();
    let (topic, group) = (random_name("topic"), random_name("group"));
    stack.producer().args(["--topic", &topic, "--count", "1"]).run().exits(0);
    stack
        .consumer()
        .args(["--topic", &topic, "--group", &group, "--max-messages", "1"])
        .run()
        .exits(0);
    let list = |arguments: &[&str]| {
        let list = stack.admin().args(["topics", "list"]).args(arguments).run().exits(0);
        list.text().to_owned()
    };
    assert!(list(&[]).contains(&topic));
    assert!(!list(&[]).contains("__consumer_offsets"));
    assert!(list(&["--internal"]).contains("__consumer_offsets"));
}

#[test]
fn a_consumer_never_creates_a_topic() {
    let stack = Stack::kraft();
    let absent = random_name("absent");
    let told = stack
        .consumer()
        .args(["--topic", &absent])
        .run()
        .exits(4)
        .says(&[&absent, "does not exist"]);
    assert!(told.elapsed.as_secs() < 5, "{told}");
    assert!(!listed(&stack).contains(&absent));
}

#[test]
fn a_producer_creates_a_topic_unless_the_settings_forbid_it() {
    let stack = Stack::kraft();
    let topic = random_name("topic");
    let producer = || stack.producer().args(["--topic", &topic, "--count", "1"]);
    producer()
        .file("my.toml", "[producer]\ncreate_topics = false\n")
        .args(["--config", "my.toml"])
        .run()
        .exits(4)
        .says(&[&topic]);
    assert!(!listed(&stack).contains(&topic));
    producer().run().exits(0);
    assert!(listed(&stack).contains(&topic));
}

#[test]
fn a_topic_that_was_just_created_can_be_used_at_once() {
    let stack = Stack::cluster();
    // The brokers learn of a topic one after the other.
    for _ in 0..10 {
        let topic = random_name("topic");
        let create = ["topics", "create", &topic, "--partitions", "1"];
        stack.admin().args(create).run().exits(0);
        let consumer = stack.consumer().args(["--topic", &topic, "--no-group"]);
        consumer.args(["--until-end"]).run().exits(0);
        let described = stack.admin().args(["topics", "describe", &topic]).run().exits(0);
        assert!(described.text().contains(&topic), "{described}");
    }
}
