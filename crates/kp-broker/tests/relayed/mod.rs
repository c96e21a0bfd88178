//! Behind a relay, of which clients are told: all that they do goes through it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use kp_stack::embedded::RelayedBroker;
use kp_stack::kafka::offsets;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};

use crate::running::DEADLINE;

/// The broker, and the folder of its log.
fn start() -> (RelayedBroker, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_kp-broker"));
    let log = folder.path().join("log");
    (RelayedBroker::start(program, &log, &["--topic", "orders:3"]).unwrap(), folder)
}

fn client(port: u16) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", format!("127.0.0.1:{port}"));
    config
}

fn send(producer: &ThreadedProducer<DefaultProducerContext>) {
    let record = BaseRecord::<(), _>::to("orders").partition(0).payload("1");
    producer.send(record).map_err(|(error, _)| error).unwrap();
}

fn stored_within(broker: SocketAddr, count: u64, patience: Duration) -> bool {
    let end = Instant::now() + patience;
    loop {
        let stored = offsets::end_at("orders", &broker.to_string()).unwrap();
        assert!(stored <= count, "{stored} are stored");
        if stored == count || Instant::now() > end {
            return stored == count;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn clients_are_told_the_relay_wherever_they_begin() {
    let (broker, _folder) = start();
    for port in [broker.relay().port(), broker.address().port()] {
        let consumer: BaseConsumer = client(port).create().unwrap();
        let metadata = consumer.fetch_metadata(None, DEADLINE).unwrap();
        let told: Vec<_> =
            metadata.brokers().iter().map(|broker| (broker.host(), broker.port())).collect();
        assert_eq!(told, [("127.0.0.1", i32::from(broker.relay().port()))]);
        assert_eq!(metadata.topics()[0].partitions().len(), 3);
    }
}

#[test]
fn what_is_sent_waits_while_the_relay_is_cut() {
    let (broker, _folder) = start();
    // It begins past the relay, and is sent there all the same.
    let producer: ThreadedProducer<DefaultProducerContext> =
        client(broker.address().port()).create().unwrap();
    send(&producer);
    producer.flush(DEADLINE).unwrap();
    broker.relay().cut();
    send(&producer);
    assert!(producer.flush(Duration::from_millis(300)).is_err());
    assert!(stored_within(broker.address(), 1, Duration::ZERO));
    broker.relay().mend();
    producer.flush(DEADLINE).unwrap();
    assert!(stored_within(broker.address(), 2, Duration::ZERO));
}

#[test]
fn what_a_client_sends_again_without_an_answer_is_stored_twice_as_the_page_says() {
    // A real Kafka would see the repetition of an idempotent producer.
    for idempotence in ["false", "true"] {
        let (broker, _folder) = start();
        let producer: ThreadedProducer<DefaultProducerContext> = client(broker.relay().port())
            .set("enable.idempotence", idempotence)
            .set("retry.backoff.ms", "10")
            .create()
            .unwrap();
        send(&producer);
        producer.flush(DEADLINE).unwrap();
        broker.relay().lose_answers();
        send(&producer);
        assert!(stored_within(broker.address(), 2, DEADLINE), "requests get through");
        assert!(producer.flush(Duration::from_millis(100)).is_err(), "nothing is heard of it");
        // The connection ends, because it has lost something.
        broker.relay().mend();
        producer.flush(DEADLINE).unwrap();
        assert!(
            stored_within(broker.address(), 3, Duration::ZERO),
            "with enable.idempotence={idempotence}"
        );
    }
}
