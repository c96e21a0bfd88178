//! Reading by the batch: each message once and in its partition's order, wherever reading stops and
//! begins anew.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kp_core::Record;
use kp_rdkafka::mock::MockCluster;
use kp_rdkafka::{Client, Event, Feed, Kind, Offsets, Place, Start, Starts, TopicHandle};
use rdkafka::config::RDKafkaLogLevel;

const PATIENCE: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(50);
const PARTITIONS: i32 = 3;
/// More than two batches.
const EACH: i64 = 700;

fn client(cluster: &MockCluster, kind: Kind, properties: &[(&str, &str)]) -> Client {
    let servers = cluster.bootstrap_servers();
    let properties = [&[("bootstrap.servers", servers.as_str())], properties].concat();
    Client::new(kind, &properties, RDKafkaLogLevel::Error, None).unwrap()
}

fn filled() -> MockCluster {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("t", PARTITIONS.unsigned_abs(), 1).unwrap();
    let producer = client(&cluster, Kind::Producer, &[]);
    let topic = TopicHandle::new(&producer, "t").unwrap();
    for _ in 0..EACH {
        for partition in 0..PARTITIONS {
            let record =
                Record { value: Some(b"v"), partition: Some(partition), ..Record::default() };
            topic.enqueue(&record, 0).unwrap();
        }
    }
    let deadline = Instant::now() + PATIENCE;
    let mut stored = 0;
    while stored < EACH * i64::from(PARTITIONS) {
        assert!(Instant::now() < deadline, "only {stored} were stored");
        if let Some(Event::Deliveries(deliveries)) = producer.poll(STEP) {
            stored += deliveries.count() as i64;
        }
    }
    cluster
}

/// A consumer that was told all partitions, from these offsets.
struct Reader {
    client: Client,
    feed: Feed,
    /// The offset that is next in each partition.
    next: BTreeMap<i32, i64>,
    /// The partitions whose end was told. It may be told before another partition is read.
    ends: Vec<i32>,
}

impl Reader {
    fn start(cluster: &MockCluster) -> Self {
        let properties =
            [("group.id", "g"), ("enable.partition.eof", "true"), ("fetch.wait.max.ms", "20")];
        let client = client(cluster, Kind::Consumer, &properties);
        let mut feed = Feed::new(&client).unwrap();
        let starts: Starts = places().into_iter().map(|place| (place, Start::Beginning)).collect();
        feed.starts(starts.keys());
        client.add(&starts).unwrap();
        let next = (0..PARTITIONS).map(|partition| (partition, 0)).collect();
        Self { client, feed, next, ends: Vec::new() }
    }

    /// Reads until `stop` says so of the offset that is next in each partition.
    fn read_until(&mut self, mut stop: impl FnMut(&BTreeMap<i32, i64>) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !stop(&self.next) {
            assert!(Instant::now() < deadline, "no further than {:?}", self.next);
            self.take();
        }
    }

    /// Reads until the end of each partition was told.
    fn read_to_the_ends(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while !(0..PARTITIONS).all(|partition| self.ends.contains(&partition)) {
            assert!(Instant::now() < deadline, "ends of {:?}, at {:?}", self.ends, self.next);
            self.take();
        }
    }

    fn take(&mut self) {
        match self.feed.next(STEP, places) {
            Some(Event::Message(message)) => {
                let next = self.next.get_mut(&message.partition()).unwrap();
                assert_eq!(message.offset(), *next, "of {}", message.partition());
                *next += 1;
            }
            Some(Event::EndOfPartition { topic, partition, offset }) => {
                assert_eq!((topic.as_str(), offset), ("t", EACH));
                assert_eq!(self.next[&partition], EACH, "the end comes behind its messages");
                self.ends.push(partition);
            }
            None | Some(Event::Committed { .. }) => {}
            other => panic!("{other:?}"),
        }
    }

    fn read_all(&mut self) {
        self.read_until(|next| next.values().all(|next| *next == EACH));
    }
}

fn places() -> Vec<Place> {
    (0..PARTITIONS).map(|partition| ("t".to_owned(), partition)).collect()
}

fn total(next: &BTreeMap<i32, i64>) -> i64 {
    next.values().sum()
}

#[test]
fn each_message_comes_once_and_in_order_and_so_does_each_end() {
    let cluster = filled();
    let mut reader = Reader::start(&cluster);
    reader.read_to_the_ends();
    assert_eq!(total(&reader.next), EACH * i64::from(PARTITIONS));
    assert!(places().iter().all(|place| reader.feed.position(place) == Some(EACH)));
    reader.ends.sort_unstable();
    assert_eq!(reader.ends, [0, 1, 2], "each end comes once");
}

#[test]
fn in_the_middle_of_a_batch_one_partition_begins_anew_and_the_others_go_on() {
    let cluster = filled();
    let mut reader = Reader::start(&cluster);
    for at in [10, 300, 600, 1_000, 1_500] {
        reader.read_until(|next| total(next) >= at);
        // To the beginning of the partition that has come furthest.
        let (partition, _) = reader.next.iter().max_by_key(|(_, next)| **next).unwrap();
        let place = ("t".to_owned(), *partition);
        reader.feed.forget([&place]);
        let back = Offsets::from([(place.clone(), 5)]);
        reader.client.seek(&back, PATIENCE).unwrap();
        reader.next.insert(place.1, 5);
    }
    reader.read_all();
}

#[test]
fn partitions_that_stop_and_start_anew_go_on_at_once() {
    let cluster = filled();
    let mut reader = Reader::start(&cluster);
    for at in [1, 400, 800, 1_200, 1_600, 2_000] {
        reader.read_until(|next| total(next) >= at);
        let again: Vec<Place> = places().into_iter().take(2).collect();
        let starts: Starts =
            again.iter().map(|place| (place.clone(), Start::At(reader.next[&place.1]))).collect();
        reader.feed.forget(&again);
        reader.feed.starts(&again);
        reader.client.restart(&starts, || unreachable!("there is no group")).unwrap();
    }
    let began = Instant::now();
    reader.read_all();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn a_wait_ends_as_soon_as_a_message_comes() {
    let cluster = filled();
    let mut reader = Reader::start(&cluster);
    reader.read_to_the_ends();
    let producer = client(&cluster, Kind::Producer, &[]);
    let topic = TopicHandle::new(&producer, "t").unwrap();
    let value = Record { value: Some(b"late"), partition: Some(1), ..Record::default() };
    let late = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        topic.enqueue(&value, 0).unwrap();
        producer.flush(STEP);
        producer
    });
    let began = Instant::now();
    let event = reader.feed.next(PATIENCE, places);
    assert!(matches!(&event, Some(Event::Message(_))), "{event:?}");
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
    drop(late.join().unwrap());
}
