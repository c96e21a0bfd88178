//! From settings to a client that has spoken with a broker once.

use std::net::{TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use kp_rdkafka::mock::is_mock_cluster;
use kp_rdkafka::{Client, CreateError, Kind};
use kp_settings::{Origin, Property, Role, Settings};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::metadata::{Metadata, MetadataTopic};

use crate::error::Error;
use crate::trouble::Trouble;

/// How long addresses are tried to say what is wrong, all at once; with the default of `kafka.connect_timeout` a failure is told
/// within 5 s.
const PROBE: Duration = Duration::from_millis(800);

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
            client: create(properties, role)?,
            trouble: Trouble::default(),
            broker: bootstrap(properties),
            patience,
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
            if let Ok(metadata) = self.client.metadata(topic, slice.min(left)) {
                return Ok(metadata);
            }
            self.drain();
            if self.trouble.is_final() || left <= slice {
                return Err(self.unreachable());
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

    pub(crate) fn unreachable(&self) -> Error {
        let Self {
            trouble, broker, ..
        } = self;
        if trouble.is_about_others(broker) {
            return sent_elsewhere(broker, &trouble.explain());
        }
        let mut causes = trouble.explain();
        let mut advice = trouble.advice();
        if causes.is_empty() {
            // librdkafka says nothing of a connection that is dropped or stays silent.
            let addresses: Vec<String> =
                broker.split(',').map(|one| one.trim().to_owned()).collect();
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
        let is_bootstrap =
            |address: &String| self.broker.split(',').any(|one| one.trim() == address);
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

fn create(properties: &[Property], role: Role) -> Result<Client, Error> {
    let pairs: Vec<(&str, &str)> = properties
        .iter()
        .map(|property| (property.name.as_str(), property.value.as_str()))
        .collect();
    let kind = match role {
        Role::Producer | Role::Admin | Role::Forwarder => Kind::Producer,
        Role::Consumer => Kind::Consumer,
    };
    Client::new(kind, &pairs, log_level()).map_err(|error| match error {
        CreateError::Property { name, reason } => refused_property(properties, name, reason),
        CreateError::Client(reason) => Error::Properties(without_secrets(properties, reason)),
    })
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

/// librdkafka may quote a value that it refuses.
fn without_secrets(properties: &[Property], text: String) -> String {
    properties
        .iter()
        .filter(|property| property.secret && !property.value.is_empty())
        .fold(text, |text, property| text.replace(&property.value, "***"))
}

fn bootstrap(properties: &[Property]) -> String {
    properties
        .iter()
        .find(|property| property.name == "bootstrap.servers")
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
