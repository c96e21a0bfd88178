//! The real program: started, used by a real client, and ended.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod foreign;
mod relayed;
mod running;

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use running::{DEADLINE, Running, kp_broker, output};
use rustix::process::Signal;

fn produce(broker: &Running, topic: &str, count: usize) {
    let producer: ThreadedProducer<DefaultProducerContext> = broker.client().create().unwrap();
    for number in 0..count {
        producer
            .send(BaseRecord::<(), _>::to(topic).payload(&number.to_string()))
            .map_err(|(error, _)| error)
            .unwrap();
    }
    producer.flush(DEADLINE).unwrap();
}

#[test]
fn the_ready_line_tells_the_real_port_and_what_is_kept() {
    let mut broker = Running::start(&["--topic", "orders:3", "--brokers", "2"]);
    assert_ne!(broker.address.port(), 0);
    assert!(broker.first_line.contains("keeps 5 MB a partition"), "{}", broker.first_line);
    broker.signal(Signal::TERM);
    let mut rest = String::new();
    broker.child.stdout.as_mut().unwrap().read_to_string(&mut rest).unwrap();
    assert!(rest.contains("2 brokers, topics: orders (3 partitions)"), "{rest}");
    assert!(rest.contains("100,000 batches"), "{rest}");
}

#[test]
fn metadata_through_the_fixed_port_names_the_topics_that_were_asked_for() {
    let broker = Running::start(&["--topic", "orders:3", "--topic", "topic1", "--brokers", "3"]);
    let consumer: BaseConsumer = broker.client().create().unwrap();
    let metadata = consumer.fetch_metadata(None, DEADLINE).unwrap();
    assert_eq!(metadata.brokers().len(), 3);
    let mut topics: Vec<_> =
        metadata.topics().iter().map(|topic| (topic.name(), topic.partitions().len())).collect();
    topics.sort_unstable();
    assert_eq!(topics, [("orders", 3), ("topic1", 1)]);
}

#[test]
fn a_fresh_group_reads_what_was_produced_without_waiting_for_a_rebalance() {
    let broker = Running::start(&[]);
    produce(&broker, "topic1", 100);
    let consumer: BaseConsumer = broker
        .client()
        .set("group.id", "fresh")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    consumer.subscribe(&["topic1"]).unwrap();
    let started = Instant::now();
    let mut read = Vec::new();
    while read.len() < 100 && started.elapsed() < DEADLINE {
        if let Some(message) = consumer.poll(Duration::from_millis(10)) {
            read.push(String::from_utf8(message.unwrap().payload().unwrap().to_vec()).unwrap());
        }
    }
    let expected: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(read, expected);
    // Kafka's own delay is 3 seconds; here it is none.
    assert!(started.elapsed() < Duration::from_millis(2500), "{:?}", started.elapsed());
}

#[test]
fn either_signal_ends_it_within_a_second_while_clients_are_connected() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut broker = Running::start(&[]);
        produce(&broker, "topic1", 1);
        let clients: Vec<TcpStream> =
            (0..20).map(|_| TcpStream::connect(broker.address).unwrap()).collect();
        let asked = Instant::now();
        broker.signal(signal);
        assert_eq!(broker.wait().code(), Some(0));
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
        drop(clients);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn clients_that_left_leave_no_threads_behind() {
    let broker = Running::start(&[]);
    let tasks = format!("/proc/{}/task", broker.child.id());
    let threads = || std::fs::read_dir(&tasks).unwrap().count();
    let before = threads();
    let clients: Vec<TcpStream> =
        (0..40).map(|_| TcpStream::connect(broker.address).unwrap()).collect();
    eventually(|| threads() >= before + 40);
    drop(clients);
    eventually(|| threads() <= before);
}

fn eventually(reached: impl Fn() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !reached() {
        assert!(Instant::now() < end, "not reached in time");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_cannot_be_understood_is_exit_code_2_in_words() {
    for (args, words) in [
        (vec!["--topic", "a b"], "cannot stand in a topic's name"),
        (vec!["--topic", ""], "the topic's name is empty"),
        (vec!["--topic", "a:0"], "1 to 1000"),
        (vec!["--topic", "a", "--topic", "a:2"], "names `a` twice"),
        (vec!["--advertised", "127.0.0.1:0"], "no client can connect to port 0"),
        (vec!["--advertised", "0.0.0.0:1"], "no client can connect to 0.0.0.0"),
        (vec!["--advertised", "127.0.0.1:1", "--brokers", "2"], "the address of one broker"),
        (vec!["--brokers", "0"], "0 is not in 1..=9"),
        (vec!["--listen", "9092"], "such as 127.0.0.1:9092"),
    ] {
        let output = output(&args);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
        assert!(text.contains(words), "{args:?}: {text}");
    }
}

/// The addresses that a process listens on: its sockets, looked up in the system's table of those
/// that listen.
#[cfg(target_os = "linux")]
fn listening(process: u32) -> Vec<String> {
    let sockets: Vec<String> = std::fs::read_dir(format!("/proc/{process}/fd"))
        .unwrap()
        .filter_map(|file| std::fs::read_link(file.ok()?.path()).ok())
        .map(|link| link.to_string_lossy().into_owned())
        .filter_map(|link| Some(link.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let mut found = Vec::new();
    for table in ["tcp", "tcp6"] {
        let table =
            std::fs::read_to_string(format!("/proc/{process}/net/{table}")).unwrap_or_default();
        for line in table.lines().skip(1) {
            let cells: Vec<_> = line.split_whitespace().collect();
            // 0A is LISTEN.
            if cells[3] == "0A" && sockets.iter().any(|inode| inode == cells[9]) {
                found.push(cells[1].to_owned());
            }
        }
    }
    found
}

#[cfg(target_os = "linux")]
#[test]
fn all_that_it_listens_on_is_loopback() {
    let broker = Running::start(&["--brokers", "3"]);
    let addresses = listening(broker.child.id());
    // Three brokers, and a relay before each.
    assert_eq!(addresses.len(), 6, "{addresses:?}");
    for address in addresses {
        // 127.0.0.1, as the kernel writes it on a little-endian machine.
        let loopback = u32::from_ne_bytes([127, 0, 0, 1]);
        assert!(address.starts_with(&format!("{loopback:08X}:")), "it listens on {address}");
    }
}

#[test]
fn with_an_address_to_tell_nobody_is_warned_that_there_is_none() {
    let args = ["--listen", "0.0.0.0:0", "--advertised", "127.0.0.1:9"];
    let mut child = kp_broker(&args).spawn().unwrap();
    // It is ready after all its warnings.
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert!(said.contains("can read and write"), "{said}");
    assert!(!said.contains("get no further"), "{said}");
}

#[test]
fn an_address_that_others_reach_is_warned_about() {
    let mut child = kp_broker(&["--listen", "0.0.0.0:0"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        line.starts_with("kp-broker: warning: ") && line.contains("can read and write"),
        "{line}"
    );
}
