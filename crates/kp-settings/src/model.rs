//! The settings in force, as plain types.

use std::path::PathBuf;
use std::time::Duration;

use crate::bad_message::OnBadMessage;
use crate::choice::{
    Acks, Compression, Delivery, Flush, Output, Partitioner, SaslMechanism, SecurityProtocol,
    StdinFormat,
};
use crate::from::From;
use crate::secret::Secret;

/// `[kafka]`: how to reach the cluster, and who the client is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kafka {
    /// `HOST:PORT`, several separated by commas (`bootstrap.servers`).
    pub bootstrap_servers: String,
    /// The name that the broker logs for this client (`client.id`).
    pub client_id: String,
    /// How to talk to a broker (`security.protocol`).
    pub security_protocol: SecurityProtocol,
    /// File with the certificates of trusted authorities, PEM (`ssl.ca.location`).
    pub ca: Option<PathBuf>,
    /// File with the client's certificate, PEM (`ssl.certificate.location`).
    pub certificate: Option<PathBuf>,
    /// File with the client's private key, PEM (`ssl.key.location`). librdkafka holds its path for sensitive.
    pub key: Option<Secret>,
    /// File that holds the private key's password (`ssl.key.password`).
    pub ssl_key_password_file: Option<PathBuf>,
    /// How to log in (`sasl.mechanisms`).
    pub sasl_mechanism: Option<SaslMechanism>,
    /// The name to log in with (`sasl.username`). librdkafka holds it for sensitive.
    pub sasl_username: Option<Secret>,
    /// File that holds the password to log in with (`sasl.password`).
    pub sasl_password_file: Option<PathBuf>,
    /// How long the first contact with the cluster may take.
    pub connect_timeout: Duration,
}

/// `[producer]`: what `kp-producer` sends, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Producer {
    /// The topic to send to.
    pub topic: String,
    /// How many messages to make up.
    pub count: u64,
    /// Messages per second at most; 0 is no limit.
    pub rate: u32,
    /// The key of every message; `None` sends none.
    pub key: Option<String>,
    /// Headers of every message, in order, repeats allowed.
    pub headers: Vec<(String, String)>,
    /// The partition to send to; `None` leaves it to the partitioner.
    pub partition: Option<i32>,
    /// Who must have a message before it counts as delivered (`acks`).
    pub acks: Acks,
    /// Whether the broker drops repeats and keeps the order (`enable.idempotence`).
    pub idempotence: bool,
    /// How a batch is packed (`compression.codec`).
    pub compression: Compression,
    /// How long a message waits for others to share its batch (`linger.ms`).
    pub linger: Duration,
    /// When to wait for what was sent.
    pub flush: Flush,
    /// How long a message may take until it counts as failed (`message.timeout.ms`).
    pub delivery_timeout: Duration,
    /// How long the producer may take to send what is queued when it is told to end.
    pub shutdown_timeout: Duration,
    /// Which partition a key leads to (`partitioner`).
    pub partitioner: Partitioner,
    /// Whether a missing topic may be made by the broker's own rule (`allow.auto.create.topics`).
    pub create_topics: bool,
    /// What a line of standard input is.
    pub stdin_format: StdinFormat,
    /// The name by which the broker knows this producer over restarts, for transactions (`transactional.id`); `None` sends without.
    pub transactional_id: Option<String>,
    /// Messages of one transaction.
    pub per_transaction: u32,
}

/// `[consumer]`: what `kp-consumer` reads, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// The topics to read, at least one.
    pub topic: Vec<String>,
    /// The consumer group (`group.id`).
    pub group_id: String,
    /// Where reading starts.
    pub from: From,
    /// End after so long without a message at the end of every partition; `None` is never.
    pub idle_exit: Option<Duration>,
    /// Give up after so long without progress although messages are left.
    pub stall_timeout: Duration,
    /// How long leaving the group may take.
    pub shutdown_timeout: Duration,
    /// End after so many messages; `None` is no limit.
    pub max_messages: Option<u64>,
    /// How a message is printed: `line`, `seed`, `json`, `value` or a template, which the consumer reads.
    pub format: String,
    /// What becomes of a message that the format cannot show.
    pub on_bad_message: OnBadMessage,
    /// What comes first, the commit of a message or its delivery.
    pub delivery: Delivery,
    /// The topic to copy to, in transactions, instead of printing.
    pub copy_to: Option<String>,
    /// The name by which the broker knows the copying over restarts.
    pub transactional_id: Option<String>,
    /// How often stored offsets are committed (`auto.commit.interval.ms`).
    pub commit_interval: Duration,
}

/// `[admin]`: how `kp-admin` asks and answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// How long a request may take.
    pub timeout: Duration,
    /// The form of the answer.
    pub output: Output,
}
