//! A partition that has no leader when reading starts, as one has whose broker just died.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::thread;
use std::time::{Duration, Instant};

use kp_client::Error;
use kp_client::consume::{Consumer, Membership};
use kp_rdkafka::mock::MockCluster;
use kp_settings::{Input, Settings, load};

fn leaderless() -> (MockCluster, Settings) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("orders", 1, 1).unwrap();
    cluster.set_partition_leader("orders", 0, None).unwrap();
    let environment = [
        ("KP_KAFKA__BOOTSTRAP_SERVERS", cluster.bootstrap_servers()),
        ("KP_KAFKA__CONNECT_TIMEOUT", "2s".to_owned()),
        ("KP_CONSUMER__TOPIC", "orders".to_owned()),
        ("KP_CONSUMER__FROM", "earliest".to_owned()),
    ];
    let settings = load(&Input {
        environment: environment
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        ..Input::default()
    });
    (cluster, settings.unwrap())
}

#[test]
fn reading_starts_once_there_is_a_leader() {
    let (cluster, settings) = leaderless();
    let reader = thread::spawn(move || {
        let start = Instant::now();
        let consumer = Consumer::connect(&settings, Membership::Alone, false);
        consumer.map(|_| start.elapsed())
    });
    thread::sleep(Duration::from_millis(500));
    cluster.set_partition_leader("orders", 0, Some(1)).unwrap();
    let waited = reader.join().unwrap().unwrap();
    assert!(waited >= Duration::from_millis(400), "{waited:?}");
}

#[test]
fn without_one_the_error_says_so() {
    let (_cluster, settings) = leaderless();
    let refused = Consumer::connect(&settings, Membership::Alone, false);
    let Err(error @ Error::Stalled(_)) = refused.map(|_| ()) else {
        panic!("it started");
    };
    let text = error.to_string();
    assert!(text.starts_with("orders [0] has had no leader for 2s"), "{text}");
}
