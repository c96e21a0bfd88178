//! From settings to a client that has spoken with a broker once.

mod failure;
mod set_by;

use std::time::{Duration, Instant};

use kp_core::WantedTopics;
use kp_rdkafka::admin::connect_early;
use kp_rdkafka::mock::is_mock_cluster;
use kp_rdkafka::{Client, Place};
use kp_settings::{Property, Role, SecurityProtocol, Servers, Settings};
use rdkafka::metadata::{Metadata, MetadataTopic};

pub(crate) use self::failure::MORE;
use self::set_by::SetBy;
use crate::create::{create, properties, shorten_group_times, value};
use crate::error::Error;
use crate::listener::Listener;
use crate::trouble::Trouble;

/// A broker that says nothing for a request of this time may expect to be spoken to otherwise.
const ODD: Duration = Duration::from_millis(400);

/// Properties that give the client a certificate to show.
const SHOWN: [&str; 3] =
    ["ssl.certificate.location", "ssl.certificate.pem", "ssl.keystore.location"];

/// How long news of a topic may take from one broker to the others.
const METADATA_SETTLES: Duration = Duration::from_secs(3);
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// A client that reached the cluster, and what it met on the way.
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) trouble: Trouble,
    /// The bootstrap addresses, for sentences.
    pub(crate) broker: String,
    servers: Servers,
    /// Where somebody set the bootstrap addresses; none for the default.
    set_by: Option<SetBy>,
    /// The time that a single request may take.
    pub(crate) patience: Duration,
    /// What the client was made with.
    pub(crate) properties: Vec<Property>,
    protocol: SecurityProtocol,
    /// What the bootstrap addresses speak, once they were asked.
    listeners: Vec<Option<Listener>>,
}

impl Connection {
    /// Makes the client and asks for metadata until a broker answers, at most for
    /// `kafka.connect_timeout`.
    pub(crate) fn open(
        settings: &Settings,
        role: Role,
        topic: Option<&str>,
    ) -> Result<(Self, Metadata), Error> {
        let mut properties = properties(settings, role)?;
        let (connection, metadata) = Self::reach(settings, &properties, role, topic)?;
        if role == Role::Consumer
            && connection.is_embedded()
            && shorten_group_times(&mut properties)
        {
            return Self::reach(settings, &properties, role, topic);
        }
        Ok((connection, metadata))
    }

    pub(crate) fn reach(
        settings: &Settings,
        properties: &[Property],
        role: Role,
        topic: Option<&str>,
    ) -> Result<(Self, Metadata), Error> {
        let mut connection = Self::begin(settings, properties, role)?;
        let metadata = connection.first_answer(topic)?;
        connection.check_advertised(&metadata)?;
        connection.trouble.clear();
        Ok((connection, metadata))
    }

    /// Makes the client, which connects in the background.
    pub(crate) fn begin(
        settings: &Settings,
        properties: &[Property],
        role: Role,
    ) -> Result<Self, Error> {
        let servers = settings.kafka.bootstrap_servers.clone();
        let connection = Self {
            client: create(properties.to_vec(), role)?,
            trouble: Trouble::of_client(
                SHOWN.iter().any(|name| !value(properties, name).is_empty()),
            ),
            broker: servers.to_string(),
            servers,
            set_by: SetBy::of(settings),
            patience: settings.kafka.connect_timeout,
            properties: properties.to_vec(),
            protocol: settings.kafka.security_protocol,
            listeners: Vec::new(),
        };
        // Without it all is as well, but later.
        let _ = connect_early(&connection.client, connection.patience);
        Ok(connection)
    }

    /// Asks for metadata until a broker answers.
    pub(crate) fn first_answer(&mut self, topic: Option<&str>) -> Result<Metadata, Error> {
        let deadline = Instant::now() + self.patience;
        // Short at first, so that a refusal is noticed at once; longer later, so that a slow answer
        // has the time to come.
        let mut slice = Duration::from_millis(100);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // A login by tokens waits for one.
            self.drain();
            if let Ok(metadata) = self.client.metadata(topic, slice.min(left)) {
                return Ok(metadata);
            }
            self.drain();
            if self.trouble.is_final() || left <= slice {
                return Err(self.unreachable());
            }
            // librdkafka does not always tell of a connection that was dropped.
            let looks_odd = self.trouble.is_dropped() || (self.trouble.is_silent() && slice >= ODD);
            if looks_odd && self.listeners.is_empty() {
                self.refuse_mismatch()?;
            }
            slice *= 2;
        }
    }

    /// Notes the events that wait; only for a client that has no other events yet.
    pub(crate) fn drain(&mut self) {
        while let Some(event) = self.client.poll(Duration::ZERO) {
            self.trouble.note(&event);
        }
    }

    /// How many brokers the cluster has, as far as is known.
    pub(crate) fn broker_count(&self, metadata: &Metadata) -> usize {
        broker_count(metadata, &self.servers)
    }

    /// Whether brokers are spoken to without TLS and login.
    pub(crate) fn speaks_plain(&self) -> bool {
        !self.protocol.uses_tls() && !self.protocol.uses_sasl()
    }

    /// Whether this is the embedded broker, which cannot do all that a real one can.
    pub(crate) fn is_embedded(&self) -> bool {
        is_embedded(&self.client, self.patience)
    }
}

/// Whether a client is connected to the embedded broker.
pub(crate) fn is_embedded(client: &Client, patience: Duration) -> bool {
    client.cluster_id(patience).is_some_and(|id| is_mock_cluster(&id))
}

/// Asks until nothing is missing in the answer, for as long as a broker of several may not have
/// heard of what was just made. A single broker is right at once.
pub(crate) fn once_metadata_settled<T, E>(
    brokers: usize,
    mut ask: impl FnMut() -> Result<T, E>,
    is_missing: impl Fn(&T) -> bool,
) -> Result<T, E> {
    let start = Instant::now();
    loop {
        let answer = ask()?;
        if !is_missing(&answer) || is_certain(brokers, start) {
            return Ok(answer);
        }
        std::thread::sleep(ASK_AGAIN);
    }
}

/// How many brokers the cluster has, as far as is known: one that just starts, or is busy, may be
/// missing in the metadata.
pub(crate) fn broker_count(metadata: &Metadata, named: &Servers) -> usize {
    metadata.brokers().len().max(named.addresses().len())
}

/// Whether a broker of so many that has been asked since `start` must have heard of a topic that
/// exists.
pub(crate) fn is_certain(brokers: usize, start: Instant) -> bool {
    brokers < 2 || start.elapsed() >= METADATA_SETTLES
}

/// All partitions of these topics, so far as they exist.
pub(crate) fn partitions(metadata: &Metadata, topics: &[String]) -> Vec<Place> {
    let found = topics.iter().filter_map(|name| Some((name, topic(metadata, name)?)));
    let of = found.flat_map(|(name, topic)| topic.partitions().iter().map(move |one| (name, one)));
    of.map(|(name, partition)| (name.clone(), partition.id())).collect()
}

/// The topics that are wanted: all names, and what patterns match of the topics that exist.
pub(crate) fn topics(metadata: &Metadata, wanted: &WantedTopics) -> Vec<String> {
    let exist = metadata.topics().iter().filter(|topic| !topic.partitions().is_empty());
    wanted.among(exist.map(MetadataTopic::name))
}

/// The topic's part of the metadata, if the topic exists.
pub(crate) fn topic<'m>(metadata: &'m Metadata, name: &str) -> Option<&'m MetadataTopic> {
    metadata.topics().iter().find(|topic| topic.name() == name && !topic.partitions().is_empty())
}
