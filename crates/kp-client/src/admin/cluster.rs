//! The cluster's brokers, and what each holds.

use std::collections::BTreeMap;

use kp_rdkafka::admin;
use rdkafka::metadata::Metadata;

use super::Admin;
use crate::error::Error;

/// A cluster and its brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// The id that was given to the cluster when its storage was made.
    pub id: Option<String>,
    /// The broker that clients are told to send changes to. Under KRaft this is any broker, which
    /// passes them on.
    pub controller: Option<i32>,
    /// By id; those that are down are among them as far as a topic names them.
    pub brokers: Vec<Broker>,
    /// How many partitions nobody leads, so that they can be neither read nor written.
    pub leaderless: usize,
}

/// A broker, and how much of the topics that this user may see is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broker {
    /// The broker's id.
    pub id: i32,
    /// Where clients reach it; none while it is down.
    pub address: Option<(String, u16)>,
    /// Its `broker.rack`, where it was set.
    pub rack: Option<String>,
    /// How many partitions it leads.
    pub leads: usize,
    /// How many partitions it holds, those that it leads included.
    pub holds: usize,
}

impl Admin {
    /// Describes the cluster.
    ///
    /// # Errors
    /// The embedded broker; no answer in time.
    pub fn cluster(&self) -> Result<Cluster, Error> {
        self.needs_kafka("describe the cluster")?;
        let asked = self.ask(|left| admin::describe_cluster(self.client(), left));
        let described =
            asked.answer.map_err(|error| self.failed("cannot describe the cluster", error))?;
        let placed = placed(&self.metadata);
        let (brokers, leaderless) = counted(described.nodes, &placed);
        Ok(Cluster { id: described.id, controller: described.controller, brokers, leaderless })
    }
}

/// A partition's leader, and the brokers that hold it.
type Placed = (Option<i32>, Vec<i32>);

fn placed(metadata: &Metadata) -> Vec<Placed> {
    let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
    partitions
        .map(|partition| {
            let leader = Some(partition.leader()).filter(|leader| *leader >= 0);
            (leader, partition.replicas().to_vec())
        })
        .collect()
}

fn counted(nodes: Vec<admin::Node>, partitions: &[Placed]) -> (Vec<Broker>, usize) {
    let down = |id| Broker { id, address: None, rack: None, leads: 0, holds: 0 };
    let mut brokers: BTreeMap<i32, Broker> = nodes
        .into_iter()
        .map(|node| {
            let address = (!node.host.is_empty()).then_some((node.host, node.port));
            (node.id, Broker { address, rack: node.rack, ..down(node.id) })
        })
        .collect();
    for (leader, replicas) in partitions {
        for id in replicas {
            brokers.entry(*id).or_insert_with(|| down(*id)).holds += 1;
        }
        if let Some(leader) = leader {
            brokers.entry(*leader).or_insert_with(|| down(*leader)).leads += 1;
        }
    }
    let leaderless = partitions.iter().filter(|(leader, _)| leader.is_none()).count();
    (brokers.into_values().collect(), leaderless)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_that_is_down_is_known_by_what_it_holds() {
        let node = |id| admin::Node { id, host: "h".to_owned(), port: 9092, rack: None };
        let partitions = [(Some(1), vec![1, 2]), (None, vec![3]), (Some(1), vec![1])];
        let (brokers, leaderless) = counted(vec![node(2), node(1)], &partitions);
        let rows: Vec<_> = brokers
            .iter()
            .map(|broker| (broker.id, broker.address.is_some(), broker.leads, broker.holds))
            .collect();
        assert_eq!(rows, [(1, true, 2, 2), (2, true, 0, 1), (3, false, 0, 1)]);
        assert_eq!(leaderless, 1);
    }
}
