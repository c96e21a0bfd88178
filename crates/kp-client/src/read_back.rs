//! Reading topics back, from the earliest message that is kept to the end that they have at that time.

use std::time::{Duration, Instant};

use kp_rdkafka::Message;
use kp_rdkafka::admin::{self, Isolation, ListedOffset, OffsetQuery};
use kp_settings::{From, Settings};

use crate::admin::again;
use crate::consume::{Consumer, Membership, Next};
use crate::error::Error;

const GLANCE: Duration = Duration::from_millis(100);
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Brokers abort a transaction that its producer left open after `transaction.timeout.ms`, a minute by default, and look every 10 s.
const OPEN_TRANSACTION: Duration = Duration::from_secs(90);

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

/// What the partitions of these topics keep, once no transaction is open there that began before.
///
/// # Errors
/// A topic that does not exist, a partition without a leader, or a transaction that stays open.
pub fn bounds(settings: &Settings, topics: &[String]) -> Result<Vec<Kept>, Error> {
    let consumer = open(settings, topics)?;
    wait_for_transactions(&consumer, settings)?;
    kept_by(&consumer)
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

/// A message behind one of an open transaction is not to be seen yet, whoever sent it: it would seem lost.
fn wait_for_transactions(consumer: &Consumer, settings: &Settings) -> Result<(), Error> {
    let deadline = Instant::now() + OPEN_TRANSACTION;
    let ends = |isolation| ends(consumer, settings.admin.timeout, isolation);
    let all = ends(Isolation::ReadUncommitted)?;
    let mut was_told = false;
    loop {
        let visible = ends(Isolation::ReadCommitted)?;
        let end_of = |one: &ListedOffset| one.result.as_ref().ok().copied().flatten();
        let behind = visible.iter().find_map(|visible| {
            let end = all
                .iter()
                .find(|one| one.topic == visible.topic && one.partition == visible.partition)
                .and_then(end_of)?;
            let seen = end_of(visible)?;
            (seen < end)
                .then(|| format!("{} [{}] at offset {seen}", visible.topic, visible.partition))
        });
        let Some(place) = behind else {
            return Ok(());
        };
        if Instant::now() > deadline {
            return Err(Error::Stalled(format!(
                "a transaction has been open in {place} for {OPEN_TRANSACTION:?}: what stands behind it cannot be seen yet; end its \
                 producer, or wait for its transaction.timeout.ms"
            )));
        }
        if !std::mem::replace(&mut was_told, true) {
            tracing::warn!(
                "a transaction is open in {place}: waiting for its end, at most {OPEN_TRANSACTION:?}"
            );
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

fn ends(
    consumer: &Consumer,
    patience: Duration,
    isolation: Isolation,
) -> Result<Vec<ListedOffset>, Error> {
    let held = consumer.partitions();
    let of: Vec<_> = held
        .iter()
        .map(|(topic, partition)| (topic.as_str(), *partition, OffsetQuery::Latest))
        .collect();
    let asked = again::ask(patience, |left| {
        let listed = admin::list_offsets(consumer.client().native(), &of, isolation, left)?;
        again::complete(listed, |one| one.result.as_ref().err())
    });
    asked
        .answer
        .map_err(|error| Error::at("cannot list offsets", error.code()))
}

/// What the partitions of these topics keep, and all their messages, in the order of their offsets in each. Messages of
/// transactions that were aborted are left out.
///
/// # Errors
/// A topic that does not exist; no progress for `consumer.stall_timeout`; a transaction that stays open; what `take` ends with.
pub fn read_back<E: std::convert::From<Error>>(
    settings: &Settings,
    topics: &[String],
    mut take: impl FnMut(&Message) -> Result<(), E>,
) -> Result<Vec<Kept>, E> {
    let mut consumer = open(settings, topics)?;
    wait_for_transactions(&consumer, settings)?;
    loop {
        match consumer.next(GLANCE)? {
            Next::Message(message) => {
                take(&message)?;
                consumer.done(message.topic(), message.partition(), message.offset() + 1);
            }
            // What retention removed meanwhile was not read, so that it is asked now.
            Next::Nothing if consumer.is_at_end() => return Ok(kept_by(&consumer)?),
            Next::Nothing | Next::Revoking => {
                consumer.check_progress(settings.consumer.stall_timeout)?;
            }
        }
    }
}
