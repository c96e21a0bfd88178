//! What `kp-admin topics` tells of partitions, and what it changes, beside Kafka's own tools.

use std::time::{Duration, UNIX_EPOCH};

use kp_e2e::{Cluster, eventually, random_name};
use serde_json::Value;

use crate::Stack;

fn create(stack: &Stack, topic: &str, partitions: &str, replicas: &str) {
    let create = ["topics", "create", topic, "--partitions", partitions];
    stack.admin().args(create).args(["--replication-factor", replicas]).run().exits(0);
}

/// `topic:partition:offset` lines of Kafka's own tool, of these topics, sorted.
fn kafkas(stack: &Stack, topic: &str, time: &str) -> Vec<(i64, i64)> {
    let told = stack.tool("kafka-get-offsets", &["--topic", topic, "--time", time], "");
    let mut offsets: Vec<_> = told
        .lines()
        .filter_map(|line| {
            let mut parts = line.rsplit(':');
            let offset = parts.next()?.parse().unwrap_or(-1);
            Some((parts.next()?.parse().ok()?, offset))
        })
        .collect();
    offsets.sort_unstable();
    offsets
}

fn record(number: usize) -> String {
    format!("{{\"key\":\"k{number}\",\"value\":\"x\"}}\n")
}

fn numbers(answer: &Value, field: &str) -> Vec<(i64, i64)> {
    let partitions = answer["partitions"].as_array().unwrap().iter();
    let number = |one: &Value| {
        let found = field.split('/').fold(one, |value, name| &value[name]);
        (one["partition"].as_i64().unwrap(), found.as_i64().unwrap_or(-1))
    };
    partitions.map(number).collect()
}

#[test]
fn offsets_are_those_of_kafkas_tool_also_by_time_and_what_is_trimmed_is_gone() {
    let stack = Stack::kraft();
    let topic = random_name("topic");
    create(&stack, &topic, "3", "1");
    let produce = || {
        let lines: String = (0..100).map(record).collect();
        let keyed = ["--topic", &topic, "--stdin-format", "json"];
        stack.producer().args(keyed).stdin(lines).run().exits(0);
    };
    produce();
    let early = stack.admin().args(["topics", "offsets", &topic, "--output", "json"]).run();
    let early = early.exits(0).json();
    let between = UNIX_EPOCH.elapsed().unwrap().as_millis().to_string();
    produce();
    let at = format!("@{between}");
    let offsets = ["topics", "offsets", &topic, "--at", &at, "--output", "json"];
    let told = stack.admin().args(offsets).run().exits(0).json();
    assert_eq!(numbers(&told, "end"), kafkas(&stack, &topic, "-1"));
    assert_eq!(numbers(&told, "at/offset"), kafkas(&stack, &topic, &between));
    let total: i64 = numbers(&told, "count").iter().map(|(_, count)| count).sum();
    assert_eq!(total, 200);
    let listed = ["topics", "list", "--counts", "--output", "json"];
    let listed = stack.admin().args(listed).run().exits(0).json();
    let mut topics = listed["topics"].as_array().unwrap().iter();
    assert_eq!(topics.find(|one| one["topic"] == *topic).unwrap()["messages"], 200);

    // What came before that moment goes away; nothing without a yes.
    let trim = ["topics", "trim", &topic, "--before", &at];
    stack.admin().args(trim).run().exits(2).says(&["trim asks", "--yes"]);
    assert_eq!(kafkas(&stack, &topic, "-2"), [(0, 0), (1, 0), (2, 0)]);
    let trimmed = stack.admin().args(trim).args(["--yes"]).run().exits(0);
    assert!(trimmed.text().contains("Deleted 100 messages"), "{trimmed}");
    assert_eq!(kafkas(&stack, &topic, "-2"), numbers(&early, "end"));
    let again = stack.admin().args(trim).args(["--yes"]).run().exits(0);
    assert!(again.text().contains("Nothing to delete"), "{again}");
    let one = ["topics", "trim", &topic, "--before", "9999999", "--partition", "1", "--yes"];
    stack.admin().args(one).run().exits(0);
    let (starts, ends) = (kafkas(&stack, &topic, "-2"), kafkas(&stack, &topic, "-1"));
    assert_eq!(starts[1], ends[1], "of this partition nothing is left");
    assert_eq!((starts[0], starts[2]), (numbers(&early, "end")[0], numbers(&early, "end")[2]));
    let absent = ["topics", "trim", &topic, "--before", "1", "--partition", "7", "--yes"];
    stack.admin().args(absent).run().exits(2).says(&["no partition 7", "3 partitions"]);

    let own = ["topics", "trim", "__consumer_offsets", "--before", "1", "--yes"];
    stack.admin().args(own).run().exits(2).says(&["__consumer_offsets", "Kafka's own"]);

    let compacted = random_name("compacted");
    let compact = ["topics", "create", &compacted, "--config", "cleanup.policy=compact"];
    stack.admin().args(compact).run().exits(0);
    stack.producer().args(["--topic", &compacted, "--count", "3", "--key", "k"]).run().exits(0);
    let trim = ["topics", "trim", &compacted, "--before", "2", "--yes"];
    stack.admin().args(trim).run().exits(1).says(&[&compacted, "is compacted", "cleanup.policy"]);
}

#[test]
fn configs_are_shown_with_their_places_changed_and_cloned() {
    let stack = Stack::kraft();
    let (topic, copy) = (random_name("topic"), random_name("copy"));
    create(&stack, &topic, "4", "1");
    let configs = |more: &[&str]| {
        let call = stack.admin().args(["topics", "configs", &topic]);
        call.args(more.iter().copied()).run()
    };
    let set = ["--set", "retention.ms=86400000", "--set", "cleanup.policy=compact,delete"];
    configs(&set).exits(2).says(&["topics configs asks", "--yes"]);
    let changed = configs(&[&set[..], &["--yes"]].concat()).exits(0);
    assert!(changed.text().contains("retention.ms 7d -> 1d"), "{changed}");
    let kafkas = |name: &str| {
        let described = ["--describe", "--entity-type", "topics", "--entity-name", name];
        stack.tool("kafka-configs", &described, "")
    };
    let set_there = kafkas(&topic);
    assert!(set_there.contains("retention.ms=86400000 "), "{set_there}");
    assert!(set_there.contains("cleanup.policy=compact,delete "), "{set_there}");
    configs(&[&set[..], &["--yes"]].concat()).exits(0).says(&["nothing to do"]);
    let shown = configs(&["--output", "json"]).exits(0).json();
    let mut entries = shown["configs"].as_array().unwrap().iter();
    let retention = entries.find(|one| one["config"] == "retention.ms").unwrap();
    assert_eq!((&retention["value"], &retention["source"]), (&"86400000".into(), &"topic".into()));
    configs(&["--set", "retention.mss=1", "--yes"]).exits(4).says(&["did you mean retention.ms?"]);
    configs(&["--set", "retention.ms=soon", "--yes"]).exits(1).says(&["retention.ms", "soon"]);

    stack.admin().args(["topics", "clone", &topic, &copy]).run().exits(0);
    let cloned = kafkas(&copy);
    assert!(cloned.contains("retention.ms=86400000 "), "{cloned}");
    let described = stack.tool("kafka-topics", &["--describe", "--topic", &copy], "");
    assert!(described.contains("PartitionCount: 4"), "{described}");

    configs(&["--unset", "retention.ms", "--yes"]).exits(0);
    let left = kafkas(&topic);
    assert!(!left.contains("retention.ms=") && left.contains("cleanup.policy="), "{left}");
}

#[test]
fn health_tells_what_a_lost_broker_stops_and_leaders_come_back() {
    let stack = Stack::cluster();
    let topic = random_name("orders");
    create(&stack, &topic, "3", "3");
    let health = |more: &[&str]| {
        let call = stack.admin().args(["topics", "health", &topic]);
        call.args(more.iter().copied()).run()
    };
    let well = health(&[]).exits(0);
    assert!(well.text().contains("all its replicas are in sync"), "{well}");
    stack.kill(1);
    let mut told = None;
    eventually("a lost broker is told", || {
        let ended = health(&[]);
        // The broker may have been the controller for clients, and the others still call it so.
        let is_soon = ended.code() != Some(4) && ended.elapsed < Duration::from_secs(5);
        assert!(is_soon, "no answer while two brokers are there: {ended}");
        let is_told = ended.code() == Some(5) && ended.text().contains("acks=all writes stop");
        told = Some(ended);
        is_told
    });
    let told = told.unwrap();
    assert!(told.text().contains("2 of 3 replicas in sync; not in sync: broker 1"), "{told}");
    assert!(told.text().contains("one more broker lost and acks=all writes stop"), "{told}");
    health(&["--offline"]).exits(0);
    let short = health(&["--under-replicated", "--output", "json"]).exits(5).json();
    assert_eq!(short["healthy"], false);
    assert_eq!(short["findings"][0]["partitions"], serde_json::json!([0, 1, 2]));
    let described = ["topics", "describe", &topic, "--under-replicated"];
    let ours = stack.admin().args(described).run().exits(0);
    assert_eq!(ours.lines().len(), 3, "{ours}");

    stack.revive(1);
    // Any of the brokers answers, and each hears of the others a moment later.
    eventually("all replicas are in sync again, and another leads what broker 1 led", || {
        let ended = health(&[]);
        ended.code() == Some(0) && ended.text().contains("elect-leaders")
    });
    let elected = stack.admin().args(["topics", "elect-leaders", &topic]).run().exits(0);
    assert!(elected.text().contains("1 partition changed"), "{elected}");
    eventually("each partition is led by its preferred broker", || {
        health(&[]).text().contains("all its replicas are in sync")
    });
    eventually("there is nothing left to elect", || {
        let again = stack.admin().args(["topics", "elect-leaders", &topic]).run().exits(0);
        again.text().contains("Nothing to do")
    });
}
