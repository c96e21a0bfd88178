//! Batches: every message that goes through one is counted and compared.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, Instant};

use kp_rdkafka::mock::MockCluster;
use kp_rdkafka::{Batch, Client, Event, Kind, Topic};
use proptest::prelude::*;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};

const PATIENCE: Duration = Duration::from_secs(10);

/// Key and value of a message.
type Pair = (Option<Vec<u8>>, Option<Vec<u8>>);

fn client(cluster: &MockCluster, kind: Kind, property: (&str, &str)) -> Client {
    let servers = cluster.bootstrap_servers();
    let properties = [("bootstrap.servers", servers.as_str()), property];
    Client::new(kind, &properties, RDKafkaLogLevel::Error, None).unwrap()
}

fn producer(cluster: &MockCluster, property: (&str, &str)) -> Client {
    client(cluster, Kind::Producer, property)
}

fn fill(batch: &mut Batch, pairs: &[Pair]) {
    for (number, (key, value)) in pairs.iter().enumerate() {
        batch.push(key.as_deref(), value.as_deref(), number);
    }
}

/// The opaques of the messages that were acknowledged, in the order of the reports, until there are so many.
fn acknowledged(client: &Client, count: usize) -> Vec<usize> {
    let deadline = Instant::now() + PATIENCE;
    let mut opaques = Vec::new();
    while opaques.len() < count {
        assert!(
            Instant::now() < deadline,
            "only {} of {count}",
            opaques.len()
        );
        if let Some(Event::Deliveries(deliveries)) = client.poll(Duration::from_millis(50)) {
            for delivery in deliveries {
                assert_eq!(delivery.error, None);
                opaques.push(delivery.opaque);
            }
        }
    }
    opaques
}

/// What a partition holds, read from its beginning.
fn stored(cluster: &MockCluster, topic: &str, partition: i32, count: usize) -> Vec<Pair> {
    let client = client(cluster, Kind::Consumer, ("group.id", "reader"));
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Beginning)
        .unwrap();
    client.assign(&list).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let mut found = Vec::new();
    while found.len() < count {
        assert!(Instant::now() < deadline, "only {} of {count}", found.len());
        if let Some(Event::Message(message)) = client.poll(Duration::from_millis(50)) {
            found.push((
                message.key().map(<[u8]>::to_vec),
                message.value().map(<[u8]>::to_vec),
            ));
        }
    }
    found
}

fn bytes() -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(proptest::collection::vec(any::<u8>(), 0..200))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Null, empty and any other key and value, in any number and order, through a queue that is too small for them.
    #[test]
    fn what_goes_in_is_what_is_stored(pairs in proptest::collection::vec((bytes(), bytes()), 1..500)) {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic("orders", 2, 1).unwrap();
        let client = producer(&cluster, ("queue.buffering.max.messages", "100"));
        let topic = Topic::new(&client, "orders").unwrap();
        let mut batch = Batch::default();
        fill(&mut batch, &pairs);
        let mut opaques = Vec::new();
        while !batch.is_empty() {
            let before = batch.len();
            let outcome = topic.enqueue_batch(Some(1), &mut batch, |code| panic!("{code}"));
            prop_assert_eq!(outcome, if batch.is_empty() { Ok(()) } else { Err(Code::QueueFull) });
            opaques.extend(acknowledged(&client, before - batch.len()));
        }
        prop_assert_eq!(opaques, (0..pairs.len()).collect::<Vec<_>>());
        prop_assert_eq!(stored(&cluster, "orders", 1, pairs.len()), pairs);
    }
}

#[test]
fn a_batch_is_used_again_while_a_part_of_it_waits() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("orders", 1, 1).unwrap();
    let client = producer(&cluster, ("queue.buffering.max.messages", "3"));
    let topic = Topic::new(&client, "orders").unwrap();
    let pairs: Vec<Pair> = (0..10_u8)
        .map(|number| (Some(vec![number]), Some(vec![number; usize::from(number)])))
        .collect();
    let mut batch = Batch::default();
    for chunk in pairs.chunks(2) {
        fill(&mut batch, chunk);
        let before = batch.len();
        let _ = topic.enqueue_batch(None, &mut batch, |code| panic!("{code}"));
        acknowledged(&client, before - batch.len());
    }
    while !batch.is_empty() {
        let before = batch.len();
        let _ = topic.enqueue_batch(None, &mut batch, |code| panic!("{code}"));
        acknowledged(&client, before - batch.len());
    }
    assert_eq!(batch.bytes(), 0);
    assert_eq!(stored(&cluster, "orders", 0, pairs.len()), pairs);
}

#[test]
fn a_message_that_can_never_be_sent_is_told_and_the_others_go() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("orders", 1, 1).unwrap();
    let client = producer(&cluster, ("message.max.bytes", "2000"));
    let topic = Topic::new(&client, "orders").unwrap();
    let pairs: Vec<Pair> = [1, 3000, 2, 4000, 3]
        .map(|length| (None, Some(vec![b'x'; length])))
        .into();
    let mut batch = Batch::default();
    fill(&mut batch, &pairs);
    let mut refused = Vec::new();
    topic
        .enqueue_batch(None, &mut batch, |code| refused.push(code))
        .unwrap();
    assert_eq!(refused, [Code::MessageSizeTooLarge; 2]);
    assert_eq!(acknowledged(&client, 3), [0, 2, 4]);
    let kept: Vec<_> = pairs.iter().step_by(2).cloned().collect();
    assert_eq!(stored(&cluster, "orders", 0, 3), kept);
}

#[test]
fn a_partition_that_is_not_there_refuses_the_whole_batch() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("orders", 1, 1).unwrap();
    let client = producer(&cluster, ("linger.ms", "0"));
    client.metadata(Some("orders"), PATIENCE).unwrap();
    let topic = Topic::new(&client, "orders").unwrap();
    client.metadata(Some("orders"), PATIENCE).unwrap();
    let mut batch = Batch::default();
    fill(&mut batch, &vec![(None, None); 3]);
    let mut refused = Vec::new();
    topic
        .enqueue_batch(Some(7), &mut batch, |code| refused.push(code))
        .unwrap();
    assert_eq!(refused, [Code::UnknownPartition; 3]);
    assert!(batch.is_empty());
}
