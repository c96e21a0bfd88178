//! From settings to a client that has spoken with a broker once.

use std::net::{TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use kp_rdkafka::mock::is_mock_cluster;
use kp_rdkafka::{Client, CreateError, Kind};
use kp_settings::{Origin, Property, Role, SecurityProtocol, Settings};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::metadata::{Metadata, MetadataTopic};

use crate::error::Error;
use crate::listener::{self, Listener};
use crate::trouble::Trouble;

/// How long addresses are tried to say what is wrong, all at once; with the default of `kafka.connect_timeout` a failure is told
/// within 5 s.
const PROBE: Duration = Duration::from_millis(800);

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
        match mismatches.and_then(|mut all| (!all.is_empty()).then(|| all.swap_remove(0))) {
            Some(sentence) => Err(Error::Unreachable(sentence)),
            None => Ok(()),
        }
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

/// What came of trying addresses.
struct Probe {
    /// One that takes connections.
    reached: Option<String>,
    /// Why the others do not, in the order given.
    failures: Vec<(String, String)>,
}

/// Tries addresses at the same time, for [`PROBE`] at most: also a name's resolution may take long.
fn probe(addresses: &[String]) -> Probe {
    let deadline = Instant::now() + PROBE;
    let (sender, results) = mpsc::channel();
    for (index, address) in addresses.iter().cloned().enumerate() {
        let sender = sender.clone();
        // Without a thread, and for one that comes too late, the address counts as silent.
        let _ = std::thread::Builder::new().spawn(move || sender.send((index, connects(&address))));
    }
    drop(sender);
    let mut failures: Vec<(String, String)> = addresses
        .iter()
        .map(|address| (address.clone(), "no answer".to_owned()))
        .collect();
    while let Ok((index, result)) =
        results.recv_timeout(deadline.saturating_duration_since(Instant::now()))
    {
        match result {
            Ok(()) => {
                return Probe {
                    reached: addresses.get(index).cloned(),
                    failures,
                };
            }
            Err(reason) => failures[index].1 = reason,
        }
    }
    Probe {
        reached: None,
        failures,
    }
}

fn connects(address: &str) -> Result<(), String> {
    let unresolved = "the name does not resolve";
    let resolved = address.to_socket_addrs().map_err(|_| unresolved)?;
    let mut last = unresolved;
    for socket in resolved {
        match TcpStream::connect_timeout(&socket, PROBE) {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                last = "connection refused";
            }
            Err(_) => last = "no answer",
        }
    }
    Err(last.to_owned())
}

fn properties(settings: &Settings, role: Role) -> Result<Vec<Property>, Error> {
    match settings.tls_setting().filter(|_| !cfg!(feature = "tls")) {
        None => Ok(settings.properties(role)?),
        Some(setting) => Err(Error::NeedsTls {
            setting,
            program: match role {
                Role::Producer => "kp-producer",
                Role::Consumer | Role::Forwarder => "kp-consumer",
                Role::Admin => "kp-admin",
            }
            .to_owned(),
        }),
    }
}

/// After a member joins or leaves, the embedded broker lets all others wait for nearly the member's session timeout, 44 s by
/// librdkafka's default. Returns false where the user chose one of the two properties.
fn hasten_group(properties: &mut Vec<Property>) -> bool {
    let hasty = [
        ("session.timeout.ms", "2500"),
        ("heartbeat.interval.ms", "250"),
    ];
    // The newer group protocol has its times from the broker.
    let newer = properties
        .iter()
        .any(|property| property.name == "group.protocol" && property.value == "consumer");
    if newer
        || properties
            .iter()
            .any(|property| hasty.iter().any(|(name, _)| property.name == *name))
    {
        return false;
    }
    properties.extend(hasty.map(|(name, value)| Property {
        name: name.to_owned(),
        value: value.to_owned(),
        secret: false,
        origin: Origin::Kp,
        setting: None,
    }));
    true
}

fn create(mut properties: Vec<Property>, role: Role) -> Result<Client, Error> {
    let tokens = token_source(&mut properties)?;
    let properties = properties.as_slice();
    let pairs: Vec<(&str, &str)> = properties
        .iter()
        .map(|property| (property.name.as_str(), property.value.as_str()))
        .collect();
    let kind = match role {
        Role::Producer | Role::Admin | Role::Forwarder => Kind::Producer,
        Role::Consumer => Kind::Consumer,
    };
    Client::new(kind, &pairs, log_level(), tokens).map_err(|error| match error {
        CreateError::Property { name, reason } => refused_property(properties, name, reason),
        CreateError::Client(reason) => unusable(without_secrets(properties, reason)),
    })
}

#[cfg(feature = "tls")]
use crate::oidc::take_out as token_source;

/// Tokens are fetched by HTTPS, which this build does not have either.
#[cfg(not(feature = "tls"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "it stands for the function of the build with TLS"
)]
fn token_source(_: &mut Vec<Property>) -> Result<Option<kp_rdkafka::TokenSource>, Error> {
    Ok(None)
}

fn refused_property(properties: &[Property], name: String, reason: String) -> Error {
    let property = properties.iter().find(|property| property.name == name);
    Error::Property {
        setting: property
            .and_then(|property| property.setting.clone())
            .unwrap_or_else(|| format!("kafka.librdkafka.{name:?}")),
        origin: property.map_or_else(String::new, |property| property.origin.to_string()),
        name,
        reason: without_secrets(properties, reason),
    }
}

/// What is wrong with files of keys and certificates, of which librdkafka only repeats OpenSSL's words.
fn unusable(reason: String) -> Error {
    let advice = [
        (
            "ssl.key.location failed",
            "is kafka.key a private key in PEM, and its password (kafka.ssl_key_password_file) the right one?",
        ),
        (
            "ssl.key.pem failed",
            "is it a private key in PEM, and its password the right one?",
        ),
        (
            "ssl.ca.location failed",
            "is kafka.ca a file of certificates in PEM?",
        ),
        (
            "ssl.certificate.location failed",
            "is kafka.certificate a certificate in PEM?",
        ),
        (
            "Private key check failed",
            "kafka.key does not belong to kafka.certificate",
        ),
        (
            "PKCS#12",
            "is ssl.keystore.location a PKCS#12 file, and ssl.keystore.password the right one?",
        ),
    ];
    let known = advice.iter().find(|(words, _)| reason.contains(words));
    Error::Properties(match known {
        Some((_, advice)) => format!("{reason}: {advice}"),
        None => reason,
    })
}

/// librdkafka may quote a value that it refuses.
fn without_secrets(properties: &[Property], text: String) -> String {
    properties
        .iter()
        .filter(|property| property.secret && !property.value.is_empty())
        .fold(text, |text, property| text.replace(&property.value, "***"))
}

fn value(properties: &[Property], name: &str) -> String {
    properties
        .iter()
        .find(|property| property.name == name)
        .map_or_else(String::new, |property| property.value.clone())
}

fn log_level() -> RDKafkaLogLevel {
    if tracing::enabled!(target: "librdkafka", tracing::Level::TRACE) {
        RDKafkaLogLevel::Debug
    } else if tracing::enabled!(target: "librdkafka", tracing::Level::DEBUG) {
        RDKafkaLogLevel::Info
    } else {
        RDKafkaLogLevel::Error
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
