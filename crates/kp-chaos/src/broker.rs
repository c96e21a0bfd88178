//! One broker in its container, and all that can be done to it.

use std::time::Duration;

use anyhow::Result;

use super::wait::{self, Meanwhile};
use kp_process::interrupt::Interrupt;
use kp_stack::docker;
use kp_stack::relay::Relay;

const STOPPED_WITHIN: Duration = Duration::from_secs(60);

/// Docker cannot freeze a container while a process of it starts, such as the health check's.
const PAUSE_TRIES: usize = 10;

/// One of the three.
pub(super) struct Broker {
    pub(super) id: i32,
    pub(super) container: String,
    /// What Compose calls it, and the other brokers.
    pub(super) service: String,
    /// Its address for the other brokers, also after it was started again.
    pub(super) ip: String,
    pub(super) relay: Relay,
}

impl Broker {
    /// Where clients reach it.
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.relay.port())
    }

    /// SIGKILL, as a power cut.
    pub(super) fn kill(&self) -> Result<()> {
        docker::ask(&["kill", "-s", "KILL", &self.container]).map(drop)
    }

    /// Asks it to end, as an upgrade does, and waits until it has ended.
    pub(super) fn stop(&self, interrupt: &Interrupt, meanwhile: Meanwhile<'_>) -> Result<()> {
        docker::ask(&["kill", "-s", "TERM", &self.container])?;
        let what = format!("{} has ended after SIGTERM", self.service);
        wait::until(&what, STOPPED_WITHIN, interrupt, || {
            meanwhile()?;
            Ok(self.state()? == "exited")
        })
    }

    /// Starts it again after its end.
    pub(super) fn start(&self) -> Result<()> {
        docker::ask(&["start", &self.container]).map(drop)
    }

    /// Stops all its processes, as a machine that hangs.
    pub(super) fn pause(&self) -> Result<()> {
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
    pub(super) fn resume(&self) -> Result<()> {
        docker::ask(&["unpause", &self.container]).map(drop)
    }

    /// Cuts it off from the other brokers, not from the relay.
    pub(super) fn disconnect(&self, network: &str) -> Result<()> {
        docker::ask(&["network", "disconnect", network, &self.container]).map(drop)
    }

    /// Gives it back its place among the brokers, and its name.
    pub(super) fn connect(&self, network: &str) -> Result<()> {
        let connect = ["network", "connect", "--alias", self.service.as_str()];
        let place = ["--ip", &self.ip, network, &self.container];
        docker::ask(&[connect, place].concat()).map(drop)
    }

    /// Whether it is on any network.
    pub(super) fn is_connected(&self) -> Result<bool> {
        let format = "{{len .NetworkSettings.Networks}}";
        let networks = docker::ask(&["inspect", "--format", format, &self.container])?;
        Ok(networks.trim() != "0")
    }

    /// Docker's word for how it is: `running`, `paused`, `exited`.
    pub(super) fn state(&self) -> Result<String> {
        let state = docker::ask(&["inspect", "--format", "{{.State.Status}}", &self.container])?;
        Ok(state.trim().to_owned())
    }
}
