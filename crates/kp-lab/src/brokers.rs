//! The brokers of a script. Each ends with its guard, also when the script fails or is interrupted.
//! All commands go to those that were started last.

use std::fs;
use std::process;

use anyhow::Result;
use kp_stack::docker::cluster::{Broker, Cluster};
use kp_stack::docker::relayed::Relayed;
use kp_stack::docker::single::{SETTINGS_FILE, Single};
use kp_stack::docker::stack::Stack;
use kp_stack::embedded;

use crate::stage::Stage;

impl Stage<'_> {
    /// The embedded broker, with these arguments, on a port of its own.
    ///
    /// # Errors
    /// It does not start; with what it said.
    pub(crate) fn embedded(&mut self, arguments: &[&str]) -> Result<embedded::Broker> {
        let typed = ["kp-broker", "--listen", "127.0.0.1:0"].iter().chain(arguments);
        let typed = typed.copied().collect::<Vec<_>>().join(" ");
        let log = self.folder.join("broker.log");
        let broker = embedded::Broker::start_with(self.program("kp-broker")?, &log, arguments)?;
        self.show(&format!("{typed} &"), &format!("kp-broker ready on {}", broker.address()))?;
        self.use_brokers(&broker.address().to_string())?;
        Ok(broker)
    }

    /// The embedded broker behind a relay through which all clients come.
    ///
    /// # Errors
    /// It does not start; with what it said.
    pub(crate) fn relayed(&mut self, arguments: &[&str]) -> Result<embedded::RelayedBroker> {
        let log = self.folder.join("broker.log");
        let program = self.program("kp-broker")?;
        let broker = embedded::RelayedBroker::start(program, &log, arguments)?;
        let (listen, relay) = (broker.address(), format!("127.0.0.1:{}", broker.relay().port()));
        let topics = arguments.join(" ");
        self.show(
            &format!("kp-broker --listen {listen} --advertised {relay} \\\n     {topics} &"),
            &format!("# the relay listens on {relay} and leads to {listen}"),
        )?;
        self.use_brokers(&relay)?;
        Ok(broker)
    }

    /// One broker in a container.
    ///
    /// # Errors
    /// Docker is missing, or it did not become ready.
    pub(crate) fn container(&mut self, stack: Stack) -> Result<Single> {
        let single = Single::start(stack, &project(), &self.folder, self.interrupt)?;
        let typed = match stack {
            Stack::Zookeeper => "cargo xtask up --stack zookeeper",
            _ => "cargo xtask up",
        };
        self.show(typed, &format!("it is up on {}", single.address()))?;
        self.use_brokers(&single.address())?;
        Ok(single)
    }

    /// One broker in a container without ZooKeeper, with settings that the stack has not.
    ///
    /// # Errors
    /// Docker is missing, or it did not become ready.
    pub(crate) fn container_with(&mut self, settings: &[(&str, &str)]) -> Result<Single> {
        self.stack_with(Stack::Kraft, settings)
    }

    /// One broker in a container, of any stack that has one, with settings of its own.
    ///
    /// # Errors
    /// Docker is missing, or it did not become ready.
    pub(crate) fn stack_with(&mut self, stack: Stack, settings: &[(&str, &str)]) -> Result<Single> {
        let single = Single::start_with(stack, settings, &project(), &self.folder, self.interrupt)?;
        let written = fs::read_to_string(self.folder.join(SETTINGS_FILE))?;
        self.show(&format!("cat {SETTINGS_FILE}"), &written)?;
        let typed = format!("docker compose -f {} -f {SETTINGS_FILE} up -d", stack.file_name());
        self.show(&typed, &format!("it is up on {}", single.address()))?;
        self.use_brokers(&single.address())?;
        Ok(single)
    }

    /// One broker in a container behind a relay through which all clients come.
    ///
    /// # Errors
    /// Docker is missing, or it did not become ready.
    pub(crate) fn relayed_container(&mut self) -> Result<Relayed> {
        let broker = Relayed::start(&project(), &self.folder, self.interrupt)?;
        let (listen, relay) = (broker.address(), format!("127.0.0.1:{}", broker.relay().port()));
        self.show(
            "docker compose -f docker-compose.yml -f crates/kp-stack/relayed.yml up -d",
            &format!("# the relay listens on {relay} and leads to {listen}"),
        )?;
        self.use_brokers(&relay)?;
        Ok(broker)
    }

    /// Three brokers in containers, each behind a relay.
    ///
    /// # Errors
    /// Docker is missing, or they did not become ready.
    pub(crate) fn cluster(&mut self) -> Result<Cluster> {
        let cluster = Cluster::start(&project(), &self.folder, self.interrupt)?;
        self.show(
            "cargo xtask up --stack cluster",
            &format!("they are up on {}", cluster.bootstrap()),
        )?;
        self.use_brokers(&cluster.bootstrap())?;
        Ok(cluster)
    }

    fn use_brokers(&mut self, bootstrap: &str) -> Result<()> {
        bootstrap.clone_into(&mut self.brokers);
        self.show(&format!("export KP_BROKERS={bootstrap}"), "")
    }

    /// Does this to one of three brokers, and shows how a reader would.
    ///
    /// # Errors
    /// Docker failed, or the user wants an end.
    pub(crate) fn act_on(&mut self, act: Act, broker: &Broker) -> Result<()> {
        self.interrupt.check()?;
        let verb = match act {
            Act::Kill => broker.kill().map(|()| "kill"),
            Act::Pause => broker.pause().map(|()| "pause"),
            Act::Unpause => broker.resume().map(|()| "unpause"),
            Act::Stop => broker.stop(self.interrupt, &mut || Ok(())).map(|()| "stop"),
            Act::Start => broker.start().map(|()| "start"),
        }?;
        let file = Stack::Cluster.file_name();
        self.show(&format!("docker compose -f {file} {verb} {}", broker.service), "")
    }
}

/// What can be done to a broker, in Compose's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// As a power cut.
    Kill,
    /// As a machine that hangs.
    Pause,
    Unpause,
    /// In order, as for an upgrade.
    Stop,
    Start,
}

/// The name of this run's Compose project, which begins the names of its containers.
fn project() -> String {
    format!("kp-lab-{}", process::id())
}
