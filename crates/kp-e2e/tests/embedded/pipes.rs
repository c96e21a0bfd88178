//! Output that somebody stops reading.

use kp_e2e::Signal;

use crate::Stage;

#[test]
fn head_ends_a_consumer_quietly() {
    let stage = Stage::new();
    stage.produce(20_000);
    for idle_exit in ["1s", "never"] {
        let mut consumer = stage
            .reader()
            .args(["--no-group", "--format", "value", "--idle-exit", idle_exit])
            .start_unread();
        assert_eq!(consumer.take_first_line(), "{\"str\":\"result0\"}\n");
        consumer.finish().exits(0).is_quiet();
    }
}

#[test]
fn head_ends_a_consumer_that_has_nothing_left_to_write() {
    let stage = Stage::new();
    stage.produce(3);
    let mut consumer = stage.consumer().args(["--idle-exit", "never"]).start_unread();
    assert_eq!(consumer.take_first_line(), stage.line(0) + "\n");
    consumer.finish().exits(0).is_quiet();
}

#[test]
fn head_is_no_trouble_for_what_prints_once() {
    let stage = Stage::new();
    for call in [
        stage.consumer().args(["--show-config"]),
        stage.consumer().args(["--help"]),
        stage.producer().args(["--show-config"]),
    ] {
        let mut process = call.start_unread();
        process.take_first_line();
        process.finish().exits(0).is_quiet();
    }
}

#[test]
fn what_was_not_written_is_not_committed() {
    let stage = Stage::new();
    stage.produce(20_000);
    let mut consumer = stage.consumer().start_unread();
    consumer.take_first_line();
    consumer.finish().exits(0).is_quiet();
    // A pipe and a buffer of ours are far smaller than 20,000 lines.
    assert!(stage.committed().is_none_or(|committed| committed < 10_000));
}

#[test]
fn following_goes_on_after_the_end_and_says_nothing_through_a_pipe() {
    let stage = Stage::new();
    stage.produce(3);
    let reader = stage.reader().args(["--follow", "--from", "-2", "--format", "value"]).start();
    assert_eq!(reader.wait_for_lines(2), ["{\"str\":\"result1\"}", "{\"str\":\"result2\"}"]);
    // What comes after the end was reached is read, again and again.
    for count in 3..6 {
        stage.produce(1);
        reader.wait_for_lines(count);
    }
    assert!(reader.is_running());
    reader.signal(Signal::TERM);
    reader.finish().exits(0).is_quiet();
}
