//! Reading topics back, from the earliest message that is kept to the end that they have at that
//! time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kp_core::WantedTopics;
use kp_rdkafka::admin::{self, Isolation, ListedOffset, OffsetQuery};
use kp_rdkafka::{Fetched, Place};
use kp_settings::{OnGap, Settings, StartAt};

use crate::admin::again;
use crate::consume::{Consumer, Membership, Next};
use crate::error::Error;
use crate::open_transactions::{self, Hidden};

const GLANCE: Duration = Duration::from_millis(100);
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Brokers abort a transaction that its producer left open after `transaction.timeout.ms`, a minute
/// by default, and look every 10 s.
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
    kept_by(&consumer, settings)
}

fn open(settings: &Settings, topics: &[String]) -> Result<Consumer, Error> {
    let mut settings = settings.clone();
    settings.consumer.topic = WantedTopics::named(topics);
    settings.consumer.from = StartAt::Earliest;
    // All of it is compared, whatever part is read otherwise.
    settings.consumer.until = None;
    settings.consumer.partition = None;
    // What is added meanwhile is not looked for.
    settings.consumer.idle_exit = Some(Duration::ZERO);
    // What retention removes while it is read counts as not kept.
    settings.consumer.on_gap = OnGap::Warn;
    Consumer::connect(&settings, Membership::Alone, false)
}

fn kept_by(consumer: &Consumer, settings: &Settings) -> Result<Vec<Kept>, Error> {
    let offsets = |query| {
        let listed = list(consumer, settings, query, consumer.isolation())?;
        let found = listed.into_iter().map(|one| {
            let place = (one.topic, one.partition);
            match one.result {
                Ok(offset) => Ok((place, offset.unwrap_or(0))),
                Err(error) => {
                    let step = format!("cannot list offsets of {} [{}]", place.0, place.1);
                    Err(Error::at(step, error.code))
                }
            }
        });
        found.collect::<Result<BTreeMap<Place, i64>, Error>>()
    };
    let ends = offsets(OffsetQuery::Latest)?;
    let kept = offsets(OffsetQuery::Earliest)?.into_iter();
    Ok(kept
        .filter_map(|(place, from)| {
            let end = *ends.get(&place)?;
            let (topic, partition) = place;
            Some(Kept { topic, partition, from, end })
        })
        .collect())
}

/// A message behind one of an open transaction is not to be seen yet, whoever sent it: it would
/// seem lost.
fn wait_for_transactions(consumer: &Consumer, settings: &Settings) -> Result<(), Error> {
    let deadline = Instant::now() + OPEN_TRANSACTION;
    let ends = |isolation| list(consumer, settings, OffsetQuery::Latest, isolation);
    let all = ends(Isolation::ReadUncommitted)?;
    let mut was_told = false;
    loop {
        let visible = ends(Isolation::ReadCommitted)?;
        let hidden = hidden(&all, &visible);
        if hidden.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(Error::Stalled(format!(
                "{}; it has been open for {OPEN_TRANSACTION:?}",
                open_transactions::sentence(&hidden)
            )));
        }
        if !std::mem::replace(&mut was_told, true) {
            tracing::warn!(
                "{}; waiting for that, at most {OPEN_TRANSACTION:?}",
                open_transactions::sentence(&hidden)
            );
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// What is there and was not visible yet when that was asked afterwards.
fn hidden(all: &[ListedOffset], visible: &[ListedOffset]) -> Vec<Hidden> {
    let end_of = |one: &ListedOffset| one.result.as_ref().ok().copied().flatten();
    let ends: BTreeMap<_, _> = all
        .iter()
        .filter_map(|one| Some(((one.topic.as_str(), one.partition), end_of(one)?)))
        .collect();
    let hidden = visible.iter().filter_map(|one| {
        let end = *ends.get(&(one.topic.as_str(), one.partition))?;
        let from = end_of(one)?;
        (from < end).then(|| Hidden {
            topic: one.topic.clone(),
            partition: one.partition,
            from,
            end,
        })
    });
    hidden.collect()
}

fn list(
    consumer: &Consumer,
    settings: &Settings,
    query: OffsetQuery,
    isolation: Isolation,
) -> Result<Vec<ListedOffset>, Error> {
    let held = consumer.partitions();
    let of: Vec<_> =
        held.iter().map(|(topic, partition)| (topic.as_str(), *partition, query)).collect();
    let asked = again::ask(settings.admin.timeout, |left| {
        let listed = admin::list_offsets(consumer.client(), &of, isolation, left)?;
        again::complete(listed, |one| one.result.as_ref().err())
    });
    asked.answer.map_err(|error| {
        let step = format!("cannot ask for the ends of the partitions on {}", consumer.broker());
        Error::at(step, error.code())
    })
}

/// What the partitions of these topics keep, and all their messages, in the order of their offsets
/// in each. Messages of transactions that were aborted are left out.
///
/// # Errors
/// A topic that does not exist; no progress for `consumer.stall_timeout`; a transaction that stays
/// open; what `take` ends with.
pub fn read_back<E: std::convert::From<Error>>(
    settings: &Settings,
    topics: &[String],
    mut take: impl FnMut(&Fetched) -> Result<(), E>,
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
            Next::Nothing if consumer.is_at_end() => return Ok(kept_by(&consumer, settings)?),
            Next::Gap(gap) => consumer.pass_gaps(gap)?,
            Next::Revoking(revoked) => {
                consumer.release(revoked)?;
            }
            Next::Nothing => consumer.check_progress()?,
        }
    }
}
