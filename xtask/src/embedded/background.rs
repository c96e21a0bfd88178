//! Processes that outlive the command that started them, and how to end exactly those.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

const POLL: Duration = Duration::from_millis(10);

/// A process that stays the same one even after its number went to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pid: Pid,
    /// When it started, in whatever form the system tells it.
    started: String,
}

impl Identity {
    /// The process that has this number now, if one runs.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let pid = pid_of(pid)?;
        Some(Self {
            pid,
            started: start_of(pid)?,
        })
    }

    /// Reads what [`Identity::to_line`] wrote.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (pid, started) = line.trim().split_once(' ')?;
        Some(Self {
            pid: pid_of(pid.parse().ok()?)?,
            started: started.to_owned(),
        })
    }

    /// The number and the start, to be kept in a file.
    pub(crate) fn to_line(&self) -> String {
        format!("{} {}\n", self.pid(), self.started)
    }

    /// The process's number.
    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Whether this very process still runs.
    pub(crate) fn is_running(&self) -> bool {
        start_of(self.pid).is_some_and(|started| started == self.started)
    }

    /// Asks the process to end, and makes it when it has not after `patience`.
    ///
    /// # Errors
    /// It may not be ended, or does not end.
    pub(crate) fn end(&self, patience: Duration) -> Result<()> {
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

/// The number as the system takes it; 0 and what is beyond its range are no processes.
fn pid_of(number: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(number).ok()?)
}

/// Starts a process in a group of its own, so that Ctrl-C on the terminal does not reach it, with all it says in `log`.
///
/// # Errors
/// The log cannot be made, or the process cannot be started.
pub(crate) fn spawn(command: &mut Command, log: &Path) -> Result<Child> {
    let file =
        File::create(log).with_context(|| format!("cannot make the log {}", log.display()))?;
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))
}

/// Waits until `child` writes a whole line to its log that `wanted` takes.
///
/// # Errors
/// It ended first, or the time is up; with what it said.
pub(crate) fn wait_for_line<T>(
    child: &mut Child,
    log: &Path,
    patience: Duration,
    wanted: impl Fn(&str) -> Option<T>,
) -> Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        // The order matters: what it said before it ended is in the log that is read afterwards.
        let ended = child.try_wait()?;
        let said = read_lossy(log)?;
        let whole_lines = said.rfind('\n').map_or("", |end| &said[..end]);
        if let Some(found) = whole_lines.lines().find_map(&wanted) {
            return Ok(found);
        }
        if let Some(status) = ended {
            bail!("it ended at once ({status}): {}", said.trim_end());
        }
        if Instant::now() > deadline {
            bail!(
                "it was not ready within {} s; it said: {}",
                patience.as_secs(),
                said.trim_end()
            );
        }
        thread::sleep(POLL);
    }
}

fn read_lossy(log: &Path) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(log)?).into_owned())
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
    // The second field is the program's name in brackets, which may itself hold blanks and brackets.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace();
    let state = fields.next()?;
    (!["Z", "X"].contains(&state)).then(|| fields.nth(18))?
}

/// The moment when the process started; nothing when none runs.
#[cfg(not(target_os = "linux"))]
fn start_of(pid: Pid) -> Option<String> {
    let pid = pid.as_raw_nonzero().to_string();
    let output = Command::new("ps")
        .args(["-o", "stat=", "-o", "lstart=", "-p", &pid])
        .output()
        .ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    let (state, started) = line.trim().split_once(' ')?;
    (!state.starts_with('Z')).then(|| started.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(
            other.try_wait().unwrap().is_none(),
            "the other one was ended too"
        );
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn a_number_that_went_to_another_process_is_left_alone() {
        let mut other = sleeper();
        let now = Identity::of(other.id()).unwrap();
        let earlier = Identity {
            pid: now.pid,
            started: "an earlier moment".to_owned(),
        };
        assert!(!earlier.is_running());
        earlier.end(Duration::from_secs(1)).unwrap();
        assert!(
            other.try_wait().unwrap().is_none(),
            "a process that was not meant was ended"
        );
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn a_process_that_is_deaf_to_the_request_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut deaf = Command::new("sh");
        deaf.args(["-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"]);
        let mut deaf = spawn(&mut deaf, &log).unwrap();
        wait_for_line(&mut deaf, &log, Duration::from_secs(10), |line| {
            (line == "deaf").then_some(())
        })
        .unwrap();
        let identity = Identity::of(deaf.id()).unwrap();
        identity.end(Duration::from_millis(100)).unwrap();
        assert!(!deaf.wait().unwrap().success());
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
        assert_eq!(
            start_in_stat(&format!("7 (a) S (b)) S {rest}")),
            Some("777")
        );
        assert_eq!(start_in_stat(&format!("7 (a) Z {rest}")), None);
        assert_eq!(start_in_stat(""), None);
    }

    #[test]
    fn what_a_process_said_before_it_ended_is_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut child = spawn(
            Command::new("sh").args(["-c", "echo the port is taken; exit 3"]),
            &log,
        )
        .unwrap();
        let error = wait_for_line(&mut child, &log, Duration::from_secs(10), |line| {
            line.starts_with("ready").then_some(())
        });
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("the port is taken") && error.contains('3'),
            "{error}"
        );
    }
}
