//! Batches: every message that goes through one is counted and compared.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kp_core::Record;
use kp_rdkafka::mock::MockCluster;
use kp_rdkafka::{Batch, Client, Event, Kind, Start, Starts, TopicHandle};
use proptest::prelude::*;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::RDKafkaErrorCode as Code;

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

/// A cluster with the topic `orders`, and a producer with a handle on it.
fn orders(partitions: u32, property: (&str, &str)) -> (MockCluster, Client, TopicHandle) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("orders", partitions, 1).unwrap();
    let client = producer(&cluster, property);
    let topic = TopicHandle::new(&client, "orders").unwrap();
    (cluster, client, topic)
}

fn fill(batch: &mut Batch, pairs: &[Pair]) {
    for (number, (key, value)) in pairs.iter().enumerate() {
        batch.push(key.as_deref(), value.as_deref(), number);
    }
}

/// The partitions that so many acknowledged messages went to, each with their opaques in order.
fn places(client: &Client, count: usize) -> BTreeMap<i32, Vec<usize>> {
    let deadline = Instant::now() + PATIENCE;
    let mut places: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    while places.values().map(Vec::len).sum::<usize>() < count {
        assert!(Instant::now() < deadline, "only {places:?} of {count}");
        if let Some(Event::Deliveries(deliveries)) = client.poll(Duration::from_millis(50)) {
            for delivery in deliveries {
                assert_eq!(delivery.error, None);
                places.entry(delivery.partition).or_default().push(delivery.opaque);
            }
        }
    }
    places
}

/// The opaques of the messages that were acknowledged, in the order of the reports, until there are
/// so many.
fn acknowledged(client: &Client, count: usize) -> Vec<usize> {
    let deadline = Instant::now() + PATIENCE;
    let mut opaques = Vec::new();
    while opaques.len() < count {
        assert!(Instant::now() < deadline, "only {} of {count}", opaques.len());
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
    client.assign(&Starts::from([((topic.to_owned(), partition), Start::Beginning)])).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let mut found = Vec::new();
    while found.len() < count {
        assert!(Instant::now() < deadline, "only {} of {count}", found.len());
        if let Some(Event::Message(message)) = client.poll(Duration::from_millis(50)) {
            found.push((message.key().map(<[u8]>::to_vec), message.value().map(<[u8]>::to_vec)));
        }
    }
    found
}

fn bytes() -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(proptest::collection::vec(any::<u8>(), 0..200))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Null, empty and any other key and value, in any number and order, through a queue that is
    /// too small for them.
    #[test]
    fn what_goes_in_is_what_is_stored(pairs in proptest::collection::vec((bytes(), bytes()), 1..500)) {
        let (cluster, client, topic) = orders(2, ("queue.buffering.max.messages", "100"));
        let mut batch = Batch::default();
        fill(&mut batch, &pairs);
        let mut opaques = Vec::new();
        while !batch.is_empty() {
            let before = batch.len();
            let outcome = topic.enqueue_batch(Some(1), &mut batch, |code, _| panic!("{code}"));
            prop_assert_eq!(outcome, if batch.is_empty() { Ok(()) } else { Err(Code::QueueFull) });
            opaques.extend(acknowledged(&client, before - batch.len()));
        }
        prop_assert_eq!(opaques, (0..pairs.len()).collect::<Vec<_>>());
        prop_assert_eq!(stored(&cluster, "orders", 1, pairs.len()), pairs);
    }
}

#[test]
fn a_batch_is_used_again_while_a_part_of_it_waits() {
    let (cluster, client, topic) = orders(1, ("queue.buffering.max.messages", "3"));
    let pairs: Vec<Pair> = (0..10_u8)
        .map(|number| (Some(vec![number]), Some(vec![number; usize::from(number)])))
        .collect();
    let mut batch = Batch::default();
    for chunk in pairs.chunks(2) {
        fill(&mut batch, chunk);
        let before = batch.len();
        let _ = topic.enqueue_batch(None, &mut batch, |code, _| panic!("{code}"));
        acknowledged(&client, before - batch.len());
    }
    while !batch.is_empty() {
        let before = batch.len();
        let _ = topic.enqueue_batch(None, &mut batch, |code, _| panic!("{code}"));
        acknowledged(&client, before - batch.len());
    }
    assert_eq!(batch.bytes(), 0);
    assert_eq!(stored(&cluster, "orders", 0, pairs.len()), pairs);
}

const PARTITIONS: u32 = 4;

/// Sends runs of these keys, of so many messages each, and tells where they went.
fn sent(property: (&str, &str), runs: &[(Option<&str>, usize)]) -> BTreeMap<i32, Vec<usize>> {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("orders", PARTITIONS, 1).unwrap();
    let client = producer(&cluster, property);
    client.metadata(Some("orders"), PATIENCE).unwrap();
    let topic = TopicHandle::new(&client, "orders").unwrap();
    client.metadata(Some("orders"), PATIENCE).unwrap();
    let mut batch = Batch::default();
    let keys = runs.iter().flat_map(|(key, count)| std::iter::repeat_n(*key, *count));
    for (number, key) in keys.enumerate() {
        batch.push(key.map(str::as_bytes), Some(b"v"), number);
    }
    let count = batch.len();
    while !batch.is_empty() {
        topic.enqueue_batch(None, &mut batch, |code, _| panic!("{code}")).unwrap();
    }
    places(&client, count)
}

#[test]
fn messages_without_a_key_go_together_as_long_as_the_time_lasts() {
    let places = sent(("sticky.partitioning.linger.ms", "60000"), &[(None, 1_000)]);
    assert_eq!(places.len(), 1, "{:?}", places.keys());
    assert_eq!(places.into_values().next().unwrap(), (0..1_000).collect::<Vec<_>>());
}

#[test]
fn messages_that_waited_for_their_topic_do_not_decide_for_others() {
    let cluster = MockCluster::new(1).unwrap();
    let client = producer(&cluster, ("sticky.partitioning.linger.ms", "60000"));
    let mut chosen = BTreeMap::new();
    for number in 0..30 {
        let name = format!("orders{number}");
        cluster.create_topic(&name, PARTITIONS, 1).unwrap();
        let topic = TopicHandle::new(&client, &name).unwrap();
        let mut batch = Batch::default();
        fill(&mut batch, &[(None, None)]);
        // The topic is not known yet: its partition is chosen later.
        topic.enqueue_batch(None, &mut batch, |code, _| panic!("{code}")).unwrap();
        chosen.append(&mut places(&client, 1));
    }
    assert_eq!(chosen.len(), PARTITIONS as usize, "{:?}", chosen.keys());
}

#[test]
fn a_run_that_the_queue_has_no_room_for_stays_in_order() {
    let (cluster, client, topic) = orders(1, ("queue.buffering.max.messages", "3"));
    client.metadata(Some("orders"), PATIENCE).unwrap();
    let pairs: Vec<Pair> = (0..100_u8).map(|number| (None, Some(vec![number]))).collect();
    let mut batch = Batch::default();
    fill(&mut batch, &pairs);
    while !batch.is_empty() {
        let before = batch.len();
        let outcome = topic.enqueue_batch(None, &mut batch, |code, _| panic!("{code}"));
        assert_eq!(outcome, if batch.is_empty() { Ok(()) } else { Err(Code::QueueFull) });
        acknowledged(&client, before - batch.len());
    }
    assert_eq!(stored(&cluster, "orders", 0, pairs.len()), pairs);
}

#[test]
fn without_that_time_each_message_goes_anywhere() {
    for property in [("sticky.partitioning.linger.ms", "0"), ("linger.ms", "0")] {
        let places = sent(property, &[(None, 1_000)]);
        assert_eq!(places.len(), PARTITIONS as usize, "{property:?}: {:?}", places.keys());
    }
}

#[test]
fn a_partitioner_that_hashes_no_key_sends_all_of_them_to_one_partition() {
    for hashing in ["consistent", "murmur2", "fnv1a"] {
        assert_eq!(sent(("partitioner", hashing), &[(None, 1_000)]).len(), 1, "{hashing}");
    }
}

#[test]
fn a_key_has_its_partition_whatever_comes_between() {
    let keys = ["one", "two", "three", "four", "five", "six", "seven", "eight"];
    for partitioner in ["consistent_random", "murmur2_random", "fnv1a_random"] {
        let alone: Vec<i32> = keys
            .iter()
            .map(|key| {
                *sent(("partitioner", partitioner), &[(Some(key), 3)]).first_key_value().unwrap().0
            })
            .collect();
        assert!(alone.iter().any(|partition| *partition != alone[0]), "{alone:?}");
        let mut runs = Vec::new();
        for key in keys {
            runs.extend([(Some(key), 2), (None, 5)]);
        }
        let mixed = sent(("partitioner", partitioner), &runs);
        for (index, partition) in alone.iter().enumerate() {
            for number in [index * 7, index * 7 + 1] {
                assert!(mixed[partition].contains(&number), "{partitioner}: {}", keys[index]);
            }
        }
    }
}

#[test]
fn in_time_messages_without_a_key_reach_all_partitions() {
    let (_cluster, client, topic) = orders(PARTITIONS, ("sticky.partitioning.linger.ms", "1"));
    client.metadata(Some("orders"), PATIENCE).unwrap();
    let deadline = Instant::now() + PATIENCE;
    let mut reached = BTreeMap::new();
    while reached.len() < PARTITIONS as usize {
        assert!(Instant::now() < deadline, "only {:?}", reached.keys());
        let mut batch = Batch::default();
        fill(&mut batch, &[(None, None), (None, None)]);
        topic.enqueue_batch(None, &mut batch, |code, _| panic!("{code}")).unwrap();
        // With headers or a time of its own a message goes alone.
        topic.enqueue(&Record { value: Some(b"v"), ..Record::default() }, 2).unwrap();
        reached.append(&mut places(&client, 3));
    }
}

#[test]
fn a_message_that_can_never_be_sent_is_told_and_the_others_go() {
    let (cluster, client, topic) = orders(1, ("message.max.bytes", "2000"));
    let pairs: Vec<Pair> =
        [1, 3000, 2, 4000, 3].map(|length| (None, Some(vec![b'x'; length]))).into();
    let mut batch = Batch::default();
    fill(&mut batch, &pairs);
    let mut refused = Vec::new();
    topic.enqueue_batch(None, &mut batch, |code, _| refused.push(code)).unwrap();
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
    let topic = TopicHandle::new(&client, "orders").unwrap();
    client.metadata(Some("orders"), PATIENCE).unwrap();
    let mut batch = Batch::default();
    fill(&mut batch, &vec![(None, None); 3]);
    let mut refused = Vec::new();
    topic.enqueue_batch(Some(7), &mut batch, |code, _| refused.push(code)).unwrap();
    assert_eq!(refused, [Code::UnknownPartition; 3]);
    assert!(batch.is_empty());
}
