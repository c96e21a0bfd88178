//! This machine in words, for reports: what something was measured or broken on.

pub mod memory;
pub mod processor_time;

use std::fs;
use std::process::Command;
use std::thread;

/// Day and time of now, in UTC.
pub fn date() -> String {
    said("date", &["-u", "+%Y-%m-%d %H:%M UTC"])
}

/// The operating system and its version.
pub fn system() -> String {
    said("uname", &["-srm"])
}

/// How many threads run at the same time.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The processor's name.
pub fn processor() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    match field(&cpuinfo, "model name") {
        Some(model) => model.to_owned(),
        None => said("sysctl", &["-n", "machdep.cpu.brand_string"]),
    }
}

/// All the memory there is, in bytes; unknown without `/proc`.
pub fn memory_bytes() -> Option<u64> {
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
    said.ok().filter(|said| !said.is_empty()).unwrap_or_else(|| "unknown".to_owned())
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
