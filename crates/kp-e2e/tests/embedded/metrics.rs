//! `--metrics`: what is answered is what was counted, and answering holds up nothing.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use kp_e2e::{Call, Program, Running, Scraped, Signal, eventually, get, http};

use crate::Stage;

const METRICS: [&str; 2] = ["--metrics", "0"];
const ACKNOWLEDGED: &str = "kp_producer_messages_acknowledged_total";

/// A producer that sends what is typed.
fn typing(stage: &Stage, more: &[&str]) -> Running {
    let producer = stage.producer().args(["--stdin", "--report", "json"]).args(METRICS);
    producer.args(more).open_stdin().start()
}

/// A consumer that goes on after the end.
fn following(call: Call) -> Running {
    call.args(["--follow", "--format", "value"]).args(METRICS).start()
}

/// Waits until the metrics are as they should be, and returns them.
fn until(address: SocketAddr, what: &str, reached: impl Fn(&Scraped) -> bool) -> Scraped {
    let mut scraped = Scraped::of(address);
    eventually(what, || {
        scraped = Scraped::of(address);
        reached(&scraped)
    });
    scraped
}

fn check_health(address: SocketAddr) -> (Option<i32>, String) {
    let call = Call::new(Program::Consumer).args(["--check-health", &address.to_string()]);
    let ended = call.run();
    (ended.code(), ended.text().to_owned())
}

#[test]
fn a_producer_answers_what_its_report_says_in_the_end() {
    let stage = Stage::new();
    let mut producer = typing(&stage, &["--partition", "0"]);
    let address = producer.metrics();
    producer.type_in(&"four\n".repeat(250));
    let scraped = until(address, "all are acknowledged", |now| now.sum(ACKNOWLEDGED) == 250.0);
    for (name, value) in [
        ("kp_producer_messages_sent_total", 250.0),
        ("kp_producer_messages_failed_total", 0.0),
        ("kp_producer_bytes_total", 1000.0),
        ("kp_producer_delivery_latency_seconds_count", 250.0),
        ("kp_producer_queue_messages", 0.0),
        ("kp_healthy", 1.0),
    ] {
        assert_eq!(scraped.sum(name), value, "{name}: {scraped:?}");
    }
    let infinite = r#"kp_producer_delivery_latency_seconds_bucket{le="+Inf"}"#;
    assert_eq!(scraped.value(infinite), Some(250.0));
    producer.end_stdin();
    let report = producer.finish().exits(0).json();
    assert_eq!(report["acknowledged"], 250);
    assert_eq!(report["bytes"], 1000);
}

#[test]
fn messages_that_fail_are_counted_by_reason() {
    let stage = Stage::new();
    let mut producer = typing(&stage, &["--partition", "7"]);
    let address = producer.metrics();
    producer.type_in("one\ntwo\n");
    let failed = "kp_producer_messages_failed_total";
    let scraped = until(address, "both failed", |now| now.sum(failed) == 2.0);
    let reason = format!("{failed}{{reason=\"unknown_topic_or_partition\"}}");
    assert_eq!(scraped.value(&reason), Some(2.0));
    assert_eq!(scraped.value("kp_producer_queue_messages"), Some(0.0));
    producer.end_stdin();
    assert_eq!(producer.finish().exits(5).json()["failed"], 2);
}

#[test]
fn without_an_answer_of_the_broker_nothing_counts_as_acknowledged() {
    let stage = Stage::new();
    let mut producer = typing(&stage, &["--acks", "0"]);
    let address = producer.metrics();
    producer.type_in("a\nb\n");
    let unconfirmed = "kp_producer_messages_unconfirmed_total";
    let scraped = until(address, "both have left", |now| now.sum(unconfirmed) == 2.0);
    assert_eq!(scraped.value(ACKNOWLEDGED), Some(0.0));
    producer.end_stdin();
    producer.finish().exits(0);
}

#[test]
fn a_consumer_answers_what_it_printed_and_how_far_it_is_from_the_end() {
    let stage = Stage::with_partitions(2);
    stage.produce(300);
    let consumer = stage.consumer().env("KP_CONSUMER__COMMIT_INTERVAL", "100ms");
    let consumer = following(consumer);
    consumer.wait_for_lines(300);
    let address = consumer.metrics();
    let of_topic = |name: &str| format!("{name}{{topic=\"{}\"}}", stage.topic);
    let messages = of_topic("kp_consumer_messages_total");
    let scraped = until(address, "all is read", |now| {
        now.value(&messages) == Some(300.0)
            && now.values.len() > 12
            && now.values.keys().filter(|key| key.starts_with("kp_consumer_lag")).count() == 2
            && now.sum("kp_consumer_lag_messages") == 0.0
    });
    assert_eq!(scraped.value(&of_topic("kp_consumer_messages_delivered_total")), Some(300.0));
    assert_eq!(scraped.value(&of_topic("kp_consumer_bad_messages_total")), Some(0.0));
    assert_eq!(scraped.value("kp_consumer_partitions"), Some(2.0));
    assert_eq!(scraped.value("kp_consumer_rebalances_total"), Some(0.0));
    assert_eq!(scraped.sum("kp_consumer_position_offset"), 300.0);
    let values: usize = consumer.wait_for_lines(300).iter().map(String::len).sum();
    assert_eq!(scraped.sum("kp_consumer_bytes_total"), values as f64);
    let committed = "kp_consumer_committed_offset";
    until(address, "all is committed", |now| now.sum(committed) == 300.0);
    consumer.signal(Signal::TERM);
    consumer.finish().exits(0);
}

#[test]
fn a_second_member_is_a_rebalance_and_takes_partitions_away() {
    let stage = Stage::with_partitions(2);
    stage.produce(2);
    let first = following(stage.consumer());
    let address = first.metrics();
    let partitions = "kp_consumer_partitions";
    until(address, "it has both", |now| now.sum(partitions) == 2.0);
    let second = following(stage.consumer());
    let shared = |now: &Scraped| {
        now.sum(partitions) == 1.0 && now.sum("kp_consumer_rebalances_total") >= 1.0
    };
    let scraped = until(address, "they share", shared);
    let lags = scraped.values.keys().filter(|key| key.starts_with("kp_consumer_lag_messages"));
    assert!(lags.count() <= 1, "what was given away is gone: {scraped:?}");
    for member in [first, second] {
        member.signal(Signal::TERM);
        member.finish().exits(0);
    }
}

#[test]
fn filters_and_bad_messages_are_counted_apart() {
    let stage = Stage::new();
    stage.produce_lines("{\"a\":1}\nno json a\n{\"b\":2}\n");
    let skip = ["--format", "line", "--on-bad-message", "skip", "--grep", "a", "--follow"];
    let consumer = stage.reader().args(skip).args(METRICS).start();
    let address = consumer.metrics();
    let scraped = until(address, "all is read", |now| now.sum("kp_consumer_messages_total") == 3.0);
    assert_eq!(scraped.sum("kp_consumer_messages_delivered_total"), 1.0);
    assert_eq!(scraped.sum("kp_consumer_bad_messages_total"), 1.0);
    consumer.signal(Signal::TERM);
    consumer.finish().exits(0);
}

#[test]
fn what_sends_a_saved_file_back_is_counted_too() {
    let stage = Stage::new();
    stage.produce(50);
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.kp");
    let saved = saved.to_str().unwrap();
    stage.reader().args(["--until-end", "--save", saved]).run().exits(0);
    let slow = ["--load", saved, "--rate", "20/s"];
    let producer = stage.producer().args(slow).args(METRICS).start();
    let address = producer.metrics();
    until(address, "some are back", |now| now.sum(ACKNOWLEDGED) > 0.0);
    producer.finish().exits(0).says(&["50"]);
    let typed = ["--load", saved, "--dry-run", "--metrics", "0"];
    stage.producer().args(typed).run().exits(3).says(&["--metrics", "--dry-run"]);
    let typed = ["--load", saved, "--metrics", "0"];
    Call::new(Program::Consumer).args(typed).run().exits(3).says(&["consumer.metrics", "--load"]);
}

#[test]
fn health_follows_a_broker_that_goes_and_comes_back() {
    let stage = Stage::new();
    stage.produce(3);
    let consumer = following(stage.reader());
    consumer.wait_for_lines(3);
    let mut producer = typing(&stage, &[]);
    producer.type_in("one\n");
    let addresses = [consumer.metrics(), producer.metrics()];
    let all_are = |status: u16| addresses.iter().all(|one| get(*one, "/healthz").status == status);
    eventually("both work", || all_are(200));
    assert_eq!(check_health(addresses[0]), (Some(0), "ok\n".to_owned()));
    let Stage { broker, topic, .. } = stage;
    let bootstrap = kp_e2e::Cluster::bootstrap(&broker).to_owned();
    let broker = broker.into_process();
    broker.signal(Signal::TERM);
    broker.finish();
    eventually("neither works", || all_are(503));
    let (code, why) = check_health(addresses[0]);
    assert_eq!(code, Some(1));
    assert!(why.starts_with("no broker"), "{why}");
    let scraped = Scraped::of(addresses[0]);
    assert_eq!(scraped.value("kp_healthy"), Some(0.0));
    let mut values = scraped.values.keys();
    assert!(!values.any(|key| key.starts_with("kp_consumer_lag")), "nobody knows: {scraped:?}");
    let again = Call::new(Program::Broker).args(["--listen", &bootstrap, "--topic", &topic]);
    let again = again.start();
    again.wait_for_lines(1);
    eventually("both work again", || all_are(200));
    producer.type_in("two\n");
    let both = until(addresses[1], "it sends again", |now| now.sum(ACKNOWLEDGED) == 2.0);
    assert_eq!(both.value("kp_healthy"), Some(1.0));
    for program in [consumer, producer] {
        program.signal(Signal::TERM);
        program.finish();
    }
}

#[test]
fn a_member_that_lost_its_partitions_with_the_broker_does_not_say_ok() {
    let stage = Stage::new();
    stage.produce(3);
    let member = stage.consumer().args(["-X", "session.timeout.ms=6000"]);
    let consumer = following(member);
    consumer.wait_for_lines(3);
    let address = consumer.metrics();
    let partitions = "kp_consumer_partitions";
    until(address, "it works", |now| now.sum("kp_healthy") == 1.0 && now.sum(partitions) == 1.0);
    let Stage { broker, topic, .. } = stage;
    let bootstrap = kp_e2e::Cluster::bootstrap(&broker).to_owned();
    let broker = broker.into_process();
    broker.signal(Signal::TERM);
    broker.finish();
    until(address, "its session ends", |now| now.sum(partitions) == 0.0);
    let (code, why) = check_health(address);
    assert_eq!(code, Some(1), "{why}");
    assert!(why.contains("no broker has answered for"), "{why}");
    assert!(why.contains(&bootstrap), "the cause stays known: {why}");
    let again = Call::new(Program::Broker).args(["--listen", &bootstrap, "--topic", &topic]);
    let again = again.start();
    again.wait_for_lines(1);
    eventually("it works again", || get(address, "/healthz").status == 200);
    consumer.signal(Signal::TERM);
    consumer.finish();
}

#[test]
fn a_consumer_that_nobody_has_asked_yet_has_connected_all_the_same() {
    let stage = Stage::new();
    stage.produce_lines(&format!("{}\n", "x".repeat(10_000)).repeat(100));
    let call = stage.reader().args(["--follow", "--format", "value"]).args(METRICS);
    let consumer = call.start_unread();
    // More than a pipe holds comes, and nobody reads.
    consumer.wait_for_unread(60_000);
    let answer = get(consumer.metrics(), "/healthz");
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok\n"));
    consumer.signal(Signal::TERM);
    consumer.finish_unread();
}

#[test]
fn a_program_that_has_not_connected_yet_says_so() {
    // Nothing answers there, and connecting is waited for.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let consumer = Call::new(Program::Consumer).bootstrap(&address).args(["-t", "t"]).args(METRICS);
    let consumer = consumer.env("KP_KAFKA__CONNECT_TIMEOUT", "30s").start();
    let answer = get(consumer.metrics(), "/healthz");
    assert_eq!((answer.status, answer.body.as_str()), (503, "not connected to a broker yet\n"));
    consumer.signal(Signal::TERM);
    consumer.finish();
}

#[test]
fn a_port_that_is_taken_is_an_error_before_a_broker_is_asked_for() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (program, key) in
        [(Program::Producer, "producer.metrics"), (Program::Consumer, "consumer.metrics")]
    {
        let call = Call::new(program).bootstrap("127.0.0.1:1").args(["--metrics", &port]);
        let ended = call.run().exits(3).says(&[key, "--metrics", &port, "another program"]);
        assert!(ended.stdout.is_empty(), "{ended}");
    }
}

#[test]
fn garbage_and_slow_clients_hold_up_nobody() {
    let stage = Stage::new();
    let mut producer = typing(&stage, &[]);
    let address = producer.metrics();
    for (request, status) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], 404),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 405),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
        (&[b'x'; 100_000], 431),
    ] {
        assert_eq!(http(address, request).status, status);
    }
    let long = format!("GET /metrics HTTP/1.1\r\nX: {}", "x".repeat(100_000));
    assert_eq!(http(address, long.as_bytes()).status, 431);
    for (page, status) in [("/metrics", 200), ("/other", 404)] {
        let head = http(address, format!("HEAD {page} HTTP/1.1\r\n\r\n").as_bytes());
        assert!(head.status == status && head.body.is_empty(), "{head:?}");
    }
    // Clients that say nothing, or not all, and never go.
    let silent: Vec<TcpStream> = (0..60)
        .map(|number| {
            let mut stream = TcpStream::connect(address).unwrap();
            if number % 2 == 0 {
                stream.write_all(b"GET /metr").unwrap();
            }
            stream
        })
        .collect();
    let asked = Instant::now();
    assert_eq!(get(address, "/healthz").status, 200);
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    producer.type_in("one\n");
    until(address, "it works on", |now| now.sum(ACKNOWLEDGED) == 1.0);
    let told = Instant::now();
    producer.signal(Signal::TERM);
    producer.finish().exits(0);
    assert!(told.elapsed() < Duration::from_secs(4), "{:?}", told.elapsed());
    drop(silent);
}

/// Name, type and labels of each metric in the tables of the page.
fn documented() -> BTreeMap<String, (String, Vec<String>)> {
    let page = include_str!("../../../../docs/METRICS.md");
    let rows =
        page.lines().filter(|line| line.starts_with("| `kp_") || line.starts_with("| `process_"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let labels = cells[3].split(',').map(|label| label.trim().trim_matches('`').to_owned());
        let labels = labels.filter(|label| !label.is_empty()).collect();
        (cells[1].trim_matches('`').to_owned(), (cells[2].to_owned(), labels))
    })
    .collect()
}

/// The same of what is answered.
fn answered(scraped: &Scraped) -> BTreeMap<String, (String, Vec<String>)> {
    let of_name = |name: &str| {
        let with_labels = |key: &&String| {
            let own = key.split('{').next().unwrap_or_default();
            own == name || own.strip_prefix(name) == Some("_count")
        };
        let key = scraped.values.keys().find(with_labels).unwrap_or_else(|| panic!("{name}"));
        let labels = key.split_once('{').map_or("", |(_, labels)| labels.trim_end_matches('}'));
        let names = labels.split(',').filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
        names.collect()
    };
    let types = scraped.types.iter();
    types.map(|(name, kind)| (name.clone(), (kind.clone(), of_name(name)))).collect()
}

#[test]
fn the_page_of_the_metrics_has_each_of_them_and_no_other() {
    let stage = Stage::new();
    stage.produce(3);
    let consumer = following(stage.consumer().env("KP_CONSUMER__COMMIT_INTERVAL", "100ms"));
    let committed = "kp_consumer_committed_offset";
    let scraped = until(consumer.metrics(), "all is committed", |now| now.sum(committed) == 3.0);
    let producer = typing(&stage, &[]);
    let mut all = answered(&scraped);
    all.extend(answered(&Scraped::of(producer.metrics())));
    assert_eq!(all, documented());
    // So are the reasons.
    let page = include_str!("../../../../docs/METRICS.md").split_whitespace().collect::<Vec<_>>();
    let page = page.join(" ");
    let (_, reasons) = page.split_once("`reason` is one of").unwrap();
    let reasons = reasons.split_once("The report").unwrap().0;
    let mut reasons: Vec<&str> = reasons.split('`').skip(1).step_by(2).collect();
    reasons.sort_unstable();
    let scraped = Scraped::of(producer.metrics());
    let failed = "kp_producer_messages_failed_total{reason=\"";
    let mut answered: Vec<&str> = scraped
        .values
        .keys()
        .filter_map(|key| key.strip_prefix(failed)?.strip_suffix("\"}"))
        .collect();
    answered.sort_unstable();
    assert_eq!(answered, reasons);
}
