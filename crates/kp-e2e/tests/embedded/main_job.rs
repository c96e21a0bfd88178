//! The original exercise: 1,000 messages through a broker, and what the second run says.

use std::collections::BTreeMap;

use kp_e2e::{Call, Cluster, EmbeddedBroker, Offsets, Program, Signal, eventually, random_name};

use crate::Stage;

#[test]
fn a_thousand_messages_come_out_as_they_went_in() {
    let broker = EmbeddedBroker::start(&["topic1"]);
    let produced = broker.producer().run().exits(0);
    let done = produced.lines().pop().unwrap().to_owned();
    let seconds = done.strip_prefix("[Done]: ").unwrap();
    assert_eq!(seconds.split_once('.').unwrap().1.len(), 4, "{done}");
    seconds.parse::<f64>().unwrap();

    let consumed = broker.consumer().run().exits(0).is_quiet();
    let mut expected = vec!["[Start] get consumer".to_owned()];
    expected.extend((0..1000).map(|number| {
        format!("Topic : topic1, Partition : 0, Offset : {number}, Key : null, value : {{\"str\":\"result{number}\"}}")
    }));
    expected.push("[End] get consumer".to_owned());
    assert_eq!(consumed.lines(), expected);

    let all_read = Offsets {
        topic: "topic1".to_owned(),
        partition: 0,
        committed: Some(1000),
        end: Some(1000),
        lag: Some(0),
    };
    assert_eq!(broker.offsets("test-group"), [all_read]);
}

#[test]
fn the_originals_screen_in_the_format_seed() {
    let stage = Stage::new();
    stage.produce(2);
    let consumed = stage.consumer().args(["--format", "seed", "--until-end"]).run().exits(0);
    let line = |number| {
        format!(
            "Topic : {}, Partition : 0, Offset : {number}, Key : None, value : {{'str': 'result{number}'}}\n",
            stage.topic
        )
    };
    let expected = format!("[Start] get consumer\n{}{}[End] get consumer\n", line(0), line(1));
    assert_eq!(consumed.text(), expected);
}

#[test]
fn a_second_run_of_the_group_prints_nothing_and_says_why() {
    let stage = Stage::new();
    stage.produce(10);
    assert_eq!(stage.consumer().run().exits(0).messages().len(), 10);
    let second =
        stage.consumer().run().exits(0).says(&[&stage.group, "read all", "--from earliest"]);
    assert_eq!(second.text(), "");

    let again = stage.consumer().args(["--from", "earliest"]).run().exits(0);
    assert_eq!(again.messages(), stage.lines_of(0..10));
    assert_eq!(stage.committed(), Some(10));
}

#[test]
fn an_empty_topic_is_named_as_the_reason_for_no_output() {
    let stage = Stage::new();
    stage.consumer().run().exits(0).says(&["printed nothing", &stage.topic, "no messages"]);
}

#[test]
fn a_topic_that_does_not_exist_is_told_at_once() {
    let stage = Stage::new();
    let absent = random_name("absent");
    let told = stage
        .broker
        .consumer()
        .args(["--topic", &absent])
        .run()
        .exits(4)
        .says(&[&absent, "does not exist"]);
    assert!(told.elapsed.as_secs() < 3, "{told}");
}

#[test]
fn reading_without_a_group_commits_nothing() {
    let stage = Stage::new();
    stage.produce(10);
    for alone in [
        stage.reader().args(["--until-end"]),
        stage.reader().args(["--no-group", "--until-end"]),
        stage
            .reader()
            .env("KP_CONSUMER__GROUP_ID", &stage.group)
            .args(["--no-group", "--until-end"]),
    ] {
        let read = alone.run().exits(0);
        assert_eq!(read.lines(), stage.lines_of(0..10));
    }
    assert_eq!(stage.broker.committed("test-group", &stage.topic), []);
    // For the group all of them are still new.
    let group = stage.consumer().args(["--until-end"]).run().exits(0);
    assert_eq!(group.messages(), stage.lines_of(0..10));
}

#[test]
fn the_group_goes_on_behind_the_last_of_max_messages() {
    let stage = Stage::new();
    stage.produce(10);
    let first = stage.consumer().args(["--max-messages", "3"]).run().exits(0);
    assert_eq!(first.messages(), stage.lines_of(0..3));
    assert_eq!(stage.committed(), Some(3));
    let second = stage.consumer().args(["--max-messages", "4"]).run().exits(0);
    assert_eq!(second.messages(), stage.lines_of(3..7));
    assert_eq!(stage.committed(), Some(7));
}

#[test]
fn until_end_does_not_wait_for_more() {
    let stage = Stage::with_partitions(4);
    stage.produce(1000);
    let read = stage
        .consumer()
        .args(["--until-end", "--idle-exit", "never", "--format", "value"])
        .run()
        .exits(0);
    let mut values = read.lines();
    values.sort_unstable();
    let mut expected: Vec<_> =
        (0..1000).map(|number| format!("{{\"str\":\"result{number}\"}}")).collect();
    expected.sort_unstable();
    assert_eq!(values, expected);
    let lag: i64 =
        stage.broker.offsets(&stage.group).iter().filter_map(|offsets| offsets.lag).sum();
    assert_eq!(lag, 0);
}

#[test]
fn several_topics_are_read_together() {
    let topics = [random_name("one"), random_name("two")];
    let broker = EmbeddedBroker::start(&[&topics[0], &topics[1]]);
    for topic in &topics {
        broker.producer().args(["--topic", topic, "--count", "5"]).run().exits(0);
    }
    let group = random_name("group");
    let read = broker
        .consumer()
        .args(["--topic", &topics[0], "--topic", &topics[1], "--group", &group, "--until-end"])
        .run()
        .exits(0);
    for topic in &topics {
        let of_topic = |line: &&&str| line.starts_with(&format!("Topic : {topic},"));
        assert_eq!(read.messages().iter().filter(of_topic).count(), 5, "{read}");
        assert_eq!(broker.committed(&group, topic), [(0, 5)]);
    }
}

#[test]
fn reading_starts_where_it_is_told_to() {
    let stage = Stage::new();
    stage.produce(10);
    let from = |from: &str| {
        let read =
            stage.reader().args(["--no-group", "--until-end", "--from", from]).run().exits(0);
        read.messages().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(from("7"), stage.lines_of(7..10));
    assert_eq!(from("earliest"), stage.lines_of(0..10));
    assert_eq!(from("latest"), stage.lines_of(0..0));
}

#[test]
fn members_come_and_go_without_losing_a_message() {
    let stage = Stage::with_partitions(4);
    let member = || {
        let call = stage.consumer().args(["--idle-exit", "never"]);
        call.args(["--format", "value", "-X", "auto.commit.interval.ms=100"]).start()
    };
    let first = member();
    stage.produce(500);
    first.wait_for_lines(500);
    let second = member();
    stage.produce(500);
    let sum = |what: fn(&Offsets) -> Option<i64>| {
        let offsets = stage.broker.offsets(&stage.group);
        offsets.iter().filter_map(what).sum::<i64>()
    };
    eventually("the group has read all", || sum(|offsets| offsets.committed) == 1000);
    // Repeats are possible here: the embedded broker takes no commits while members join. A real
    // one does, and its test counts.
    let mut values = BTreeMap::new();
    for member in [first, second] {
        member.signal(Signal::TERM);
        let read = member.finish().exits(0);
        for line in read.lines() {
            *values.entry(line.to_owned()).or_insert(0) += 1;
        }
    }
    assert_eq!(values.len(), 500, "each value was sent twice");
    assert!(values.values().all(|times| *times >= 2));
    assert_eq!(sum(|offsets| offsets.lag), 0);
}

#[test]
fn waiting_at_the_end_for_new_messages_is_no_stall() {
    let stage = Stage::new();
    stage.produce(3);
    let consumer =
        stage.consumer().args(["--idle-exit", "never", "--stall-timeout", "500ms"]).start();
    consumer.wait_for_lines(3);
    // This one waits longer than that, at the end too.
    let other =
        stage.reader().args(["--no-group", "--idle-exit", "1500ms", "--stall-timeout", "500ms"]);
    other.run().exits(0);
    stage.produce(3);
    consumer.wait_for_lines(6);
    consumer.signal(Signal::TERM);
    consumer.finish().exits(0);
}

#[test]
fn a_member_without_a_partition_says_so_after_the_stall_timeout() {
    let stage = Stage::new();
    let member = || {
        let call = stage.consumer().args(["--idle-exit", "never"]);
        call.args(["--stall-timeout", "2s"]).start()
    };
    // Which of the two gets the only partition is not ours to say.
    let mut members = [member(), member()];
    eventually("one of the members gives up", || {
        members.iter_mut().any(|member| !member.is_running())
    });
    let [first, second] = members;
    let (mut spare, mut holder) = (first, second);
    if spare.is_running() {
        (spare, holder) = (holder, spare);
    }
    let words = [&stage.group, "--stall-timeout", "more members than partitions"];
    spare.finish().exits(4).says(&words);
    assert!(holder.is_running());
}

#[test]
fn a_record_of_the_settings_key_headers_and_partition_is_sent() {
    let stage = Stage::with_partitions(3);
    stage
        .producer()
        .args(["--count", "1", "--key", "k1", "--partition", "2"])
        .args(["--header", "a=1", "--header", "a=2", "--header", "b="])
        .run()
        .exits(0);
    let read =
        stage.reader().args(["--no-group", "--until-end", "--format", "json"]).run().exits(0);
    let record = read.json();
    assert_eq!(record["partition"], 2);
    assert_eq!(record["key"], "k1");
    let headers =
        serde_json::json!([{"key":"a","value":"1"},{"key":"a","value":"2"},{"key":"b","value":""}]);
    assert_eq!(record["headers"], headers);
}

#[test]
fn every_codec_and_every_acks_arrives() {
    let stage = Stage::new();
    for compression in ["none", "gzip", "snappy", "lz4", "zstd"] {
        stage.producer().args(["--count", "100", "--compression", compression]).run().exits(0);
    }
    for acks in ["0", "1", "all"] {
        stage.producer().args(["--count", "100", "--acks", acks]).run().exits(0);
    }
    let read = stage.reader().args(["--no-group", "--until-end"]).run().exits(0);
    assert_eq!(read.messages().len(), 800);
}

#[test]
fn without_acknowledgements_the_summary_says_so() {
    let stage = Stage::new();
    let sent =
        stage.producer().args(["--count", "5", "--acks", "0", "--report", "json"]).run().exits(0);
    assert_eq!(sent.json()["confirmed"], false);
    assert_eq!(sent.json()["acknowledged"], 0);
    stage.producer().args(["--count", "5", "--acks", "0"]).run().exits(0).says(&["acks"]);
}

#[test]
fn help_needs_no_broker_and_lists_the_exit_codes() {
    for program in Program::ALL {
        let help = Call::new(program).args(["--help"]).run().exits(0).is_quiet();
        assert!(help.text().contains("Exit codes:"), "{help}");
        Call::new(program).args(["--no-such-flag"]).run().exits(2);
    }
}
