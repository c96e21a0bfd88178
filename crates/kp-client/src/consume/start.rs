//! Where a consumer starts: which topics there are, and at which offsets.

use kp_rdkafka::admin;
use kp_settings::From;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::metadata::Metadata;
use rdkafka::{Offset, TopicPartitionList};

use super::{Consumer, Membership};
use crate::admin::again;
use crate::connect::{self, Connection};
use crate::error::Error;

impl Consumer {
    /// Topics that do not exist are an error, unless they are waited for or others are there to be read.
    pub(super) fn check_topics(&mut self, first: Metadata, wait: bool) -> Result<(), Error> {
        let mut first = Some(first);
        let mut missing = Vec::new();
        for name in &self.topics {
            let metadata = match first.take() {
                Some(metadata) if connect::topic(&metadata, name).is_some() => metadata,
                _ => self.metadata(name)?,
            };
            let found = metadata.topics().iter().find(|topic| topic.name() == name);
            if let Some(code @ Code::TopicAuthorizationFailed) =
                found.and_then(|topic| topic.error()).map(Code::from)
            {
                return Err(
                    Error::at(format!("topic {name}"), code).needs(format!("Read on topic {name}"))
                );
            }
            if connect::topic(&metadata, name).is_none() {
                missing.push(name.clone());
            }
        }
        let all = missing.len() == self.topics.len();
        for topic in missing {
            // Only a group is told when a topic appears.
            if all && (!wait || self.membership == Membership::Alone) {
                return Err(Error::NoTopic {
                    topic,
                    broker: self.connection.broker.clone(),
                    advice: "a consumer never makes one; `kp-producer` does on its first message, and so does \
                             `kp-admin topics create`. A group can wait for it: --idle-exit never --stall-timeout 1h"
                        .to_owned(),
                });
            }
            tracing::warn!(
                "topic {topic} does not exist yet on {}",
                self.connection.broker
            );
        }
        Ok(())
    }

    fn metadata(&self, topic: &str) -> Result<Metadata, Error> {
        let Connection {
            client,
            broker,
            patience,
            ..
        } = &self.connection;
        let ask = || {
            client.metadata(Some(topic), *patience).map_err(|error| {
                Error::of(format!("cannot ask {broker} about topic {topic}"), &error)
            })
        };
        let is_missing = |metadata: &Metadata| connect::topic(metadata, topic).is_none();
        connect::beyond_hearsay(self.brokers, ask, is_missing)
    }

    pub(super) fn start(&mut self) -> Result<(), Error> {
        if self.membership != Membership::Alone {
            self.follows_group = self.from != From::Stored && self.group_is_live();
            if self.follows_group {
                tracing::warn!(
                    "group {} has other members: reading goes on where they stand, not as --from says",
                    self.group
                );
            }
            let mut list = TopicPartitionList::new();
            for topic in &self.topics {
                list.add_topic_unassigned(topic);
            }
            return self.connection.client.subscribe(&list).map_err(|code| {
                Error::at(
                    format!("cannot subscribe to {}", self.topics.join(", ")),
                    code,
                )
            });
        }
        let mut list = TopicPartitionList::new();
        for name in &self.topics {
            let metadata = self.metadata(name)?;
            for partition in connect::topic(&metadata, name)
                .into_iter()
                .flat_map(|topic| topic.partitions())
            {
                list.add_partition(name, partition.id());
            }
        }
        self.assign(list)
    }

    /// Whether the group has members now. Whoever joins them goes on where they stand: were `--from` to count there, partitions
    /// that they had begun would be read twice, or in part by nobody.
    pub(super) fn group_is_live(&self) -> bool {
        let client = self.connection.client.native();
        // The embedded broker cannot tell.
        let described = again::ask(self.connection.patience, |left| {
            let described = admin::describe_groups(client, &[&self.group], left)?;
            again::complete(described, |one| one.result.as_ref().err())
        });
        described
            .answer
            .ok()
            .and_then(|groups| groups.into_iter().next())
            .and_then(|group| group.result.ok())
            .is_some_and(|group| !group.members.is_empty())
    }

    /// Where a partition starts that is new to this consumer; none at the group's committed offset.
    pub(super) fn start_offset(&self, topic: &str, partition: i32) -> Result<Option<i64>, Error> {
        let alone = self.membership == Membership::Alone;
        if !alone && (self.from == From::Stored || self.follows_group) {
            return Ok(None);
        }
        let (low, end) = self.ends_to_start_at(topic, partition)?;
        Ok(Some(match self.from {
            From::Stored | From::Earliest => low,
            From::Latest => end,
            From::Offset(wanted) => {
                if !(low..=end).contains(&wanted) {
                    tracing::warn!(
                        "{topic} [{partition}] keeps offsets {low} to {end}: reading starts at {}, not at {wanted}",
                        wanted.clamp(low, end)
                    );
                }
                wanted.clamp(low, end)
            }
            From::Time(millis) => self
                .offset_of_time(topic, partition, millis)?
                .unwrap_or(end),
        }))
    }

    fn offset_of_time(
        &self,
        topic: &str,
        partition: i32,
        millis: i64,
    ) -> Result<Option<i64>, Error> {
        self.until_led(topic, partition, |left| {
            let mut list = TopicPartitionList::new();
            list.add_partition_offset(topic, partition, Offset::Offset(millis))?;
            self.connection
                .client
                .offsets_for_times(&mut list, left)
                .map_err(KafkaError::OffsetFetch)?;
            let elements = list.elements();
            let Some(element) = elements.first() else {
                return Ok(None);
            };
            element.error()?;
            Ok(match element.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            })
        })
    }
}
