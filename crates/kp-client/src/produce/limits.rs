//! How much a topic takes at once. A broker refuses a batch that is larger, and every message in
//! it, however small each is.
//!
//! ```text
//!  open_topic -> asked, and not waited for -> the first message goes alone
//!    -> the second waits for the answer -> smaller than a batch: a client with smaller ones
//! ```
//! librdkafka bounds a batch by `batch.size`, before it is packed, for all topics of a client; it
//! cannot be changed afterwards.

use std::time::{Duration, Instant};

use kp_rdkafka::TopicHandle;
use kp_rdkafka::admin::{ConfigEntry, Whom, ask_configs};
use kp_settings::{Origin, Property};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::destination::{BATCH_SIZE_NAME, Limit};
use super::{GLANCE, Producer};
use crate::connect::{Connection, is_embedded};
use crate::error::Error;

/// How long the answer may take; without it the topic's limit stays unknown.
const PATIENCE: Duration = Duration::from_secs(2);
/// A topic that was just made reaches the broker that is asked a little later.
const ASK_AGAIN: Duration = Duration::from_millis(50);
/// What bounds a batch: the first for each, the second where a segment of the log is smaller.
const BOUNDS: [&str; 2] = ["max.message.bytes", "segment.bytes"];

impl Producer {
    /// Asks for the limit of a topic, without waiting.
    pub(super) fn ask_limit(&self, name: &str) -> Limit {
        if is_embedded(&self.client, self.patience) {
            return Limit::Unknown;
        }
        ask_configs(&self.client, Whom::Any, &[name], PATIENCE)
            .map_or(Limit::Unknown, |asked| Limit::Asked(asked, Instant::now()))
    }

    /// Makes sure that the next message for a topic can share a batch with others; false when
    /// it has to stop first.
    pub(super) fn check_limit(&mut self, index: usize) -> Result<bool, Error> {
        let is_used = std::mem::replace(&mut self.topics[index].is_used, true);
        if !is_used && self.transactional_id.is_empty() {
            return Ok(true);
        }
        if !self.learn_limit(index)? {
            return Ok(false);
        }
        // Not within a transaction, which belongs to one client.
        match self.topics[index].limit {
            Limit::Known(limit) if self.batches.may_exceed(limit) && self.transaction.is_none() => {
                self.make_batches_smaller(index, limit)
            }
            _ => Ok(true),
        }
    }

    /// Whether messages for this topic need smaller batches than those of the open transaction, so
    /// that it has to end first.
    ///
    /// # Errors
    /// The topic cannot be opened.
    pub fn needs_smaller_batches(&mut self, topic: &str) -> Result<bool, Error> {
        let index = self.topic(topic)?;
        self.learn_limit(index)?;
        Ok(match self.topics[index].limit {
            Limit::Known(limit) => self.batches.may_exceed(limit),
            _ => false,
        })
    }

    /// Before a transaction: makes sure that its client suits this topic; false when it has to stop
    /// first.
    ///
    /// # Errors
    /// No client with smaller batches can be had.
    pub fn make_ready(&mut self, topic: &str) -> Result<bool, Error> {
        let index = self.topic(topic)?;
        self.check_limit(index)
    }

    /// Waits until it is known how much a topic takes, or that nobody says.
    fn learn_limit(&mut self, index: usize) -> Result<bool, Error> {
        let mut wait = Duration::ZERO;
        while !self.hear_limit(index, wait) {
            if self.is_stopped() {
                return Ok(false);
            }
            // What is pending waits for nothing.
            self.serve(Duration::ZERO)?;
            wait = GLANCE;
        }
        Ok(true)
    }

    /// A message was refused for its size: what the topic takes is needed now, if the answer is
    /// there.
    pub(super) fn hear_limit_of(&mut self, topic: Option<&str>) {
        let known = self.topics.iter().position(|one| Some(one.name.as_str()) == topic);
        if let Some(index) = known {
            self.hear_limit(index, PATIENCE / 4);
        }
    }

    /// Takes the answer, if it comes within this time; whether all is known that there is to know.
    fn hear_limit(&mut self, index: usize, wait: Duration) -> bool {
        let Limit::Asked(asked, since) = &self.topics[index].limit else {
            return true;
        };
        let since = *since;
        let is_late = since.elapsed() >= PATIENCE;
        let known = match asked.answer(wait) {
            None if !is_late => return false,
            None | Some(Err(_)) => Limit::Unknown,
            Some(Ok(mut topics)) => match topics.pop().map(|topic| topic.result) {
                Some(Ok(entries)) => bound(&entries).map_or(Limit::Unknown, Limit::Known),
                Some(Err(error)) if error.code == Code::UnknownTopicOrPartition && !is_late => {
                    std::thread::sleep(ASK_AGAIN);
                    match self.ask_limit(&self.topics[index].name) {
                        Limit::Asked(again, _) => Limit::Asked(again, since),
                        other => other,
                    }
                }
                _ => Limit::Unknown,
            },
        };
        let is_known = !matches!(known, Limit::Asked(..));
        self.topics[index].limit = known;
        is_known
    }

    /// Goes on with a new client, once all that was sent is settled.
    fn make_batches_smaller(&mut self, index: usize, size: usize) -> Result<bool, Error> {
        while self.is_busy() {
            if self.is_stopped() {
                return Ok(false);
            }
            self.flush(GLANCE)?;
        }
        tracing::debug!(
            "topic {} takes {size} bytes at once: batches are kept below that",
            self.topics[index].name
        );
        self.properties.retain(|one| one.name != BATCH_SIZE_NAME);
        self.properties.push(Property {
            name: BATCH_SIZE_NAME.to_owned(),
            value: size.to_string(),
            secret: false,
            origin: Origin::Kp,
            setting: None,
        });
        self.batches.size = size;
        let name = self.topics[index].name.clone();
        let (connection, _) =
            Connection::reach(&self.settings, &self.properties, self.role, Some(&name))?;
        self.client = connection.client;
        self.trouble = connection.trouble;
        // The second answer, as in `open_topic`; whether the topic is there is known.
        let _ = self.client.metadata(Some(&name), self.patience);
        for destination in &mut self.topics {
            let name = &destination.name;
            destination.topic = TopicHandle::new(&self.client, name)
                .map_err(|code| Error::at(format!("topic {name}"), code))?;
        }
        Ok(!self.is_initialised || self.init_transactions()?)
    }
}

fn bound(entries: &[ConfigEntry]) -> Option<usize> {
    let bounds = entries.iter().filter(|entry| BOUNDS.contains(&entry.name.as_str()));
    bounds.filter_map(|entry| entry.value.as_deref()?.parse().ok()).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kp_rdkafka::admin::ConfigSource;

    fn entry(name: &str, value: &str) -> ConfigEntry {
        ConfigEntry {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            source: ConfigSource::Default,
            is_sensitive: false,
            is_read_only: false,
        }
    }

    #[test]
    fn the_smaller_of_the_two_bounds_counts_and_neither_is_no_bound() {
        let all = [
            entry("retention.ms", "1"),
            entry("max.message.bytes", "1048588"),
            entry("segment.bytes", "1048576"),
        ];
        assert_eq!(bound(&all), Some(1_048_576));
        assert_eq!(bound(&all[..2]), Some(1_048_588));
        assert_eq!(bound(&all[..1]), None);
    }
}
