//! One broker in a container that all clients reach through a relay.
//!
//! ```text
//!  client -> 127.0.0.1:RELAY (what clients are told) -> 127.0.0.1:PUBLISHED -> container
//! ```

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::docker::compose_project::{ComposeProject, Plan};
use crate::docker::port;
use crate::docker::single::{PORT, needed_docker, start_broker};
use crate::docker::stack::Stack;
use crate::relay::Relay;
use kp_process::interrupt::Interrupt;
use kp_process::workspace;

/// The broker and its relay. Removed with its data when this goes.
pub struct Relayed {
    relay: Relay,
    published: u16,
    /// After the relay, so that this goes first.
    _project: ComposeProject,
}

impl Relayed {
    /// Starts a broker without ZooKeeper and waits until clients can use it: 4 to 10 s.
    ///
    /// `name` is that of the Compose project. No other run may have it, so it ends with the number
    /// of the process: `kp-lab-4711`. `folder` is the project's directory, any but the workspace's
    /// root.
    ///
    /// # Errors
    /// Docker is missing, no port is free, the broker did not become ready, or the user wants an
    /// end.
    pub fn start(name: &str, folder: &Path, interrupt: &Interrupt) -> Result<Self> {
        let docker = needed_docker()?;
        interrupt.check()?;
        let published = port::find_free();
        let relay = Relay::to(published).context("cannot listen on 127.0.0.1")?;
        let told = format!("127.0.0.1:{}", relay.port());
        let plan = Plan {
            name: name.to_owned(),
            files: vec![Stack::Kraft.file(), changes()],
            variables: vec![
                (PORT.to_owned(), published.to_string()),
                ("KP_COMPOSE_RELAY".to_owned(), told),
            ],
            folder: folder.to_owned(),
        };
        let (project, _) = start_broker(docker, plan, relay.port(), interrupt)?;
        Ok(Self { relay, published, _project: project })
    }

    /// What clients come through. Its port of 127.0.0.1 is the one to give them.
    pub fn relay(&self) -> &Relay {
        &self.relay
    }

    /// Where the broker itself is published. A client that begins here is sent to the relay;
    /// [`offsets::end_at`](crate::kafka::offsets::end_at) is not.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.published)
    }
}

/// What is changed in the Compose file of the stack.
fn changes() -> PathBuf {
    workspace::root().join("crates/kp-stack/relayed.yml")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_what_clients_outside_are_told_is_changed() {
        let own = fs::read_to_string(Stack::Kraft.file()).unwrap();
        let changed = fs::read_to_string(changes()).unwrap();
        let line = |text: &str| {
            let lines = text.lines().map(str::trim);
            let mut told = lines.filter(|line| line.starts_with("KAFKA_ADVERTISED_LISTENERS: "));
            told.next().unwrap().to_owned()
        };
        let outside = "localhost:${KP_COMPOSE_PORT:-9092}";
        assert_eq!(line(&own).replace(outside, "${KP_COMPOSE_RELAY}"), line(&changed));
    }
}
