//! The original exercise on each kind of cluster.

use std::time::Duration;

use kp_e2e::{Cluster, random_name};

use crate::Stack;

fn the_main_job(cluster: &impl Cluster) {
    let (topic, group) = (random_name("topic"), random_name("group"));
    cluster.producer().args(["--topic", &topic]).run().exits(0);
    let consumer = || cluster.consumer().args(["--topic", &topic, "--group", &group]);

    let first = consumer().run().exits(0).is_quiet();
    let expected: Vec<_> = (0..1000)
        .map(|number| {
            format!("Topic : {topic}, Partition : 0, Offset : {number}, Key : null, value : {{\"str\":\"result{number}\"}}")
        })
        .collect();
    assert_eq!(first.messages(), expected);

    let offsets = cluster.offsets(&group);
    assert_eq!(offsets.len(), 1, "{offsets:?}");
    assert_eq!(offsets[0].committed, Some(1000));
    assert_eq!(offsets[0].lag, Some(0));

    let second = consumer().run().exits(0).says(&["read all", "--from earliest"]);
    assert!(second.messages().is_empty(), "{second}");

    let groups = cluster.admin().args(["groups", "list"]).run().exits(0);
    assert!(groups.text().contains(&group), "{groups}");
}

#[test]
fn kraft() {
    the_main_job(&*Stack::kraft());
}

#[test]
fn zookeeper_where_a_fresh_group_waits_three_seconds() {
    the_main_job(&Stack::zookeeper());
}

#[test]
fn three_brokers() {
    the_main_job(&Stack::cluster());
}

#[test]
fn a_fresh_group_has_its_first_message_within_half_a_second() {
    let stack = Stack::kraft();
    let topic = random_name("topic");
    stack.producer().args(["--topic", &topic]).run().exits(0);
    // The best of three, because other tests run beside this one.
    let fastest = (0..3)
        .map(|_| {
            let first = stack
                .consumer()
                .args(["--topic", &topic, "--group", &random_name("group"), "--max-messages", "1"])
                .run()
                .exits(0);
            assert_eq!(first.messages().len(), 1);
            first.elapsed
        })
        .min()
        .unwrap();
    assert!(fastest <= Duration::from_millis(500), "{fastest:?}");
}
