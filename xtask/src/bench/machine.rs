//! Where it ran.

use std::fs;
use std::process::Command;
use std::thread;

use super::broker::Broker;
use super::results::Machine;

/// Above this, something else was running, and the figures say little.
pub(super) const IDLE: f64 = 0.5;

impl Machine {
    /// This one, before anything was measured on it.
    pub(super) fn here(load_before: Option<f64>, broker: &Broker) -> Self {
        Self {
            date: said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            system: said("uname", &["-srm"]),
            processor: processor(),
            cores: thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: memory(),
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

fn processor() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    match field(&cpuinfo, "model name") {
        Some(model) => model.to_owned(),
        None => said("sysctl", &["-n", "machdep.cpu.brand_string"]),
    }
}

fn memory() -> Option<u64> {
    let meminfo = fs::read_to_string("/proc/meminfo").ok()?;
    let kibibytes = field(&meminfo, "MemTotal")?.strip_suffix("kB")?;
    Some(kibibytes.trim().parse::<u64>().ok()? * 1024)
}

/// `name : value`, as `/proc` writes it.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (field, value) = line.split_once(':')?;
        (field.trim() == name).then(|| value.trim())
    })
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.ok()
        .filter(|said| !said.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_proc() {
        let text = "processor\t: 0\nmodel name\t: AMD EPYC\nMemTotal:       24680 kB\n";
        assert_eq!(field(text, "model name"), Some("AMD EPYC"));
        assert_eq!(field(text, "MemTotal"), Some("24680 kB"));
        assert_eq!(field(text, "MemFree"), None);
    }
}
