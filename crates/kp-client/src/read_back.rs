//! Reading topics back, from the earliest message that is kept to the end that they have at that time.

use std::time::Duration;

use kp_rdkafka::Message;
use kp_settings::{From, Settings};

use crate::consume::{Consumer, Membership, Next};
use crate::error::Error;

const GLANCE: Duration = Duration::from_millis(100);

/// What a partition keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The earliest offset that is kept.
    pub from: i64,
    /// The offset that its next message will get.
    pub end: i64,
}

/// What the partitions of these topics keep.
///
/// # Errors
/// A topic that does not exist, or a partition without a leader.
pub fn bounds(settings: &Settings, topics: &[String]) -> Result<Vec<Kept>, Error> {
    kept_by(&open(settings, topics)?)
}

fn open(settings: &Settings, topics: &[String]) -> Result<Consumer, Error> {
    let mut settings = settings.clone();
    settings.consumer.topic = topics.to_vec();
    settings.consumer.from = From::Earliest;
    Consumer::connect(&settings, Membership::Alone, false)
}

fn kept_by(consumer: &Consumer) -> Result<Vec<Kept>, Error> {
    let bounds = consumer.bounds()?.into_iter();
    Ok(bounds
        .map(|(topic, partition, from, end)| Kept {
            topic,
            partition,
            from,
            end,
        })
        .collect())
}

/// What the partitions of these topics keep, and all their messages, in the order of their offsets in each. Messages of
/// transactions that were aborted, or are open, are left out.
///
/// # Errors
/// A topic that does not exist; no progress for `consumer.stall_timeout`; what `take` ends with.
pub fn read_back<E: std::convert::From<Error>>(
    settings: &Settings,
    topics: &[String],
    mut take: impl FnMut(&Message) -> Result<(), E>,
) -> Result<Vec<Kept>, E> {
    let mut consumer = open(settings, topics)?;
    let kept = kept_by(&consumer)?;
    loop {
        match consumer.next(GLANCE)? {
            Next::Message(message) => {
                take(&message)?;
                consumer.done(message.topic(), message.partition(), message.offset() + 1);
            }
            Next::Nothing if consumer.is_at_end() => return Ok(kept),
            Next::Nothing | Next::Revoking => {
                consumer.check_progress(settings.consumer.stall_timeout)?;
            }
        }
    }
}
