//! The original's Python programs, unchanged, on the embedded broker; and Prometheus's own parser in
//! Python, on kp's metrics.
//!
//! They need python3 with its module venv, and a package index that has kafka-python and
//! prometheus-client: that is why they are absent without the feature `python`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::PathBuf;
use std::sync::OnceLock;

use kp_e2e::{Cluster, EmbeddedBroker};
use kp_process::Call;
use tempfile::TempDir;

/// What the original names. Only this is another one in a test.
const ADDRESS: &str = "localhost:9092";

/// A Python that has the original's client and Prometheus's.
fn python() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        run(Call::new("python3").args(["-m", "venv"]).args([folder.path()]));
        let pip = folder.path().join("bin/pip");
        let packages = ["kafka-python==3.0.12", "prometheus-client==0.26.0"];
        run(Call::new(pip).args(["install", "--quiet"]).args(packages));
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

/// Reads `/metrics` in both forms, as a scraper would, and prints each sample.
const SCRAPER: &str = r#"
import sys, urllib.request
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics
for accept, read in [("text/plain", parser), ("application/openmetrics-text", openmetrics)]:
    request = urllib.request.Request(sys.argv[1], headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read().decode()
        assert answer.headers["Content-Type"].startswith(accept), answer.headers
    for family in read.text_string_to_metric_families(text):
        for sample in family.samples:
            print(accept, sample.name, *sorted(sample.labels.items()), float(sample.value))
"#;

#[test]
fn prometheus_reads_what_kp_answers_in_both_forms() {
    let broker = EmbeddedBroker::start(&["topic1"]);
    broker.producer().args(["--topic", "topic1", "--count", "10"]).run().exits(0);
    let consumer = broker.consumer().args(["--topic", "topic1", "--follow", "--metrics", "0"]);
    let consumer = consumer.start();
    consumer.wait_for_lines(10);
    let producer = broker.producer().args(["--topic", "topic1", "--stdin", "--metrics", "0"]);
    let producer = producer.open_stdin().start();
    for (program, count) in [(&consumer, "10.0"), (&producer, "0.0")] {
        let page = format!("http://{}/metrics", program.metrics());
        let call = Call::new("timeout").args(["60"]).args([python()]).args(["-c", SCRAPER, &page]);
        let read = run(call);
        for accept in ["text/plain", "application/openmetrics-text"] {
            let of_form = read.lines().filter(|line| line.starts_with(accept));
            let values: Vec<&str> = of_form
                .filter(|line| {
                    line.contains(" kp_consumer_messages_total ")
                        || line.contains(" kp_producer_delivery_latency_seconds_count ")
                })
                .filter_map(|line| line.rsplit(' ').next())
                .collect();
            assert_eq!(values, [count], "{read}");
        }
    }
}
