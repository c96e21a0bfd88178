//! One broker in its container, and all that can be done to it.

use std::time::Duration;

use anyhow::Result;

use crate::docker;
use crate::relay::Relay;
use kp_process::interrupt::Interrupt;
use kp_process::wait::{self, Meanwhile};

const STOPPED_WITHIN: Duration = Duration::from_secs(60);

/// Docker cannot freeze a container while a process of it starts, such as the health check's.
const PAUSE_TRIES: usize = 10;

/// One of the three.
pub struct Broker {
    /// Its id in the cluster: 1, 2 or 3.
    pub id: i32,
    /// What Compose calls it, and the other brokers: `broker1`.
    pub service: String,
    /// The whole id of its container, which stays the same when it is started again.
    pub container: String,
    /// What clients reach it through. The other brokers do not pass here.
    pub relay: Relay,
    /// Its address for the other brokers, also after it was started again.
    pub(super) ip: String,
}

impl Broker {
    /// Where clients reach it, through its relay: `127.0.0.1:21234`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.relay.port())
    }

    /// SIGKILL, as a power cut.
    ///
    /// # Errors
    /// Docker failed, for instance because it does not run.
    pub fn kill(&self) -> Result<()> {
        docker::ask(&["kill", "-s", "KILL", &self.container]).map(drop)
    }

    /// Asks it to end, as an upgrade does, and waits until it has ended.
    ///
    /// # Errors
    /// Docker or `meanwhile` failed, it did not end within a minute, or the user wants an end.
    pub fn stop(&self, interrupt: &Interrupt, meanwhile: Meanwhile<'_>) -> Result<()> {
        docker::ask(&["kill", "-s", "TERM", &self.container])?;
        let what = format!("{} has ended after SIGTERM", self.service);
        wait::until(&what, STOPPED_WITHIN, interrupt, || {
            meanwhile()?;
            Ok(self.state()? == "exited")
        })
    }

    /// Starts it again after its end, with the data that it had. It takes connections some seconds
    /// later: `Cluster::wait_until_whole` waits for that.
    ///
    /// # Errors
    /// Docker failed.
    pub fn start(&self) -> Result<()> {
        docker::ask(&["start", &self.container]).map(drop)
    }

    /// Stops all its processes, as a machine that hangs. Its connections stay open.
    ///
    /// # Errors
    /// Docker failed, for instance because it does not run.
    pub fn pause(&self) -> Result<()> {
        let mut paused = Ok(());
        for _ in 0..PAUSE_TRIES {
            paused = docker::ask(&["pause", &self.container]).map(drop);
            if paused.is_ok() || self.state()? == "paused" {
                return Ok(());
            }
        }
        paused
    }

    /// Lets them go on.
    ///
    /// # Errors
    /// Docker failed, for instance because it is not paused.
    pub fn resume(&self) -> Result<()> {
        docker::ask(&["unpause", &self.container]).map(drop)
    }

    /// Cuts it off from the other brokers, not from the relay.
    ///
    /// # Errors
    /// Docker failed.
    pub fn disconnect(&self, network: &str) -> Result<()> {
        docker::ask(&["network", "disconnect", network, &self.container]).map(drop)
    }

    /// Gives it back its place among the brokers, and its name.
    ///
    /// # Errors
    /// Docker failed, for instance because it is connected.
    pub fn connect(&self, network: &str) -> Result<()> {
        let connect = ["network", "connect", "--alias", self.service.as_str()];
        let place = ["--ip", &self.ip, network, &self.container];
        docker::ask(&[connect, place].concat()).map(drop)
    }

    /// Whether it is on any network.
    ///
    /// # Errors
    /// Docker does not tell.
    pub fn is_connected(&self) -> Result<bool> {
        let format = "{{len .NetworkSettings.Networks}}";
        let networks = docker::ask(&["inspect", "--format", format, &self.container])?;
        Ok(networks.trim() != "0")
    }

    /// Docker's word for how it is: `running`, `paused`, `exited`.
    ///
    /// # Errors
    /// Docker does not tell.
    pub fn state(&self) -> Result<String> {
        docker::state_of(&self.container)
    }
}
