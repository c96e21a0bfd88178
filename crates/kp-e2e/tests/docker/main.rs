//! The programs on real brokers in containers: KRaft, a ZooKeeper pair, three brokers.
//!
//! Ports and names are random, so that runs side by side and a stack of `cargo xtask up` do not
//! meet. Containers go with their volumes when their test ends, also when it fails.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod added_partitions;
mod console_tools;
mod election;
mod examples;
mod following;
mod gaps;
mod group_changes;
mod groups;
mod images;
mod keys;
mod loopback;
mod main_job;
mod other_tools;
mod plan;
mod ranges;
mod reading;
mod redrive;
mod refusals;
#[cfg(feature = "tls")]
mod secure;
// The programs that the tests run are this machine's, and in the containers is Linux.
#[cfg(target_os = "linux")]
mod services;
mod side_by_side;
mod stack;
mod terminal;
mod topic_changes;
mod topic_patterns;
mod topics;
mod transaction_ends;
mod transactions;
mod watch;

pub(crate) use stack::Stack;
