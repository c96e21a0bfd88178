//! Three brokers in containers of their own, each behind a relay that can be slow or cut.
//!
//! ```text
//!  client -> 127.0.0.1:RELAY (what clients are told) -> 127.0.0.1:PUBLISHED -> container
//! ```

mod broker;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::docker::compose_project::{ComposeProject, Plan};
use crate::docker::stack::Stack;
use crate::docker::{self, Docker, port};
use crate::kafka::metadata::Metadata;
use crate::kafka::protocol::{connect_within, coordinator_of, has_transaction_coordinator};
use crate::kafka::readiness;
use crate::relay::Relay;
use kp_process::interrupt::Interrupt;
use kp_process::wait::{self, Meanwhile};
use kp_process::workspace;

pub use broker::Broker;

/// A broker that is up answers much sooner. Brokers that are down or cut are asked as well.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// A JVM starts in 3 s, on a busy machine in 15.
const WHOLE_WITHIN: Duration = Duration::from_secs(180);
/// From 172.30 down to 172.26.
const SUBNET_TRIES: u8 = 10;

/// Three brokers, their relays and their network. They are removed with their data when this goes.
pub struct Cluster {
    brokers: Vec<Broker>,
    network: String,
    /// After the brokers, so that the relays go first.
    _project: ComposeProject,
}

impl Cluster {
    /// Starts it and waits until it is ready, transactions included: 10 to 20 s.
    ///
    /// `name` is that of the Compose project. No other run may have it, so it ends with the number
    /// of the process: `kp-chaos-4711`. `folder` is the project's directory, any but the
    /// workspace's root.
    ///
    /// # Errors
    /// Docker is missing, the brokers did not become ready, or the user wants an end.
    pub fn start(name: &str, folder: &Path, interrupt: &Interrupt) -> Result<Self> {
        let docker = match Docker::find() {
            Ok(docker) => docker,
            Err(missing) => bail!("{missing}; the three brokers run in containers"),
        };
        let published = Stack::Cluster.ports().iter().map(|_| port::find_free());
        let published: Vec<_> = published.collect();
        let relays = published.iter().map(|port| Relay::to(*port));
        let relays = relays.collect::<Result<Vec<_>, _>>().context("cannot listen on 127.0.0.1")?;
        let ports =
            published.iter().zip(&relays).map(|(published, relay)| (*published, relay.port()));
        let ports: Vec<_> = ports.collect();
        // From here on it is removed whatever happens.
        let (project, subnet) = in_a_free_subnet(interrupt, |subnet| {
            let plan = Plan {
                name: name.to_owned(),
                files: vec![Stack::Cluster.file(), own_file()],
                variables: variables(&ports, subnet),
                folder: folder.to_owned(),
            };
            ComposeProject::start(docker, plan)
        })?;
        let brokers = (1..).zip(relays).map(|(id, relay)| {
            let service = format!("broker{id}");
            Ok(Broker {
                id,
                container: project.container(&service)?,
                ip: address_in(&subnet, id),
                service,
                relay,
            })
        });
        let brokers = brokers.collect::<Result<Vec<_>>>()?;
        let cluster =
            Self { brokers, network: format!("{}_default", project.name()), _project: project };
        let reached: Vec<_> = cluster.brokers.iter().map(|broker| broker.relay.port()).collect();
        readiness::wait_for_brokers(&reached, || {
            interrupt.check()?;
            cluster.ensure_running()
        })?;
        cluster.wait_for_transactions(interrupt)?;
        Ok(cluster)
    }

    /// The first transaction of a cluster waits until 50 partitions are made. No fault is about
    /// that wait.
    fn wait_for_transactions(&self, interrupt: &Interrupt) -> Result<()> {
        let what = "there is a coordinator of transactions";
        wait::until(what, WHOLE_WITHIN, interrupt, || {
            let mut connection = connect_within(&self.brokers[0].address(), ANSWER_WITHIN)?;
            Ok(has_transaction_coordinator(&mut connection, "xtask")?)
        })?;
        self.wait_until_whole(interrupt, &mut || Ok(()))
    }

    /// What clients are told to contact first: all three, each through its relay.
    pub fn bootstrap(&self) -> String {
        let addresses: Vec<_> = self.brokers.iter().map(Broker::address).collect();
        addresses.join(",")
    }

    /// The brokers, in the order of their ids.
    pub fn brokers(&self) -> &[Broker] {
        &self.brokers
    }

    /// The broker with this id.
    ///
    /// # Errors
    /// There is none: the ids are 1, 2 and 3.
    pub fn broker(&self, id: i32) -> Result<&Broker> {
        self.brokers
            .iter()
            .find(|broker| broker.id == id)
            .with_context(|| format!("there is no broker {id}"))
    }

    /// Its image, in words.
    pub fn image(&self) -> String {
        docker::image_of(&self.brokers[0].container).unwrap_or_else(|_| "unknown".to_owned())
    }

    /// The id of the broker that leads the topic's first partition.
    ///
    /// # Errors
    /// No broker tells.
    pub fn leader_of(&self, topic: &str) -> Result<i32> {
        self.ask_any(|broker| {
            let metadata = Metadata::of_topic(topic, &broker.address())?;
            let first = metadata.partitions.iter().find(|partition| partition.number == 0);
            first.and_then(|partition| partition.leader).context("it has no leader")
        })
        .with_context(|| format!("nobody tells who leads the topic {topic}"))
    }

    /// The id of the broker that coordinates the group.
    ///
    /// # Errors
    /// No broker tells.
    pub fn coordinator_of(&self, group: &str) -> Result<i32> {
        self.ask_any(|broker| {
            let mut connection = connect_within(&broker.address(), ANSWER_WITHIN)?;
            coordinator_of(&mut connection, group)?.context("it has no coordinator")
        })
        .with_context(|| format!("nobody tells who coordinates the group {group}"))
    }

    fn ask_any<T>(&self, ask: impl Fn(&Broker) -> Result<T>) -> Result<T> {
        let mut answer = Err(anyhow::anyhow!("there are no brokers"));
        for broker in &self.brokers {
            answer = ask(broker);
            if answer.is_ok() {
                break;
            }
        }
        answer
    }

    /// Waits until every broker knows the topic and its leaders. Each learns it by itself.
    ///
    /// # Errors
    /// That takes more than three minutes, or the user wants an end.
    pub fn wait_until_known(&self, topic: &str, interrupt: &Interrupt) -> Result<()> {
        let what = format!("every broker knows the topic {topic}");
        wait::until(&what, WHOLE_WITHIN, interrupt, || {
            Ok(self.brokers.iter().all(|broker| {
                Metadata::of_all(&broker.address()).is_ok_and(|metadata| {
                    metadata.partitions.iter().any(|each| each.topic == topic)
                })
            }))
        })?;
        self.wait_until_whole(interrupt, &mut || Ok(()))
    }

    /// Waits until every broker says that all three are there and hold every partition, in sync.
    /// `meanwhile` is looked after all the time.
    ///
    /// # Errors
    /// That takes more than three minutes, `meanwhile` failed, or the user wants an end.
    pub fn wait_until_whole(&self, interrupt: &Interrupt, meanwhile: Meanwhile<'_>) -> Result<()> {
        let mut missing = String::new();
        let waited = wait::until("the cluster is whole again", WHOLE_WITHIN, interrupt, || {
            meanwhile()?;
            for broker in &self.brokers {
                if let Some(what) = what_is_missing(broker, self.brokers.len()) {
                    missing = what;
                    return Ok(false);
                }
            }
            Ok(true)
        });
        waited.with_context(|| format!("the last that was missing: {missing}"))
    }

    /// Ends every fault that may still last: relays are mended, brokers run and are connected. Then
    /// it waits until the cluster is whole.
    ///
    /// # Errors
    /// Docker failed, the cluster does not become whole, or the user wants an end.
    pub fn heal(&self, interrupt: &Interrupt) -> Result<()> {
        for broker in &self.brokers {
            broker.relay.mend();
            match broker.state()?.as_str() {
                "running" => {}
                "paused" => broker.resume()?,
                _ => broker.start()?,
            }
            if !broker.is_connected()? {
                broker.connect(&self.network)?;
            }
        }
        self.wait_until_whole(interrupt, &mut || Ok(()))
    }

    /// The network that the brokers share, for [`Broker::disconnect`] and [`Broker::connect`].
    pub fn network(&self) -> &str {
        &self.network
    }

    fn ensure_running(&self) -> Result<()> {
        for broker in &self.brokers {
            let state = broker.state()?;
            ensure!(state == "running", "the container of {} is {state}", broker.service);
        }
        Ok(())
    }
}

fn what_is_missing(broker: &Broker, brokers: usize) -> Option<String> {
    let metadata = match Metadata::of_all(&broker.address()) {
        Ok(metadata) => metadata,
        Err(error) => return Some(format!("{}: {error:#}", broker.service)),
    };
    if metadata.brokers.len() < brokers {
        return Some(format!("{} knows of {} brokers", broker.service, metadata.brokers.len()));
    }
    let behind = metadata.partitions.iter().find(|partition| {
        partition.leader.is_none() || partition.in_sync.len() < partition.replicas.len()
    });
    behind.map(|partition| {
        format!(
            "{} says that {}-{} is in sync on {:?} alone",
            broker.service, partition.topic, partition.number, partition.in_sync
        )
    })
}

/// The variables of the Compose files: for each broker the port that is published, and the relay's,
/// which it tells its clients.
fn variables(ports: &[(u16, u16)], subnet: &str) -> Vec<(String, String)> {
    let mut variables = vec![("KP_COMPOSE_SUBNET".to_owned(), subnet.to_owned())];
    for (id, (published, relay)) in (1..).zip(ports) {
        let broker = format!("KP_COMPOSE_BROKER{id}");
        variables.push((format!("{broker}_PORT"), published.to_string()));
        variables.push((format!("{broker}_ADVERTISED"), format!("127.0.0.1:{relay}")));
    }
    variables
}

/// What is changed in the Compose file of the stack.
fn own_file() -> PathBuf {
    workspace::root().join("crates/kp-stack/cluster.yml")
}

/// Starts something in a subnet that no other network of Docker has. Returns the subnet too: the
/// first three numbers of the addresses in it.
///
/// Nobody but Docker knows which are taken, and another run may take one between a look and the
/// start. So the start itself is tried.
fn in_a_free_subnet<T>(
    interrupt: &Interrupt,
    start: impl Fn(&str) -> Result<T>,
) -> Result<(T, String)> {
    let mut tries = 0;
    loop {
        interrupt.check()?;
        let subnet = any_subnet(tries);
        tries += 1;
        match start(&subnet) {
            Ok(started) => return Ok((started, subnet)),
            // The engine's words: "Pool overlaps with other one on this address space".
            Err(error) if tries < SUBNET_TRIES && format!("{error:#}").contains("overlaps") => {}
            Err(error) => return Err(error),
        }
    }
}

/// A random one. Docker gives whole ranges, such as 172.30, to networks that ask for no subnet. So
/// every second try is in another range.
fn any_subnet(tries: u8) -> String {
    let [random, ..] = RandomState::new().build_hasher().finish().to_le_bytes();
    format!("172.{}.{random}", 30 - tries / 2)
}

fn address_in(subnet: &str, id: i32) -> String {
    format!("{subnet}.{}", 10 + id)
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::fs;

    use super::*;

    #[test]
    fn every_variable_that_is_set_stands_in_the_files() {
        let files =
            [Stack::Cluster.file(), own_file()].map(|file| fs::read_to_string(file).unwrap());
        let ports = [(15001, 25001), (15002, 25002), (15003, 25003)];
        let variables = variables(&ports, &any_subnet(0));
        assert_eq!(variables.len(), 7);
        for (name, value) in &variables {
            assert!(files.concat().contains(&format!("${{{name}")), "{name}");
            assert!(!value.is_empty());
        }
        for id in 1..=3 {
            let address = address_in("${KP_COMPOSE_SUBNET}", id);
            assert!(files[1].contains(&format!("ipv4_address: {address}\n")), "{address}");
        }
    }

    #[test]
    fn a_subnet_that_is_taken_is_left_for_another() {
        let interrupt = Interrupt::already(false);
        let tried = RefCell::new(Vec::new());
        let (tries, subnet) = in_a_free_subnet(&interrupt, |subnet| {
            tried.borrow_mut().push(subnet.to_owned());
            let tries = tried.borrow().len();
            ensure!(tries == 4, "Pool overlaps with other one on this address space");
            Ok(tries)
        })
        .unwrap();
        assert_eq!(tries, 4);
        let tried = tried.into_inner();
        assert_eq!(tried.last(), Some(&subnet));
        for (number, range) in tried.iter().zip(["172.30.", "172.30.", "172.29.", "172.29."]) {
            assert!(number.starts_with(range), "{tried:?}");
        }
    }

    #[test]
    fn only_a_taken_subnet_is_tried_again_and_not_forever() {
        for (reason, expected) in [("no such image", 1), ("pool overlaps", SUBNET_TRIES)] {
            let tries = Cell::new(0);
            let failed = in_a_free_subnet::<()>(&Interrupt::already(false), |_| {
                tries.set(tries.get() + 1);
                bail!("{reason}")
            });
            assert_eq!(failed.unwrap_err().to_string(), reason);
            assert_eq!(tries.get(), expected, "{reason}");
        }
    }
}
