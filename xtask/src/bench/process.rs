//! Runs a program once and measures it: how long it took, and how much memory it held.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use super::folder;
use crate::interrupt::Interrupt;
use crate::machine::memory::{self, Memory};
use crate::workspace;

const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// A line of memory over time needs no more points than this.
const BETWEEN_POINTS: Duration = Duration::from_millis(50);
const BETWEEN_SEARCHES: Duration = Duration::from_millis(100);
/// The longest work takes about a minute on two cores.
const PATIENCE: Duration = Duration::from_secs(400);

/// Who reads what the program prints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reader {
    /// A file, to be looked at afterwards: what a producer reports.
    File,
    /// `wc -l` at the other end of a pipe, as fast as it can.
    LineCounter,
    /// Somebody who takes so many bytes a second from the pipe and counts the lines.
    Slow(f64),
}

/// A program with all that is given to it.
pub(super) struct Invocation<'a> {
    pub(super) arguments: &'a [String],
    pub(super) stdin: Option<&'a Path>,
    pub(super) reader: Reader,
    /// The program is a Java tool in a container, known by this argument.
    pub(super) java_with: Option<&'a str>,
}

/// What one run came to.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) wall: Duration,
    pub(super) status: ExitStatus,
    /// The most memory it held, in bytes; unknown without `/proc`.
    pub(super) peak: Option<u64>,
    /// Seconds since the start, and bytes resident then.
    pub(super) memory: Vec<(f64, u64)>,
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// Lines that the reader of the pipe counted.
    pub(super) lines: Option<u64>,
}

/// Runs it to its end.
///
/// # Errors
/// It cannot be started, takes too long, or the user wants an end. That it failed is no error here.
pub(super) fn measure(invocation: &Invocation<'_>, interrupt: &Interrupt) -> Result<Measured> {
    let stdout = folder()?.join("stdout.txt");
    let stderr = folder()?.join("stderr.txt");
    let mut command = quiet(invocation.arguments)?;
    command.stderr(File::create(&stderr)?);
    match invocation.stdin {
        Some(file) => command.stdin(File::open(file)?),
        None => command.stdin(Stdio::null()),
    };
    match invocation.reader {
        Reader::File => command.stdout(File::create(&stdout)?),
        Reader::LineCounter | Reader::Slow(_) => command.stdout(Stdio::piped()),
    };

    let started = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", invocation.arguments[0]))?;
    let counter = child
        .stdout
        .take()
        .map(|pipe| Counter::start(pipe, invocation.reader));
    let watched = watch(&mut child, started, invocation.java_with, interrupt)?;
    let wall = started.elapsed();
    interrupt.check()?;
    ensure!(
        wall < PATIENCE,
        "{} did not end within {} s",
        invocation.arguments[0],
        PATIENCE.as_secs()
    );
    Ok(Measured {
        wall,
        status: watched.status,
        peak: watched.peak,
        memory: watched.points,
        lines: counter.transpose()?.map(Counter::finish).transpose()?,
        stdout: match invocation.reader {
            Reader::File => text(&stdout)?,
            Reader::LineCounter | Reader::Slow(_) => String::new(),
        },
        stderr: text(&stderr)?,
    })
}

/// A command away from the user's own settings for our programs.
///
/// # Errors
/// There is no folder to run it in.
pub(super) fn quiet(arguments: &[String]) -> Result<Command> {
    let Some((program, arguments)) = arguments.split_first() else {
        bail!("nothing to run");
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder()?);
    workspace::forget_settings(&mut command);
    Ok(command)
}

fn text(file: &PathBuf) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(file)?).into_owned())
}

struct Watched {
    status: ExitStatus,
    peak: Option<u64>,
    points: Vec<(f64, u64)>,
}

/// Waits on this thread, so that the end is seen at once, and looks at the memory on another.
fn watch(
    child: &mut Child,
    started: Instant,
    java_with: Option<&str>,
    interrupt: &Interrupt,
) -> Result<Watched> {
    let pid = child.id();
    let process = Pid::from_child(child);
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let looks = scope.spawn(|| {
            let mut looks = Looks::new(started, java_with.is_none().then_some(pid));
            while !ended.load(Ordering::Relaxed) {
                looks.look(java_with);
                if interrupt.is_set() || started.elapsed() > PATIENCE {
                    // It may have ended by itself in the meantime.
                    let _ = kill_process(process, Signal::KILL);
                }
                thread::sleep(BETWEEN_LOOKS);
            }
            looks
        });
        let status = child.wait();
        ended.store(true, Ordering::Relaxed);
        let Ok(looks) = looks.join() else {
            bail!("the thread that watches the memory has failed");
        };
        Ok(Watched {
            status: status?,
            peak: looks.peak,
            points: looks.points,
        })
    })
}

struct Looks {
    started: Instant,
    pid: Option<u32>,
    next_search: Duration,
    next_point: Duration,
    peak: Option<u64>,
    points: Vec<(f64, u64)>,
}

impl Looks {
    fn new(started: Instant, pid: Option<u32>) -> Self {
        Self {
            started,
            pid,
            next_search: BETWEEN_SEARCHES,
            next_point: Duration::ZERO,
            peak: None,
            points: Vec::new(),
        }
    }

    fn look(&mut self, java_with: Option<&str>) {
        let now = self.started.elapsed();
        if let Some(argument) = java_with
            && self.pid.is_none()
            && now >= self.next_search
        {
            self.pid = memory::java_with_argument(argument);
            self.next_search = now + BETWEEN_SEARCHES;
        }
        let Some(memory) = self.pid.and_then(Memory::of) else {
            return;
        };
        self.peak = self.peak.max(Some(memory.peak));
        if now >= self.next_point {
            self.points.push((now.as_secs_f64(), memory.now));
            self.next_point = now + BETWEEN_POINTS;
        }
    }
}

/// The other end of a program's pipe.
enum Counter {
    Wc(Child),
    Slow(JoinHandle<io::Result<u64>>),
}

impl Counter {
    fn start(pipe: ChildStdout, reader: Reader) -> Result<Self> {
        if let Reader::Slow(bytes_per_second) = reader {
            return Ok(Self::Slow(thread::spawn(move || {
                count_slowly(pipe, bytes_per_second)
            })));
        }
        let counter = Command::new("wc")
            .arg("-l")
            .stdin(pipe)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start wc, which counts what is printed")?;
        Ok(Self::Wc(counter))
    }

    fn finish(self) -> Result<u64> {
        match self {
            Self::Wc(counter) => {
                let output = counter.wait_with_output()?;
                let counted = String::from_utf8_lossy(&output.stdout);
                counted
                    .trim()
                    .parse()
                    .with_context(|| format!("wc says \"{}\"", counted.trim()))
            }
            Self::Slow(thread) => match thread.join() {
                Ok(counted) => Ok(counted?),
                Err(_) => bail!("the slow reader has failed"),
            },
        }
    }
}

fn count_slowly(mut pipe: impl Read, bytes_per_second: f64) -> io::Result<u64> {
    let started = Instant::now();
    let mut buffer = vec![0; 16 * 1024];
    let (mut lines, mut taken) = (0, 0_u64);
    loop {
        let read = pipe.read(&mut buffer)?;
        if read == 0 {
            return Ok(lines);
        }
        lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
        taken += read as u64;
        let due = Duration::from_secs_f64(taken as f64 / bytes_per_second);
        // The pace is what this reader is for.
        thread::sleep(due.saturating_sub(started.elapsed()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str, reader: Reader) -> Measured {
        let arguments = ["sh", "-c", script].map(str::to_owned);
        let invocation = Invocation {
            arguments: &arguments,
            stdin: None,
            reader,
            java_with: None,
        };
        measure(&invocation, &Interrupt::already(false)).unwrap()
    }

    // One test, because what a program prints goes to one file: only one is measured at a time.
    #[test]
    fn a_program_is_measured_and_heard() {
        let said = run("echo out; echo err >&2; exit 3", Reader::File);
        assert_eq!(
            (said.stdout.as_str(), said.stderr.as_str()),
            ("out\n", "err\n")
        );
        assert_eq!(said.status.code(), Some(3));
        assert_eq!(said.lines, None);

        let counted = run("yes | head -100000", Reader::LineCounter);
        assert_eq!(counted.lines, Some(100_000));

        let slow = run("yes | head -10000", Reader::Slow(100_000.0));
        assert_eq!(slow.lines, Some(10_000));
        if cfg!(target_os = "linux") {
            assert!(slow.peak.is_some());
        }

        let arguments = ["sh", "-c", "exec sleep 60"].map(str::to_owned);
        let invocation = Invocation {
            arguments: &arguments,
            stdin: None,
            reader: Reader::File,
            java_with: None,
        };
        let error = measure(&invocation, &Interrupt::already(true)).unwrap_err();
        assert_eq!(error.to_string(), "interrupted");
    }

    #[test]
    fn a_slow_reader_keeps_its_pace() {
        let started = Instant::now();
        let lines = count_slowly(&b"12345678\n"[..], 100.0).unwrap();
        assert_eq!(lines, 1);
        assert!(started.elapsed() >= Duration::from_millis(90));
    }
}
