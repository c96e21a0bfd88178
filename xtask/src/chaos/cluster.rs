//! Three brokers in containers of their own, each behind a relay that can be slow or cut.
//!
//! ```text
//!  kp-* -> 127.0.0.1:RELAY (what the broker tells its clients) -> 127.0.0.1:PUBLISHED -> container
//! ```

use std::fs;
use std::path::Path;
use std::process;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::broker::Broker;
use super::relay::Relay;
use super::wait::{self, Meanwhile};
use crate::docker::compose_project::ComposeProject;
use crate::docker::free_port;
use crate::docker::stack::Stack;
use crate::docker::{self, Docker};
use crate::interrupt::Interrupt;
use crate::kafka::metadata::{Metadata, connect_within};
use crate::kafka::protocol::{coordinator_of, has_transaction_coordinator};
use crate::kafka::readiness;

/// What a broker that is up needs to answer; those that are down or cut are asked as well.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// A JVM starts in 3 s, on a busy machine in 15.
const WHOLE_WITHIN: Duration = Duration::from_secs(180);

/// Settings beside those of the stack, so that a fault is noticed in seconds and a full run fits into 90 minutes. Kafka's
/// own defaults are 9 s, 2 s, 30 s, 300 s, 6 s and 3 s; nothing that decides what is lost is among them.
const SETTINGS: [&str; 6] = [
    "KAFKA_BROKER_SESSION_TIMEOUT_MS: 4000",
    "KAFKA_BROKER_HEARTBEAT_INTERVAL_MS: 500",
    "KAFKA_REPLICA_LAG_TIME_MAX_MS: 5000",
    "KAFKA_LEADER_IMBALANCE_CHECK_INTERVAL_SECONDS: 10",
    "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: 1000",
    "KAFKA_TRANSACTION_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS: 1000",
];

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
        let published = Stack::Cluster.ports().iter().map(|_| free_port::find());
        let published: Vec<_> = published.collect();
        let relays = published.iter().map(|port| Relay::to(*port));
        let relays = relays
            .collect::<Result<Vec<_>, _>>()
            .context("cannot listen on 127.0.0.1")?;
        let ports: Vec<_> = published
            .iter()
            .zip(&relays)
            .map(|(published, relay)| (*published, relay.port()))
            .collect();
        let file = folder.join("docker-compose.yml");
        let stack = fs::read_to_string(Stack::Cluster.file())?;
        let subnet = subnet(process::id());
        fs::write(
            &file,
            with_addresses(&behind_relays(&stack, &ports), &subnet),
        )?;
        let name = format!("kp-chaos-{}", process::id());
        // From here on it is removed whatever happens.
        let project = ComposeProject::start(docker, file, name)?;
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
        let cluster = Self {
            brokers,
            network: format!("{}_default", project.name()),
            _project: project,
        };
        let reached: Vec<_> = cluster
            .brokers
            .iter()
            .map(|broker| broker.relay.port())
            .collect();
        readiness::wait_for_brokers(&reached, || {
            interrupt.check()?;
            cluster.ensure_running()
        })?;
        cluster.wait_for_transactions(interrupt)?;
        Ok(cluster)
    }

    /// The first transaction ever waits until 50 partitions are made, which is no part of what the rows are to show.
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

    /// Who leads the topic's first partition.
    ///
    /// # Errors
    /// No broker tells.
    pub(super) fn leader_of(&self, topic: &str) -> Result<i32> {
        self.ask_any(|broker| {
            let metadata = Metadata::of_topic(topic, &broker.address())?;
            let first = metadata
                .partitions
                .iter()
                .find(|partition| partition.number == 0);
            first
                .and_then(|partition| partition.leader)
                .context("it has no leader")
        })
        .with_context(|| format!("nobody tells who leads the topic {topic}"))
    }

    /// Who coordinates the group.
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

    /// Waits until every broker knows the topic, of which each hears by itself, and who leads it.
    ///
    /// # Errors
    /// It does not come to that.
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
    /// It does not come to that.
    pub(super) fn wait_until_whole(
        &self,
        interrupt: &Interrupt,
        meanwhile: Meanwhile<'_>,
    ) -> Result<()> {
        let mut missing = String::new();
        let waited = wait::until(
            "the cluster is whole again",
            WHOLE_WITHIN,
            interrupt,
            || {
                meanwhile()?;
                for broker in &self.brokers {
                    if let Some(what) = what_is_missing(broker, self.brokers.len()) {
                        missing = what;
                        return Ok(false);
                    }
                }
                Ok(true)
            },
        );
        waited.with_context(|| format!("the last that was missing: {missing}"))
    }

    /// Ends every fault that may still be there, whichever.
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
            ensure!(
                state == "running",
                "the container of {} is {state}",
                broker.service
            );
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
        return Some(format!(
            "{} knows of {} brokers",
            broker.service,
            metadata.brokers.len()
        ));
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

/// The stack's file with other ports: for each broker the one that is published, and the relay's, which it tells its clients.
fn behind_relays(compose_file: &str, ports: &[(u16, u16)]) -> String {
    let mut moved = compose_file.to_owned();
    for (was, (published, relay)) in Stack::Cluster.ports().iter().zip(ports) {
        moved = moved
            .replace(
                &format!("127.0.0.1:{was}:"),
                &format!("127.0.0.1:{published}:"),
            )
            .replace(
                &format!("//localhost:{was}"),
                &format!("//127.0.0.1:{relay}"),
            );
    }
    let last = "  KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: 0\n";
    let more: Vec<_> = SETTINGS
        .iter()
        .map(|setting| format!("  {setting}\n"))
        .collect();
    moved.replace(last, &format!("{last}{}", more.concat()))
}

/// The first three numbers of a network of this run's own.
fn subnet(process: u32) -> String {
    format!("172.30.{}", process % 256)
}

fn address_in(subnet: &str, id: i32) -> String {
    format!("{subnet}.{}", 10 + id)
}

/// The file with an address for each broker that it keeps when it is started again. Docker gives two that start at the same time
/// each other's: the third then talks to the wrong one for ever, because its connection never breaks.
fn with_addresses(compose_file: &str, subnet: &str) -> String {
    let mut file = compose_file.to_owned();
    for id in 1..=3 {
        let head = format!("  broker{id}:\n    <<: *broker\n");
        let address = address_in(subnet, id);
        let network = format!("    networks:\n      default:\n        ipv4_address: {address}\n");
        file = file.replace(&head, &format!("{head}{network}"));
    }
    file + &format!(
        "\nnetworks:\n  default:\n    ipam:\n      config:\n        - subnet: {subnet}.0/24\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_moves_behind_the_relays_whole() {
        let file = fs::read_to_string(Stack::Cluster.file()).unwrap();
        let moved = behind_relays(&file, &[(15001, 25001), (15002, 25002), (15003, 25003)]);
        for broker in 1..=3 {
            assert!(moved.contains(&format!("- 127.0.0.1:1500{broker}:19092\n")));
            assert!(moved.contains(&format!(
                "INSIDE://broker{broker}:9092,OUTSIDE://127.0.0.1:2500{broker}\n"
            )));
        }
        let with = with_addresses(&moved, &subnet(300));
        for id in 1..=3 {
            let address = format!("ipv4_address: 172.30.44.1{id}\n");
            assert_eq!(with.matches(&address).count(), 1, "{with}");
        }
        assert!(with.ends_with("- subnet: 172.30.44.0/24\n"), "{with}");
        for setting in SETTINGS {
            assert_eq!(
                moved.matches(&format!("\n  {setting}\n")).count(),
                1,
                "{setting}"
            );
        }
    }
}
