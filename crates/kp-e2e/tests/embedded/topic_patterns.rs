//! Topics by pattern: `--topic 'orders.*'`.

use kp_e2e::{Call, Cluster, EmbeddedBroker, Program, Signal, random_name};

/// kp looks for new topics as often as librdkafka refreshes its metadata, if that is more often.
const LOOK_OFTEN: [&str; 2] = ["-X", "topic.metadata.refresh.interval.ms=200"];
const PLACES: [&str; 2] = ["--format", "%t %s\n"];

fn send(broker: &EmbeddedBroker, topic: &str, values: &str) {
    let call = broker.producer().args(["--topic", topic, "--stdin", "--partition", "0"]);
    call.stdin(values).run().exits(0);
}

/// Reads until a signal, also what comes later.
fn reader(broker: &EmbeddedBroker, pattern: &str) -> Call {
    let call = broker.consumer().args(["--topic", pattern, "--follow"]);
    call.args(PLACES).args(LOOK_OFTEN)
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

#[test]
fn all_topics_that_match_are_read_and_no_other() {
    let broker = EmbeddedBroker::start(&["orders.eu", "orders.us:2", "reorders", "orders"]);
    for topic in ["orders.eu", "orders.us", "reorders", "orders"] {
        send(&broker, topic, "1\n2\n");
    }
    let read = |topics: &str| {
        let call = broker.consumer().args(["--topic", topics, "--until-end"]).args(PLACES);
        sorted(call.run().exits(0).lines().into_iter().map(str::to_owned).collect())
    };
    let lines = |topics: &[&str]| -> Vec<String> {
        topics.iter().flat_map(|topic| [format!("{topic} 1"), format!("{topic} 2")]).collect()
    };
    assert_eq!(read(r"orders\..*"), lines(&["orders.eu", "orders.us"]));
    assert_eq!(read("orders.*"), lines(&["orders", "orders.eu", "orders.us"]));
    assert_eq!(read("^orders"), lines(&["orders", "orders.eu", "orders.us"]));
    assert_eq!(read("orders"), lines(&["orders"]));
    assert_eq!(read("reorders,orders.{1,3}"), lines(&["orders.eu", "orders.us", "reorders"]));
    let second = broker.consumer().args(["--topic", "orders.*", "--partition", "1"]);
    second.args(["--until-end"]).run().exits(0).says(&["holds no messages"]);
    let absent = broker.consumer().args(["--topic", "orders.*", "--partition", "7"]).run();
    absent.exits(4).says(&["orders.*", "partition 7"]);
}

#[test]
fn a_pattern_that_matches_nothing_is_told_with_what_to_write() {
    let broker = EmbeddedBroker::start(&["orders.eu"]);
    let shell = broker.consumer().args(["--topic", "orders-*", "--until-end"]).run();
    shell.exits(4).says(&["no topic on", "matches orders-*", "write orders-.*"]);
    let none = broker.consumer().args(["--topic", "^no", "--idle-exit", "never", "-e"]).run();
    none.exits(4).says(&["no topic on", "matches ^no"]);
}

#[test]
fn a_topic_that_appears_is_read_from_its_beginning_alone_and_in_a_group() {
    let broker = EmbeddedBroker::start(&["orders.eu"]);
    send(&broker, "orders.eu", "before\n");
    let group = random_name("group");
    let ways: [&[&str]; 2] = [&[], &["--group", &group]];
    let readers = ways.map(|way| reader(&broker, "orders.*").args(way).start());
    for reader in &readers {
        assert_eq!(reader.wait_for_lines(1), ["orders.eu before"]);
    }
    send(&broker, "orders.us", "1\n2\n");
    send(&broker, "other", "no\n");
    for reader in readers {
        reader.wait_for_words("topic orders.us is new and matches orders.*");
        let lines = sorted(reader.wait_for_lines(3));
        assert_eq!(lines, ["orders.eu before", "orders.us 1", "orders.us 2"]);
        reader.signal(Signal::TERM);
        assert_eq!(reader.finish().exits(0).lines().len(), 3);
    }
    // What was read is committed, of the new topic as well.
    let again = broker.consumer().args(["--topic", "orders.*", "--group", &group]).run();
    again.exits(0).says(&["has read all of orders.* already"]);
}

#[test]
fn the_first_topic_that_matches_is_waited_for() {
    let broker = EmbeddedBroker::start(&["other"]);
    let group = random_name("group");
    // Whoever waits for a topic misses nothing of it, whatever --from says of those that are there.
    let ways: [&[&str]; 2] = [&["--from", "latest"], &["--from", "latest", "--group", &group]];
    let readers =
        ways.map(|way| reader(&broker, "^new").args(way).args(["--stall-timeout", "1s"]).start());
    for reader in &readers {
        reader.wait_for_words("matches ^new yet: waiting for one");
    }
    send(&broker, "new.1", "1\n2\n");
    for reader in readers {
        assert_eq!(reader.wait_for_lines(2), ["new.1 1", "new.1 2"]);
        reader.signal(Signal::TERM);
        reader.finish().exits(0);
    }
}

#[test]
fn saved_records_are_chosen_by_a_pattern_too() {
    let broker = EmbeddedBroker::start(&["orders.eu", "reorders"]);
    for topic in ["orders.eu", "reorders"] {
        send(&broker, topic, "1\n");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.kp").display().to_string();
    let save = ["--topic", ".*", "--until-end", "--save", &file];
    broker.consumer().args(save).run().exits(0);
    let load = Call::new(Program::Consumer).args(["--load", &file, "--topic", "orders.*"]);
    let load = load.args(PLACES).run();
    assert_eq!(load.exits(0).lines(), ["orders.eu 1"]);
}
