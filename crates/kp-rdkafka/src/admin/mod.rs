//! Admin requests that wait for their answer: those that rust-rdkafka lacks, and those that it
//! hands out as futures only.
//!
//! ```text
//!  cluster.rs        id, controller, brokers            groups.rs   list, describe, delete
//!  topics.rs         describe                           offsets.rs  committed; listed, by time too
//!  group_offsets.rs  change, delete                     partition_changes.rs  trim, elect
//!  acls.rs           list, add, remove                  users.rs    list, set, delete (SCRAM)
//!  topic_changes.rs  create, delete, add partitions     configs.rs  what is set on topics, brokers
//!                                           config_changes.rs  sets it
//!                   each makes its arguments and reads its result
//!  request.rs  one request: options, a queue for its answer, waiting, errors
//!  error.rs    a whole request fails, or one thing that it names
//! ```
//! A function returns at the latest one second after its `timeout`. A failure of the whole
//! request is an [`AdminError`]. A failure of one topic, group or partition among others is an
//! [`ItemError`] beside its name.
//!
//! The [mock cluster](crate::mock) has no controller, no groups to list and no times. Requests to
//! the controller (the cluster, topics, configs) end there with [`AdminError::Timeout`]. Listing,
//! describing and deleting groups is `UnsupportedFeature` at once. Deleting a group's offsets
//! **aborts the process** there. An offset by time is none, and so are a group's offsets unless the
//! partitions are named, **which looks like an answer**. So a caller asks
//! [`is_mock_cluster`](crate::mock::is_mock_cluster) first.

mod acls;
mod cluster;
mod config_changes;
mod configs;
mod error;
mod group_offsets;
mod groups;
mod offsets;
mod partition_changes;
mod request;
mod topic_changes;
mod topics;
mod users;

pub use acls::{
    Acl, AclOperation, AclPattern, AclPermission, AclResource, ask_acls, create_acls, delete_acls,
    describe_acls,
};
pub use cluster::{Cluster, Node, cluster_operations, connect_early, describe_cluster};
pub use config_changes::{ConfigChanges, alter_broker_configs, alter_topic_configs};
pub use configs::{
    ConfigEntry, ConfigSource, ask_configs, describe_broker_configs, describe_configs,
};
pub use error::{AdminError, ItemError, Named};
pub use group_offsets::{
    ChangedOffset, alter_consumer_group_offsets, delete_consumer_group_offsets,
};
pub use groups::{
    Group, GroupKind, GroupList, GroupState, ListedGroup, Member, delete_groups, describe_groups,
    group_operations, list_groups,
};
pub use offsets::{
    Committed, Isolation, ListedOffset, OffsetQuery, PendingCommitted, PendingOffsets,
    list_consumer_group_offsets, list_offsets,
};
pub use partition_changes::{ChangedPartition, Election, delete_records, elect_leaders};
pub use request::{Pending, Whom};
pub use topic_changes::{NewTopic, create_partitions, create_topics, delete_topics};
pub use topics::{Partition, Topic, ask_topics, describe_topics, topic_operations};
pub use users::{
    NewLogin, ScramCredential, ScramMechanism, ask_users, delete_logins, describe_users, set_logins,
};
