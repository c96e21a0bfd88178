//! A cluster's topics and ACLs, as they are and as they should be.

use std::collections::{BTreeMap, BTreeSet};

use kp_client::admin::Acl;

/// How things should be. What is `None` is left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Desired {
    /// By name.
    pub(super) topics: Option<BTreeMap<String, WantedTopic>>,
    pub(super) acls: Option<BTreeSet<Acl>>,
}

/// How a topic should be. What is `None` is the broker's choice when the topic is made, and left
/// alone afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WantedTopic {
    pub(super) partitions: Option<u32>,
    pub(super) replication_factor: Option<u16>,
    pub(super) configs: BTreeMap<String, String>,
}

/// How things are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Actual {
    /// By name.
    pub(super) topics: BTreeMap<String, Topic>,
    pub(super) acls: BTreeSet<Acl>,
}

/// How a topic is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Topic {
    pub(super) partitions: u32,
    pub(super) replication_factor: u16,
    pub(super) is_internal: bool,
    /// Those in force, by name.
    pub(super) configs: BTreeMap<String, Config>,
}

/// A config in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Config {
    pub(super) value: String,
    /// Whether it is set on the topic itself.
    pub(super) is_set: bool,
}
