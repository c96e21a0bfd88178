//! Three brokers in containers of their own, each behind a relay that can be slow or cut.
//!
//! ```text
//!  kp-* -> 127.0.0.1:RELAY (what the broker tells its clients) -> 127.0.0.1:PUBLISHED -> container
//! ```

use std::path::Path;
use std::process;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::broker::Broker;
use super::wait::{self, Meanwhile};
use kp_process::interrupt::Interrupt;
use kp_process::workspace;
use kp_stack::docker::compose_project::{ComposeProject, Plan};
use kp_stack::docker::stack::Stack;
use kp_stack::docker::{self, Docker, port};
use kp_stack::kafka::metadata::Metadata;
use kp_stack::kafka::protocol::{connect_within, coordinator_of, has_transaction_coordinator};
use kp_stack::kafka::readiness;
use kp_stack::relay::Relay;

/// A broker that is up answers much sooner. Brokers that are down or cut are asked as well.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// A JVM starts in 3 s, on a busy machine in 15.
const WHOLE_WITHIN: Duration = Duration::from_secs(180);

/// Removed with its data when this goes.
pub(super) struct Cluster {
    brokers: Vec<Broker>,
    network: String,
    /// After the brokers, so that the relays go first.
    _project: ComposeProject,
}

impl Cluster {
    /// Starts it and waits until it is ready.
    ///
    /// # Errors
    /// Docker is missing, or the brokers did not become ready.
    pub(super) fn start(folder: &Path, interrupt: &Interrupt) -> Result<Self> {
        let docker = match Docker::find() {
            Ok(docker) => docker,
            Err(missing) => bail!("{missing}; the faults are made on brokers in containers"),
        };
        let published = Stack::Cluster.ports().iter().map(|_| port::find_free());
        let published: Vec<_> = published.collect();
        let relays = published.iter().map(|port| Relay::to(*port));
        let relays = relays.collect::<Result<Vec<_>, _>>().context("cannot listen on 127.0.0.1")?;
        let subnet = subnet(process::id());
        let ports =
            published.iter().zip(&relays).map(|(published, relay)| (*published, relay.port()));
        let plan = Plan {
            name: format!("kp-chaos-{}", process::id()),
            files: vec![
                Stack::Cluster.file(),
                workspace::root().join("crates/kp-chaos/compose.yml"),
            ],
            variables: variables(ports, &subnet),
            folder: folder.to_owned(),
        };
        // From here on it is removed whatever happens.
        let project = ComposeProject::start(docker, plan)?;
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

    /// The first transaction of a cluster waits until 50 partitions are made. The rows are not
    /// about that wait.
    fn wait_for_transactions(&self, interrupt: &Interrupt) -> Result<()> {
        let what = "there is a coordinator of transactions";
        wait::until(what, WHOLE_WITHIN, interrupt, || {
            let mut connection = connect_within(&self.brokers[0].address(), ANSWER_WITHIN)?;
            Ok(has_transaction_coordinator(&mut connection, "xtask")?)
        })?;
        self.wait_until_whole(interrupt, &mut || Ok(()))
    }

    /// What clients are told to contact first.
    pub(super) fn bootstrap(&self) -> String {
        let addresses: Vec<_> = self.brokers.iter().map(Broker::address).collect();
        addresses.join(",")
    }

    pub(super) fn brokers(&self) -> &[Broker] {
        &self.brokers
    }

    /// The broker with this id.
    pub(super) fn broker(&self, id: i32) -> Result<&Broker> {
        self.brokers
            .iter()
            .find(|broker| broker.id == id)
            .with_context(|| format!("there is no broker {id}"))
    }

    /// Its image, in words.
    pub(super) fn image(&self) -> String {
        let format = ["inspect", "--format", "{{.Config.Image}}"];
        let image = docker::ask(&[&format[..], &[&self.brokers[0].container]].concat());
        image.map_or_else(|_| "unknown".to_owned(), |image| image.trim().to_owned())
    }

    /// The id of the broker that leads the topic's first partition.
    ///
    /// # Errors
    /// No broker tells.
    pub(super) fn leader_of(&self, topic: &str) -> Result<i32> {
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
    pub(super) fn coordinator_of(&self, group: &str) -> Result<i32> {
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
    /// That takes too long.
    pub(super) fn wait_until_known(&self, topic: &str, interrupt: &Interrupt) -> Result<()> {
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
    ///
    /// # Errors
    /// That takes too long.
    pub(super) fn wait_until_whole(
        &self,
        interrupt: &Interrupt,
        meanwhile: Meanwhile<'_>,
    ) -> Result<()> {
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

    /// Ends every fault that may still last.
    ///
    /// # Errors
    /// Docker failed, or the cluster does not become whole.
    pub(super) fn heal(&self, interrupt: &Interrupt) -> Result<()> {
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

    /// The network that the brokers share.
    pub(super) fn network(&self) -> &str {
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
fn variables(ports: impl Iterator<Item = (u16, u16)>, subnet: &str) -> Vec<(String, String)> {
    let mut variables = vec![("KP_COMPOSE_SUBNET".to_owned(), subnet.to_owned())];
    for (id, (published, relay)) in (1..).zip(ports) {
        let broker = format!("KP_COMPOSE_BROKER{id}");
        variables.push((format!("{broker}_PORT"), published.to_string()));
        variables.push((format!("{broker}_ADVERTISED"), format!("127.0.0.1:{relay}")));
    }
    variables
}

/// The first three numbers of the addresses in this run's own network.
fn subnet(process: u32) -> String {
    format!("172.30.{}", process % 256)
}

fn address_in(subnet: &str, id: i32) -> String {
    format!("{subnet}.{}", 10 + id)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_variable_that_is_set_stands_in_the_files() {
        let own = workspace::root().join("crates/kp-chaos/compose.yml");
        let files = [Stack::Cluster.file(), own].map(|file| fs::read_to_string(file).unwrap());
        let ports = [(15001, 25001), (15002, 25002), (15003, 25003)];
        let variables = variables(ports.into_iter(), &subnet(300));
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
}
