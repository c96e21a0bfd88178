//! Partitions and topics that are added while a consumer reads. A group is told of partitions; a
//! consumer that reads alone has to look. For topics that a pattern matches every consumer looks by
//! itself, so that patterns mean the same in a group and without one.
//!
//! ```text
//!  Growth: partitions now -> alone: new partitions -> read from their beginning
//!                         -> in a group: new topics -> subscribe to them, too -> a rebalance
//! ```

use std::collections::BTreeMap;

use kp_rdkafka::{Place, Start, Starts};

use super::growth::Growth;
use super::{Consumer, Membership};
use crate::aside::Answer;
use crate::error::Error;

impl Consumer {
    /// Starts to read what was added, if something was.
    pub(super) fn look_for_more(&mut self, at_rest: bool) -> Result<(), Error> {
        let Some(growth) = &mut self.growth else {
            return Ok(());
        };
        if !growth.is_due(at_rest) {
            return Ok(());
        }
        let found = match growth.looking.answer() {
            Answer::Pending => return Ok(()),
            Answer::Here(found) => found.unwrap_or_default(),
            Answer::Lost => Vec::new(),
        };
        let interval = growth.interval;
        let client = &self.connection.client;
        self.growth = Some(Growth::watch(client, &self.asked_for, interval));
        let new_topics = self.meets(&found);
        if self.membership != Membership::Alone {
            return if new_topics.is_empty() { Ok(()) } else { self.subscribe() };
        }
        // A topic that was made again is begun again elsewhere.
        let is_new = |(topic, partition): &Place| {
            self.is_wanted(*partition)
                && !self.assignment.holds(topic, *partition)
                && !self.assignment.was_held(topic, *partition)
        };
        let new: Vec<Place> = found.into_iter().filter(is_new).collect();
        self.read_also(&new, &new_topics)
    }

    /// Takes note of topics that were not known before, and says that they are read.
    fn meets(&mut self, found: &[Place]) -> Vec<String> {
        let mut new: Vec<String> = Vec::new();
        for (topic, partition) in found {
            if self.topics.contains(topic) {
                continue;
            }
            if new.last() != Some(topic) {
                new.push(topic.clone());
            }
            if self.is_wanted(*partition) {
                self.all.push((topic.clone(), *partition));
            }
        }
        for topic in &new {
            tracing::warn!(
                "topic {topic} is new and matches {}: it is read from its beginning",
                self.asked_for
            );
        }
        if let Some(watch) = self.remade.watch.as_ref().filter(|_| !new.is_empty()) {
            watch.also(&new);
        }
        self.topics.extend(new.iter().cloned());
        new
    }

    fn read_also(&mut self, new: &[Place], new_topics: &[String]) -> Result<(), Error> {
        if new.is_empty() {
            return Ok(());
        }
        let mut starts = Starts::new();
        let mut by_topic: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (topic, partition) in new {
            self.assignment.hold(topic, *partition, None);
            self.assignment.begin_at_beginning(topic, *partition);
            starts.insert((topic.clone(), *partition), Start::Beginning);
            by_topic.entry(topic).or_default().push(partition.to_string());
        }
        for (topic, partitions) in by_topic {
            if new_topics.iter().any(|new| new == topic) {
                continue;
            }
            let plural = if partitions.len() == 1 { "" } else { "s" };
            tracing::warn!(
                "{topic} has the new partition{plural} {}: reading begins at their beginning",
                partitions.join(", ")
            );
        }
        self.moved_on();
        self.feed.starts(starts.keys());
        let added = self.connection.client.add(&starts);
        added.map_err(|code| Error::at("cannot start reading the added partitions", code))
    }
}
