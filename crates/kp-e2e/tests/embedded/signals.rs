//! SIGINT and SIGTERM in mid-stream: nothing lost, nothing repeated.

use std::time::{Duration, Instant};

use kp_e2e::{Running, Signal};

use crate::Stage;

const BOTH: [Signal; 2] = [Signal::TERM, Signal::INT];

/// Starts a producer that would run for minutes.
fn slow_producer(stage: &Stage) -> Running {
    stage.producer().args(["--rate", "500", "--count", "1000000", "--report", "json"]).start()
}

/// All values of the topic.
fn stored(stage: &Stage) -> Vec<String> {
    let read =
        stage.reader().args(["--no-group", "--until-end", "--format", "value"]).run().exits(0);
    read.lines().into_iter().map(str::to_owned).collect()
}

#[test]
fn a_producer_that_is_told_to_end_has_delivered_all_that_it_took() {
    for signal in BOTH {
        let stage = Stage::new();
        let producer = slow_producer(&stage);
        let reader = stage.reader().args(["--no-group", "--idle-exit", "never"]).start();
        reader.wait_for_lines(20);
        producer.signal(signal);
        let report = producer.finish().exits(0).json();
        assert_eq!(report["interrupted"], true);
        assert_eq!(report["undelivered"], 0);
        assert_eq!(report["sent"], report["acknowledged"]);
        let count = report["acknowledged"].as_u64().unwrap();
        let expected: Vec<_> =
            (0..count).map(|number| format!("{{\"str\":\"result{number}\"}}")).collect();
        assert_eq!(stored(&stage), expected);
    }
}

#[test]
fn a_producer_on_an_open_standard_input_ends_too() {
    for signal in BOTH {
        let stage = Stage::new();
        // Two lines fill a batch and leave at once. The third waits until its batch is full, and
        // only the end sends it.
        let mut producer = stage
            .producer()
            .args(["--stdin", "--linger", "20s", "-X", "batch.num.messages=2"])
            .open_stdin()
            .start();
        producer.type_in("one\ntwo\nthree\n");
        let reader = stage
            .reader()
            .args(["--no-group", "--idle-exit", "never", "--format", "value"])
            .start();
        reader.wait_for_lines(2);
        producer.signal(signal);
        let ended = producer.finish().exits(0).says(&["3 acknowledged", "0 messages left"]);
        assert!(ended.lines().last().unwrap().starts_with("[Done]: "), "{ended}");
        assert!(ended.elapsed < Duration::from_secs(5), "{ended}");
        assert_eq!(stored(&stage), ["one", "two", "three"]);
    }
}

#[test]
fn a_consumer_that_is_told_to_end_has_committed_what_it_printed() {
    for signal in BOTH {
        let stage = Stage::new();
        let producer = slow_producer(&stage);
        let consumer = stage.consumer().args(["--idle-exit", "never"]).start();
        consumer.wait_for_lines(50);
        consumer.signal(signal);
        let first = consumer.finish().exits(0);
        let printed = first.messages().len();
        assert_eq!(first.messages(), stage.lines_of(0..printed));
        assert_eq!(stage.committed(), Some(i64::try_from(printed).unwrap()), "{first}");

        producer.signal(signal);
        let sent =
            usize::try_from(producer.finish().exits(0).json()["acknowledged"].as_u64().unwrap())
                .unwrap();
        let second = stage.consumer().args(["--until-end"]).run().exits(0);
        assert_eq!(second.messages(), stage.lines_of(printed..sent));
    }
}

#[test]
fn a_consumer_whose_reader_stalls_commits_exactly_the_lines_in_the_pipe() {
    let stage = Stage::new();
    stage.produce(20_000);
    let consumer =
        stage.consumer().args(["--idle-exit", "never", "--shutdown-timeout", "2s"]).start_unread();
    consumer.wait_for_unread(4096);
    consumer.signal(Signal::TERM);
    let first = consumer.finish_unread().exits(0);
    assert!(first.elapsed < Duration::from_secs(8), "{first}");
    assert!(first.text().ends_with('\n'), "{first}");
    let printed = first.messages().len();
    assert!(printed < 20_000);
    assert_eq!(first.messages(), stage.lines_of(0..printed));
    assert_eq!(stage.committed(), Some(i64::try_from(printed).unwrap()));

    let second = stage.consumer().args(["--until-end"]).run().exits(0);
    assert!(second.messages() == stage.lines_of(printed..20_000), "{second}");
}

#[test]
fn a_reader_that_wakes_up_in_time_gets_what_was_read_for_it() {
    let stage = Stage::new();
    stage.produce(20_000);
    let mut consumer = stage.consumer().args(["--idle-exit", "never"]).start_unread();
    consumer.wait_for_unread(4096);
    consumer.signal(Signal::TERM);
    consumer.read_on();
    let first = consumer.finish().exits(0);
    let printed = first.messages().len();
    assert_eq!(first.messages(), stage.lines_of(0..printed));
    assert_eq!(stage.committed(), Some(i64::try_from(printed).unwrap()));
}

#[test]
fn a_request_that_comes_twice_is_one() {
    // A terminal and a wrapper such as `timeout` both send it; `timeout` may send another signal
    // than the terminal.
    for (first, second) in
        [(Signal::INT, Signal::INT), (Signal::INT, Signal::TERM), (Signal::TERM, Signal::TERM)]
    {
        let stage = Stage::new();
        stage.produce(1000);
        let consumer = stage.consumer().args(["--idle-exit", "never"]).start();
        consumer.wait_for_lines(1000);
        consumer.signal(first);
        consumer.signal(second);
        consumer.finish().exits(0);
        assert_eq!(stage.committed(), Some(1000), "{first:?}, {second:?}");
    }
}

#[test]
fn a_wrapper_that_passes_ctrl_c_on_does_not_cost_the_commit() {
    let stage = Stage::new();
    stage.produce(1000);
    let producer =
        stage.producer().args(["--count", "5000", "--rate", "1000", "--report", "json"]).start();
    let reader = stage.reader().args(["--no-group", "--idle-exit", "never"]).start();
    reader.wait_for_lines(1020);
    producer.signal(Signal::INT);
    producer.signal(Signal::INT);
    let report = producer.finish().exits(0).json();
    assert_eq!(report["undelivered"], 0);
    assert_eq!(report["interrupted"], true);
}

#[test]
fn a_request_that_is_repeated_later_ends_the_program_at_once() {
    let stage = Stage::new();
    // One message that no pipe holds: the first request comes while it is being written. Nobody
    // reads its output, so that it would wait for most of a minute.
    stage.produce_lines(&format!("\"{}\"\n", "x".repeat(500_000)));
    let consumer =
        stage.consumer().args(["--idle-exit", "never", "--shutdown-timeout", "60s"]).start_unread();
    consumer.wait_for_unread(4096);
    consumer.signal(Signal::INT);
    let asked = Instant::now();
    // The second request has to come later than two seconds: how long is what is tested here.
    while asked.elapsed() < Duration::from_millis(2200) {
        std::thread::park_timeout(Duration::from_millis(100));
    }
    consumer.signal(Signal::INT);
    let ended = consumer.finish_unread().exits(130);
    assert!(asked.elapsed() < Duration::from_secs(6), "{ended}");
}
