//! Offsets that a partition does not have, on a mock cluster.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, Instant};

use kp_client::consume::{Consumer, Membership, Next};
use kp_client::{Class, Error};
use kp_rdkafka::mock::MockCluster;
use kp_settings::{Input, Settings, load};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

const DEADLINE: Duration = Duration::from_secs(20);
const GROUP: &str = "readers";
const TOPIC: &str = "orders";

/// A topic with this many messages in each partition.
fn cluster(partitions: u32, messages: usize) -> MockCluster {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(TOPIC, partitions, 1).unwrap();
    let producer: ThreadedProducer<DefaultProducerContext> =
        ClientConfig::new().set("bootstrap.servers", cluster.bootstrap_servers()).create().unwrap();
    for partition in 0..i32::try_from(partitions).unwrap() {
        for _ in 0..messages {
            let record = BaseRecord::<(), _>::to(TOPIC).partition(partition);
            let sent = producer.send(record.payload("x"));
            sent.map_err(|(error, _)| error).unwrap();
        }
    }
    producer.flush(DEADLINE).unwrap();
    cluster
}

fn group(cluster: &MockCluster) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("group.id", GROUP)
        .create()
        .unwrap()
}

fn commit(cluster: &MockCluster, partition: i32, offset: i64) {
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(TOPIC, partition, Offset::Offset(offset)).unwrap();
    group(cluster).commit(&offsets, CommitMode::Sync).unwrap();
}

fn committed(cluster: &MockCluster, partition: i32) -> Offset {
    let mut asked = TopicPartitionList::new();
    asked.add_partition(TOPIC, partition);
    let offsets = group(cluster).committed_offsets(asked, DEADLINE).unwrap();
    offsets.elements()[0].offset()
}

fn settings(cluster: &MockCluster, more: &[(&str, &str)]) -> Settings {
    let servers = cluster.bootstrap_servers();
    let of_all = [
        ("KP_KAFKA__BOOTSTRAP_SERVERS", servers.as_str()),
        ("KP_CONSUMER__TOPIC", TOPIC),
        ("KP_CONSUMER__GROUP_ID", GROUP),
    ];
    let environment = of_all.iter().chain(more);
    load(&Input {
        environment: environment.map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        ..Input::default()
    })
    .unwrap()
}

/// Reads this many messages to be done with; how many gaps came in between.
fn read(consumer: &mut Consumer, count: usize) -> Result<usize, Error> {
    let deadline = Instant::now() + DEADLINE;
    let (mut messages, mut gaps) = (0, 0);
    while messages < count {
        assert!(Instant::now() < deadline, "{messages} of {count} came");
        match consumer.next(Duration::from_millis(50))? {
            Next::Message(message) => {
                messages += 1;
                consumer.done(message.topic(), message.partition(), message.offset() + 1);
            }
            Next::Gap(gap) => {
                gaps += 1;
                consumer.pass_gaps(gap)?;
            }
            Next::Revoking(revoked) => consumer.release(revoked)?,
            Next::Nothing => {}
        }
    }
    Ok(gaps)
}

#[test]
fn past_the_end_a_group_starts_over_and_its_commit_goes_back() {
    let cluster = cluster(3, 5);
    commit(&cluster, 1, 100);
    commit(&cluster, 2, 4);
    let settings = settings(&cluster, &[]);
    let mut consumer = Consumer::connect(&settings, Membership::Group, false).unwrap();
    assert_eq!(read(&mut consumer, 11).unwrap(), 1);
    assert_eq!(consumer.gaps().unwrap(), "1 gap, in which 0 messages are gone for certain");
    consumer.leave().unwrap();
    for partition in 0..3 {
        assert_eq!(committed(&cluster, partition), Offset::Offset(5));
    }
}

#[test]
fn who_may_lose_nothing_fails_and_what_came_before_is_committed() {
    let cluster = cluster(2, 5);
    commit(&cluster, 1, 100);
    let settings = settings(&cluster, &[("KP_CONSUMER__ON_GAP", "fail")]);
    let mut consumer = Consumer::connect(&settings, Membership::Group, false).unwrap();
    let error = read(&mut consumer, 10).unwrap_err();
    assert_eq!(error.class(), Class::Messages);
    assert!(
        error.to_string().starts_with("orders [1]: reading goes on at offset 0, not at 100"),
        "{error}"
    );
    consumer.leave().unwrap();
    assert_eq!(committed(&cluster, 1), Offset::Offset(100));
}

#[test]
fn an_offset_that_was_named_and_is_not_there_fails_as_well() {
    let cluster = cluster(1, 5);
    let named = [("KP_CONSUMER__FROM", "77"), ("KP_CONSUMER__ON_GAP", "fail")];
    let refused = Consumer::connect(&settings(&cluster, &named), Membership::Alone, false);
    let error = refused.map(|_| ()).unwrap_err();
    assert!(
        error.to_string().starts_with("orders [0]: reading starts at offset 5, not at 77"),
        "{error}"
    );
    let named = settings(&cluster, &named[..1]);
    let consumer = Consumer::connect(&named, Membership::Alone, false).unwrap();
    assert!(consumer.gaps().is_some());
}

#[test]
fn a_group_that_has_committed_nothing_reads_each_message_once_whatever_the_partitions() {
    let cluster = cluster(200, 2);
    commit(&cluster, 7, 1);
    let settings = settings(&cluster, &[]);
    let mut consumer = Consumer::connect(&settings, Membership::Group, false).unwrap();
    assert_eq!(read(&mut consumer, 399).unwrap(), 0);
    assert!(matches!(consumer.next(Duration::from_millis(300)), Ok(Next::Nothing)));
    assert_eq!(consumer.gaps(), None);
    consumer.leave().unwrap();
}
