//! Many topics at once, as a plan needs them: each of these is one request.

use std::collections::{BTreeMap, HashSet};

use kp_rdkafka::admin::{
    self, ConfigChanges, ConfigSource, ItemError, Named, NewTopic, OffsetQuery,
};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::again::{Asked, complete};
use super::topics::{INTERNAL, replication_factor};
use super::{Admin, partition_count};
use crate::connect;
use crate::error::Error;

/// A topic as it is, with all its configs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicState {
    /// The topic.
    pub name: String,
    /// How many partitions it has.
    pub partitions: usize,
    /// On how many brokers the first partition is held.
    pub replication_factor: usize,
    /// Whether it is one of Kafka's own.
    pub is_internal: bool,
    /// The configs in force, except those that the broker keeps to itself.
    pub configs: Vec<TopicConfig>,
}

/// A config of a topic in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicConfig {
    /// The name, such as `retention.ms`.
    pub name: String,
    /// The value.
    pub value: String,
    /// Whether it is set on the topic itself.
    pub is_set: bool,
}

/// Those things of a request that failed, by name, and why. The others were done.
pub type Failures = Vec<(String, Error)>;

impl Admin {
    /// Those of these topics that exist.
    ///
    /// # Errors
    /// The embedded broker; topics that this user may not see, so that it is not known whether they
    /// exist; no answer in time, or a refusal.
    pub fn topic_states(&self, names: &[&str]) -> Result<Vec<TopicState>, Error> {
        self.needs_kafka("plan (it has neither configs nor ACLs)")?;
        let newer = self.newer_metadata(names);
        let metadata = newer.as_ref().unwrap_or(&self.metadata);
        let is_there = |name: &&str| partition_count(metadata, name).is_some();
        let (found, absent): (Vec<&str>, Vec<&str>) = names.iter().copied().partition(is_there);
        let codes = self.told_why_hidden(&absent).map_err(|error| {
            // What is taken for absent would be made.
            self.failed(&format!("cannot tell whether topic {} exists", absent.join(", ")), error)
        })?;
        let hidden: Vec<_> = absent
            .iter()
            .zip(codes)
            .filter_map(|(name, code)| Some(self.hidden(name, code?, "Describe")))
            .collect();
        if !hidden.is_empty() {
            return Err(Error::Several(hidden));
        }
        let described = self.once_all_known(|left| {
            let described = admin::describe_configs(self.client(), &found, left)?;
            complete(described, |one| one.result.as_ref().err())
        })?;
        let mut configs: BTreeMap<String, _> =
            described.into_iter().map(|one| (one.name.clone(), one)).collect();
        let state = |name: &str| {
            let entries = self.one(name, "DescribeConfigs", configs.remove(name))?;
            let topic = connect::topic(metadata, name);
            Ok(TopicState {
                name: name.to_owned(),
                partitions: topic.map_or(0, |topic| topic.partitions().len()),
                replication_factor: topic.map_or(0, replication_factor),
                is_internal: INTERNAL.contains(&name),
                configs: entries
                    .into_iter()
                    .filter_map(|entry| {
                        let is_set = entry.source == ConfigSource::Topic;
                        Some(TopicConfig { name: entry.name, value: entry.value?, is_set })
                    })
                    .collect(),
            })
        };
        found.into_iter().map(state).collect()
    }

    /// How many offsets of each topic are of messages before a time, in milliseconds since 1970:
    /// so many messages, unless the topic is compacted. None where that cannot be told.
    pub fn messages_before(&self, topics: &[(&str, i64)]) -> Vec<Option<i64>> {
        let led: Vec<_> = topics.iter().map(|(name, _)| self.led_partitions(name)).collect();
        let partitions: Vec<_> = led.iter().flatten().flatten().cloned().collect();
        let ask = |query| self.offsets(&partitions, query).unwrap_or_default();
        let (starts, ends) = (ask(OffsetQuery::Earliest), ask(OffsetQuery::Latest));
        let at: Vec<_> = topics
            .iter()
            .zip(&led)
            .flat_map(|((name, time), led)| {
                let numbers = led.iter().flatten().map(|(_, partition)| *partition);
                numbers.map(|partition| (*name, partition, OffsetQuery::At(*time)))
            })
            .collect();
        let Ok(listed) = self.list(&at) else {
            return vec![None; topics.len()];
        };
        let first: BTreeMap<(String, i32), Option<i64>> = listed
            .into_iter()
            .filter_map(|one| Some(((one.topic, one.partition), one.result.ok()?)))
            .collect();
        let before = |place: &(String, i32)| {
            let end = starts.get(place).copied().flatten().zip(ends.get(place).copied().flatten());
            let (start, end) = end?;
            // Where no message is as new as that, all are older.
            let first = first.get(place)?.unwrap_or(end);
            Some((first - start).max(0))
        };
        led.into_iter().map(|led| led?.iter().map(before).sum()).collect()
    }

    /// Creates topics, and waits until they can be seen.
    ///
    /// # Errors
    /// The whole request failed: it is not known which of them were made.
    pub fn make_topics(&self, topics: &[NewTopic<'_>]) -> Result<Failures, Error> {
        let names = topics.iter().map(|topic| topic.name);
        let asked = self.ask(|left| admin::create_topics(self.client(), topics, left));
        let existed = Some(Code::TopicAlreadyExists);
        let what = ("cannot create topic", "Create");
        let failures = self.failures(names, asked, what, existed)?;
        let failed: HashSet<&str> = failures.iter().map(|(name, _)| name.as_str()).collect();
        // Whoever may make a topic and not see it waits in vain, and has made it.
        let made = self.wait_for(|metadata| {
            let made = topics.iter().filter(|topic| !failed.contains(topic.name));
            let count = |topic: &NewTopic<'_>| partition_count(metadata, topic.name);
            made.map(|topic| Some((topic.name, count(topic)?))).collect::<Option<Vec<_>>>()
        });
        let made: Vec<_> =
            made.into_iter().flatten().map(|(name, count)| (name, Some(count))).collect();
        self.until_all_know_topics(&made);
        Ok(failures)
    }

    /// Makes topics have so many partitions, and waits until these can be seen.
    ///
    /// # Errors
    /// The whole request failed: it is not known which of them were changed.
    pub fn enlarge_topics(&self, topics: &[(&str, u32)]) -> Result<Failures, Error> {
        let names = topics.iter().map(|(name, _)| *name);
        let asked = self.ask(|left| admin::create_partitions(self.client(), topics, left));
        let has_them = Some(Code::InvalidPartitions);
        let what = ("cannot add partitions to topic", "Alter");
        let failures = self.failures(names, asked, what, has_them)?;
        let failed: HashSet<&str> = failures.iter().map(|(name, _)| name.as_str()).collect();
        let larger = topics.iter().filter(|(name, _)| !failed.contains(name));
        let larger: Vec<_> = larger.map(|(name, total)| (*name, Some(*total as usize))).collect();
        self.until_all_know_topics(&larger);
        Ok(failures)
    }

    /// Changes topics' configs. Of a topic that fails none is changed.
    ///
    /// # Errors
    /// The whole request failed: it is not known which of them were changed.
    pub fn change_topic_configs(&self, topics: &[ConfigChanges<'_>]) -> Result<Failures, Error> {
        let names = topics.iter().map(|topic| topic.topic);
        let asked = self.ask(|left| admin::alter_topic_configs(self.client(), topics, left));
        let what = ("cannot change the configs of topic", "AlterConfigs");
        let failures = self.failures(names, asked, what, None)?;
        let failed: HashSet<&str> = failures.iter().map(|(name, _)| name.as_str()).collect();
        let changed: Vec<_> = topics.iter().filter(|topic| !failed.contains(topic.topic)).collect();
        self.until_all_know_configs(&changed);
        Ok(failures)
    }

    /// Those of these topics that failed. `was_done` is what a broker says when a try whose answer
    /// was lost has made the change.
    fn failures<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
        asked: Asked<Vec<Named<()>>>,
        (what, operation): (&str, &str),
        was_done: Option<Code>,
    ) -> Result<Failures, Error> {
        let is_done = |error: &ItemError| asked.again && Some(error.code) == was_done;
        let answers = asked.answer.map_err(|error| self.failed(&format!("{what}s"), error))?;
        let failed = |name: String, error: ItemError| {
            let refused = self.refused(&format!("{what} {name}"), error);
            let refused = refused.needs(format!("{operation} on topic {name}"));
            (name, refused)
        };
        let told: HashSet<String> = answers.iter().map(|answer| answer.name.clone()).collect();
        let untold = names.filter(|name| !told.contains(*name)).map(|name| {
            let why = Error::Unsuited(format!(
                "{what} {name}: {} left it out of its answer, so that it is not known whether it \
                 was done; try again",
                self.broker()
            ));
            (name.to_owned(), why)
        });
        let untold: Vec<_> = untold.collect();
        let failures = answers
            .into_iter()
            .filter_map(|answer| Some((answer.name, answer.result.err()?)))
            .filter(|(_, error)| !is_done(error));
        Ok(failures.map(|(name, error)| failed(name, error)).chain(untold).collect())
    }
}
