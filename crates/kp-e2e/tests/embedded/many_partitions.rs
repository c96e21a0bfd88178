//! Topics of many partitions: one request asks about all of them at once.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use kp_e2e::{Cluster, Signal, eventually, random_name};

use crate::Stage;

/// One request a partition, each behind a fetch that is held back for 100 ms, took 50 s.
const PARTITIONS: u32 = 500;
const SOON: Duration = Duration::from_secs(15);

#[test]
fn the_end_of_many_partitions_takes_no_time_for_each() {
    let stage = Stage::with_partitions(PARTITIONS);
    stage.produce(1000);
    let ways: [&[&str]; 6] = [
        &["--group", &stage.group],
        &["--group", &random_name("group"), "--until-end"],
        &["--group", &random_name("group"), "--from", "earliest"],
        &["--group", &random_name("group"), "--from", "0"],
        &["--no-group"],
        &["--no-group", "--until-end"],
    ];
    for way in ways {
        let read = stage.reader().args(way).run().exits(0);
        assert_eq!(read.messages().len(), 1000, "{way:?}: {read}");
        assert!(read.elapsed < SOON, "{way:?}: {:?}", read.elapsed);
    }
    let again = stage.consumer().run().exits(0);
    assert!(again.elapsed < SOON, "{again}");
    again.says(&["has read all"]);
}

#[test]
fn a_signal_ends_a_reader_of_many_partitions_whatever_it_is_doing() {
    let stage = Stage::with_partitions(PARTITIONS);
    stage.produce(1000);
    for wait in [300, 700, 1100, 1300, 1500] {
        let consumer = stage.reader().args(["--group", &random_name("group")]).start();
        let started = Instant::now();
        consumer.wait_for_lines(1);
        std::thread::sleep(Duration::from_millis(wait).saturating_sub(started.elapsed()));
        let asked = Instant::now();
        consumer.signal(Signal::TERM);
        consumer.finish().exits(0);
        assert!(asked.elapsed() < Duration::from_secs(5), "{wait} ms: {:?}", asked.elapsed());
    }
}

#[test]
fn several_topics_are_looked_for_in_one_request() {
    let stage = Stage::new();
    stage.produce(10);
    let (first, second) = (random_name("absent"), random_name("absent"));
    let call = stage.reader().args(["--topic", &first, "--topic", &second, "--no-group"]);
    let read = call.run().exits(0);
    assert_eq!(read.messages().len(), 10);
    read.says(&[&first, &second, "does not exist yet"]);
    let none = stage.broker.consumer().args(["--topic", &first, "--topic", &second]);
    none.run().exits(4).says(&[&first, "does not exist on"]);
}

#[test]
fn a_topic_that_comes_later_is_read_without_a_group_too() {
    let stage = Stage::new();
    stage.produce(3);
    let later = random_name("later");
    let reader = stage
        .reader()
        .args(["--topic", &later, "--no-group", "--idle-exit", "never"])
        .args(["-X", "topic.metadata.refresh.interval.ms=300"])
        .start();
    reader.wait_for_lines(3);
    let producer = stage.broker.producer().args(["--topic", &later]);
    producer.args(["--count", "5"]).run().exits(0);
    reader.wait_for_lines(8);
    reader.signal(Signal::TERM);
    let read = reader.finish().exits(0);
    assert_eq!(read.messages().len(), 8);
    read.says(&[&format!("{later} has the new partitions 0, 1, 2, 3")]);
}

#[test]
fn a_topic_is_waited_for_without_a_group_too() {
    let stage = Stage::new();
    let later = random_name("later");
    let reader = stage
        .broker
        .consumer()
        .args(["--topic", &later, "--no-group", "--idle-exit", "never"])
        .args(["-X", "topic.metadata.refresh.interval.ms=300"])
        .start();
    reader.wait_for_words("does not exist yet");
    let producer = stage.broker.producer().args(["--topic", &later]);
    producer.args(["--count", "5"]).run().exits(0);
    reader.wait_for_lines(5);
    reader.signal(Signal::TERM);
    assert_eq!(reader.finish().exits(0).messages().len(), 5);
    let call = stage.broker.consumer().args(["--topic", &random_name("never")]);
    call.args(["--no-group", "--idle-exit", "never", "--stall-timeout", "1s"])
        .run()
        .exits(4)
        .says(&["did not come into being within 1s (--stall-timeout)"]);
}

#[test]
fn the_end_of_a_part_of_the_topic_is_told_as_such() {
    let stage = Stage::with_partitions(4);
    let until_end = || stage.consumer().args(["--until-end"]).run().exits(0);
    let other = stage.consumer().args(["--idle-exit", "never"]).start();
    stage.producer().args(["--partition", "0", "--count", "1"]).run().exits(0);
    other.wait_for_lines(1);
    let read = until_end();
    read.says(&["and another partition are", &format!("other members of group {}", stage.group)]);
    other.signal(Signal::TERM);
    other.finish().exits(0);
    let alone = until_end();
    assert!(!alone.stderr.contains("other members"), "{alone}");
}

#[test]
fn a_member_that_stands_at_the_end_goes_on_there_whoever_joins_and_leaves() {
    for strategy in ["range", "cooperative-sticky"] {
        let stage = Stage::with_partitions(4);
        let assignor = format!("partition.assignment.strategy={strategy}");
        let member = || stage.consumer().args(["--idle-exit", "never", "-X", &assignor]).start();
        let send = |count| {
            for partition in ["0", "1", "2", "3"] {
                let call = stage.producer().args(["--partition", partition]);
                call.args(["--count", count]).run().exits(0);
            }
        };
        send("10");
        let stays = member();
        stays.wait_for_lines(40);
        let comes = member();
        comes.wait_for_lines(0);
        // Both stand at the end of what they hold, and then one more message comes everywhere.
        std::thread::sleep(Duration::from_millis(1500));
        send("1");
        std::thread::sleep(Duration::from_millis(500));
        comes.signal(Signal::TERM);
        let gone = comes.finish().exits(0);
        send("1");
        // A message may be repeated after a rebalance, and none may be missed.
        eventually("all messages are read", || {
            let stayed = stays.wait_for_lines(0);
            let messages = stayed.iter().map(String::as_str).chain(gone.messages());
            let distinct: BTreeSet<&str> = messages.filter(|line| line.contains("value")).collect();
            distinct.len() == 48
        });
        stays.signal(Signal::TERM);
        let stayed = stays.finish().exits(0);
        for one in [&stayed, &gone] {
            assert!(!one.stderr.contains("reading goes on"), "{strategy}: {one}");
        }
    }
}
