//! What settings promise and cost, in words.

use kp_settings::{Point, Reading};

use crate::scene::Scene;

const MEMBER: Reading = Reading { is_member: true, until_end: false };
const ALONE: Reading = Reading { is_member: false, until_end: false };

fn producer(flags: &[(&str, &str)]) -> Vec<Point> {
    let with = |scene: Scene, &(key, value): &(&str, &str)| scene.flag("--flag", key, &[value]);
    flags.iter().fold(Scene::new(), with).load().explain_producer().unwrap()
}

fn consumer(flags: &[(&str, &str)], reading: Reading) -> Vec<Point> {
    let with = |scene: Scene, &(key, value): &(&str, &str)| scene.flag("--flag", key, &[value]);
    flags.iter().fold(Scene::new(), with).load().explain_consumer(reading).unwrap()
}

/// The text of the point that follows from this property.
#[track_caller]
fn says<'p>(points: &'p [Point], property: &str, words: &str) -> &'p Point {
    let follows = |point: &&Point| point.because.iter().any(|one| one.starts_with(property));
    let point = points.iter().find(follows).unwrap_or_else(|| panic!("{property}: {points:?}"));
    assert!(point.text.contains(words), "{words}: {}", point.text);
    point
}

#[test]
fn what_an_acknowledgement_means_follows_from_acks_and_idempotence() {
    let safe = producer(&[]);
    let point = says(&safe, "acks = all (default)", "neither twice nor out of order");
    assert_eq!(point.because[1], "enable.idempotence = true (default)");
    says(&safe, "max.in.flight.requests.per.connection = 5", "Up to 5 requests");

    let leader = producer(&[("producer.acks", "1")]);
    let point = says(&leader, "acks = 1 (--flag)", "lost if that broker dies");
    assert_eq!(point.because[1], "enable.idempotence = false (kp)");
    says(&leader, "max.in.flight", "breaks the order");

    let none = producer(&[("producer.acks", "0")]);
    says(&none, "acks = 0", "nobody is told");
    assert!(!none.iter().any(|point| point.because[0].contains("in.flight")), "{none:?}");

    let once = producer(&[("producer.idempotence", "false")]);
    says(&once, "acks = all", "may store it twice");
}

#[test]
fn what_it_costs_follows_from_the_rest() {
    let defaults = producer(&[]);
    says(&defaults, "linger.ms = 5", "waits up to 5ms");
    says(&defaults, "compression.codec = gzip", "packed with gzip");
    says(&defaults, "message.timeout.ms", "within 30s ends the run");
    says(&defaults, "partitioner = murmur2_random", "the same as with Java's clients");
    let other = producer(&[
        ("producer.flush", "each"),
        ("producer.compression", "none"),
        ("producer.on_timeout", "go-on"),
        ("producer.partition", "3"),
    ]);
    says(&other, "linger.ms = 0 (kp)", "one message in each round trip");
    says(&other, "compression.codec = none", "not packed");
    says(&other, "message.timeout.ms = 30000", "Whether it is stored is not known");
    says(&other, "partitioner", "partition 3");
    let copies = producer(&[("producer.transactional_id", "t"), ("producer.per_transaction", "7")]);
    says(&copies, "transactional.id = t", "Up to 7 messages");
    says(&copies, "message.timeout.ms", "aborts its transaction");
}

#[test]
fn a_member_and_one_who_reads_alone_are_told_what_becomes_of_their_offsets() {
    let member = consumer(&[], MEMBER);
    says(&member, "group.id = test-group", "share the partitions");
    says(&member, "enable.auto.offset.store", "At least once");
    says(&member, "auto.offset.reset", "where the group stands");
    says(&member, "session.timeout.ms = 45000", "silent for 45s, or takes no message for 300s");
    says(&member, "partition.assignment.strategy", "eager");
    says(&member, "enable.partition.eof", "for 1s");
    let most = consumer(&[("consumer.delivery", "at-most-once")], MEMBER);
    says(&most, "enable.auto.offset.store", "At most once");

    let alone = consumer(&[("consumer.partition", "0,2-4")], ALONE);
    says(&alone, "enable.auto.offset.store", "reads partition 0,2-4 and commits nothing");
    says(&alone, "auto.offset.reset", "the oldest message");
    assert!(!alone.iter().any(|point| point.because[0].starts_with("session")), "{alone:?}");
    let last = consumer(&[("consumer.from", "-10"), ("consumer.until", "end")], ALONE);
    says(&last, "auto.offset.reset", "the last 10 messages");
    says(&last, "enable.partition.eof", "what is there when it begins");
    let until_end = consumer(&[], Reading { until_end: true, ..ALONE });
    says(&until_end, "enable.partition.eof", "as soon as every partition");
}

#[test]
fn a_raw_property_is_explained_too() {
    let scene = Scene::new()
        .raw_flag("isolation.level", "read_uncommitted")
        .raw_flag("partition.assignment.strategy", "cooperative-sticky");
    let points = scene.load().explain_consumer(MEMBER).unwrap();
    says(&points, "isolation.level = read_uncommitted (-X)", "as soon as they are stored");
    says(&points, "partition.assignment.strategy", "only the partitions that move");
    let new = Scene::new().raw_flag("group.protocol", "consumer").load();
    says(&new.explain_consumer(MEMBER).unwrap(), "group.protocol", "KIP-848");
}
