//! Transactions on the mock cluster, which takes them, but hides no aborted message, fences nobody
//! and forgets their offsets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, Instant};

use kp_core::Record;
use kp_rdkafka::mock::MockCluster;
use kp_rdkafka::{Client, Event, Kind, Offsets, TopicHandle, TransactionError};
use rdkafka::config::RDKafkaLogLevel;

const PATIENCE: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(100);

fn client(cluster: &MockCluster, kind: Kind, property: (&str, &str)) -> Client {
    let servers = cluster.bootstrap_servers();
    let properties = [("bootstrap.servers", servers.as_str()), property];
    Client::new(kind, &properties, RDKafkaLogLevel::Error, None).unwrap()
}

/// A cluster with a topic, and a producer that can begin transactions.
fn ready() -> (MockCluster, Client, TopicHandle) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("orders", 1, 1).unwrap();
    let client = client(&cluster, Kind::Producer, ("transactional.id", "id"));
    let topic = TopicHandle::new(&client, "orders").unwrap();
    carry_out(&client, |client| client.init_transactions(STEP)).unwrap();
    (cluster, client, topic)
}

/// A consumer, and the offset that its group is to have.
fn read_up_to(cluster: &MockCluster, offset: i64) -> (Client, Offsets) {
    let consumer = client(cluster, Kind::Consumer, ("group.id", "copier"));
    (consumer, Offsets::from([(("orders".to_owned(), 0), offset)]))
}

/// Makes a call until it is through, as its user would: with reports served in between.
fn carry_out(
    client: &Client,
    call: impl Fn(&Client) -> Result<(), TransactionError>,
) -> Result<(), TransactionError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match call(client) {
            Err(error) if error.retriable && Instant::now() < deadline => {
                while client.poll(Duration::from_millis(1)).is_some() {}
            }
            result => return result,
        }
    }
}

fn send(topic: &TopicHandle, value: &[u8]) {
    let record = Record { value: Some(value), ..Record::default() };
    topic.enqueue(&record, 0).unwrap();
}

fn deliveries(client: &Client, count: usize) {
    let deadline = Instant::now() + PATIENCE;
    let mut found = 0;
    while found < count {
        assert!(Instant::now() < deadline, "only {found} of {count}");
        if let Some(Event::Deliveries(deliveries)) = client.poll(STEP) {
            found += deliveries.count();
        }
    }
}

#[test]
fn messages_and_offsets_are_sent_and_committed() {
    let (cluster, client, topic) = ready();
    let (consumer, offsets) = read_up_to(&cluster, 2);
    for _ in 0..2 {
        client.begin_transaction().unwrap();
        send(&topic, b"one");
        send(&topic, b"two");
        deliveries(&client, 2);
        carry_out(&client, |client| client.send_offsets_to_transaction(&offsets, &consumer, STEP))
            .unwrap();
        carry_out(&client, |client| client.commit_transaction(STEP)).unwrap();
    }
}

#[test]
fn an_abort_fails_what_waits_and_the_next_transaction_can_begin() {
    let (_cluster, client, topic) = ready();
    client.begin_transaction().unwrap();
    send(&topic, b"one");
    carry_out(&client, |client| client.abort_transaction(STEP)).unwrap();
    client.begin_transaction().unwrap();
    send(&topic, b"two");
    deliveries(&client, 1);
    carry_out(&client, |client| client.commit_transaction(STEP)).unwrap();
}

#[test]
fn a_coordinator_that_falls_silent_does_not_hold_up_whoever_sends_offsets() {
    let (cluster, client, topic) = ready();
    let (consumer, offsets) = read_up_to(&cluster, 1);
    client.begin_transaction().unwrap();
    send(&topic, b"one");
    deliveries(&client, 1);
    // Longer than anybody waits: librdkafka takes the request for lost only after nearly a minute.
    cluster.set_round_trip_time(1, Duration::from_secs(300)).unwrap();
    let start = Instant::now();
    let error = client.send_offsets_to_transaction(&offsets, &consumer, STEP).unwrap_err();
    assert!(start.elapsed() < STEP * 20, "{:?}", start.elapsed());
    assert!(error.lost && !error.retriable && error.text.contains("not answered"), "{error:?}");
}

#[test]
fn without_a_name_there_are_no_transactions() {
    let cluster = MockCluster::new(1).unwrap();
    let client = client(&cluster, Kind::Producer, ("linger.ms", "0"));
    let error = client.init_transactions(STEP).unwrap_err();
    assert!(!error.retriable && !error.text.is_empty(), "{error:?}");
}
