//! Where it ran.

use std::fs;

use super::broker::Broker;
use super::results::Machine;
use crate::machine;

/// Above this, something else was running, and the figures say little.
pub(super) const IDLE: f64 = 0.5;

impl Machine {
    /// This one, before anything was measured on it.
    pub(super) fn here(load_before: Option<f64>, broker: &Broker) -> Self {
        Self {
            date: machine::date(),
            system: machine::system(),
            processor: machine::processor(),
            cores: machine::cores(),
            memory_bytes: machine::memory_bytes(),
            load_before,
            broker: broker.describe(),
        }
    }
}

/// Processes that want to run, averaged over the last minute; unknown without `/proc`.
pub(super) fn load() -> Option<f64> {
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    load.split(' ').next()?.parse().ok()
}
