//! Asking about topics and groups, and changing topics: one request, one answer.
//!
//! ```text
//!  Admin::connect -> topics.rs   list, describe
//!                    changes.rs  create, delete, add partitions
//!                    groups.rs   list, describe
//!                    configs.rs  the order in which Kafka's own tool prints a topic's settings
//!                    again.rs    what is asked again, because the broker went away meanwhile
//! ```
//! The embedded broker knows topics, partitions and committed offsets, and nothing else. What it lacks is refused before it is
//! asked, with [`Error::Embedded`], because it would answer late or wrongly.

pub(crate) mod again;
mod changes;
mod configs;
mod groups;
mod topics;

use std::time::{Duration, Instant};

use kp_rdkafka::admin::{self, AdminError, ItemError};
use kp_settings::{Role, Settings, most_alike};
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::metadata::Metadata;

use self::again::Asked;
use crate::connect::{self, Connection};
use crate::error::{Error, is_refusal};

pub use changes::{Created, Enlarged};
pub use groups::{DescribedGroup, GroupPartition};
pub use kp_rdkafka::admin::{GroupKind, GroupState, ListedGroup, Member, NewTopic, Partition};
pub use topics::{DescribedTopic, DescribedTopics, TopicSummary};

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
        // All topics, never one by its name: asking for a topic by name makes it on a broker that makes topics by itself.
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

    fn native(&self) -> &rdkafka::client::Client<rdkafka::client::DefaultClientContext> {
        self.connection.client.native()
    }

    /// Asks one request, again where the broker went away before it answered.
    fn ask<T>(&self, request: impl Fn(Duration) -> Result<T, AdminError>) -> Asked<T> {
        again::ask(self.timeout, request)
    }

    /// Ends what the embedded broker cannot do, as in "the embedded broker cannot `what`".
    fn needs_kafka(&self, what: &str) -> Result<(), Error> {
        if self.is_embedded {
            return Err(Error::Embedded {
                what: what.to_owned(),
            });
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
            | Code::UnsupportedVersion => Error::Stalled(format!("{step}: {}", error.text)),
            _ => Error::Unsuited(format!("{step}: {}", error.text)),
        }
    }

    fn timed_out(&self, what: &str) -> Error {
        Error::Stalled(format!(
            "{what} on {}: no answer within {:?} (admin.timeout); is a broker down, or busy?",
            self.broker(),
            self.timeout
        ))
    }

    /// What is wrong with a topic that is not among those that this user may see, and that was to be used by this operation.
    fn no_topic(&self, name: &str, operation: &str) -> Error {
        if let Some(code) = self.is_hidden(name) {
            return Error::at(format!("topic {name} on {}", self.broker()), code)
                .needs(format!("{operation} on topic {name}"));
        }
        let hint = most_alike(name, self.topic_names()).map_or_else(
            || "`kp-admin topics list` shows those that do".to_owned(),
            |nearest| format!("did you mean {nearest}?"),
        );
        Error::Unsuited(format!(
            "topic {name} does not exist on {}; {hint}",
            self.broker()
        ))
    }

    /// Why a topic is not shown to this user, if that is by want of an ACL.
    fn is_hidden(&self, name: &str) -> Option<Code> {
        if self.is_embedded {
            return None;
        }
        let asked = self.ask(|left| admin::describe_topics(self.native(), &[name], left));
        let error = asked.answer.ok()?.pop()?.result.err()?;
        is_refusal(error.code).then_some(error.code)
    }

    fn topic_names(&self) -> impl Iterator<Item = &str> {
        self.metadata.topics().iter().map(|topic| topic.name())
    }

    /// Looks at the brokers' topics until they are as a change was to make them, for the time of a request.
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
    fn the_nearest_name_is_offered_and_a_far_one_is_not() {
        let names = || ["topic1", "orders", "Payments"].into_iter();
        assert_eq!(most_alike("topik1", names()), Some("topic1"));
        assert_eq!(most_alike("payments", names()), Some("Payments"));
        assert_eq!(most_alike("xyz", names()), None);
        assert_eq!(most_alike("topic1", std::iter::empty()), None);
    }

    #[test]
    fn a_name_is_asked_for_once() {
        assert_eq!(each_once(&["b", "a", "b"]), ["b", "a"]);
    }
}
