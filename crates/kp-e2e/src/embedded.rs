//! The embedded broker, as a process of its own for each test.

use kp_process::Signal;

use crate::call::Call;
use crate::cluster::Cluster;
use crate::program::Program;
use crate::running::Running;

/// A running `kp-broker` on a free port; it ends with its test.
pub struct EmbeddedBroker {
    process: Running,
    address: String,
}

impl EmbeddedBroker {
    /// Starts it with these topics, each `NAME` or `NAME:PARTITIONS`.
    ///
    /// # Panics
    /// When it does not become ready.
    #[track_caller]
    pub fn start(topics: &[&str]) -> Self {
        let topics = topics.iter().flat_map(|topic| ["--topic", *topic]);
        let process =
            Call::new(Program::Broker).args(["--listen", "127.0.0.1:0"]).args(topics).start();
        let ready = process.wait_for_lines(1);
        let address = ready[0]
            .split_once("ready on ")
            .and_then(|(_, rest)| rest.split_whitespace().next())
            .unwrap_or_else(|| panic!("no address in {:?}", ready[0]))
            .to_owned();
        Self { process, address }
    }

    /// Sends it a signal: STOP makes it hang, CONT lets it go on.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// The process, to signal it and to see how it ends.
    pub fn into_process(self) -> Running {
        self.process
    }
}

impl Cluster for EmbeddedBroker {
    fn bootstrap(&self) -> &str {
        &self.address
    }
}
