//! A Kafka cluster inside this process: librdkafka's mock brokers, on real sockets of 127.0.0.1.
//!
//! rust-rdkafka wraps the same mock, but keeps the pointer to itself and cannot set the group
//! rebalance delay. At its default the first member of every group waits for 3 seconds.
#![expect(unsafe_code, reason = "the mock cluster has a C interface only")]

use std::ffi::{CString, NulError, c_int};
use std::net::SocketAddr;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use crate::native::{Owned, Reason, millis, text};
use crate::signals;

/// Why the mock cluster could not do what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum MockError {
    /// The cluster could not be started: out of ports, threads or file descriptors.
    #[error("the mock cluster of {brokers} broker(s) did not start: {reason}")]
    Start {
        /// How many brokers were asked for.
        brokers: u16,
        /// librdkafka's own words, where it has any.
        reason: String,
    },
    /// A number that the mock would take, and then end the process or never answer.
    #[error("{what} is {value}, which is outside {range}")]
    OutOfRange {
        /// What the number counts.
        what: &'static str,
        /// The number as it was given.
        value: i64,
        /// The numbers that are possible.
        range: &'static str,
    },
    /// A name holds a NUL, which C takes for its end.
    #[error("the name of {what} holds a NUL byte")]
    Nul {
        /// What was to be named.
        what: &'static str,
        /// Where the NUL stands.
        source: NulError,
    },
    /// The cluster refused.
    #[error("the mock cluster refused to {action}: {code}")]
    Refused {
        /// What was asked for.
        action: String,
        /// The reason.
        code: RDKafkaErrorCode,
    },
}

/// Kafka brokers with the ids 1 to N that live as long as this value, and lose everything with it.
///
/// Any Kafka client in any process of this machine can use them. A topic that is asked for and not
/// there appears with 4 partitions. Each partition keeps its newest 5 MiB or 100,000 batches,
/// whichever is less, and drops older records without a word.
#[derive(Debug)]
pub struct MockCluster {
    cluster: Owned<sys::rd_kafka_mock_cluster_t>,
    /// What the cluster refers to: it goes last.
    _client: Owned<sys::rd_kafka_t>,
}

// SAFETY: the functions that are used here hand a request to the cluster's own thread through a
// locked queue or take the cluster's mutex. The others read what does not change after the start.
// Nothing is bound to the creating thread.
unsafe impl Send for MockCluster {}
// SAFETY: see `Send`.
unsafe impl Sync for MockCluster {}

impl MockCluster {
    /// Starts `brokers` brokers on free ports. They share one thread and answer as soon as this
    /// returns.
    ///
    /// # Errors
    /// [`MockError::OutOfRange`] for no brokers or more than 100, [`MockError::Start`] when the
    /// system has no room for them.
    pub fn new(brokers: u16) -> Result<Self, MockError> {
        if !(1..=100).contains(&brokers) {
            return Err(out_of_range("the number of brokers", i64::from(brokers), "1 to 100"));
        }
        let client = silent_client().map_err(|reason| MockError::Start { brokers, reason })?;
        // SAFETY: `client` is alive, and is destroyed only after the cluster, which is ours.
        let cluster = signals::blocked_while(|| unsafe {
            Owned::new(
                sys::rd_kafka_mock_cluster_new(client.raw(), c_int::from(brokers)),
                sys::rd_kafka_mock_cluster_destroy,
            )
        });
        let cluster = cluster.ok_or_else(|| MockError::Start {
            brokers,
            reason: "no free port, thread or file descriptor".to_owned(),
        })?;
        Ok(Self { cluster, _client: client })
    }

    /// The brokers as a client's `bootstrap.servers`: `127.0.0.1:PORT,127.0.0.1:PORT`.
    pub fn bootstrap_servers(&self) -> String {
        // SAFETY: the text is written once, when the cluster starts, and lives as long as the
        // cluster.
        unsafe { text(sys::rd_kafka_mock_cluster_bootstraps(self.cluster.raw())) }
            .unwrap_or_default()
    }

    /// Where the brokers listen: broker 1 first.
    pub fn broker_addresses(&self) -> Vec<SocketAddr> {
        self.bootstrap_servers().split(',').filter_map(|address| address.parse().ok()).collect()
    }

    /// Creates a topic. `replication_factor` is cut down to the number of brokers.
    ///
    /// # Errors
    /// [`MockError::Nul`] for such a name, [`MockError::OutOfRange`] for no partitions or replicas
    /// or more than 100,000 partitions, [`MockError::Refused`] with `TopicAlreadyExists`.
    pub fn create_topic(
        &self,
        name: &str,
        partitions: u32,
        replication_factor: u16,
    ) -> Result<(), MockError> {
        let c_name =
            CString::new(name).map_err(|source| MockError::Nul { what: "the topic", source })?;
        let count = c_int::try_from(partitions)
            .ok()
            .filter(|count| (1..=100_000).contains(count))
            .ok_or_else(|| {
                out_of_range("the number of partitions", i64::from(partitions), "1 to 100000")
            })?;
        if replication_factor == 0 {
            return Err(out_of_range("the replication factor", 0, "1 to 65535"));
        }
        // SAFETY: the cluster is alive, and copies the name.
        let error = unsafe {
            sys::rd_kafka_mock_topic_create(
                self.cluster.raw(),
                c_name.as_ptr(),
                count,
                c_int::from(replication_factor),
            )
        };
        done(error, || format!("create topic {name}"))
    }

    /// How long the first member of a group waits for others to join: 3 s unless set. Cut down to
    /// whole milliseconds.
    pub fn set_group_rebalance_delay(&self, delay: Duration) {
        // SAFETY: the cluster is alive; the call takes its mutex.
        unsafe {
            sys::rd_kafka_mock_group_initial_rebalance_delay_ms(self.cluster.raw(), millis(delay))
        };
    }

    /// Delays each of the broker's answers by this time, in whole milliseconds.
    ///
    /// # Errors
    /// [`MockError::Refused`] when there is no such broker.
    pub fn set_round_trip_time(&self, broker: i32, time: Duration) -> Result<(), MockError> {
        // SAFETY: the cluster is alive.
        let error =
            unsafe { sys::rd_kafka_mock_broker_set_rtt(self.cluster.raw(), broker, millis(time)) };
        done(error, || format!("set the round-trip time of broker {broker}"))
    }

    /// Makes partition `partition` of `topic` be led by `broker`; `None` leaves it without a
    /// leader.
    ///
    /// # Errors
    /// [`MockError::Nul`] for such a name, [`MockError::Refused`] when there is no such partition
    /// or broker.
    pub fn set_partition_leader(
        &self,
        topic: &str,
        partition: i32,
        broker: Option<i32>,
    ) -> Result<(), MockError> {
        let c_topic =
            CString::new(topic).map_err(|source| MockError::Nul { what: "the topic", source })?;
        // SAFETY: the cluster is alive, and copies the name.
        let error = unsafe {
            sys::rd_kafka_mock_partition_set_leader(
                self.cluster.raw(),
                c_topic.as_ptr(),
                partition,
                broker.unwrap_or(-1),
            )
        };
        done(error, || format!("set the leader of partition {partition} of topic {topic}"))
    }

    /// Answers the next requests of this kind, on any broker, with these errors, one each;
    /// `RD_KAFKA_RESP_ERR__TRANSPORT` drops the connection instead, and
    /// `RD_KAFKA_RESP_ERR_NO_ERROR` answers as usual.
    pub fn push_request_errors(&self, request: RDKafkaApiKey, errors: &[RDKafkaRespErr]) {
        // SAFETY: the cluster is alive, and copies the errors under its mutex.
        unsafe {
            sys::rd_kafka_mock_push_request_errors_array(
                self.cluster.raw(),
                request.into(),
                errors.len(),
                errors.as_ptr(),
            );
        }
    }

    /// Makes a broker tell clients that it is at `host:port`, for instance at a relay's address. It
    /// goes on listening where it did. A broker that does not exist is passed over.
    ///
    /// # Errors
    /// [`MockError::Nul`] for such a host.
    pub fn set_host_port(&self, broker: i32, host: &str, port: u16) -> Result<(), MockError> {
        let host =
            CString::new(host).map_err(|source| MockError::Nul { what: "the host", source })?;
        // SAFETY: the cluster is alive, and copies the host under its mutex.
        unsafe {
            sys::rd_kafka_mock_broker_set_host_port(
                self.cluster.raw(),
                broker,
                host.as_ptr(),
                c_int::from(port),
            );
        }
        Ok(())
    }
}

/// Whether a cluster with this id, as its brokers tell it, is a mock cluster, of this process or of
/// another one.
///
/// Such a cluster cannot do everything that Kafka does, and in part answers wrongly instead of
/// refusing: see [`admin`](crate::admin).
pub fn is_mock_cluster(cluster_id: &str) -> bool {
    // Kafka's own ids are 22 characters of base64; librdkafka's mock puts an address in hexadecimal
    // behind these.
    cluster_id.starts_with("mockCluster")
}

/// A client that is connected to nothing, for the cluster's bookkeeping; its log would otherwise go
/// to stderr.
fn silent_client() -> Result<Owned<sys::rd_kafka_t>, String> {
    let mut reason = Reason::new();
    // SAFETY: `rd_kafka_new` takes over the configuration when it succeeds; when it fails, it stays
    // ours and is destroyed here. The buffer is as long as stated, and librdkafka ends what it
    // writes there by a NUL.
    unsafe {
        let conf = sys::rd_kafka_conf_new();
        sys::rd_kafka_conf_set_log_cb(conf, None);
        let client = sys::rd_kafka_new(
            sys::rd_kafka_type_t::RD_KAFKA_PRODUCER,
            conf,
            reason.as_mut_ptr(),
            reason.len(),
        );
        Owned::new(client, sys::rd_kafka_destroy).ok_or_else(|| {
            sys::rd_kafka_conf_destroy(conf);
            reason.to_string()
        })
    }
}

fn out_of_range(what: &'static str, value: i64, range: &'static str) -> MockError {
    MockError::OutOfRange { what, value, range }
}

fn done(error: RDKafkaRespErr, action: impl FnOnce() -> String) -> Result<(), MockError> {
    match error {
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        error => Err(MockError::Refused { action: action(), code: error.into() }),
    }
}
