//! Topics and ACLs as a file says: planned, applied, applied again, exported.

use kp_e2e::{Cluster, Finished, random_name};

use crate::Stack;

/// Runs kp-admin beside a file `wanted.toml`.
fn with(stack: &Stack, file: &str, words: &[&str]) -> Finished {
    stack.admin().file("wanted.toml", file).args(words).run()
}

const PLAN: [&str; 2] = ["plan", "wanted.toml"];
const APPLY: [&str; 3] = ["apply", "wanted.toml", "--yes"];

#[test]
fn a_file_is_applied_once_and_then_there_is_nothing_to_do() {
    let stack = Stack::with_acls();
    let (orders, other) = (random_name("orders"), random_name("other"));
    let create = ["topics", "create", &other, "--partitions", "1"];
    let create = [&create[..], &["--config", "retention.ms=1000000"]].concat();
    stack.admin().args(create).run().exits(0);
    let file = format!(
        "[topics.{orders}]\npartitions = 2\nreplication_factor = 1\n\
         configs = {{ \"retention.ms\" = 604800000, \"cleanup.policy\" = \"delete\" }}\n\
         [[acls]]\nprincipal = \"User:ANONYMOUS\"\nallow = [\"all\"]\ntopic = \"*\"\n\
         [[acls]]\nprincipal = \"User:alice\"\nallow = [\"read\", \"describe\"]\ntopic = \"{orders}\"\n"
    );
    let planned = with(&stack, &file, &PLAN).exits(0);
    let create = format!(
        "+ topic {orders}  2 partitions, replication factor 1, cleanup.policy delete, retention.ms 7d"
    );
    assert_eq!(
        planned.lines(),
        [
            create,
            "+ acl everybody".replace("everybody", "User:ANONYMOUS")
                + " may do anything with all topics from any host",
            format!("+ acl User:alice may read topic {orders} from any host"),
            format!("+ acl User:alice may describe topic {orders} from any host"),
        ]
    );
    with(&stack, &file, &[&PLAN[..], &["--fail-on-change"]].concat()).exits(5);
    // Without a yes nothing happens.
    with(&stack, &file, &APPLY[..2]).exits(2).says(&["--yes"]);
    let applied = with(&stack, &file, &APPLY).exits(0).says(&["4 changes made"]);
    assert_eq!(applied.text(), planned.text());
    let again = with(&stack, &file, &APPLY).exits(0).says(&["nothing to do"]);
    assert_eq!(again.text(), "");
    with(&stack, &file, &[&PLAN[..], &["--fail-on-change"]].concat()).exits(0);
    let described = stack.tool("kafka-topics", &["--describe", "--topic", &orders], "");
    assert!(described.contains("PartitionCount: 2"), "{described}");
    assert!(described.contains("retention.ms=604800000"), "{described}");

    // What the file does not name stays, until it is pruned.
    let produce = ["--topic", &orders, "--count", "100"];
    stack.producer().args(produce).run().exits(0);
    let less = file
        .replace("partitions = 2", "partitions = 3")
        .replace("604800000, \"cleanup.policy\" = \"delete\"", "1")
        .replace("\"read\", \"describe\"", "\"read\"");
    let planned = with(&stack, &less, &PLAN).exits(0);
    let lines = planned.lines();
    assert_eq!(lines.len(), 2, "{planned}");
    assert!(lines[0].starts_with(&format!("~ {orders} partitions 2 -> 3: ")), "{planned}");
    let soon =
        "retention.ms 7d -> 1ms: messages older than 1 ms are deleted soon (about 100 messages)";
    assert_eq!(lines[1], format!("~ {orders} {soon}"));
    let pruned = with(&stack, &less, &[&PLAN[..], &["--prune"]].concat()).exits(0);
    let lines = pruned.lines();
    assert!(lines.contains(&&*format!("~ {orders} cleanup.policy delete -> the broker's default")));
    assert!(lines.contains(&&*format!(
        "- acl User:alice may describe topic {orders} from any host: it is not in the file"
    )));
    assert!(lines.contains(&&*format!(
        "- topic {other}: it is not in the file, and goes with about 0 messages"
    )));
    assert!(!pruned.text().contains("__consumer_offsets"), "{pruned}");
    let apply = [&APPLY[..], &["--prune"]].concat();
    let applied = with(&stack, &less, &apply).exits(0);
    assert_eq!(applied.text(), pruned.text());
    with(&stack, &less, &apply).exits(0).says(&["nothing to do"]);
    let acls = stack.tool("kafka-acls", &["--list", "--principal", "User:alice"], "");
    assert!(acls.contains("operation=READ") && !acls.contains("operation=DESCRIBE"), "{acls}");

    let exported = stack.admin().args(["export"]).run().exits(0);
    let prune = [&PLAN[..], &["--prune", "--fail-on-change"]].concat();
    let planned = with(&stack, exported.text(), &prune).exits(0).says(&["nothing to do"]);
    assert_eq!(planned.text(), "");
    assert!(exported.text().contains("partitions = 3\n"), "{exported}");
    let over = ["export", "--file", "wanted.toml"];
    with(&stack, "", &over).exits(2).says(&["not overwritten"]);
}

#[test]
fn a_plan_with_what_cannot_be_done_is_refused_as_a_whole() {
    let stack = Stack::kraft();
    let (topic, new) = (random_name("topic"), random_name("new"));
    let create = ["topics", "create", &topic, "--partitions", "3", "--replication-factor", "1"];
    stack.admin().args(create).run().exits(0);
    let file = format!(
        "[topics.{topic}]\npartitions = 2\nreplication_factor = 3\n[topics.{new}]\npartitions = 1\n"
    );
    for words in [&PLAN[..], &APPLY] {
        let refused = with(&stack, &file, words).exits(4).says(&["2 changes, marked !"]);
        let partitions = "partitions cannot be taken away; make a new topic";
        let lines = refused.lines();
        assert!(lines.contains(&&*format!("! {topic} partitions 3 -> 2: {partitions}")));
        let factor = format!("! {topic} replication factor 1 -> 3: ");
        assert!(lines.iter().any(|line| line.starts_with(&factor)), "{refused}");
    }
    let list = stack.admin().args(["topics", "list"]).run().exits(0);
    assert!(!list.text().contains(&new), "{list}");
}

#[test]
fn what_fails_half_way_is_told_with_what_was_done() {
    let stack = Stack::kraft();
    let topics = [random_name("topic"), random_name("topic"), random_name("topic")];
    let [good, bad, old] = &topics;
    stack.admin().args(["topics", "create", old, "--partitions", "1"]).run().exits(0);
    let file = format!(
        "[topics.{good}]\npartitions = 1\n[topics.{bad}]\npartitions = 1\n\
         configs = {{ \"no.such.config\" = true }}\n[topics.{old}]\npartitions = 2\n"
    );
    let json = [&APPLY[..], &["--output", "json"]].concat();
    let failed = with(&stack, &file, &json);
    assert_eq!(failed.code(), Some(1), "{failed}");
    let failed = failed.says(&[
        &format!("done: + topic {good}"),
        &format!("failed: + topic {bad}"),
        &format!("not done: ~ {old} partitions 1 -> 2"),
        "no.such.config",
    ]);
    let json = failed.json();
    assert_eq!(json["schema"], "kp.admin.apply/1");
    let of = |topic: &String| {
        let mut changes = json["changes"].as_array().unwrap().iter();
        let what =
            |change: &&serde_json::Value| change["what"].as_str().unwrap().contains(topic.as_str());
        changes.find(what).unwrap()["state"].clone()
    };
    assert_eq!([of(good), of(bad), of(old)], ["done", "failed", "not_done"]);
    let described = stack.admin().args(["topics", "describe", old]).run().exits(0);
    assert!(described.text().contains("PartitionCount: 1"), "{described}");
    // The rest is done once the file is right.
    let right = file.replace("no.such.config\" = true", "retention.ms\" = 1000");
    with(&stack, &right, &APPLY).exits(0).says(&["2 changes made"]);
    with(&stack, &right, &APPLY).exits(0).says(&["nothing to do"]);
}
