//! Three brokers, one of which dies in mid-run.

use kp_e2e::{Cluster, random_name};

use crate::Stack;

const COUNT: usize = 10_000;

/// The broker that leads the topic's only partition.
fn leader(stack: &Stack, topic: &str) -> usize {
    let described =
        stack.admin().args(["topics", "describe", topic, "--output", "json"]).run().exits(0);
    let leader = &described.json()["topics"][0]["partitions"][0]["leader"];
    usize::try_from(leader.as_u64().unwrap()).unwrap()
}

#[test]
fn a_leader_that_dies_loses_nothing_and_is_not_taken_for_the_end() {
    let stack = Stack::cluster();
    let topic = random_name("topic");
    stack
        .admin()
        .args(["topics", "create", &topic, "--partitions", "1", "--replication-factor", "3"])
        .run()
        .exits(0);
    let producer = stack
        .producer()
        .args([
            "--topic",
            &topic,
            "--rate",
            "2000",
            "--count",
            &COUNT.to_string(),
            "--report",
            "json",
        ])
        .start();
    // On a busy machine the new coordinator takes its time, too.
    let patient = ["--shutdown-timeout", "30s"];
    let reader = || stack.consumer().args(["--topic", &topic, "--format", "value"]).args(patient);
    let first = reader().args(["--no-group", "--max-messages", "1", "--idle-exit", "never"]);
    first.run().exits(0);
    // The election takes longer than the second after which these would end. The group's
    // coordinator may die with the leader.
    let group = random_name("group");
    let watchers = [
        reader().args(["--idle-exit", "1s", "--no-group"]).start(),
        reader().args(["--idle-exit", "1s", "--group", &group]).start(),
    ];
    for watcher in &watchers {
        watcher.wait_for_lines(COUNT / 10);
    }
    stack.kill(leader(&stack, &topic));

    let report = producer.finish().exits(0).json();
    assert_eq!(report["acknowledged"], COUNT);
    let expected: Vec<_> =
        (0..COUNT).map(|number| format!("{{\"str\":\"result{number}\"}}")).collect();
    for watcher in watchers {
        let watched = watcher.finish().exits(0);
        assert!(watched.lines() == expected, "{watched}");
    }
    assert_eq!(stack.committed(&group, &topic), [(0, i64::try_from(COUNT).unwrap())]);
    let stored = reader().args(["--no-group", "--until-end"]).run().exits(0);
    assert!(stored.lines() == expected, "{stored}");
}
