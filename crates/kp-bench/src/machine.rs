//! Where it ran.

use std::time::Duration;
use std::{fs, thread};

use super::broker::Broker;
use super::results::Machine;
use kp_process::machine;

/// Above this load other programs were running, and the figures say little.
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

/// The part of all cores' time that is used while this waits; unknown without `/proc`.
pub(super) fn busy_within(time: Duration) -> Option<f64> {
    let before = ticks()?;
    thread::sleep(time);
    let after = ticks()?;
    let all = after.all.saturating_sub(before.all);
    let idle = after.idle.saturating_sub(before.idle);
    (all > 0).then(|| all.saturating_sub(idle) as f64 / all as f64)
}

struct Ticks {
    all: u64,
    idle: u64,
}

fn ticks() -> Option<Ticks> {
    read_ticks(&fs::read_to_string("/proc/stat").ok()?)
}

/// The first line: `cpu user nice system idle iowait ...`.
fn read_ticks(stat: &str) -> Option<Ticks> {
    let numbers = stat.lines().next()?.strip_prefix("cpu ")?.split_ascii_whitespace();
    let numbers: Vec<u64> = numbers.map(str::parse).collect::<Result<_, _>>().ok()?;
    Some(Ticks { all: numbers.iter().sum(), idle: numbers.get(3)? + numbers.get(4)? })
}

/// Processes that want to run, averaged over the last minute; unknown without `/proc`.
pub(super) fn load() -> Option<f64> {
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    load.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_nobody_used_is_idle() {
        let ticks = read_ticks("cpu  10 0 5 80 5 0 0 0 0 0\ncpu0 1 2\n").unwrap();
        assert_eq!((ticks.all, ticks.idle), (100, 85));
        assert!(read_ticks("intr 1 2 3").is_none());
    }
}
