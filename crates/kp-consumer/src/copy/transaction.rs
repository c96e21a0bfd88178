//! A transaction of a copy: what was read in it, and what of it is copied.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use kp_client::{Fetched, Offsets};

use crate::metrics;
use crate::selection::Counts;

/// The transaction that is open.
pub(super) struct Transaction {
    pub(super) since: Instant,
    /// How many messages are copied.
    pub(super) messages: u64,
    /// How many were read, and how many of them are wanted.
    pub(super) read: Counts,
    /// Where its messages are from, in their order: an index into the topics, partition and offset.
    places: Vec<(usize, i32, i64)>,
    topics: Vec<String>,
    /// What was read and is copied of each of these topics.
    counts: Vec<metrics::Counts>,
    /// The first offset of it, and the one behind its last, by topic and partition.
    ranges: BTreeMap<(String, i32), (i64, i64)>,
}

impl Transaction {
    pub(super) fn new() -> Self {
        Self {
            since: Instant::now(),
            messages: 0,
            read: Counts::default(),
            places: Vec::new(),
            topics: Vec::new(),
            counts: Vec::new(),
            ranges: BTreeMap::new(),
        }
    }

    pub(super) fn offsets(&self, of: impl Fn(&(i64, i64)) -> i64) -> Offsets {
        self.ranges.iter().map(|(place, range)| (place.clone(), of(range))).collect()
    }

    /// Counts a message that was read. The group goes on behind one that is not wanted, too.
    pub(super) fn note(&mut self, message: &Fetched, is_wanted: bool) {
        self.read.add(is_wanted);
        let place = (message.topic().to_owned(), message.partition());
        let range = self.ranges.entry(place).or_insert((message.offset(), message.offset()));
        range.1 = message.offset() + 1;
        let topic = self.topics.iter().position(|name| name == message.topic());
        let topic = topic.unwrap_or_else(|| {
            self.topics.push(message.topic().to_owned());
            self.counts.push(metrics::Counts::default());
            self.topics.len() - 1
        });
        let counts = &mut self.counts[topic];
        counts.read += 1;
        counts.bytes += message.size();
        counts.delivered += u64::from(is_wanted);
        if is_wanted {
            self.places.push((topic, message.partition(), message.offset()));
            self.messages += 1;
        }
    }

    /// What was read and is copied, by topic.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&str, metrics::Counts)> {
        self.topics.iter().map(String::as_str).zip(self.counts.iter().copied())
    }

    /// Where a message of it is from, by the number that it was sent with.
    pub(super) fn place(&self, number: u64) -> String {
        let place = usize::try_from(number).ok().and_then(|at| self.places.get(at));
        place.map_or_else(String::new, |(topic, partition, offset)| {
            format!("{} [{partition}] @ {offset}", self.topics[*topic])
        })
    }
}

impl fmt::Display for Transaction {
    /// As `topic1 [0] @ 5 to 9`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ((topic, partition), (first, next))) in self.ranges.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{topic} [{partition}] @ {first} to {}", next - 1)?;
        }
        Ok(())
    }
}
