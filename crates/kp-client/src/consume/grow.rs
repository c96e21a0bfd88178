//! Partitions that are added while a consumer reads alone. A group is told of them; a consumer that
//! reads alone has to look.

use std::collections::BTreeMap;

use kp_rdkafka::{Place, Start, Starts};

use super::Consumer;
use super::growth::Growth;
use crate::aside::Answer;
use crate::error::Error;

impl Consumer {
    /// Starts to read partitions that were added, if some were.
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
        self.growth = Some(Growth::watch(client, &self.topics, interval));
        // A topic that was made again is begun again elsewhere.
        let is_new = |(topic, partition): &Place| {
            self.is_wanted(*partition)
                && !self.assignment.holds(topic, *partition)
                && !self.assignment.was_held(topic, *partition)
        };
        let new: Vec<Place> = found.into_iter().filter(is_new).collect();
        self.read_also(&new)
    }

    fn read_also(&mut self, new: &[Place]) -> Result<(), Error> {
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
