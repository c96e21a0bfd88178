//! What a broker refuses is told in words, with topic and partition, and at once where waiting does
//! not help.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, Instant};

use kp_client::consume::{Consumer, Membership, Next};
use kp_client::produce::{Fate, Producer};
use kp_client::{Class, Error};
use kp_core::Record;
use kp_rdkafka::mock::MockCluster;
use kp_settings::{Input, Settings, load};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr as Raw};

const DEADLINE: Duration = Duration::from_secs(20);

fn settings(cluster: &MockCluster, more: &[(&str, &str)]) -> Settings {
    let servers = cluster.bootstrap_servers();
    let given = [
        ("KP_KAFKA__BOOTSTRAP_SERVERS", servers.as_str()),
        ("KP_CONSUMER__TOPIC", "orders"),
        ("KP_CONSUMER__GROUP_ID", "readers"),
        ("KP_CONSUMER__STALL_TIMEOUT", "20s"),
        ("KP_PRODUCER__DELIVERY_TIMEOUT", "5s"),
    ];
    let environment = given.iter().chain(more);
    load(&Input {
        environment: environment.map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        ..Input::default()
    })
    .unwrap()
}

fn cluster(partitions: u32) -> MockCluster {
    let cluster = MockCluster::new(1).unwrap();
    cluster.set_group_rebalance_delay(Duration::ZERO);
    cluster.create_topic("orders", partitions, 1).unwrap();
    cluster.create_topic("others", 1, 1).unwrap();
    cluster
}

/// Reads until an error comes.
fn refused(settings: &Settings) -> Error {
    let mut consumer = Consumer::connect(settings, Membership::Group, false).unwrap();
    let start = Instant::now();
    while start.elapsed() < DEADLINE {
        if let Err(error) = consumer.next(Duration::from_millis(100)) {
            return error;
        }
        if let Err(error) = consumer.check_progress() {
            return error;
        }
    }
    panic!("it was not refused");
}

#[test]
fn a_group_that_cannot_be_joined_is_told_at_once() {
    for (raw, words) in [
        (Raw::RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, "another type"),
        (Raw::RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, "session.timeout.ms"),
        (Raw::RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED, "group.max.size"),
    ] {
        let cluster = cluster(1);
        cluster.push_request_errors(RDKafkaApiKey::JoinGroup, &[raw; 5]);
        let start = Instant::now();
        let error = refused(&settings(&cluster, &[]));
        let text = error.to_string();
        assert!(text.starts_with("cannot join group readers: ") && text.contains(words), "{text}");
        assert_eq!(error.class(), Class::Broker, "{text}");
        assert!(start.elapsed() < DEADLINE / 2, "{text}");
    }
}

#[test]
fn a_coordinator_that_moves_while_it_is_asked_is_asked_again() {
    let cooperative =
        [("KP_KAFKA__LIBRDKAFKA__PARTITION_ASSIGNMENT_STRATEGY", "cooperative-sticky")];
    for more in [&[][..], &cooperative] {
        let cluster = cluster(2);
        let given = settings(&cluster, more);
        let mut producer = Producer::connect(&given, None).unwrap();
        for partition in [0, 1] {
            let record = Record {
                topic: "orders",
                partition: Some(partition),
                value: Some(b"x"),
                ..Record::default()
            };
            assert!(producer.send(0, &record).unwrap());
        }
        producer.flush(DEADLINE).unwrap();
        let moved = Raw::RD_KAFKA_RESP_ERR_NOT_COORDINATOR;
        cluster.push_request_errors(RDKafkaApiKey::OffsetFetch, &[moved; 6]);
        let mut consumer = Consumer::connect(&given, Membership::Group, false).unwrap();
        let start = Instant::now();
        let mut read = Vec::new();
        while read.len() < 2 {
            if let Next::Message(message) = consumer.next(Duration::from_millis(100)).unwrap() {
                read.push(message.partition());
            }
            consumer.check_progress().unwrap();
        }
        assert!(start.elapsed() < DEADLINE / 2, "{:?}", start.elapsed());
        read.sort_unstable();
        assert_eq!(read, [0, 1], "each once");
    }
}

#[test]
fn each_record_has_one_report_of_its_own() {
    let cluster = cluster(1);
    let given = settings(&cluster, &[]);
    let mut producer = Producer::connect(&given, Some("orders")).unwrap();
    producer.keep_reports();
    let record = Record { topic: "orders", value: Some(b"x"), ..Record::default() };
    let mut fates = Vec::new();
    for number in 0..3 {
        if number == 1 {
            let invalid = Raw::RD_KAFKA_RESP_ERR_INVALID_RECORD;
            cluster.push_request_errors(RDKafkaApiKey::Produce, &[invalid]);
        }
        assert!(producer.send(number, &record).unwrap());
        producer.flush(DEADLINE).unwrap();
        let reports = producer.take_reports();
        assert_eq!(reports.iter().map(|report| report.number).collect::<Vec<_>>(), [number]);
        fates.extend(reports.into_iter().map(|report| report.fate));
    }
    assert_eq!(fates[0], Fate::Acknowledged { partition: 0, offset: Some(0) });
    let Fate::Failed(reason) = &fates[1] else { panic!("{fates:?}") };
    assert!(reason.starts_with("topic orders [0]: "), "{reason}");
    assert_eq!(fates[2], Fate::Acknowledged { partition: 0, offset: Some(1) });
}

#[test]
fn a_refused_record_is_told_with_its_topic_and_partition() {
    let cluster = cluster(3);
    let given = settings(&cluster, &[]);
    let mut producer = Producer::connect(&given, None).unwrap();
    let record = |topic, partition| Record {
        topic,
        partition: Some(partition),
        value: Some(b"x"),
        ..Record::default()
    };
    assert!(producer.send(0, &record("others", 0)).unwrap());
    producer.flush(DEADLINE).unwrap();
    let invalid = Raw::RD_KAFKA_RESP_ERR_INVALID_RECORD;
    cluster.push_request_errors(RDKafkaApiKey::Produce, &[invalid]);
    assert!(producer.send(0, &record("orders", 2)).unwrap());
    producer.flush(DEADLINE).unwrap();
    let failures = &producer.tally().failures;
    assert_eq!(failures.len(), 1, "{failures:?}");
    let reason = &failures[0].reason;
    assert!(reason.starts_with("topic orders [2]: "), "{reason}");
    assert!(
        reason.contains("if it is compacted") && reason.contains("give the record a key"),
        "{reason}"
    );
    assert!(!reason.contains("Broker: "), "{reason}");
}

#[test]
fn a_refusal_in_the_middle_names_its_own_topic_alone() {
    let cluster = cluster(1);
    let mut producer = Producer::connect(&settings(&cluster, &[]), None).unwrap();
    let record = |topic| Record { topic, value: Some(b"x"), ..Record::default() };
    assert!(producer.send(0, &record("others")).unwrap());
    producer.flush(DEADLINE).unwrap();
    let refused = Raw::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    cluster.push_request_errors(RDKafkaApiKey::Produce, &[refused]);
    assert!(producer.send(0, &record("orders")).unwrap());
    let error = producer.flush(DEADLINE).unwrap_err().to_string();
    assert!(error.contains("orders") && !error.contains("others"), "{error}");
    assert!(error.contains("Write on topic orders"), "{error}");
}

#[test]
fn a_partition_without_a_leader_is_named_and_no_other() {
    let cluster = cluster(3);
    let given = settings(&cluster, &[]);
    cluster.set_partition_leader("orders", 1, None).unwrap();
    let mut producer = Producer::connect(&given, Some("orders")).unwrap();
    for partition in 0..3 {
        let record = Record {
            topic: "orders",
            partition: Some(partition),
            value: Some(b"x"),
            ..Record::default()
        };
        assert!(producer.send(0, &record).unwrap());
    }
    // With its own clock the producer ends by an error; either way the reason is in it or in the
    // tally.
    let flushed = producer.flush(DEADLINE);
    let mut said: String = flushed.map_or_else(|error| error.to_string(), |()| String::new());
    said.extend(producer.tally().failures.iter().map(|kind| kind.reason.clone()));
    assert!(said.contains("orders [1] has no leader; start broker 1"), "{said}");
}
