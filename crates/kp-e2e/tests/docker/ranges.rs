//! The last messages of a topic, and those of a time, beside a full read.

use std::thread;
use std::time::Duration;

use kp_e2e::{Cluster, random_name};

use crate::Stack;

/// A message: its time, partition and offset.
type Place = (i64, i32, i64);

fn read(stack: &Stack, topic: &str, more: &[&str]) -> Vec<Place> {
    let call = stack.consumer().args(["--topic", topic, "--format", "%T %p %o\\n"]);
    let ended = call.args(more.iter().copied()).run().exits(0);
    let mut places: Vec<Place> = ended.lines().iter().map(|line| place(line)).collect();
    places.sort_unstable();
    places
}

fn place(line: &str) -> Place {
    let mut words = line.split(' ');
    let mut next = || words.next().unwrap();
    (next().parse().unwrap(), next().parse().unwrap(), next().parse().unwrap())
}

/// A topic of 12 partitions with 0 to 33 messages each, which came side by side.
fn topic(stack: &Stack) -> String {
    let topic = random_name("topic");
    stack.admin().args(["topics", "create", &topic, "--partitions", "12"]).run().exits(0);
    thread::scope(|scope| {
        for partition in 1..12 {
            let topic = &topic;
            scope.spawn(move || {
                let (partition, count) = (partition.to_string(), (partition * 3).to_string());
                let send = ["--topic", topic, "--partition", &partition, "--count", &count];
                stack.producer().args(send).args(["--rate", "40"]).run().exits(0);
            });
        }
    });
    topic
}

#[test]
fn the_last_messages_of_uneven_partitions_are_the_youngest_of_all() {
    let stack = Stack::kraft();
    let topic = topic(&stack);
    let all = read(&stack, &topic, &["--until-end"]);
    assert_eq!(all.len(), 3 * 66);
    for count in [1, 10, 50, 197, 198, 1000] {
        let last = read(&stack, &topic, &["--from", &format!("-{count}"), "--until-end"]);
        let expected = &all[all.len().saturating_sub(count)..];
        assert_eq!(last.len(), expected.len(), "the last {count}");
        // Messages of one millisecond are equally young.
        let times = |places: &[Place]| places.iter().map(|place| place.0).collect::<Vec<_>>();
        assert_eq!(times(&last), times(expected), "the last {count}");
    }
    let before = read(&stack, &topic, &["--until", "-10"]);
    let last = read(&stack, &topic, &["--from", "-10", "--until", "end"]);
    let mut together = [before, last].concat();
    together.sort_unstable();
    assert_eq!(together, all);
    let few = read(&stack, &topic, &["--from", "-3", "--partition", "2,11", "--until-end"]);
    let of_two: Vec<_> = all.iter().filter(|place| [2, 11].contains(&place.1)).collect();
    assert_eq!(few.iter().collect::<Vec<_>>(), of_two[of_two.len() - 3..]);
}

#[test]
fn a_time_begins_and_ends_a_range_also_in_a_group() {
    let stack = Stack::kraft();
    let topic = topic(&stack);
    // What comes afterwards is not in the range.
    thread::sleep(Duration::from_millis(5));
    let all = read(&stack, &topic, &["--until-end"]);
    let (from, until) = (all[60].0, all[140].0);
    let expected: Vec<_> =
        all.iter().copied().filter(|place| (from..until).contains(&place.0)).collect();
    let range = ["--from", &format!("@{from}"), "--until", &format!("@{until}")];
    assert_eq!(read(&stack, &topic, &range), expected);
    let group = random_name("group");
    let in_group = [&["--group", &group][..], &range].concat();
    assert_eq!(read(&stack, &topic, &in_group), expected);
    let rest = read(&stack, &topic, &["--group", &group, "--from", "stored", "--until", "@now"]);
    let expected: Vec<_> = all.iter().copied().filter(|place| place.0 >= until).collect();
    // A partition of which the range had nothing was begun at the range's start.
    assert_eq!(rest, expected);
}
