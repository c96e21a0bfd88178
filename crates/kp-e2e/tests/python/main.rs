//! The original's Python programs, unchanged, on the embedded broker.
//!
//! They need python3 with its module venv, and a package index that has kafka-python: that is why
//! they are absent without the feature `python`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;
use std::sync::OnceLock;

use kp_e2e::{Cluster, EmbeddedBroker};
use kp_process::Call;
use tempfile::TempDir;

/// What the original names. Only this is another one in a test.
const ADDRESS: &str = "localhost:9092";

/// A Python that has the original's client.
fn python() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        run(Call::new("python3").args(["-m", "venv"]).args([folder.path()]));
        let pip = folder.path().join("bin/pip");
        run(Call::new(pip).args(["install", "--quiet", "kafka-python==3.0.12"]));
        folder
    });
    folder.path().join("bin/python")
}

/// Runs a program to its end and gives what it wrote.
fn run(call: Call) -> String {
    call.start().unwrap().finish().exits(0).unwrap().text()
}

/// Runs one of the original's programs.
fn original(program: &str, broker: &EmbeddedBroker) -> String {
    assert!(program.contains(ADDRESS));
    let program = program.replace(ADDRESS, broker.bootstrap());
    let call = Call::new("timeout").args(["60"]).args([python()]);
    run(call.args(["-W", "ignore", "-c", &program]))
}

#[test]
fn the_originals_programs_do_on_it_what_they_do_on_kafka() {
    let broker = EmbeddedBroker::start(&["topic1"]);
    let produced = original(include_str!("producer.py"), &broker);
    assert!(produced.starts_with("[Done]: "), "{produced}");

    // The original gives up after a second, which a busy machine may need to start it: then it says
    // so, and is called again.
    let read = (0..10)
        .map(|_| original(include_str!("consumer.py"), &broker))
        .find(|read| read.lines().count() > 2)
        .unwrap();
    let mut expected = vec!["[Start] get consumer".to_owned()];
    expected.extend((0..1000).map(|number| {
        format!(
            "Topic : topic1, Partition : 0, Offset : {number}, Key : None, \
             value : {{'str': 'result{number}'}}"
        )
    }));
    expected.push("[End] get consumer".to_owned());
    assert_eq!(read.lines().collect::<Vec<_>>(), expected);

    // kp prints the same of the same.
    let own = broker
        .consumer()
        .args(["--topic", "topic1", "--no-group", "--until-end", "--format", "seed"])
        .run()
        .exits(0);
    assert_eq!(own.messages(), expected[1..=1000]);
}

#[test]
fn the_originals_consumer_reads_what_kp_has_sent() {
    let broker = EmbeddedBroker::start(&["topic1"]);
    broker.producer().args(["--topic", "topic1", "--count", "10"]).run().exits(0);
    let read = (0..10)
        .map(|_| original(include_str!("consumer.py"), &broker))
        .find(|read| read.lines().count() > 2)
        .unwrap();
    assert_eq!(read.lines().count(), 12, "{read}");
}
