//! The mock cluster itself: its addresses, its topics, its brokers going down and up.

use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use kp_rdkafka::mock::{MockCluster, MockError, is_mock_cluster};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;

#[test]
fn each_broker_has_an_address_of_its_own() {
    let cluster = MockCluster::new(3).unwrap();
    let mut addresses = cluster.broker_addresses();
    assert!(addresses.iter().all(|address| address.ip().is_loopback() && address.port() != 0));
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), 3);
}

#[test]
fn a_topic_is_created_once() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("once", 2, 3).unwrap();
    let again = cluster.create_topic("once", 2, 1).unwrap_err();
    assert!(
        matches!(again, MockError::Refused { code: RDKafkaErrorCode::TopicAlreadyExists, .. }),
        "{again}"
    );
}

#[test]
fn what_would_end_the_process_is_refused_in_words() {
    assert!(matches!(MockCluster::new(0), Err(MockError::OutOfRange { .. })));
    let cluster = MockCluster::new(1).unwrap();
    assert!(matches!(cluster.create_topic("a\0b", 1, 1), Err(MockError::Nul { .. })));
    assert!(matches!(cluster.create_topic("a", 0, 1), Err(MockError::OutOfRange { .. })));
    assert!(matches!(cluster.create_topic("a", u32::MAX, 1), Err(MockError::OutOfRange { .. })));
    assert!(matches!(cluster.create_topic("a", 1, 0), Err(MockError::OutOfRange { .. })));
    assert!(matches!(cluster.set_host_port(1, "a\0b", 1), Err(MockError::Nul { .. })));
    assert!(matches!(
        cluster.set_round_trip_time(7, Duration::ZERO),
        Err(MockError::Refused { .. })
    ));
}

#[test]
fn a_dropped_cluster_lets_go_of_its_clients_at_once() {
    let cluster = MockCluster::new(1).unwrap();
    let mut client = TcpStream::connect(cluster.broker_addresses()[0]).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let asked = Instant::now();
    drop(cluster);
    // Either an orderly end or a reset.
    assert_eq!(client.read(&mut [0; 1]).unwrap_or(0), 0);
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
}

#[test]
fn its_brokers_tell_that_they_are_no_kafka() {
    let cluster = MockCluster::new(1).unwrap();
    let client: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", cluster.bootstrap_servers()).create().unwrap();
    let id = client.client().fetch_cluster_id(Duration::from_secs(10)).unwrap();
    assert!(is_mock_cluster(&id), "{id}");
    assert!(!is_mock_cluster("5L6g3nShT-eMCtK--X86sw"));
}

/// A signal that reached the mock's thread would end it, and the cluster's end would then wait for
/// it forever.
#[cfg(target_os = "linux")]
#[test]
fn no_signal_reaches_a_thread_of_the_cluster_or_stays_blocked_in_ours() {
    let _cluster = MockCluster::new(2).unwrap();
    // All but KILL and STOP, which nobody can block.
    let all = 0x7fff_ffff & !(1 << 8) & !(1 << 18);
    let blocked = blocked_signals("rdk:mock");
    assert_eq!(blocked & all, all, "{blocked:x}");

    let (end, ended) = std::sync::mpsc::channel::<()>();
    let ours = std::thread::Builder::new().name("ours".to_owned());
    ours.spawn(move || ended.recv()).unwrap();
    assert_eq!(blocked_signals("ours"), 0);
    drop(end);
}

/// The signals that every thread of this name blocks, a bit each, signal 1 lowest.
#[cfg(target_os = "linux")]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
fn blocked_signals(thread: &str) -> u64 {
    let name = format!("Name:\t{thread}");
    let start = Instant::now();
    // A thread gives itself its name.
    while start.elapsed() < Duration::from_secs(10) {
        let blocked = std::fs::read_dir("/proc/self/task")
            .unwrap()
            // Another test's thread may end meanwhile.
            .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("status")).ok())
            .filter(|status| status.lines().next() == Some(&name))
            .filter_map(|status| {
                let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:"))?;
                u64::from_str_radix(mask.trim(), 16).ok()
            })
            .reduce(|one, other| one & other);
        if let Some(blocked) = blocked {
            return blocked;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("no thread is named {thread}");
}
