//! A record is written to the topic and read back.

use std::time::{Duration, Instant};

use kp_core::{Record, Timestamp, WantedTopics};
use kp_rdkafka::{Client, Delivery, Event, TopicHandle};
use kp_settings::{OnGap, Settings, StartAt};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::clock::Skew;
use super::step::Finding;
use crate::advice::Advice;
use crate::consume::{Consumer, Membership, Next};
use crate::error::Error;
use crate::words::words;

/// The key, which a compacted topic wants, and by which the record is told from others.
const KEY: &[u8] = b"kp-admin doctor";
const VALUE: &[u8] = b"a record that kp-admin doctor --probe wrote, and read back";
const GLANCE: Duration = Duration::from_millis(50);

/// Writes by a client that has connected, and reads by one of its own.
pub(crate) fn write_and_read(client: &Client, settings: &Settings, topic: &str) -> Finding {
    let since = Instant::now();
    let patience = settings.admin.timeout;
    let stored = match write(client, topic, since + patience) {
        Ok(stored) => stored,
        Err(advice) => return Finding::failed(Vec::new(), advice),
    };
    let written = since.elapsed();
    let place = format!("{topic} [{}] at offset {}", stored.partition, stored.offset);
    let timestamp = match read(settings, topic, &stored, Instant::now() + patience) {
        Ok(timestamp) => timestamp,
        Err(advice) => {
            return Finding::failed(vec![format!("written to {place}")], advice);
        }
    };
    let mut found = vec![format!(
        "written to {place} in {} ms, and read back; it stays there",
        written.as_millis()
    )];
    let Timestamp::LogAppendTime(millis) = timestamp else {
        return Finding::right(found);
    };
    // It was stored at some moment between the two.
    let skew = Skew::of(millis, since);
    found.push(format!("the broker's clock is {}", skew.words()));
    match skew.doubt() {
        Some(advice) => Finding::doubtful(found, advice),
        None => Finding::right(found),
    }
}

fn write(client: &Client, topic: &str, deadline: Instant) -> Result<Delivery, Advice> {
    let step = format!("cannot write to topic {topic}");
    let failed = |code: Code| Advice::of(&format!("{step}: {}", words(code)));
    let handle = TopicHandle::new(client, topic).map_err(failed)?;
    let record = Record { topic, key: Some(KEY), value: Some(VALUE), ..Record::default() };
    handle.enqueue(&record, 0).map_err(failed)?;
    while Instant::now() < deadline {
        let Some(Event::Deliveries(mut deliveries)) = client.poll(GLANCE) else { continue };
        if let Some(delivery) = deliveries.next() {
            return match delivery.error {
                Some(code) => Err(failed(code)),
                None => Ok(delivery),
            };
        }
    }
    // Nothing is sent any more once this is told.
    client.purge();
    Err(Advice::new(
        format!("{step}: no acknowledgement in time (admin.timeout)"),
        "look at the topic: `kp-admin topics health`",
    ))
}

fn read(
    settings: &Settings,
    topic: &str,
    stored: &Delivery,
    deadline: Instant,
) -> Result<Timestamp, Advice> {
    let mut settings = settings.clone();
    settings.consumer.topic = WantedTopics::named(&[topic.to_owned()]);
    settings.consumer.partition = Some([stored.partition].into_iter().collect());
    settings.consumer.from = StartAt::Offset(stored.offset);
    settings.consumer.until = None;
    settings.consumer.on_gap = OnGap::Warn;
    let failed = |error: Error| Advice::of(&format!("cannot read topic {topic}: {error}"));
    let mut consumer = Consumer::connect(&settings, Membership::Alone, false).map_err(failed)?;
    while Instant::now() < deadline {
        match consumer.next(GLANCE).map_err(failed)? {
            Next::Message(message) if message.offset() == stored.offset => {
                return Ok(message.timestamp());
            }
            Next::Revoking(revoked) => {
                consumer.release(revoked).map_err(failed)?;
            }
            Next::Gap(gap) => consumer.pass_gaps(gap).map_err(failed)?,
            Next::Message(_) | Next::Nothing => {}
        }
    }
    Err(Advice::new(
        format!("topic {topic} does not give back what was written (admin.timeout)"),
        "an open transaction before it may hide it; see `kp-admin topics health`",
    ))
}
