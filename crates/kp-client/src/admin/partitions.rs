//! Partitions of topics: where they begin and end, what is deleted, who leads.

use std::collections::{BTreeMap, BTreeSet};

use kp_rdkafka::Place;
use kp_rdkafka::admin::{self, Election, OffsetQuery};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::acls::Purpose;
use super::again::complete;
use super::topics::{INTERNAL, partitions_of};
use super::{Acl, Admin, ConfigEntry, Partition, TopicState};
use crate::connect;
use crate::error::Error;

/// Where a partition begins and ends. None where it has no leader to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartitionOffsets {
    /// The earliest offset that is kept.
    pub start: Option<i64>,
    /// One past the latest message.
    pub end: Option<i64>,
    /// The first message at or after the time that was asked for, and its time.
    pub at: Option<(i64, i64)>,
}

impl PartitionOffsets {
    /// How many offsets are kept.
    pub fn count(&self) -> Option<i64> {
        Some(self.end? - self.start?)
    }
}

/// The offsets of partitions, in their order.
pub type PartitionsOffsets = BTreeMap<Place, PartitionOffsets>;

/// A topic's partitions, without its configs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPartitions {
    /// The topic.
    pub name: String,
    /// By number.
    pub partitions: Vec<Partition>,
    /// Whether it is one of Kafka's own.
    pub is_internal: bool,
}

impl Admin {
    /// How many brokers are there.
    pub fn broker_count(&self) -> usize {
        self.metadata.brokers().len()
    }

    /// The partitions of these topics, or of all that this user may see; by name. It is on the way
    /// to what takes the ACL of this operation.
    ///
    /// # Errors
    /// A topic that does not exist, or that this user may not see.
    pub fn partitions_of(
        &self,
        names: &[String],
        operation: &str,
    ) -> Result<Vec<TopicPartitions>, Error> {
        let mut wanted: Vec<&str> = names.iter().map(String::as_str).collect();
        if wanted.is_empty() {
            wanted = self.topic_names().collect();
        }
        wanted.sort_unstable();
        wanted.dedup();
        let newer = self.newer_metadata(&wanted);
        let metadata = newer.as_ref().unwrap_or(&self.metadata);
        let mut found = Vec::with_capacity(wanted.len());
        for name in wanted {
            let Some(topic) = connect::topic(metadata, name) else {
                return Err(self.no_topic(name, operation));
            };
            found.push(TopicPartitions {
                name: name.to_owned(),
                partitions: partitions_of(topic),
                is_internal: INTERNAL.contains(&name),
            });
        }
        Ok(found)
    }

    /// A topic with its configs.
    ///
    /// # Errors
    /// The embedded broker; a topic that does not exist, or that this user may not see.
    pub fn topic_state(&self, name: &str) -> Result<TopicState, Error> {
        let state = self.topic_states(&[name])?.pop();
        state.ok_or_else(|| self.no_topic(name, "DescribeConfigs"))
    }

    /// All configs of a topic, those in force by default included.
    ///
    /// # Errors
    /// The embedded broker; a topic that does not exist, or whose configs this user may not see.
    pub fn topic_configs(&self, name: &str, purpose: Purpose) -> Result<Vec<ConfigEntry>, Error> {
        self.needs_kafka("tell a topic's configs: it has none")?;
        let mut described = self.once_all_known(|left| {
            let described = admin::describe_configs(self.client(), &[name], left)?;
            complete(described, |one| one.result.as_ref().err())
        })?;
        self.one(name, purpose.with_configs(), described.pop())
    }

    /// Where the partitions of topics begin and end, and where a time is, in milliseconds since
    /// 1970.
    ///
    /// # Errors
    /// A refusal; no answer in time.
    pub fn topic_offsets(
        &self,
        topics: &[TopicPartitions],
        at: Option<i64>,
    ) -> Result<PartitionsOffsets, Error> {
        let mut found = PartitionsOffsets::new();
        let mut led = Vec::new();
        for topic in topics {
            for partition in &topic.partitions {
                let place = (topic.name.clone(), partition.id);
                if partition.leader.is_some() {
                    led.push(place.clone());
                }
                found.insert(place, PartitionOffsets::default());
            }
        }
        for (place, start) in self.offsets(&led, OffsetQuery::Earliest)? {
            found.entry(place).or_default().start = start;
        }
        for (place, end) in self.offsets(&led, OffsetQuery::Latest)? {
            found.entry(place).or_default().end = end;
        }
        let Some(time) = at else {
            return Ok(found);
        };
        self.needs_kafka("tell offsets by time")?;
        let mut unanswered: BTreeSet<Place> = led.iter().cloned().collect();
        for (place, offset, timestamp) in self.each_listed(&led, OffsetQuery::At(time))? {
            unanswered.remove(&place);
            found.entry(place).or_default().at = offset.zip(timestamp);
        }
        if let Some((topic, partition)) = unanswered.first() {
            return Err(Error::Stalled(format!(
                "{} left topic {topic} [{partition}] out of its answer; try again",
                self.broker()
            )));
        }
        Ok(found)
    }

    /// Whether [`delete_before`](Self::delete_before) could delete anything. It is looked at before
    /// anything is planned.
    ///
    /// # Errors
    /// The embedded broker.
    pub fn check_can_delete_messages(&self) -> Result<(), Error> {
        self.needs_kafka("delete messages (they end with it)")
    }

    /// Deletes the messages before these offsets. Returns the earliest offset that each partition
    /// keeps now, and why others could not be changed.
    ///
    /// # Errors
    /// The whole request failed: what became of it is not known.
    pub fn delete_before(
        &self,
        before: &BTreeMap<Place, i64>,
    ) -> Result<(BTreeMap<Place, i64>, Vec<Error>), Error> {
        let answers = self
            .ask(|left| admin::delete_records(self.client(), before, left))
            .answer
            .map_err(|error| self.failed("cannot delete messages", error))?;
        let (mut kept, mut failures) = (BTreeMap::new(), Vec::new());
        for answer in answers {
            let (topic, partition) = &answer.place;
            match answer.result {
                Ok(start) => {
                    kept.insert(answer.place, start);
                }
                Err(error) if error.code == Code::PolicyViolation => {
                    failures.push(Error::Unsuited(format!(
                        "topic {topic} is compacted: its messages cannot be deleted by their \
                         offsets; set cleanup.policy to delete or compact,delete first"
                    )));
                }
                Err(error) => {
                    let what = format!("cannot delete messages of topic {topic} [{partition}]");
                    let acl = format!("Delete on topic {topic}");
                    failures.push(self.refused(&what, error).needs(acl));
                }
            }
        }
        Ok((kept, failures))
    }

    /// Chooses leaders anew. Returns the partitions whose leader was changed, and why others could
    /// not be; a leader that needs no change is no failure.
    ///
    /// # Errors
    /// The embedded broker; the whole request failed.
    pub fn elect(
        &self,
        election: Election,
        of: &[Place],
    ) -> Result<(Vec<Place>, Vec<Error>), Error> {
        self.needs_kafka("choose leaders")?;
        let answers = self
            .ask(|left| admin::elect_leaders(self.client(), election, of, left))
            .answer
            .map_err(|error| {
                self.failed("cannot choose leaders", error)
                    .needs(format!("Alter on cluster {}", Acl::CLUSTER))
            })?;
        let (mut elected, mut failures) = (Vec::new(), Vec::new());
        for answer in answers {
            let (topic, partition) = &answer.place;
            match answer.result {
                Ok(()) => elected.push(answer.place),
                Err(error) if error.code == Code::ElectionNotNeeded => {}
                Err(error) => {
                    let what = format!("cannot choose a leader of topic {topic} [{partition}]");
                    let error = self.refused(&what, error);
                    failures.push(error.needs(format!("Alter on cluster {}", Acl::CLUSTER)));
                }
            }
        }
        elected.sort();
        Ok((elected, failures))
    }
}
