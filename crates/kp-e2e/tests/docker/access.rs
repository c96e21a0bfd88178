//! Brokers, ACLs and users, as kp-admin and Kafka's own tools see them.

use kp_e2e::{Cluster, Finished, random_name};

use crate::Stack;

fn admin(stack: &Stack, words: &[&str]) -> Finished {
    stack.admin().args(words).run()
}

#[test]
fn a_broker_that_is_down_is_shown_with_what_it_holds() {
    let stack = Stack::cluster();
    let topic = random_name("topic");
    let create = ["topics", "create", &topic, "--partitions", "6", "--replication-factor", "3"];
    admin(&stack, &create).exits(0);
    let mut whole = serde_json::Value::Null;
    // Brokers hear of a topic one after the other. All topics here are on all brokers.
    kp_e2e::eventually("the new topic's partitions are counted", || {
        whole = admin(&stack, &["cluster", "--output", "json"]).exits(0).json();
        let brokers = whole["brokers"].as_array().unwrap().iter();
        let count = |key: &str| brokers.clone().map(|one| one[key].as_u64().unwrap()).sum::<u64>();
        let led = count("partitions_led");
        led >= 6 && count("partitions_held") == led * 3
    });
    assert_eq!(whole["cluster_id"], "a3AtZTJlLWNsdXN0ZXItMQ");
    stack.kill(3);
    kp_e2e::eventually("broker 3 is down", || {
        let shown = stack.admin().env("KP_ADMIN__TIMEOUT", "3s").args(["cluster"]).run();
        // Until the others miss it, they name it as the one that describes the cluster.
        if shown.code() == Some(4) {
            let shown = shown.says(&["cannot be reached now"]);
            assert!(shown.stderr.contains("broker 3"), "{shown}");
            return false;
        }
        let row = shown.text().lines().find(|line| line.trim_start().starts_with("3 "));
        let words: Vec<_> = row.unwrap().split_whitespace().collect();
        assert_ne!(words[4], "0", "{shown}");
        words[1] == "down" && words[3] == "0"
    });
}

#[test]
fn acls_are_the_same_as_kafkas_own_tool_has_them() {
    let stack = Stack::with_acls();
    let (topic, prefix) = (random_name("topic"), "pay-");
    let read = ["--principal", "User:alice", "--allow", "read,describe", "--topic", &topic];
    let add = |words: &[&str]| admin(&stack, &[&["acls", "add"], words].concat()).exits(0);
    let list = |words: &[&str]| admin(&stack, &[&["acls", "list"], words].concat());

    // With an authorizer and without ACLs there is nothing to list, and that is no failure.
    let none = list(&[]).exits(0).says(&["no such ACL"]);
    assert_eq!(none.text(), "");
    let sentence = |verb: &str| format!("User:alice may {verb} topic {topic} from any host\n");
    let (reads, describes) = (sentence("read"), sentence("describe"));
    let added = add(&read);
    assert_eq!(added.text(), format!("Added: {reads}Added: {describes}"));
    let deny = ["--principal", "User:bob", "--deny", "write", "--topic", prefix, "--prefixed"];
    add(&[&deny[..], &["--host", "10.0.0.7"]].concat());
    let more = ["--principal", "User:alice", "--allow", "read,write", "--topic", &topic];
    let writes = sentence("write");
    assert_eq!(add(&more).text(), format!("Added: {writes}Existed already: {reads}"));

    let kafkas = stack.tool("kafka-acls", &["--list"], "");
    for line in [
        "principal=User:alice, host=*, operation=READ, permissionType=ALLOW",
        "principal=User:alice, host=*, operation=DESCRIBE, permissionType=ALLOW",
        "principal=User:bob, host=10.0.0.7, operation=WRITE, permissionType=DENY",
        "name=pay-, patternType=PREFIXED",
    ] {
        assert!(kafkas.contains(line), "{line}: {kafkas}");
    }
    let group = ["--add", "--allow-principal", "User:*", "--operation", "Read", "--group", "*"];
    stack.tool("kafka-acls", &group, "");
    let groups = list(&["--group", "any"]).exits(0);
    assert_eq!(groups.text(), "everybody may read all groups from any host\n");
    // What counts for a topic is also what counts for a beginning of its name.
    let counts = list(&["--topic", "pay-roll"]).exits(0);
    let denied = "User:bob may not write topics that begin with pay- from host 10.0.0.7\n";
    assert_eq!(counts.text(), denied);
    let of_alice = list(&["--principal", "User:alice", "--output", "json"]).exits(0).json();
    assert_eq!(of_alice["acls"].as_array().unwrap().len(), 4);
    assert_eq!(of_alice["acls"][0]["name"], topic);

    let remove = |words: &[&str]| admin(&stack, &[&["acls", "remove"], words].concat());
    remove(&read).exits(2).says(&["--yes"]);
    assert_eq!(list(&["--topic", &topic]).lines().len(), 3);
    remove(&[&read[..], &["--yes"]].concat()).exits(0).says(&["goes: ", reads.trim_end()]);
    assert_eq!(list(&["--topic", &topic]).text(), writes);
    remove(&[&read[..], &["--yes"]].concat()).exits(4).says(&["nothing to remove"]);
}

#[test]
fn who_may_not_see_acls_and_users_is_told_so_and_no_list_is_empty_for_it() {
    let stack = Stack::with_acls();
    let add = ["acls", "add", "--principal", "User:alice", "--allow", "all", "--cluster"];
    // With this nobody else may do anything with the cluster.
    admin(&stack, &add).exits(0);
    let acl = |operation| format!("ask for the ACL {operation} on cluster kafka-cluster");
    for words in [&["acls", "list"][..], &["users", "list"]] {
        let refused = admin(&stack, words).exits(4).says(&[&acl("Describe")]);
        assert_eq!(refused.text(), "");
    }
    for words in [&add[..], &["users", "delete", "alice", "--yes"]] {
        admin(&stack, words).exits(4).says(&[&acl("Alter")]);
    }
}

#[test]
fn a_cluster_without_an_authorizer_says_so() {
    let stack = Stack::kraft();
    let words = ["--principal", "User:alice", "--allow", "read", "--topic", "t"];
    for command in [&["list"][..], &["add"], &["remove", "--yes"]] {
        let words = if command[0] == "list" { &[][..] } else { &words };
        let refused = admin(&stack, &[&["acls"], command, words].concat());
        refused.exits(4).says(&["no authorizer", "authorizer.class.name"]);
    }
}

#[test]
fn a_user_that_kafkas_own_tool_made_is_listed_and_deleted() {
    let stack = Stack::kraft();
    let name = random_name("user");
    let make = |config| {
        let words = ["--alter", "--entity-type", "users", "--entity-name", &name];
        stack.tool("kafka-configs", &[&words[..], &["--add-config", config]].concat(), "");
    };
    make("SCRAM-SHA-256=[iterations=8192,password=x]");
    make("SCRAM-SHA-512=[password=x]");
    let listed = || {
        let list = admin(&stack, &["users", "list"]).exits(0);
        let rows = list.text().lines().filter(|line| line.starts_with(&name));
        rows.map(|row| row.split_whitespace().skip(1).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    // A broker hears of it a moment after the controller.
    let shows = |expected: &[&str]| {
        kp_e2e::eventually(&format!("{expected:?} are listed"), || listed() == expected);
    };
    shows(&["SCRAM-SHA-256 8192", "SCRAM-SHA-512 4096"]);
    let delete = |more: &[&str]| admin(&stack, &[&["users", "delete", "--yes"], more].concat());
    delete(&[&name, "--mechanism", "SCRAM-SHA-256"]).exits(0);
    shows(&["SCRAM-SHA-512 4096"]);
    make("SCRAM-SHA-256=[password=x]");
    shows(&["SCRAM-SHA-256 4096", "SCRAM-SHA-512 4096"]);
    let typed = format!("{name}x");
    delete(&[&typed]).exits(4).says(&[&format!("did you mean {name}?")]);
    delete(&[&name]).exits(0);
    shows(&[]);
}

#[test]
fn a_brokers_config_changes_at_once_and_back() {
    let stack = Stack::with_acls();
    let configs = |words: &[&str]| admin(&stack, &[&["cluster", "configs", "1"], words].concat());
    let of = |name: &str| {
        let json = configs(&["--output", "json"]).exits(0).json();
        let found = json["configs"].as_array().unwrap().iter().find(|one| one["config"] == name);
        found.map(|one| (one["value"].clone(), one["source"].clone()))
    };
    assert_eq!(of("log.cleaner.threads"), None);
    let set = ["--set", "log.cleaner.threads=2"];
    configs(&set).exits(2).says(&["--yes"]);
    let changed = configs(&[&set[..], &["--yes"]].concat()).exits(0);
    let changed = changed.says(&["~ broker 1 log.cleaner.threads 1 -> 2"]);
    assert_eq!(changed.text(), "Changed 1 config of broker 1\n");
    kp_e2e::eventually("the broker has taken it", || {
        of("log.cleaner.threads") == Some(("2".into(), "broker".into()))
    });
    let describe = ["--describe", "--entity-type", "brokers", "--entity-name", "1"];
    let kafkas = stack.tool("kafka-configs", &describe, "");
    assert!(kafkas.contains("log.cleaner.threads=2"), "{kafkas}");
    configs(&["--unset", "log.cleaner.threads", "--yes"]).exits(0);
    kp_e2e::eventually("the default counts", || of("log.cleaner.threads").is_none());
    let file = of("node.id").unwrap();
    assert_eq!(file, ("1".into(), "broker_file".into()));
    configs(&["--set", "node.id=2", "--yes"]).exits(4).says(&["only by a restart"]);
    configs(&["--set", "log.cleaner.thread=2", "--yes"])
        .exits(4)
        .says(&["did you mean log.cleaner.threads?"]);
    configs(&["--set", "log.cleaner.threads=many", "--yes"]).exits(1).says(&["broker 1"]);
    admin(&stack, &["cluster", "configs", "7"])
        .exits(4)
        .says(&["broker 7 is not up", "there are 1"]);
}
