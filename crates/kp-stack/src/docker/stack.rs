//! The stacks in containers, one Compose file each.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use kp_process::workspace;

/// A set of containers that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stack {
    /// One broker without ZooKeeper: the everyday stack
    Kraft,
    /// A broker and its ZooKeeper, as in the original exercise
    Zookeeper,
    /// Three brokers, replication 3
    Cluster,
}

impl Stack {
    /// The stack that a Compose file describes, by the file's name alone.
    pub fn of_file(file: &Path) -> Option<Self> {
        let name = file.file_name()?;
        Self::value_variants().iter().copied().find(|stack| name == stack.file_name())
    }

    /// Its Compose file, with the whole path.
    pub fn file(self) -> PathBuf {
        workspace::root().join(self.file_name())
    }

    /// Its Compose file, as it is called in the top folder.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Kraft => "docker-compose.yml",
            Self::Zookeeper => "docker-compose.zookeeper.yml",
            Self::Cluster => "docker-compose.cluster.yml",
        }
    }

    /// The ports of 127.0.0.1 that its brokers are reached on.
    pub fn ports(self) -> &'static [u16] {
        match self {
            Self::Kraft | Self::Zookeeper => &[9092],
            Self::Cluster => &[19092, 19093, 19094],
        }
    }

    /// Its brokers as Kafka clients take them: `localhost:19092,localhost:19093`.
    pub fn bootstrap_servers(self) -> String {
        let addresses: Vec<_> =
            self.ports().iter().map(|port| format!("localhost:{port}")).collect();
        addresses.join(",")
    }

    /// The variables that name its images; the defaults stand in the Compose file.
    pub fn image_variables(self) -> &'static str {
        match self {
            Self::Kraft | Self::Cluster => "KP_KAFKA_IMAGE",
            Self::Zookeeper => "KP_ZOOKEEPER_IMAGE and KP_ZOOKEEPER_KAFKA_IMAGE",
        }
    }

    /// A command of Kafka's own tools inside the stack, behind `docker compose`.
    pub fn list_topics(self) -> &'static str {
        match self {
            Self::Kraft => {
                "exec broker /opt/kafka/bin/kafka-topics.sh --list --bootstrap-server broker:9092"
            }
            Self::Zookeeper => "exec broker kafka-topics --list --bootstrap-server broker:9092",
            Self::Cluster => {
                "exec broker1 /opt/kafka/bin/kafka-topics.sh --list --bootstrap-server broker1:9092"
            }
        }
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kraft => "kraft",
            Self::Zookeeper => "zookeeper",
            Self::Cluster => "cluster",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stack_is_found_by_its_file() {
        for stack in Stack::value_variants() {
            assert!(stack.file().is_file(), "{} is missing", stack.file().display());
            assert_eq!(Stack::of_file(&stack.file()), Some(*stack));
            assert_eq!(Stack::of_file(Path::new(stack.file_name())), Some(*stack));
        }
        assert_eq!(Stack::of_file(Path::new("compose.yaml")), None);
    }

    #[test]
    fn every_port_is_published_on_loopback_by_the_file() {
        for stack in Stack::value_variants() {
            let file = std::fs::read_to_string(stack.file()).unwrap();
            let published: Vec<_> = file
                .lines()
                .filter_map(|line| line.trim().strip_prefix("- 127.0.0.1:")?.strip_suffix(":19092"))
                // As it is, or as the default of a variable.
                .map(|port| port.rsplit_once(":-").map_or(port, |(_, port)| port))
                .map(|port| port.trim_end_matches('}').parse::<u16>().unwrap())
                .collect();
            assert_eq!(published, stack.ports(), "{}", stack.file_name());
            assert!(!file.contains("0.0.0.0"), "{} publishes beyond loopback", stack.file_name());
        }
    }
}
