//! The cluster as a whole.
#![expect(unsafe_code, reason = "reads librdkafka's results")]

use std::time::Duration;

use rdkafka::bindings as sys;

use super::acls::{AclOperation, operations};
use super::error::AdminError;
use super::request::{Kind, Request};
use crate::client::Client;
use crate::native::{self, array, text};

const DESCRIBE_CLUSTER: Kind = Kind {
    name: "describe the cluster",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER,
    answer: sys::RD_KAFKA_EVENT_DESCRIBECLUSTER_RESULT,
};

/// A cluster's id and brokers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// The id that was given to the cluster when its storage was made.
    pub id: Option<String>,
    /// The broker that clients are told to send changes to. Under KRaft this is any broker, which
    /// passes them on.
    pub controller: Option<i32>,
    /// The brokers that are up.
    pub nodes: Vec<Node>,
}

/// A broker, and where clients reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The broker's id.
    pub id: i32,
    /// The advertised host; empty for a broker that is not up.
    pub host: String,
    /// The advertised port; 0 for a broker that is not up.
    pub port: u16,
    /// The broker's `broker.rack`, where it was set.
    pub rack: Option<String>,
}

impl Node {
    /// # Safety
    /// `raw` is null or a node that lives during this call.
    pub(super) unsafe fn read(raw: *const sys::rd_kafka_Node_t) -> Option<Self> {
        // SAFETY: not null here, and a node by this function's contract.
        (!raw.is_null()).then(|| unsafe {
            Self {
                id: sys::rd_kafka_Node_id(raw),
                host: text(sys::rd_kafka_Node_host(raw)).unwrap_or_default(),
                port: sys::rd_kafka_Node_port(raw),
                rack: text(sys::rd_kafka_Node_rack(raw)),
            }
        })
    }
}

/// Lets librdkafka connect to a broker's own address as soon as it knows one, by a question to the
/// controller that nobody waits for. Otherwise it waits 11 ms or more after the bootstrap
/// connection (`sparse_connect_intvl` in rdkafka_broker.c).
///
/// # Errors
/// [`AdminError`], when it cannot even be asked.
pub fn connect_early(client: &Client, timeout: Duration) -> Result<(), AdminError> {
    // SAFETY: client, options and queue are alive, and librdkafka keeps what it needs of them.
    Request::new(client, DESCRIBE_CLUSTER, timeout)?.send(|client, options, queue| unsafe {
        sys::rd_kafka_DescribeCluster(client, options, queue)
    });
    Ok(())
}

/// Describes the cluster.
///
/// # Errors
/// [`AdminError`].
pub fn describe_cluster(client: &Client, timeout: Duration) -> Result<Cluster, AdminError> {
    Request::new(client, DESCRIBE_CLUSTER, timeout)?.run(
        // SAFETY: client, options and queue are alive.
        |client, options, queue| unsafe { sys::rd_kafka_DescribeCluster(client, options, queue) },
        // SAFETY: the event is of this kind, and what is read from it lives as long as it does.
        |event| unsafe {
            let result = sys::rd_kafka_event_DescribeCluster_result(event);
            Cluster {
                id: text(sys::rd_kafka_DescribeCluster_result_cluster_id(result)),
                controller: Node::read(sys::rd_kafka_DescribeCluster_result_controller(result))
                    .map(|node| node.id),
                nodes: array(|count| sys::rd_kafka_DescribeCluster_result_nodes(result, count))
                    .into_iter()
                    .filter_map(|node| Node::read(node))
                    .collect(),
            }
        },
    )
}

/// What this user may do with the cluster as a whole. Without an authorizer that is everything, and
/// for a user who may not even describe it, nothing.
///
/// # Errors
/// [`AdminError`].
pub fn cluster_operations(
    client: &Client,
    timeout: Duration,
) -> Result<Vec<AclOperation>, AdminError> {
    Request::new(client, DESCRIBE_CLUSTER, timeout)?.with_authorized_operations()?.run(
        // SAFETY: client, options and queue are alive.
        |client, options, queue| unsafe { sys::rd_kafka_DescribeCluster(client, options, queue) },
        // SAFETY: the event is of this kind, and what is read from it lives as long as it does: an
        // array of as many numbers as is told.
        |event| unsafe {
            let result = sys::rd_kafka_event_DescribeCluster_result(event);
            operations(|count| {
                native::rd_kafka_DescribeCluster_result_authorized_operations(result, count)
            })
        },
    )
}
