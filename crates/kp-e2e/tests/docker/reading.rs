//! What only a real broker can do for a reader.

use kp_e2e::{Cluster, Signal, eventually, random_name};

use crate::Stack;

#[test]
fn reading_starts_at_a_time() {
    let stack = Stack::kraft();
    let topic = random_name("topic");
    // 2026-01-01T00:00:00Z and the seconds after it.
    let start = 1_767_225_600_000_i64;
    let records: String = (0..3)
        .map(|number| {
            let time = start + number * 1000;
            format!("{}\n", serde_json::json!({"value": number.to_string(), "timestamp": time}))
        })
        .collect();
    stack
        .producer()
        .args(["--topic", &topic, "--stdin", "--stdin-format", "json"])
        .stdin(records)
        .run()
        .exits(0);
    let from = |from: &str| {
        let read = stack
            .consumer()
            .args([
                "--topic",
                &topic,
                "--no-group",
                "--until-end",
                "--format",
                "value",
                "--from",
                from,
            ])
            .run()
            .exits(0);
        read.text().to_owned()
    };
    assert_eq!(from("@2026-01-01T00:00:00Z"), "0\n1\n2\n");
    assert_eq!(from("@2026-01-01T09:00:01+09:00"), "1\n2\n");
    assert_eq!(from(&format!("@{}", start + 1001)), "2\n");
    assert_eq!(from("@2026-01-01T00:00:03Z"), "");
}

#[test]
fn a_time_overrides_what_the_group_committed() {
    let stack = Stack::kraft();
    let (topic, group) = (random_name("topic"), random_name("group"));
    stack.producer().args(["--topic", &topic, "--count", "5"]).run().exits(0);
    let consumer = || stack.consumer().args(["--topic", &topic, "--group", &group, "--until-end"]);
    assert_eq!(consumer().run().exits(0).messages().len(), 5);
    assert_eq!(consumer().args(["--from", "@0"]).run().exits(0).messages().len(), 5);
    assert_eq!(consumer().run().exits(0).messages().len(), 0);
}

#[test]
fn a_second_member_takes_over_without_a_loss_or_a_repeat() {
    const COUNT: u16 = 4000;
    let stack = Stack::kraft();
    let (topic, group) = (random_name("topic"), random_name("group"));
    stack.admin().args(["topics", "create", &topic, "--partitions", "4"]).run().exits(0);
    let member = || {
        let call = stack.consumer().args(["--topic", &topic, "--group", &group]);
        call.args(["--idle-exit", "never", "--format", "value"]).start()
    };
    let produce = |arguments: &[&str]| {
        let call = stack.producer().args(["--topic", &topic]);
        call.args(arguments).start()
    };
    produce(&["--count", "1"]).finish().exits(0);
    let first = member();
    // The first group of a broker waits until the topic for offsets is made.
    first.wait_for_lines(1);
    let producer = produce(&["--rate", "500", "--count", &COUNT.to_string()]);
    first.wait_for_lines(usize::from(COUNT / 8));
    let second = member();
    second.wait_for_lines(1);
    producer.finish().exits(0);
    eventually("the group has read all", || {
        let committed = stack.committed(&group, &topic);
        committed.iter().map(|(_, offset)| offset).sum::<i64>() == i64::from(COUNT) + 1
    });
    let mut values = Vec::new();
    for member in [second, first] {
        member.signal(Signal::TERM);
        let read = member.finish().exits(0).is_quiet();
        values.extend(read.lines().into_iter().map(str::to_owned));
    }
    let mut expected: Vec<_> =
        (0..COUNT).map(|number| format!("{{\"str\":\"result{number}\"}}")).collect();
    expected.push("{\"str\":\"result0\"}".to_owned());
    expected.sort_unstable();
    values.sort_unstable();
    assert!(values == expected, "{} lines for {COUNT} messages", values.len());
}
