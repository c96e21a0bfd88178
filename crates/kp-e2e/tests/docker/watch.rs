//! `kp-admin groups watch` on a group that falls behind, catches up and loses a member.

use kp_e2e::{Cluster, Signal, random_name};
use serde_json::Value;

use crate::Stack;

/// The looks at one group, as objects.
fn looks(stack: &Stack, group: &str, count: &str) -> Vec<Value> {
    let watch = ["groups", "watch", group, "--every", "500ms", "--count", count];
    let ended = stack.admin().args(watch).args(["--output", "json"]).run().exits(0);
    let looks = ended.lines().into_iter().map(|line| serde_json::from_str(line).unwrap());
    looks.collect()
}

fn total(look: &Value, field: &str) -> f64 {
    let partitions = look["groups"][0]["partitions"].as_array().unwrap().iter();
    partitions.map(|one| one[field].as_f64().unwrap_or(0.0)).sum()
}

fn owners(look: &Value) -> Vec<Option<String>> {
    let partitions = look["groups"][0]["partitions"].as_array().unwrap().iter();
    partitions.map(|one| one["owner"]["client_id"].as_str().map(str::to_owned)).collect()
}

#[test]
fn a_group_that_falls_behind_catches_up_and_loses_a_member_is_seen() {
    let stack = Stack::kraft();
    let (topic, group) = (random_name("topic"), random_name("group"));
    let create = ["topics", "create", &topic, "--partitions", "2"];
    stack.admin().args(create).run().exits(0);
    stack.producer().args(["--topic", &topic, "--count", "100"]).run().exits(0);
    let read = ["--topic", &topic, "--group", &group];
    stack.consumer().args(read).run().exits(0);

    // Messages come, and nobody reads.
    let producer = ["--topic", &topic, "--rate", "200", "--count", "100000"];
    let producer = stack.producer().args(producer).start();
    let behind = looks(&stack, &group, "8");
    let last = behind.last().unwrap();
    assert_eq!(last["schema"], "kp.admin.groups.watch/1");
    assert!(total(last, "lag") > total(&behind[0], "lag"), "it falls behind: {last}");
    assert!(total(last, "in_per_s") > 100.0, "about 200 come in a second: {last}");
    let partitions = last["groups"][0]["partitions"].as_array().unwrap();
    assert!(partitions.iter().any(|one| one["never_clear"] == true), "{last}");
    let age = partitions.iter().filter_map(|one| one["behind_ms"].as_i64()).max().unwrap();
    assert!((500..60_000).contains(&age), "as old as the producer has run: {last}");
    assert!(owners(last).iter().all(Option::is_none), "{last}");

    // Two members read it up, and one of them is killed.
    let member = |name: &str| {
        let id = format!("client.id={name}");
        let more = ["--idle-exit", "never", "-X", &id, "-X", "session.timeout.ms=6000"];
        let call = stack.consumer().args(read).args(more);
        call.env("KP_CONSUMER__COMMIT_INTERVAL", "200ms").start()
    };
    let first = member("reader-a");
    first.wait_for_lines(1);
    let second = member("reader-b");
    second.wait_for_lines(1);
    let caught_up = looks(&stack, &group, "8");
    let last = caught_up.last().unwrap();
    assert!(total(last, "lag") < 400.0, "at most what two seconds bring: {last}");
    let mut held: Vec<_> = owners(last).into_iter().flatten().collect();
    held.sort();
    assert_eq!(held, ["reader-a", "reader-b"], "{last}");
    let watch = ["groups", "watch", &group, "--every", "500ms", "--count", "40"];
    let watching = stack.admin().args(watch).start();
    watching.wait_for_lines(4);
    second.signal(Signal::KILL);
    let watched = watching.finish().exits(0);
    for words in ["reader-b left", "went from reader-b to reader-a"] {
        assert!(watched.text().contains(words), "{words}: {watched}");
    }
    drop((producer, first));
}

#[test]
fn a_group_that_is_not_there_is_an_error_at_once() {
    let stack = Stack::kraft();
    let absent = random_name("absent");
    let watch = ["groups", "watch", &absent];
    stack.admin().args(watch).run().exits(4).says(&[&absent, "does not exist"]);
}
