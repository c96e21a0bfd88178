//! What becomes of each record of a file: where it goes, or why it does not.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;

use kp_archive::{Archive, ArchiveError, Entry, is_of_a_failure, origin, original_time};
use kp_audit::{RunId, SentBack};
use kp_cli::{Exit, Stop};
use kp_core::{OwnedRecord, Timestamp};

/// The header with which a record says that it was sent back: the file's id and its line.
pub(crate) const STAMP: &str = "kp-redrive";
/// Lines that a sentence names.
const NAMED: usize = 3;

/// Where the records go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// All to this topic.
    Topic(String),
    /// Each to the topic that it came from.
    Origin,
}

/// What is to be done with a record.
pub(crate) enum Decision {
    /// It goes to this topic.
    Send(String),
    /// The same record stands in the file before.
    Repeated,
    /// It cannot go back.
    Stays(String),
}

/// Decides on the records of a file, in their order.
pub(crate) struct Plan<'a> {
    target: &'a Target,
    /// Topic, partition, offset and checksum of those that were decided on.
    seen: HashSet<(String, Option<i32>, Option<i64>, u32)>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(target: &'a Target) -> Self {
        Self { target, seen: HashSet::new() }
    }

    /// What is to be done with the next record.
    pub(crate) fn decide(&mut self, entry: &Entry) -> Decision {
        let record = &entry.record;
        let place = (record.topic.clone(), record.partition, record.offset, entry.checksum);
        // A record without a place may well be there twice.
        if record.offset.is_some() && !self.seen.insert(place) {
            return Decision::Repeated;
        }
        match self.target {
            Target::Topic(topic) => Decision::Send(topic.clone()),
            Target::Origin => match origin(record) {
                Ok(topic) => Decision::Send(topic.to_owned()),
                Err(why) => Decision::Stays(why.to_string()),
            },
        }
    }
}

/// The record as it is sent to a topic.
pub(crate) fn to_send(entry: Entry, topic: &str, target: &Target, file: RunId) -> OwnedRecord {
    let mut record = entry.record;
    let mut millis = record.timestamp.millis();
    if *target == Target::Origin {
        millis = original_time(&record).or(millis);
        record.headers.retain(|(key, _)| !is_of_a_failure(key));
    }
    record.headers.retain(|(key, _)| key != STAMP.as_bytes());
    let stamp = format!("{file}/{}", entry.number);
    record.headers.push((STAMP.as_bytes().to_vec(), Some(stamp.into_bytes())));
    record.timestamp = match millis {
        // 0 is librdkafka's word for "now".
        Some(millis) if millis > 0 => Timestamp::CreateTime(millis),
        _ => Timestamp::NotAvailable,
    };
    topic.clone_into(&mut record.topic);
    record.partition = None;
    record.offset = None;
    record
}

/// Records that stay, by why.
#[derive(Debug, Default)]
pub(crate) struct Left(BTreeMap<String, (u64, Vec<u64>)>);

impl Left {
    /// Counts the record of this line.
    pub(crate) fn add(&mut self, why: String, line: u64) {
        let (count, first) = self.0.entry(why).or_default();
        *count += 1;
        if first.len() < NAMED {
            first.push(line);
        }
    }

    /// How many they are.
    pub(crate) fn count(&self) -> u64 {
        self.0.values().map(|(count, _)| count).sum()
    }

    /// Each reason, how many records it is for, and the first lines.
    pub(crate) fn reasons(&self) -> impl Iterator<Item = (&str, u64, &[u64])> {
        self.0.iter().map(|(why, (count, first))| (why.as_str(), *count, first.as_slice()))
    }

    /// A sentence for each reason, as `2 cannot go back (lines 5 and 9): ...`.
    pub(crate) fn sentences(&self, what: &str) -> Vec<String> {
        self.reasons()
            .map(|(why, count, first)| {
                let mut lines = String::from(if count == 1 { "line" } else { "lines" });
                for (at, line) in first.iter().enumerate() {
                    let comma = if at == 0 { "" } else { "," };
                    // A string takes everything.
                    let _ = write!(lines, "{comma} {line}");
                }
                if count > first.len() as u64 {
                    lines.push_str(" ...");
                }
                format!("{count} {what} ({lines}): {why}")
            })
            .collect()
    }
}

/// All that a file holds, by what becomes of it.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// By topic: records to send, and records that were sent before.
    pub(crate) topics: BTreeMap<String, (u64, u64)>,
    pub(crate) repeated: u64,
    pub(crate) left: Left,
}

/// Looks through the whole file before anything is sent.
///
/// # Errors
/// It cannot be read, or a record is damaged.
pub(crate) fn look_through(
    path: &Path,
    target: &Target,
    sent: &SentBack,
) -> anyhow::Result<Counts> {
    let mut archive = Archive::open(path)?;
    let mut plan = Plan::new(target);
    let mut counts = Counts::default();
    loop {
        let entry = match archive.next_entry() {
            Ok(Some(entry)) => entry,
            Ok(None) => break,
            Err(error @ ArchiveError::Damaged { .. }) => {
                let advice = "nothing was sent; `kp-consumer --load FILE --on-bad-message skip` shows the others";
                return Err(Stop::new(Exit::Messages, format!("{error}; {advice}")).into());
            }
            Err(error) => return Err(error.into()),
        };
        match plan.decide(&entry) {
            Decision::Send(topic) => {
                let was_sent = sent.has(&topic, entry.number);
                let (to_send, before) = counts.topics.entry(topic).or_default();
                *(if was_sent { before } else { to_send }) += 1;
            }
            Decision::Repeated => counts.repeated += 1,
            Decision::Stays(why) => counts.left.add(why, entry.number),
        }
    }
    if let Some(torn) = archive.torn() {
        tracing::warn!("{torn}");
    }
    Ok(counts)
}
