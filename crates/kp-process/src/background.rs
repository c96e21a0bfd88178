//! Knows a process again that an earlier command started, and ends exactly that one.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

const POLL: Duration = Duration::from_millis(10);

/// A process, told from a later one that has the same number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pid: Pid,
    /// When it started, in the system's own form.
    started: String,
}

impl Identity {
    /// The process that has this number now, if one runs.
    pub fn of(pid: u32) -> Option<Self> {
        let pid = pid_of(pid)?;
        Some(Self { pid, started: start_of(pid)? })
    }

    /// Reads what [`Identity::to_line`] wrote.
    pub fn parse(line: &str) -> Option<Self> {
        let (pid, started) = line.trim().split_once(' ')?;
        Some(Self { pid: pid_of(pid.parse().ok()?)?, started: started.to_owned() })
    }

    /// The number and the start, to be kept in a file.
    pub fn to_line(&self) -> String {
        format!("{} {}\n", self.pid(), self.started)
    }

    /// The process's number.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Whether this very process still runs.
    pub fn is_running(&self) -> bool {
        start_of(self.pid).is_some_and(|started| started == self.started)
    }

    /// Asks the process to end, and makes it when it has not after `patience`.
    ///
    /// # Errors
    /// It may not be ended, or does not end.
    pub fn end(&self, patience: Duration) -> Result<()> {
        for signal in [Signal::TERM, Signal::KILL] {
            if !self.is_running() {
                return Ok(());
            }
            match kill_process(self.pid, signal) {
                Ok(()) | Err(Errno::SRCH) => {}
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("cannot end process {}", self.pid()));
                }
            }
            let deadline = Instant::now() + patience;
            while self.is_running() && Instant::now() < deadline {
                thread::sleep(POLL);
            }
        }
        if self.is_running() {
            bail!("process {} does not end, even when killed", self.pid());
        }
        Ok(())
    }
}

/// The number as the system takes it. 0 and numbers beyond its range are no processes.
fn pid_of(number: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(number).ok()?)
}

/// The boot and the moment in it when the process started; nothing when none runs.
#[cfg(target_os = "linux")]
fn start_of(pid: Pid) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let ticks = start_in_stat(&stat)?;
    // Ticks count from the boot of the machine, so they alone would repeat.
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(format!("{}/{ticks}", boot.trim()))
}

/// The start time in `/proc/PID/stat`, unless the process has ended and only waits to be collected.
#[cfg(target_os = "linux")]
fn start_in_stat(stat: &str) -> Option<&str> {
    // The second field is the program's name in brackets, which may itself hold blanks and
    // brackets.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace();
    let state = fields.next()?;
    (!["Z", "X"].contains(&state)).then(|| fields.nth(18))?
}

/// The moment when the process started; nothing when none runs.
#[cfg(not(target_os = "linux"))]
fn start_of(pid: Pid) -> Option<String> {
    let pid = pid.as_raw_nonzero().to_string();
    let output = std::process::Command::new("ps")
        .args(["-o", "stat=", "-o", "lstart=", "-p", &pid])
        .output()
        .ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    let (state, started) = line.trim().split_once(' ')?;
    (!state.starts_with('Z')).then(|| started.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;
    use crate::call::Call;
    use crate::running::Source;

    fn sleeper() -> Child {
        Command::new("sleep").arg("60").spawn().unwrap()
    }

    #[test]
    fn exactly_the_process_that_was_meant_ends() {
        let (mut meant, mut other) = (sleeper(), sleeper());
        let identity = Identity::of(meant.id()).unwrap();
        assert!(identity.is_running());
        identity.end(Duration::from_secs(5)).unwrap();
        assert!(!identity.is_running());
        meant.wait().unwrap();
        assert!(other.try_wait().unwrap().is_none(), "the other one was ended too");
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn a_number_that_went_to_another_process_is_left_alone() {
        let mut other = sleeper();
        let now = Identity::of(other.id()).unwrap();
        let earlier = Identity { pid: now.pid, started: "an earlier moment".to_owned() };
        assert!(!earlier.is_running());
        earlier.end(Duration::from_secs(1)).unwrap();
        assert!(other.try_wait().unwrap().is_none(), "a process that was not meant was ended");
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn a_process_that_is_deaf_to_the_request_is_killed() {
        let deaf = ["-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"];
        let mut deaf = Call::new("/bin/sh").args(deaf).in_background().start().unwrap();
        let is_deaf = |said: &str| said.find("deaf\n");
        deaf.wait_for(Source::Stdout, Duration::from_secs(10), is_deaf).unwrap();
        Identity::of(deaf.id()).unwrap().end(Duration::from_millis(100)).unwrap();
        assert!(!deaf.finish().status.success());
    }

    #[test]
    fn an_identity_survives_its_file() {
        let identity = Identity::of(std::process::id()).unwrap();
        assert_eq!(Identity::parse(&identity.to_line()), Some(identity));
        assert_eq!(Identity::parse(""), None);
        assert_eq!(Identity::parse("-1 x"), None);
        assert_eq!(Identity::parse("0 x"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let rest = "1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 777 0";
        assert_eq!(start_in_stat(&format!("7 (a) S (b)) S {rest}")), Some("777"));
        assert_eq!(start_in_stat(&format!("7 (a) Z {rest}")), None);
        assert_eq!(start_in_stat(""), None);
    }
}
