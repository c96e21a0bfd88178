//! How much memory a process holds, as the kernel tells it in `/proc`.
//!
//! The kernel keeps the high-water mark itself, so no peak falls between two looks. Only what a
//! process grows by after the last look before its end is missed. The exact figure, `ru_maxrss`,
//! comes with `wait4`, which no safe interface offers. It would not reach the tools inside the
//! broker's container either. Where there is no `/proc`, as on macOS, there is no figure.

use std::fs;

/// What a process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Resident now, in bytes.
    pub now: u64,
    /// The most that was ever resident, in bytes.
    pub peak: u64,
}

impl Memory {
    /// Of the process with this number, if it runs.
    pub fn of(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
    }

    fn parse(status: &str) -> Option<Self> {
        let bytes = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kibibytes = line.trim().strip_suffix("kB")?.trim();
            Some(kibibytes.parse::<u64>().ok()? * 1024)
        };
        Some(Self { now: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
    }
}

/// The Java process, in a container or not, that was started with this argument.
///
/// A tool in a container has a process here too when the engine runs on this very kernel.
pub fn java_with_argument(argument: &str) -> Option<u32> {
    let processes = fs::read_dir("/proc").ok()?;
    processes.flatten().find_map(|process| {
        let pid = process.file_name().to_str()?.parse().ok()?;
        let command = fs::read(process.path().join("cmdline")).ok()?;
        is_java_with(&command, argument).then_some(pid)
    })
}

/// `command` as in `/proc/PID/cmdline`: each argument ends with a zero byte.
fn is_java_with(command: &[u8], argument: &str) -> bool {
    let mut arguments = command.split(|byte| *byte == 0);
    arguments.next().is_some_and(|program| program.ends_with(b"java"))
        && arguments.any(|given| given == argument.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read_in_bytes() {
        let status = "Name:\tkcat\nVmPeak:\t  999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        let expected = Memory { now: 1 << 20, peak: 2 << 20 };
        assert_eq!(Memory::parse(status), Some(expected));
    }

    #[test]
    fn a_process_that_has_ended_holds_nothing() {
        assert_eq!(Memory::parse("Name:\tkcat\nState:\tZ (zombie)\n"), None);
        assert_eq!(Memory::of(u32::MAX), None);
    }

    #[test]
    fn a_tool_is_known_by_its_topic_and_not_by_who_started_it() {
        let tool = b"/opt/java/bin/java\0-Xmx512M\0Tool\0--topic\0bench-1\0";
        assert!(is_java_with(tool, "bench-1"));
        assert!(!is_java_with(tool, "bench"));
        assert!(!is_java_with(b"docker\0exec\0c\0java\0--topic\0bench-1\0", "bench-1"));
    }
}
