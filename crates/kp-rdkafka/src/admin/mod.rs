//! Admin requests that wait for their answer: those that rust-rdkafka lacks, and those that it hands out as futures only.
//!
//! ```text
//!  cluster.rs        id, controller, brokers            groups.rs   list, describe, delete
//!  topics.rs         describe                           offsets.rs  committed by a group; earliest, latest, by time
//!  topic_changes.rs  create, delete, add partitions     configs.rs  what is set on a topic
//!                   each makes its arguments and reads its result
//!  request.rs  one request: options, a queue for its answer, waiting, errors
//!  native.rs   what librdkafka hands out, owned, and read without trust
//! ```
//! A function returns at the latest one second after its `timeout`. A failure of the whole request is an [`AdminError`]; a failure
//! of one topic, group or partition among others is an [`ItemError`] beside its name, as the broker answered it.
//!
//! The [mock cluster](crate::mock) has no controller, no groups to list and no times. What goes to the controller (the cluster, topics,
//! configs) ends there with [`AdminError::Timeout`]; listing, describing and deleting groups is `UnsupportedFeature` at once; an offset
//! by time is none, and so are a group's offsets unless the partitions are named, **which looks like an answer**. Whoever may be
//! connected to it asks [`is_mock_cluster`](crate::mock::is_mock_cluster) first.

mod cluster;
mod configs;
mod groups;
mod native;
mod offsets;
mod request;
mod topic_changes;
mod topics;

use std::time::Duration;

use rdkafka::error::RDKafkaErrorCode;

pub use cluster::{Cluster, Node, describe_cluster};
pub use configs::{ConfigEntry, ConfigSource, describe_configs};
pub use groups::{
    Group, GroupKind, GroupList, GroupState, ListedGroup, Member, delete_groups, describe_groups,
    list_groups,
};
pub use offsets::{
    Committed, Isolation, ListedOffset, OffsetQuery, list_consumer_group_offsets, list_offsets,
};
pub use topic_changes::{NewTopic, create_partitions, create_topics, delete_topics};
pub use topics::{Partition, Topic, describe_topics};

/// Why a whole request failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// No answer in time: the broker is not reachable, or has no controller, as the mock cluster.
    #[error("failed to {request}: no answer within {} ms", timeout.as_millis())]
    Timeout {
        /// What was asked for, such as `describe topics`.
        request: &'static str,
        /// How long was waited for.
        timeout: Duration,
    },
    /// The broker refused, or librdkafka did before asking; `UnsupportedFeature` when the broker does not know this request.
    #[error("failed to {request}: {reason}")]
    Request {
        /// What was asked for.
        request: &'static str,
        /// The code, by which a program decides.
        code: RDKafkaErrorCode,
        /// The text, for people.
        reason: String,
    },
    /// An argument that cannot be sent.
    #[error("failed to {request}: {what} {value:?}: {reason}")]
    Argument {
        /// What was asked for.
        request: &'static str,
        /// Which argument.
        what: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl AdminError {
    /// The broker's or librdkafka's error code; a timeout is `OperationTimedOut`, a bad argument `InvalidArgument`.
    pub fn code(&self) -> RDKafkaErrorCode {
        match self {
            Self::Timeout { .. } => RDKafkaErrorCode::OperationTimedOut,
            Self::Request { code, .. } => *code,
            Self::Argument { .. } => RDKafkaErrorCode::InvalidArgument,
        }
    }
}

/// Why one topic, group or partition of a request failed, while others may have not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct ItemError {
    /// The code, by which a program decides; `Unknown` for one that this version of librdkafka does not know.
    pub code: RDKafkaErrorCode,
    /// The broker's words where it sent some, else librdkafka's for the code.
    pub text: String,
}

/// The answer for one topic or group, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<T> {
    /// The topic or group that was named in the request.
    pub name: String,
    /// What came of it.
    pub result: Result<T, ItemError>,
}
