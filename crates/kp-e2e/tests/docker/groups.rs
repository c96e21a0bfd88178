//! Groups of other types, members without a partition, and names that a terminal must not obey.

use kp_e2e::{Cluster, eventually, random_name};

use crate::Stack;

#[test]
fn a_share_group_is_listed_by_its_type_and_refused_at_once() {
    let stack = Stack::kraft();
    let (topic, group) = (random_name("topic"), random_name("group"));
    let create = ["topics", "create", &topic, "--partitions", "1"];
    stack.admin().args(create).run().exits(0);
    let reset = ["--reset-offsets", "--group", &group, "--topic", &topic];
    let reset = [&reset[..], &["--to-earliest", "--execute"]].concat();
    stack.tool("kafka-share-groups", &reset, "");
    let list = |of| stack.admin().args(["groups", "list", "--type", of]).run();
    let shares = list("share").exits(0);
    assert!(shares.text().contains(&group), "{shares}");
    assert!(shares.text().contains("Share  share"), "{shares}");
    let classic = list("classic").exits(0);
    assert!(!classic.text().contains(&group), "{classic}");
    let described = stack.admin().args(["groups", "describe", &group]).run();
    described.exits(4).says(&[&group, "is a share group"]);
    let read = |more: &[&str]| {
        let call = stack.consumer().args(["--topic", &topic, "--group", &group]);
        call.args(more).run().exits(4).says(&["is a share group", "another --group"])
    };
    for more in [&[][..], &["-X", "group.protocol=consumer"]] {
        let refused = read(more);
        assert!(refused.elapsed.as_secs() < 5, "{refused}");
    }
}

#[test]
fn a_member_without_a_partition_has_a_row_and_its_name_is_harmless() {
    let stack = Stack::kraft();
    let (topic, group) = (random_name("topic"), random_name("group\x1b[31m\n"));
    let create = ["topics", "create", &topic, "--partitions", "2"];
    stack.admin().args(create).run().exits(0);
    let member = || {
        let call = stack.consumer().args(["--topic", &topic, "--group", &group]);
        call.args(["--idle-exit", "never", "-X", "client.id=c\x1b[31m\nx"]).start()
    };
    let _members = [member(), member(), member()];
    let describe = || stack.admin().args(["groups", "describe", &group]);
    let mut rows = 0;
    eventually("three members have a row each", || {
        let described = describe().run();
        let odd = |one: char| one.is_control() && one != '\n';
        assert!(!described.text().contains(odd), "{described}");
        rows = described.text().matches(r"c\x1b[31m\nx").count();
        rows == 3
    });
    // While the group shares its partitions out, nobody holds one.
    eventually("two members hold a partition, and one holds none", || {
        let json = describe().args(["--output", "json"]).run().exits(0).json();
        let members = json["members"].as_array().unwrap().iter();
        let mut held: Vec<_> = members.map(|one| one["partitions"].as_u64().unwrap()).collect();
        held.sort_unstable();
        held == [0, 1, 1]
    });
    let listed = stack.admin().args(["groups", "list"]).run().exits(0);
    assert!(listed.text().contains(r"group\x1b[31m\n"), "{listed}");
}

#[test]
fn a_topic_of_kafkas_own_is_deleted_only_where_that_is_meant() {
    let stack = Stack::kraft();
    // Of many groups the first are named.
    let (topic, group) = (random_name("topic"), random_name("a-group"));
    let produce = ["--topic", &topic, "--count", "1"];
    stack.producer().args(produce).run().exits(0);
    let read = ["--topic", &topic, "--group", &group];
    stack.consumer().args(read).run().exits(0);
    let delete = |more: &[&str]| {
        let call = stack.admin().args(["topics", "delete", "__consumer_offsets", "--yes"]);
        call.args(more).run()
    };
    delete(&[]).exits(2).says(&[&group, "committed", "--internal"]);
    let again = ["topics", "delete", &topic, &topic, "--yes"];
    let deleted = stack.admin().args(again).run().exits(0);
    assert_eq!(deleted.text(), format!("Deleted {topic}\n"));
}
