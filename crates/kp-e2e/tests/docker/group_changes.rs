//! Groups that are reset, brought back and deleted, as Kafka's own tool sees them.

use std::collections::BTreeMap;
use std::time::Duration;

use kp_e2e::{Build, Call, Cluster, eventually, random_name};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Stack, terminal};

/// A topic of three partitions, of which the first has 10 messages and the second 5.
fn topic(stack: &Stack) -> String {
    let topic = random_name("topic");
    stack.admin().args(["topics", "create", &topic, "--partitions", "3"]).run().exits(0);
    for (partition, count) in [("0", "10"), ("1", "5")] {
        let send = ["--topic", &topic, "--partition", partition, "--count", count];
        stack.producer().args(send).run().exits(0);
    }
    eventually("the ends are seen", || {
        let told = stack.tool("kafka-get-offsets", &["--topic", &topic], "");
        [":0:10", ":1:5", ":2:0"].iter().all(|end| told.contains(&format!("{topic}{end}")))
    });
    topic
}

/// A group that has committed the ends of two partitions, by Kafka's own tool.
fn group(stack: &Stack, topic: &str) -> String {
    let group = random_name("group");
    kafka_resets(stack, &group, &format!("{topic}:0,1"), &["--to-latest", "--execute"]);
    group
}

/// Lets Kafka's own tool reset a group, and reads the new offsets by partition.
fn kafka_resets(stack: &Stack, group: &str, topic: &str, how: &[&str]) -> BTreeMap<i32, i64> {
    let reset = ["--reset-offsets", "--group", group, "--topic", topic];
    offsets(&stack.tool("kafka-consumer-groups", &[&reset[..], how].concat(), ""), group)
}

/// What a group has committed, as Kafka's own tool tells it.
fn kafka_says(stack: &Stack, group: &str) -> BTreeMap<i32, i64> {
    let describe = ["--describe", "--group", group];
    offsets(&stack.tool("kafka-consumer-groups", &describe, ""), group)
}

/// The tool's columns are the group, the topic, the partition and an offset.
fn offsets(told: &str, group: &str) -> BTreeMap<i32, i64> {
    let rows = told.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|cells| cells.first() == Some(&group))
        .filter_map(|cells| Some((cells[2].parse().ok()?, cells[3].parse().ok()?)))
        .collect()
}

fn reset(stack: &Stack, group: &str, more: &[&str]) -> Call {
    stack.admin().args(["groups", "reset", group, "--yes", "--output", "json"]).args(more)
}

/// What a plan leads to, by partition.
fn planned(answer: &Value) -> BTreeMap<i32, i64> {
    let partitions = answer["partitions"].as_array().unwrap().iter();
    partitions
        .map(|one| (one["partition"].as_i64().unwrap(), one["to"].as_i64().unwrap()))
        .map(|(partition, to)| (i32::try_from(partition).unwrap(), to))
        .collect()
}

#[test]
fn a_reset_and_its_undo_are_what_kafkas_own_tool_sees() {
    let stack = Stack::kraft();
    let topic = topic(&stack);
    let group = group(&stack, &topic);
    let folder = TempDir::new().unwrap();
    let before = kafka_says(&stack, &group);
    assert_eq!(before, BTreeMap::from([(0, 10), (1, 5)]));
    let places = [
        ("earliest", &["--to-earliest"][..]),
        ("7", &["--to-offset", "7"]),
        ("@2020-01-01T00:00:00Z", &["--to-datetime", "2020-01-01T00:00:00.000"]),
        ("@-1h", &["--by-duration", "PT1H"]),
        ("-3", &["--shift-by", "-3"]),
        ("latest", &["--to-latest"]),
    ];
    for (number, (place, kafkas)) in places.iter().enumerate() {
        // A way from where the group is needs that it is somewhere.
        let of = if *place == "-3" { format!("{topic}:0,1") } else { topic.clone() };
        let dry = [*kafkas, &["--dry-run"]].concat();
        let expected = kafka_resets(&stack, &group, &of, &dry);
        assert!(!expected.is_empty(), "{place}");
        let undo = folder.path().join(format!("{number}.json"));
        let undo = undo.to_str().unwrap();
        let to = ["--topic", &of, "--to", place, "--undo-file", undo];
        let answer = reset(&stack, &group, &to).run().exits(0).json();
        assert_eq!(planned(&answer), expected, "{place}");
        assert_eq!(kafka_says(&stack, &group), expected_now(&before, &expected), "{place}");
        if answer["undo_file"] == Value::Null {
            continue;
        }
        assert_eq!(answer["undo_file"], undo);
        reset(&stack, &group, &["--from-file", undo]).run().exits(0);
        assert_eq!(kafka_says(&stack, &group), before, "undone: {place}");
    }
}

fn expected_now(before: &BTreeMap<i32, i64>, to: &BTreeMap<i32, i64>) -> BTreeMap<i32, i64> {
    before.iter().chain(to).map(|(partition, offset)| (*partition, *offset)).collect()
}

#[test]
fn a_plan_counts_and_clamps_and_nothing_happens_unasked() {
    let stack = Stack::kraft();
    let topic = topic(&stack);
    let group = group(&stack, &topic);
    let before = kafka_says(&stack, &group);
    let unasked = stack.admin().args(["groups", "reset", &group, "--to", "earliest"]).run();
    unasked.exits(2).says(&["--yes"]);
    assert_eq!(kafka_says(&stack, &group), before);
    let absent = reset(&stack, &group, &["--to", "latest", "--topic", &format!("{topic}:3")]);
    absent.run().exits(4).says(&[&topic, "has no partition 3"]);
    let nothing = reset(&stack, &group, &["--to", "-1", "--topic", &topic]).run();
    nothing.exits(4).says(&["partition 2", "nothing to count from"]);
    assert_eq!(kafka_says(&stack, &group), before);
    // Without --topic it is what the group has committed.
    let call = stack.admin().args(["groups", "reset", &group, "--to", "8", "--yes"]).run();
    let told = call.exits(0);
    let rows: Vec<Vec<&str>> =
        told.lines().iter().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[1], [&topic, "0", "10", "8", "2", "0"], "{told}");
    assert_eq!(rows[2], [&topic, "1", "5", "!5", "0", "0"], "{told}");
    assert!(told.text().contains("Changed 1 partition of group"), "{told}");
    let undo = format!("kp-admin groups reset {group} --from-file kp-undo-{group}-");
    assert!(told.text().contains(&undo), "{told}");
    assert_eq!(kafka_says(&stack, &group), BTreeMap::from([(0, 8), (1, 5)]));
    let again = stack.admin().args(["groups", "reset", &group, "--to", "8", "--yes"]).run();
    assert!(again.exits(0).text().contains("Nothing to change"));
    // A file that is there already is kept, and then nothing is changed.
    let kept = reset(&stack, &group, &["--to", "latest", "--undo-file", "there.json"]);
    kept.file("there.json", "mine").run().exits(1).says(&["there.json", "nothing was changed"]);
    assert_eq!(kafka_says(&stack, &group), BTreeMap::from([(0, 8), (1, 5)]));
}

#[test]
fn a_group_with_members_is_left_as_it_is_and_each_is_named() {
    let stack = Stack::kraft();
    let topic = topic(&stack);
    let group = random_name("group");
    let member = |id: &str| {
        let call = stack.consumer().args(["--topic", &topic, "--group", &group]);
        call.args(["--idle-exit", "never", "-X", &format!("client.id={id}")]).start()
    };
    let members = [member("first-reader"), member("second-reader")];
    let shown = || stack.admin().args(["groups", "members", &group, "--output", "json"]).run();
    eventually("both members have partitions", || {
        let shown = shown();
        let members = match shown.code() {
            Some(0) => shown.json()["members"].clone(),
            _ => Value::Null,
        };
        let count = |one: &Value| one["partitions"][0]["partitions"].as_array().map_or(0, Vec::len);
        let mut counts: Vec<_> = members.as_array().into_iter().flatten().map(count).collect();
        counts.sort_unstable();
        counts == [1, 2]
    });
    let named = ["has 2 members", "client first-reader at ", "client second-reader at "];
    let undo = ["--undo-file", "undo.json"];
    let refused = reset(&stack, &group, &[&["--to", "earliest"][..], &undo].concat()).run();
    refused.exits(4).says(&named);
    let delete = ["groups", "delete", &group, "--yes"];
    stack.admin().args(delete).run().exits(4).says(&named);
    let delete = ["groups", "delete-offsets", &group, "--topic", &topic, "--yes"];
    stack.admin().args(delete).run().exits(4).says(&named);
    let table = stack.admin().args(["groups", "members", &group]).run().exits(0);
    assert!(table.text().contains("Assignor: range"), "{table}");
    let stable = stack.admin().args(["groups", "list", "--state", "stable"]).run().exits(0);
    assert!(stable.text().contains(&group), "{stable}");
    let empty = stack.admin().args(["groups", "list", "--state", "Empty"]).run().exits(0);
    assert!(!empty.text().contains(&group), "{empty}");
    drop(members);
}

#[test]
fn what_is_deleted_is_gone_and_offsets_come_back_by_the_file() {
    let stack = Stack::kraft();
    let topic = topic(&stack);
    let groups = [group(&stack, &topic), group(&stack, &topic)];
    let folder = TempDir::new().unwrap();
    let undo = folder.path().join("undo.json");
    let undo = undo.to_str().unwrap();
    let call = stack.admin().args(["groups", "delete-offsets", &groups[0], "--yes"]);
    let deleted = call.args(["--topic", &format!("{topic}:0,2"), "--undo-file", undo]).run();
    assert!(deleted.exits(0).text().contains("Changed 1 partition"));
    assert_eq!(kafka_says(&stack, &groups[0]), BTreeMap::from([(1, 5)]));
    reset(&stack, &groups[0], &["--from-file", undo]).run().exits(0);
    assert_eq!(kafka_says(&stack, &groups[0]), BTreeMap::from([(0, 10), (1, 5)]));

    let absent = random_name("absent");
    let delete = |more: &[&str]| stack.admin().args(["groups", "delete", "--yes"]).args(more).run();
    let none = delete(&[&groups[0], &absent]).exits(4);
    none.says(&[&absent, "does not exist"]);
    let list = || stack.tool("kafka-consumer-groups", &["--list"], "");
    assert!(list().contains(&groups[0]));
    let gone = delete(&[&groups[0], &groups[1], &groups[0]]).exits(0);
    let told = format!("with what it has committed for 2 partitions of {topic}");
    assert_eq!(gone.text().matches(&told).count(), 2, "{gone}");
    assert!(!groups.iter().any(|group| list().contains(group)));
    // The file makes the group anew.
    let again = reset(&stack, &groups[0], &["--from-file", undo]).run().exits(0);
    again.says(&["does not exist", "this makes it"]);
    assert_eq!(kafka_says(&stack, &groups[0]), BTreeMap::from([(0, 10)]));
}

#[test]
fn a_deleted_group_comes_back_by_its_file() {
    let stack = Stack::kraft();
    let topic = topic(&stack);
    let group = group(&stack, &topic);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("before.json");
    let file = file.to_str().unwrap();
    let delete = ["groups", "delete", &group, "--yes", "--undo-file", file];
    let deleted = stack.admin().args(delete).run().exits(0);
    let undo = format!("kp-admin groups reset {group} --from-file {file}");
    assert!(deleted.text().contains(&undo), "{deleted}");
    assert!(!stack.tool("kafka-consumer-groups", &["--list"], "").contains(&group));
    reset(&stack, &group, &["--from-file", file]).run().exits(0);
    assert_eq!(kafka_says(&stack, &group), BTreeMap::from([(0, 10), (1, 5)]));
    // The file is there, so that nothing is deleted.
    stack.admin().args(delete).run().exits(1).says(&[file, "nothing was changed"]);
    assert_eq!(kafka_says(&stack, &group), BTreeMap::from([(0, 10), (1, 5)]));
    let two = ["groups", "delete", "a", "b", "--yes", "--undo-file", file];
    stack.admin().args(two).run().exits(2).says(&["--undo-file", "one by one"]);
}

#[test]
fn what_a_group_commits_while_the_question_stands_is_noticed() {
    let stack = Stack::kraft();
    let topic = topic(&stack);
    let group = group(&stack, &topic);
    let folder = TempDir::new().unwrap();
    let words = ["groups", "reset", &group, "--to", "earliest"];
    let mut command = terminal::admin(Build::Plain, folder.path(), &words);
    command.env("KP_KAFKA__BOOTSTRAP_SERVERS", stack.bootstrap());
    let settings = TempDir::new().unwrap();
    let file = settings.path().join("own.toml");
    std::fs::write(&file, "[profile.prod]\nclient_id = \"p\"\n").unwrap();
    command.env("KP_CONFIG", file);
    command.env("KP_PROFILE", "prod");
    let (screen, code) = terminal::run(command, "[y/N] ", |_| {
        kafka_resets(&stack, &group, &format!("{topic}:0"), &["--to-offset", "7", "--execute"]);
        Some("y\n".to_owned())
    });
    assert_eq!(code, 4, "{screen}");
    let told = format!("has committed 7 for partition 0 of topic {topic} meanwhile");
    assert!(screen.contains(&told) && screen.contains("nothing was changed"), "{screen}");
    let asked = format!("profile prod: Change what group {group} has committed");
    assert!(screen.contains(&asked) && screen.contains(stack.bootstrap()), "{screen}");
    assert_eq!(kafka_says(&stack, &group), BTreeMap::from([(0, 7), (1, 5)]));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no file is written");
}

#[test]
fn the_group_that_is_furthest_behind_comes_first_and_fails_above_a_limit() {
    let stack = Stack::kraft();
    let topic = topic(&stack);
    let [near, far] = [group(&stack, &topic), group(&stack, &topic)];
    for (group, place) in [(&near, "-1"), (&far, "earliest")] {
        reset(&stack, group, &["--to", place]).run().exits(0);
    }
    let lag = |more: &[&str]| stack.admin().args(["groups", "lag"]).args(more).run();
    let answer = lag(&["--output", "json"]).exits(0).json();
    let groups = answer["groups"].as_array().unwrap();
    let place = |name: &str| groups.iter().position(|one| one["group"] == name).unwrap();
    assert!(place(&far) < place(&near), "{answer}");
    let first = &groups[place(&far)];
    assert_eq!((&first["lag"], &first["untold"]), (&json!(15), &json!(0)));
    assert_eq!(first["worst"], json!({"topic": topic, "partition": 0, "lag": 10}));
    let failed = lag(&["--fail-above", "2"]).exits(5);
    assert!(failed.text().contains(&near), "{failed}");
    let sentence = format!("group {far} lags by 15, more than 2");
    assert!(failed.stderr.contains(&sentence) && !failed.stderr.contains(&near), "{failed}");
    let all = stack.admin().args(["groups", "describe", "--all"]).run().exits(0);
    assert!(all.text().contains(&near) && all.text().contains(&far), "{all}");
}

#[test]
fn a_change_that_fails_in_part_says_what_was_done() {
    let stack = Stack::with_acls();
    let [open, closed] = [topic(&stack), topic(&stack)];
    let group = random_name("group");
    for topic in [&open, &closed] {
        kafka_resets(&stack, &group, &format!("{topic}:0"), &["--to-latest", "--execute"]);
    }
    let acl = ["--add", "--allow-principal", "User:ANONYMOUS", "--topic", &closed];
    stack.tool("kafka-acls", &[&acl[..], &["--operation", "Describe"]].concat(), "");
    let mut told = None;
    // The broker learns of the ACL a moment later.
    eventually("a part is refused", || {
        let reset = stack.admin().args(["groups", "reset", &group, "--to", "earliest", "--yes"]);
        let reset = reset.run();
        let is_refused = reset.code() != Some(0);
        let back = stack.admin().args(["groups", "reset", &group, "--to", "latest", "--yes"]);
        if !is_refused {
            back.run();
        }
        told = Some(reset);
        is_refused
    });
    let told = told.unwrap().exits(4);
    assert!(told.text().contains("Changed 1 of 2 partitions of group"), "{told}");
    assert!(told.text().contains(&format!("Not changed: {closed}:0")), "{told}");
    told.says(&["ask for the ACL", &format!("Read on topic {closed}"), "groups describe"]);
    let committed = stack.committed(&group, &open);
    assert_eq!((committed, stack.committed(&group, &closed)), (vec![(0, 0)], vec![(0, 10)]));
}

#[test]
fn without_a_leader_nobody_guesses() {
    let stack = Stack::cluster();
    let topic = random_name("topic");
    let create = ["topics", "create", &topic, "--partitions", "3", "--replication-factor", "1"];
    stack.admin().args(create).run().exits(0);
    let group = random_name("group");
    kafka_resets(&stack, &group, &topic, &["--to-latest", "--execute"]);
    let described = stack.admin().args(["topics", "describe", &topic, "--output", "json"]);
    let described = described.run().exits(0).json();
    let partitions = described["topics"][0]["partitions"].as_array().unwrap();
    let lost = partitions.iter().find(|one| one["leader"] != 1).unwrap();
    let id = usize::try_from(lost["leader"].as_u64().unwrap()).unwrap();
    stack.kill(id);
    let partition = &lost["partition"];
    let mut told = None;
    eventually("the partition is known to have no leader", || {
        let reset = reset(&stack, &group, &["--to", "earliest"]).run();
        let is_known = reset.stderr.contains("has no leader now");
        told = Some(reset);
        is_known
    });
    let named = format!("partition {partition} of topic {topic}");
    let told = told.unwrap().exits(4).says(&[&named]);
    assert!(told.elapsed < Duration::from_secs(30), "{told}");
    let lag = stack.admin().args(["groups", "lag", "--fail-above", "0"]).run().exits(4);
    lag.says(&[&group, "cannot be told"]);
}
