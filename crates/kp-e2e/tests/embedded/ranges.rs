//! What part of a topic is read: `--from`, `--until`, `--partition`.

use kp_e2e::{Cluster, EmbeddedBroker, Finished, random_name};

/// A topic of four partitions with 5, 8, 11 and 14 messages.
fn topic(broker: &EmbeddedBroker) -> String {
    let topic = random_name("topic");
    for (partition, count) in [("0", "5"), ("1", "8"), ("2", "11"), ("3", "14")] {
        let send = ["--topic", &topic, "--partition", partition, "--count", count];
        broker.producer().args(send).run().exits(0);
    }
    topic
}

fn read(broker: &EmbeddedBroker, topic: &str, more: &[&str]) -> Finished {
    let call = broker.consumer().args(["--topic", topic, "--format", "%p:%o "]);
    call.args(more.iter().copied()).run()
}

/// The messages as `partition:offset`, in order.
fn places(ended: &Finished) -> Vec<(i32, i64)> {
    let words = ended.text().split_whitespace().filter_map(|word| word.split_once(':'));
    let mut places: Vec<_> =
        words.map(|(id, at)| (id.parse().unwrap(), at.parse().unwrap())).collect();
    places.sort_unstable();
    places
}

/// The same offsets in each of these partitions.
fn each(partitions: &[i32], offsets: std::ops::Range<i64>) -> Vec<(i32, i64)> {
    let places = partitions.iter().flat_map(|id| offsets.clone().map(move |at| (*id, at)));
    places.collect()
}

#[test]
fn a_range_is_read_in_each_partition() {
    let broker = EmbeddedBroker::start(&[]);
    let topic = topic(&broker);
    let all = [0, 1, 2, 3];
    for (range, expected) in [
        (&["--until", "3"][..], each(&all, 0..3)),
        (&["--from", "2", "--until", "4"], each(&all, 2..4)),
        (&["--partition", "1,3", "--until", "2"], each(&[1, 3], 0..2)),
        (&["--partition", "1-2", "--from", "7", "--until", "9"], vec![(1, 7), (2, 7), (2, 8)]),
        (&["--partition", "3", "--from", "-2", "--until-end"], each(&[3], 12..14)),
        (&["--partition", "3", "--from", "-99", "--until", "-12"], each(&[3], 0..2)),
        (&["--partition", "0", "--from", "beginning", "--until", "end"], each(&[0], 0..5)),
        (&["--partition", "0", "--from", "4", "--until", "2"], Vec::new()),
    ] {
        let ended = read(&broker, &topic, range).exits(0);
        assert_eq!(places(&ended), expected, "{ended}");
    }
    assert_eq!(places(&read(&broker, &topic, &["--until", "end"]).exits(0)).len(), 5 + 8 + 11 + 14);
}

#[test]
fn a_group_commits_what_it_read_of_a_range_and_never_goes_back() {
    let broker = EmbeddedBroker::start(&[]);
    let topic = topic(&broker);
    let group = random_name("group");
    let committed = || -> Vec<i64> {
        broker.committed(&group, &topic).into_iter().map(|(_, offset)| offset).collect()
    };
    let read = |until: &str| read(&broker, &topic, &["--group", &group, "--until", until]).exits(0);
    assert_eq!(places(&read("3")), each(&[0, 1, 2, 3], 0..3));
    assert_eq!(committed(), [3, 3, 3, 3]);
    let nothing = read("2").says(&["has read", "up to there, or further"]);
    assert!(nothing.text().is_empty(), "{nothing}");
    assert_eq!(committed(), [3, 3, 3, 3]);
    assert_eq!(places(&read("end")).len(), 2 + 5 + 8 + 11);
    assert_eq!(committed(), [5, 8, 11, 14]);
}

#[test]
fn what_comes_while_a_range_is_read_is_not_part_of_it() {
    let broker = EmbeddedBroker::start(&[]);
    let topic = random_name("topic");
    let send = ["--topic", &topic, "--partition", "0", "--count", "1000"];
    broker.producer().args(send).run().exits(0);
    // It grows as long as it is read.
    let rate = ["--topic", &topic, "--partition", "0", "--count", "1000000", "--rate", "2000"];
    let growing = broker.producer().args(rate).start();
    let read = read(&broker, &topic, &["--partition", "0", "--from", "-1000", "--until", "end"]);
    let read = places(&read.exits(0));
    assert_eq!(read.len(), 1000, "from {:?} to {:?}", read.first(), read.last());
    drop(growing);
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    let broker = EmbeddedBroker::start(&[]);
    let topic = topic(&broker);
    for (range, code, words) in [
        (&["--partition", "9", "--until-end"][..], 4, ["no partition 9", "from 0 to 3"]),
        (&["--partition", "0", "--group", "g"], 3, ["--partition", "--no-group"]),
        (&["--until", "earliest"], 3, ["--until", "not a place to stop at"]),
        (&["--until", "end", "--idle-exit", "1s"], 3, ["--idle-exit", "--until"]),
        (&["--from", "-2", "--until-end"], 4, ["embedded broker", "--partition P"]),
        (&["--until", "@-1h"], 4, ["embedded broker", "--until @TIME"]),
        (&["--partition", "2-1"], 3, ["--partition", "such as 0 or 0,2-4"]),
    ] {
        read(&broker, &topic, range).exits(code).says(&words);
    }
}
