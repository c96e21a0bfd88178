//! Asking about topics and groups, and changing topics: one request, one answer.
//!
//! ```text
//!  Admin::connect -> topics.rs   list, describe
//!                    changes.rs  create, delete, add partitions
//!                    groups.rs   list, describe
//!                    partitions.rs  their offsets, deleting messages, choosing leaders
//!                    group_offsets.rs   where a group goes on: plan, change
//!                    group_deletion.rs  delete groups
//!                    cluster.rs  brokers, and what each holds
//!                    acls.rs     list, add, remove
//!                    users.rs    SCRAM logins
//!                    bulk.rs     many topics at once, for a plan
//!                    known.rs    waiting until each broker knows of a change
//!                    watch.rs    groups again and again, with the time of the next message
//!                    configs.rs  the order in which Kafka's own tool prints a topic's settings
//!                    again.rs    what is asked again, because the broker went away meanwhile
//! ```
//! The embedded broker knows topics, partitions and committed offsets, and nothing else. What it
//! lacks is refused before it is asked, with [`Error::Embedded`], because it would answer late or
//! wrongly.

mod acls;
pub(crate) mod again;
mod broker_configs;
mod bulk;
mod changes;
mod cluster;
mod configs;
mod group_deletion;
mod group_offsets;
mod groups;
mod known;
mod partitions;
mod topics;
mod users;
mod watch;

use std::time::{Duration, Instant};

use kp_core::most_alike;
use kp_rdkafka::admin::{self, AdminError, ItemError};
use kp_settings::{Address, Role, Settings};
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::metadata::Metadata;

use self::again::Asked;
use crate::addresses::address_of;
use crate::connect::{self, Connection};
use crate::error::{Error, is_refusal};
use crate::listener;
use crate::words::said;

pub use acls::Purpose;
pub use bulk::{Failures, TopicConfig, TopicState};
pub use changes::{Created, Enlarged};
pub use cluster::{Broker, Cluster};
pub use group_offsets::{ChangedOffsets, Chosen, ResetPlan, ResetStep, ResetTo};
pub use groups::{DescribedGroup, DescribedGroups, GroupPartition, GroupSummary, OutOfRange};
pub use kp_rdkafka::Place;
pub use kp_rdkafka::admin::{
    Acl, AclOperation, AclPattern, AclPermission, AclResource, ConfigChanges, ConfigEntry,
    ConfigSource, Election, Group, GroupKind, GroupState, Member, NewTopic, Partition,
    ScramCredential, ScramMechanism,
};
pub use partitions::{PartitionOffsets, PartitionsOffsets, TopicPartitions};
pub use topics::{DescribedTopic, DescribedTopics, TopicSummary};
pub use users::ScramUser;
pub use watch::{GroupsWatch, Look, WatchedGroup, WatchedPartition};

/// How often it is looked whether the brokers know of a change.
const LOOK: Duration = Duration::from_millis(20);

/// A client that reached the cluster, and administers it.
pub struct Admin {
    connection: Connection,
    /// As it was on connecting.
    metadata: Metadata,
    is_embedded: bool,
    /// How long one request may take.
    timeout: Duration,
}

impl Admin {
    /// Connects.
    ///
    /// # Errors
    /// Settings that librdkafka refuses, or no broker.
    pub fn connect(settings: &Settings) -> Result<Self, Error> {
        // All topics, never one by its name: asking for a topic by name makes it on a broker that
        // makes topics by itself.
        let (connection, metadata) = Connection::open(settings, Role::Admin, None)?;
        Ok(Self {
            is_embedded: connection.is_embedded(),
            connection,
            metadata,
            timeout: settings.admin.timeout,
        })
    }

    /// The bootstrap address, for sentences.
    pub fn broker(&self) -> &str {
        &self.connection.broker
    }

    /// Whether this is the embedded broker, which knows neither topic ids nor settings.
    pub fn is_embedded(&self) -> bool {
        self.is_embedded
    }

    fn client(&self) -> &kp_rdkafka::Client {
        &self.connection.client
    }

    /// Asks one request, again where the broker went away before it answered.
    fn ask<T>(&self, request: impl Fn(Duration) -> Result<T, AdminError>) -> Asked<T> {
        again::ask(self.timeout, request)
    }

    /// Ends what the embedded broker cannot do, as in "the embedded broker cannot `what`".
    fn needs_kafka(&self, what: &str) -> Result<(), Error> {
        if self.is_embedded {
            return Err(Error::Embedded { what: what.to_owned() });
        }
        Ok(())
    }

    /// Why a whole request failed; `what` reads "cannot describe topic t".
    fn failed(&self, what: &str, error: AdminError) -> Error {
        match error {
            AdminError::Timeout { .. } => self.timed_out(what),
            AdminError::Request { code, reason, .. } => {
                self.refused(what, ItemError { code, text: reason })
            }
            AdminError::Argument { reason, .. } => {
                Error::Unsuited(format!("{what} on {}: {reason}", self.broker()))
            }
        }
    }

    /// Why one topic or group of a request failed.
    fn refused(&self, what: &str, error: ItemError) -> Error {
        let step = format!("{what} on {}", self.broker());
        match error.code {
            code if is_refusal(code) => Error::at(step, code),
            Code::OperationTimedOut | Code::RequestTimedOut => self.timed_out(what),
            Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::UnsupportedFeature
            | Code::UnsupportedVersion => {
                Error::Stalled(format!("{step}: {}", said(error.code, &error.text)))
            }
            _ => Error::Unsuited(format!("{step}: {}", said(error.code, &error.text))),
        }
    }

    fn timed_out(&self, what: &str) -> Error {
        let silent = self.silent_brokers();
        let which = if silent.is_empty() {
            "is a broker down, or busy?".to_owned()
        } else {
            format!("{} cannot be reached now", silent.join(", "))
        };
        Error::Stalled(format!(
            "{what} on {}: no answer within {:?} (admin.timeout); {which}",
            self.broker(),
            self.timeout
        ))
    }

    /// The brokers of the cluster that answer nothing now, as `broker 2 (localhost:19093)`.
    fn silent_brokers(&self) -> Vec<String> {
        let brokers: Vec<(i32, Address)> = self
            .metadata
            .brokers()
            .iter()
            .filter_map(|broker| Some((broker.id(), address_of(broker)?)))
            .collect();
        let addresses: Vec<Address> = brokers.iter().map(|(_, address)| address.clone()).collect();
        let answers = listener::ask_all(&addresses);
        brokers
            .iter()
            .zip(answers)
            .filter(|(_, answer)| answer.is_none())
            .map(|((id, address), _)| format!("broker {id} ({address})"))
            .collect()
    }

    /// What is wrong with a topic that is not among those that this user may see, and that was to
    /// be used by this operation.
    fn no_topic(&self, name: &str, operation: &str) -> Error {
        self.no_topics(&[name], operation).pop().unwrap_or_else(|| self.missing(name))
    }

    /// The same for several topics.
    fn no_topics(&self, names: &[&str], operation: &str) -> Vec<Error> {
        let codes = self.why_hidden(names).into_iter().chain(std::iter::repeat(None));
        let of = names.iter().zip(codes);
        of.map(|(name, code)| match code {
            Some(code) => self.hidden(name, code, operation),
            None => self.missing(name),
        })
        .collect()
    }

    fn hidden(&self, name: &str, code: Code, operation: &str) -> Error {
        Error::at(format!("topic {name} on {}", self.broker()), code)
            .needs(format!("{operation} on topic {name}"))
    }

    fn missing(&self, name: &str) -> Error {
        let hint = most_alike(name, self.topic_names()).map_or_else(
            || "`kp-admin topics list` shows those that do".to_owned(),
            |nearest| format!("did you mean {nearest}?"),
        );
        Error::NoTopic { topic: name.to_owned(), broker: self.broker().to_owned(), advice: hint }
    }

    /// Why each of these topics is not shown to this user, where that is by want of an ACL; nothing
    /// at all where nobody tells.
    fn why_hidden(&self, names: &[&str]) -> Vec<Option<Code>> {
        self.told_why_hidden(names).unwrap_or_default()
    }

    /// The same; an error where nobody tells.
    fn told_why_hidden(&self, names: &[&str]) -> Result<Vec<Option<Code>>, AdminError> {
        if self.is_embedded || names.is_empty() {
            return Ok(Vec::new());
        }
        let asked = self.ask(|left| admin::describe_topics(self.client(), names, left));
        let described = asked.answer?;
        let refusal_of = |name: &&str| {
            let mut found = described.iter();
            let error = found.find(|one| one.name == **name)?.result.as_ref().err()?;
            is_refusal(error.code).then_some(error.code)
        };
        Ok(names.iter().map(refusal_of).collect())
    }

    /// Newer metadata, where one of these topics is not in that of the connection: it may have just
    /// been made, and the broker that was asked then may not have heard of it.
    fn newer_metadata(&self, names: &[&str]) -> Option<Metadata> {
        let lacks = |metadata: &Metadata| {
            names.iter().any(|name| partition_count(metadata, name).is_none())
        };
        if !lacks(&self.metadata) {
            return None;
        }
        let brokers = self.connection.broker_count(&self.metadata);
        let ask = || self.client().metadata(None, self.timeout);
        connect::once_metadata_settled(brokers, ask, lacks).ok()
    }

    fn topic_names(&self) -> impl Iterator<Item = &str> {
        self.metadata.topics().iter().map(|topic| topic.name())
    }

    /// Looks at the brokers' topics until they are as a change was to make them, for the time of a
    /// request.
    fn wait_for<T>(&self, wanted: impl Fn(&Metadata) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + self.timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let metadata = self.connection.client.metadata(None, left.max(LOOK));
            if let Some(found) = metadata.ok().as_ref().and_then(&wanted) {
                return Some(found);
            }
            if left.is_zero() {
                return None;
            }
            std::thread::sleep(LOOK.min(left));
        }
    }
}

/// How many partitions a topic has; none when there is no such topic.
fn partition_count(metadata: &Metadata, name: &str) -> Option<usize> {
    connect::topic(metadata, name).map(|topic| topic.partitions().len())
}

/// Names in the order given, each once: Kafka refuses a request that names a topic twice.
fn each_once<'n>(names: &[&'n str]) -> Vec<&'n str> {
    let mut once: Vec<&str> = Vec::with_capacity(names.len());
    for name in names {
        if !once.contains(name) {
            once.push(name);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_asked_for_once() {
        assert_eq!(each_once(&["b", "a", "b"]), ["b", "a"]);
    }
}
