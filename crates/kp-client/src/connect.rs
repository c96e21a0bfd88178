//! From settings to a client that has spoken with a broker once.

use std::time::{Duration, Instant};

use kp_rdkafka::Client;
use kp_rdkafka::mock::is_mock_cluster;
use kp_settings::{Property, Role, SecurityProtocol, Settings};
use rdkafka::metadata::{Metadata, MetadataTopic};

use crate::addresses::{Probe, probe};
use crate::create::{create, hasten_group, properties, value};
use crate::error::Error;
use crate::listener::{self, Listener};
use crate::trouble::Trouble;

/// A broker that says nothing for a request of this time may expect to be spoken to otherwise.
const ODD: Duration = Duration::from_millis(400);

/// Properties that give the client a certificate to show.
const SHOWN: [&str; 3] = [
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.keystore.location",
];

/// How long news of a topic may take from one broker to the others.
const HEARSAY: Duration = Duration::from_secs(3);
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// A client that reached the cluster, and what it met on the way.
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) trouble: Trouble,
    /// The bootstrap address, for sentences.
    pub(crate) broker: String,
    /// The time that a single request may take.
    pub(crate) patience: Duration,
    protocol: SecurityProtocol,
    /// What the bootstrap addresses speak, once they were asked.
    listeners: Vec<Option<Listener>>,
}

impl Connection {
    /// Makes the client and asks for metadata until a broker answers, at most for `kafka.connect_timeout`.
    pub(crate) fn open(
        settings: &Settings,
        role: Role,
        topic: Option<&str>,
    ) -> Result<(Self, Metadata), Error> {
        let mut properties = properties(settings, role)?;
        let patience = settings.kafka.connect_timeout;
        let (connection, metadata) = Self::reach(&properties, role, topic, patience)?;
        if role == Role::Consumer && connection.is_embedded() && hasten_group(&mut properties) {
            return Self::reach(&properties, role, topic, patience);
        }
        Ok((connection, metadata))
    }

    fn reach(
        properties: &[Property],
        role: Role,
        topic: Option<&str>,
        patience: Duration,
    ) -> Result<(Self, Metadata), Error> {
        let mut connection = Self {
            client: create(properties.to_vec(), role)?,
            trouble: Trouble::of_client(
                SHOWN.iter().any(|name| !value(properties, name).is_empty()),
            ),
            broker: value(properties, "bootstrap.servers"),
            patience,
            protocol: value(properties, "security.protocol")
                .parse()
                .unwrap_or(SecurityProtocol::Plaintext),
            listeners: Vec::new(),
        };
        let metadata = connection.first_answer(topic)?;
        connection.check_advertised(&metadata)?;
        connection.trouble.clear();
        Ok((connection, metadata))
    }

    fn first_answer(&mut self, topic: Option<&str>) -> Result<Metadata, Error> {
        let deadline = Instant::now() + self.patience;
        // Short at first, so that a refusal is noticed at once; longer later, so that a slow answer has the time to come.
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

    /// Ends where a broker expects to be spoken to otherwise, with TLS or without, after a login: waiting does not help.
    /// It has to be so at all of the addresses: one that answers is enough.
    fn refuse_mismatch(&mut self) -> Result<(), Error> {
        let addresses: Vec<String> = self.addresses().map(str::to_owned).collect();
        self.listeners = listener::ask_all(&addresses);
        let mismatches: Option<Vec<String>> = self
            .listeners
            .iter()
            .zip(&addresses)
            .map(|(listener, address)| Trouble::mismatch(address, self.protocol, (*listener)?))
            .collect();
        let sentence = mismatches.unwrap_or_default().into_iter().next();
        sentence.map_or(Ok(()), |sentence| Err(Error::Unreachable(sentence)))
    }

    /// Whether an address speaks TLS and yet gives no answer to who has not logged in: it cannot be asked further from outside.
    fn wants_login(&self) -> Option<String> {
        if !self.protocol.uses_tls() || self.protocol.uses_sasl() {
            return None;
        }
        let mut listeners = self.listeners.iter().zip(self.addresses());
        let (_, address) = listeners.find(|(one, _)| **one == Some(Listener::Tls))?;
        Some(Trouble::login_perhaps_wanted(address))
    }

    fn addresses(&self) -> impl Iterator<Item = &str> {
        self.broker.split(',').map(str::trim)
    }

    /// Notes the events that wait; only for a client that has no other events yet.
    pub(crate) fn drain(&mut self) {
        while let Some(event) = self.client.poll(Duration::ZERO) {
            self.trouble.note(&event);
        }
    }

    pub(crate) fn unreachable(&self) -> Error {
        let Self {
            trouble, broker, ..
        } = self;
        if let Some(sentence) = trouble.refusal() {
            return Error::Unreachable(sentence);
        }
        if trouble.is_about_others(broker) {
            return sent_elsewhere(broker, &trouble.explain());
        }
        let mut causes = trouble.explain();
        let mut advice = trouble.advice();
        if causes.is_empty() {
            // librdkafka says nothing of a connection that is dropped or stays silent.
            let addresses: Vec<String> = self.addresses().map(str::to_owned).collect();
            if let Some(sentence) = self.wants_login() {
                return Error::Unreachable(sentence);
            }
            (causes, advice) = match probe(&addresses).reached {
                Some(address) => (
                    format!("\n  {}", Trouble::mute(&address)),
                    Trouble::MUTE_ADVICE,
                ),
                None => (
                    format!(
                        "\n  no answer within {:?} (kafka.connect_timeout): wrong address, or a firewall that drops packets?",
                        self.patience
                    ),
                    advice,
                ),
            };
        }
        Error::Unreachable(format!(
            "cannot reach Kafka at {broker}{causes}\n  {advice}"
        ))
    }

    /// A broker may answer on the bootstrap address and then send clients to an address that only it knows, which would
    /// show as a timeout much later.
    fn check_advertised(&self, metadata: &Metadata) -> Result<(), Error> {
        let advertised: Vec<String> = metadata
            .brokers()
            .iter()
            .map(|broker| address(broker.host(), broker.port()))
            .collect();
        let is_bootstrap = |address: &String| self.addresses().any(|one| one == address);
        if advertised.is_empty() || advertised.iter().any(is_bootstrap) {
            return Ok(());
        }
        let Probe { reached, failures } = probe(&advertised);
        if reached.is_some() {
            return Ok(());
        }
        let reasons: String = failures
            .iter()
            .take(3)
            .map(|(address, reason)| format!("\n  {address}: {reason}"))
            .collect();
        Err(sent_elsewhere(&self.broker, &reasons))
    }

    /// Whether this is the embedded broker, which cannot do all that a real one can.
    pub(crate) fn is_embedded(&self) -> bool {
        is_embedded(&self.client, self.patience)
    }
}

/// Whether a client is connected to the embedded broker.
pub(crate) fn is_embedded(client: &Client, patience: Duration) -> bool {
    client
        .cluster_id(patience)
        .is_some_and(|id| is_mock_cluster(&id))
}

fn sent_elsewhere(broker: &str, causes: &str) -> Error {
    Error::Unreachable(format!(
        "{broker} answers, but sends clients on to an address that cannot be reached from here{causes}\n  \
         change the broker's advertised.listeners, or make this address reachable"
    ))
}

/// An address as Kafka writes it, with brackets around IPv6.
fn address(host: &str, port: i32) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// Asks until nothing is missing in the answer, for as long as a broker of several may not have heard of what was just made.
/// A single broker is right at once.
pub(crate) fn beyond_hearsay<T, E>(
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

/// Whether a broker of so many that has been asked since `start` must have heard of a topic that exists.
pub(crate) fn is_certain(brokers: usize, start: Instant) -> bool {
    brokers < 2 || start.elapsed() >= HEARSAY
}

/// The topic's part of the metadata, if the topic exists.
pub(crate) fn topic<'m>(metadata: &'m Metadata, name: &str) -> Option<&'m MetadataTopic> {
    metadata
        .topics()
        .iter()
        .find(|topic| topic.name() == name && !topic.partitions().is_empty())
}
