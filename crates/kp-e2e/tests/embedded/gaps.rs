//! Messages that are gone before they were read: the embedded broker keeps the newest 5 MB of a
//! partition.

use kp_e2e::{Call, Cluster, random_name};

use crate::Stage;

const OFFSETS: [&str; 2] = ["--format", "%o\\n"];

/// Sends twice what the broker keeps, so that all that came before is gone.
fn flood(stage: &Stage) {
    let line = "x".repeat(10_000);
    send(stage, &vec![line; 1_000].join("\n"));
}

/// Without compression, because compressed messages would take up little of the room.
fn send(stage: &Stage, lines: &str) {
    let producer = stage.producer().args(["--stdin", "--compression", "none"]);
    producer.stdin(lines).run().exits(0);
}

/// The earliest offset that is kept, as a reader without a group sees it.
fn earliest(stage: &Stage) -> i64 {
    let first = stage.reader().args(["--no-group", "--max-messages", "1"]);
    let first = first.args(OFFSETS).run().exits(0);
    first.lines()[0].parse().unwrap()
}

/// A group has read two messages, and then all that it has not read is removed.
fn behind() -> (Stage, i64) {
    let stage = Stage::new();
    stage.produce(10);
    let two = stage.consumer().args(["--max-messages", "2"]);
    two.run().exits(0).is_quiet();
    flood(&stage);
    let start = earliest(&stage);
    assert!(start > 10, "{start}");
    (stage, start)
}

fn told(stage: &Stage, start: i64, from: i64) -> String {
    format!(
        "warning: {} [0]: reading goes on at offset {start}, not at {from}: {} messages are gone",
        stage.topic,
        start - from
    )
}

fn reads_on(stage: &Stage, start: i64, call: Call) {
    let read = call.args(["--until-end"]).args(OFFSETS).run().exits(0);
    let read = read.says(&[&told(stage, start, 2)]);
    assert_eq!(read.stderr.lines().count(), 1, "{read}");
    let offsets: Vec<i64> = read.lines().iter().map(|one| one.parse().unwrap()).collect();
    assert_eq!(offsets, (start..1010).collect::<Vec<_>>());
    assert_eq!(stage.committed(), Some(1010));
}

#[test]
fn what_a_group_has_not_read_before_it_was_removed_is_told_once() {
    let (stage, start) = behind();
    let described = stage.broker.admin().args(["groups", "describe"]);
    let described = described.args([&stage.group]).run().exits(0);
    assert!(described.text().contains("!2"), "{described}");
    reads_on(&stage, start, stage.consumer());
    let again = stage.consumer().args(["--until-end"]).args(OFFSETS).run();
    assert!(!again.exits(0).stderr.contains("gone"));
}

#[test]
fn at_most_once_tells_it_as_well() {
    let (stage, start) = behind();
    let consumer = stage.consumer().args(["--delivery", "at-most-once"]);
    reads_on(&stage, start, consumer);
}

#[test]
fn who_may_lose_nothing_ends_and_commits_nothing_past_the_gap() {
    let (stage, start) = behind();
    for way in ["at-least-once", "at-most-once"] {
        let read = stage.consumer().args(["--on-gap", "fail", "--delivery", way]);
        let read = read.args(OFFSETS).run().exits(5);
        let read =
            read.says(&[&format!("at offset {start}, not at 2"), "--on-gap fail", "--on-gap warn"]);
        assert_eq!((read.text(), stage.committed()), ("", Some(2)), "{read}");
    }
}

#[test]
fn what_is_removed_under_a_slow_reader_is_told_and_all_before_it_is_printed() {
    for membership in [vec!["--group", "slow"], vec!["--no-group"]] {
        let stage = Stage::new();
        let line = "x".repeat(1_000);
        send(&stage, &vec![line; 2_000].join("\n"));
        let mut reader = stage
            .reader()
            .args(membership)
            .args(["--until-end", "--format", "%o %s\\n"])
            .args(["-X", "queued.min.messages=1", "-X", "fetch.max.bytes=100000"])
            .args(["-X", "queued.max.messages.kbytes=100", "-X", "message.max.bytes=100000"])
            .args(["-X", "fetch.message.max.bytes=100000"])
            .start_unread();
        reader.wait_for_unread(4096);
        flood(&stage);
        reader.read_on();
        let read = reader.finish().exits(0);
        let offsets: Vec<i64> = read
            .lines()
            .iter()
            .map(|line| line.split(' ').next().unwrap().parse().unwrap())
            .collect();
        let jump = offsets.windows(2).find(|two| two[1] != two[0] + 1).unwrap();
        let read = read.says(&[&told(&stage, jump[1], jump[0] + 1)]);
        assert_eq!(offsets[0], 0);
        assert_eq!(*offsets.last().unwrap(), 2_999);
        let expected = 3_000 - (jump[1] - jump[0] - 1);
        assert_eq!(i64::try_from(offsets.len()), Ok(expected), "{read}");
    }
}

#[test]
fn a_fresh_group_misses_nothing_and_is_told_nothing() {
    let stage = Stage::with_partitions(50);
    flood(&stage);
    let group = random_name("fresh");
    let read = stage.reader().args(["--group", &group, "--until-end"]);
    read.args(OFFSETS).run().exits(0).is_quiet();
}

#[test]
fn where_from_moves_what_a_group_has_committed_it_says_so_in_one_line() {
    let stage = Stage::new();
    stage.produce(30);
    let from = |place: &str| {
        let call = stage.consumer().args(["--from", place, "--until-end"]);
        call.args(OFFSETS).run().exits(0)
    };
    assert!(!from("earliest").stderr.contains("moves"), "nothing was committed");
    let two = stage.consumer().args(["--from", "earliest", "--max-messages", "2"]);
    let two = two.run().exits(0).says(&[&format!(
        "--from earliest moves what group {} has committed: back in {} [0] from 30 to 0, so that 30 offsets are read again",
        stage.group, stage.topic
    )]);
    assert_eq!(two.stderr.lines().count(), 1, "{two}");
    assert!(!from("2").stderr.contains("moves"), "it stands there");
    stage.produce(5);
    from("latest").says(&["forward in", "from 30 to 35, so that 5 offsets are read by nobody"]);
}
