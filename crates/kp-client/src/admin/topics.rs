//! Topics as they are.

use std::collections::HashMap;
use std::time::Duration;

use kp_rdkafka::admin::{self, AdminError, Isolation, ListedOffset, Named, OffsetQuery, Partition};
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::metadata::{MetadataPartition, MetadataTopic};

use super::again::complete;
use super::{Admin, configs, each_once};
use crate::connect;
use crate::error::Error;
use crate::replicas::{OFFSETS, TRANSACTIONS};

/// Kafka's own topics. A broker's list of all topics does not mark them.
pub(super) const INTERNAL: [&str; 4] = [OFFSETS, TRANSACTIONS, SHARES, TIERED];
/// Where share groups keep how far they have read.
pub(super) const SHARES: &str = "__share_group_state";
/// Where brokers keep which segments lie in tiered storage.
pub(super) const TIERED: &str = "__remote_log_metadata";

/// By topic and partition; none where the partition's leader did not tell.
pub(super) type Offsets = HashMap<(String, i32), Option<i64>>;

/// A partition, its offset, and the time of the message there.
pub(super) type ListedPlace = ((String, i32), Option<i64>, Option<i64>);

/// A topic among others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSummary {
    /// The topic.
    pub name: String,
    /// How many partitions it has.
    pub partitions: usize,
    /// On how many brokers each partition is held.
    pub replication_factor: usize,
    /// Whether it is one of Kafka's own, such as `__consumer_offsets`.
    pub is_internal: bool,
}

/// A topic in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedTopic {
    /// The topic.
    pub name: String,
    /// The id as Kafka prints it; the embedded broker has none.
    pub id: Option<String>,
    /// Whether it is one of Kafka's own, such as `__consumer_offsets`.
    pub is_internal: bool,
    /// The settings that differ from Kafka's own defaults, in the order in which Kafka's tool
    /// prints them. A value is none where the broker keeps it to itself. The embedded broker has no
    /// settings at all.
    pub configs: Option<Vec<(String, Option<String>)>>,
    /// By number.
    pub partitions: Vec<Partition>,
}

impl DescribedTopic {
    /// On how many brokers the first partition is held, which is what Kafka's tool prints for all.
    pub fn replication_factor(&self) -> usize {
        self.partitions.first().map_or(0, |partition| partition.replicas.len())
    }
}

/// The topics that could be described, in the order asked for, and why others could not.
#[derive(Debug, Default)]
pub struct DescribedTopics {
    /// Those that could.
    pub topics: Vec<DescribedTopic>,
    /// One for each that could not.
    pub failures: Vec<Error>,
}

impl Admin {
    /// All topics that this user may see, by name.
    pub fn topics(&self) -> Vec<TopicSummary> {
        let mut topics: Vec<_> = self
            .metadata
            .topics()
            .iter()
            .map(|topic| TopicSummary {
                name: topic.name().to_owned(),
                partitions: topic.partitions().len(),
                replication_factor: replication_factor(topic),
                is_internal: INTERNAL.contains(&topic.name()),
            })
            .collect();
        topics.sort_by(|one, other| one.name.cmp(&other.name));
        topics
    }

    /// Describes these topics; the embedded broker tells neither ids nor settings.
    ///
    /// # Errors
    /// No answer in time, or a refusal of the whole request.
    pub fn describe_topics(&self, names: &[&str]) -> Result<DescribedTopics, Error> {
        let names = each_once(names);
        let mut described = DescribedTopics::default();
        let answers: Vec<_> = if self.is_embedded {
            names
                .iter()
                .map(|name| self.known(name).ok_or_else(|| self.no_topic(name, "Describe")))
                .collect()
        } else {
            self.ask_for(&names)?
        };
        for answer in answers {
            match answer {
                Ok(topic) => described.topics.push(topic),
                Err(error) => described.failures.push(error),
            }
        }
        Ok(described)
    }

    fn ask_for(&self, names: &[&str]) -> Result<Vec<Result<DescribedTopic, Error>>, Error> {
        let mut described =
            self.once_all_known(|left| admin::describe_topics(self.client(), names, left))?;
        let found: Vec<&str> = described
            .iter()
            .filter(|topic| topic.result.is_ok())
            .map(|topic| topic.name.as_str())
            .collect();
        // Another broker may answer this.
        let mut settings = self.once_all_known(|left| {
            let described = admin::describe_configs(self.client(), &found, left)?;
            complete(described, |one| one.result.as_ref().err())
        })?;
        Ok(names
            .iter()
            .map(|name| {
                let topic = self.one(name, "Describe", take(&mut described, name))?;
                let settings = self.one(name, "DescribeConfigs", take(&mut settings, name))?;
                Ok(DescribedTopic {
                    name: (*name).to_owned(),
                    id: topic.id,
                    is_internal: topic.is_internal,
                    configs: Some(configs::not_default(settings)),
                    partitions: topic.partitions,
                })
            })
            .collect())
    }

    /// Asks about topics until the broker that answers knows them all, or must know them.
    pub(super) fn once_all_known<T>(
        &self,
        request: impl Fn(Duration) -> Result<Vec<Named<T>>, AdminError>,
    ) -> Result<Vec<Named<T>>, Error> {
        let ask = || {
            let asked = self.ask(&request);
            asked.answer.map_err(|error| self.failed("cannot describe topics", error))
        };
        let brokers = self.connection.broker_count(&self.metadata);
        connect::once_metadata_settled(brokers, ask, |topics| {
            topics.iter().any(|topic| {
                topic
                    .result
                    .as_ref()
                    .is_err_and(|error| error.code == Code::UnknownTopicOrPartition)
            })
        })
    }

    /// The part of an answer that is about this topic, which takes this operation's ACL.
    pub(super) fn one<T>(
        &self,
        name: &str,
        operation: &str,
        answer: Option<Named<T>>,
    ) -> Result<T, Error> {
        match answer.map(|answer| answer.result) {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) if error.code == Code::UnknownTopicOrPartition => {
                Err(self.no_topic(name, operation))
            }
            Some(Err(error)) => Err(self
                .refused(&format!("cannot describe topic {name}"), error)
                .needs(format!("{operation} on topic {name}"))),
            None => Err(Error::Unsuited(format!(
                "{} left topic {name} out of its answer; try again",
                self.broker()
            ))),
        }
    }

    fn known(&self, name: &str) -> Option<DescribedTopic> {
        let topic = connect::topic(&self.metadata, name)?;
        Some(DescribedTopic {
            name: name.to_owned(),
            id: None,
            is_internal: INTERNAL.contains(&name),
            configs: None,
            partitions: partitions_of(topic),
        })
    }

    /// How many offsets the partitions of each of these topics keep, which is how many messages it
    /// holds unless it is compacted. None where that cannot be told.
    pub fn message_counts(&self, names: &[&str]) -> Vec<Option<i64>> {
        let partitions: Vec<_> = names.iter().map(|name| self.led_partitions(name)).collect();
        let all: Vec<_> = partitions.iter().flatten().flatten().cloned().collect();
        let ask = |query| self.offsets(&all, query).unwrap_or_default();
        let (ends, beginnings) = (ask(OffsetQuery::Latest), ask(OffsetQuery::Earliest));
        let held = |place: &(String, i32)| {
            Some(ends.get(place).copied().flatten()? - beginnings.get(place).copied().flatten()?)
        };
        let count = |of: Option<Vec<(String, i32)>>| of?.iter().map(held).sum();
        partitions.into_iter().map(count).collect()
    }

    /// A topic's partitions, if all have a leader.
    pub(super) fn led_partitions(&self, name: &str) -> Option<Vec<(String, i32)>> {
        connect::topic(&self.metadata, name)?
            .partitions()
            .iter()
            .map(|partition| (partition.leader() >= 0).then(|| (name.to_owned(), partition.id())))
            .collect()
    }

    /// These partitions' offsets. All messages count, also those of an open transaction, as in
    /// Kafka's own tools.
    pub(super) fn offsets(
        &self,
        partitions: &[(String, i32)],
        query: OffsetQuery,
    ) -> Result<Offsets, Error> {
        Ok(self
            .listed(partitions, query)?
            .into_iter()
            .map(|listed| ((listed.topic, listed.partition), listed.result.ok().flatten()))
            .collect())
    }

    /// The same, with what is wrong with each partition.
    pub(super) fn listed(
        &self,
        partitions: &[(String, i32)],
        query: OffsetQuery,
    ) -> Result<Vec<ListedOffset>, Error> {
        let queries: Vec<_> = partitions
            .iter()
            .map(|(topic, partition)| (topic.as_str(), *partition, query))
            .collect();
        self.list(&queries)
    }

    /// The same, with a question for each partition.
    pub(super) fn list(
        &self,
        queries: &[(&str, i32, OffsetQuery)],
    ) -> Result<Vec<ListedOffset>, Error> {
        self.ask(|left| {
            let level = Isolation::ReadUncommitted;
            let listed = admin::list_offsets(self.client(), queries, level, left)?;
            complete(listed, |one| one.result.as_ref().err())
        })
        .answer
        .map_err(|error| self.failed("cannot list offsets", error))
    }

    /// These partitions' offsets with the times of their messages, where those are asked for. What
    /// is wrong with one of them is an error: no answer is not "no such message".
    pub(super) fn each_listed(
        &self,
        partitions: &[(String, i32)],
        query: OffsetQuery,
    ) -> Result<Vec<ListedPlace>, Error> {
        let each = self.listed(partitions, query)?.into_iter().map(|one| {
            let (topic, partition) = (one.topic, one.partition);
            let offset = one.result.map_err(|error| {
                let what = format!("cannot list offsets of partition {partition} of {topic}");
                self.refused(&what, error).needs(format!("Describe on topic {topic}"))
            })?;
            Ok(((topic, partition), offset, one.timestamp))
        });
        each.collect()
    }
}

/// A topic's partitions as metadata shows them, by number.
pub(super) fn partitions_of(topic: &MetadataTopic) -> Vec<Partition> {
    let mut partitions: Vec<_> = topic.partitions().iter().map(partition_of).collect();
    partitions.sort_by_key(|partition| partition.id);
    partitions
}

fn partition_of(partition: &MetadataPartition) -> Partition {
    Partition {
        id: partition.id(),
        leader: Some(partition.leader()).filter(|leader| *leader >= 0),
        replicas: partition.replicas().to_vec(),
        isr: partition.isr().to_vec(),
    }
}

/// As Kafka's tool has it: that of the first partition.
pub(super) fn replication_factor(topic: &MetadataTopic) -> usize {
    topic
        .partitions()
        .iter()
        .min_by_key(|partition| partition.id())
        .map_or(0, |partition| partition.replicas().len())
}

fn take<T>(answers: &mut Vec<Named<T>>, name: &str) -> Option<Named<T>> {
    let place = answers.iter().position(|answer| answer.name == name)?;
    Some(answers.swap_remove(place))
}
