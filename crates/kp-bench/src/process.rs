//! Runs a program once and measures it: how long it took, and how much memory it held.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{ChildStdout, ExitStatus};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::folder::folder;
use kp_process::interrupt::Interrupt;
use kp_process::machine::memory::{self, Memory};
use kp_process::{Call, Output, Running};

/// Between two points of the line of memory over time; it needs no more of them.
const BETWEEN_POINTS: Duration = Duration::from_millis(50);
const BETWEEN_SEARCHES: Duration = Duration::from_millis(100);
/// The longest work takes about a minute on two cores.
const PATIENCE: Duration = Duration::from_secs(400);

/// What reads the program's standard output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reader {
    /// A file, to be looked at afterwards: what a producer reports.
    File,
    /// `wc -l` at the other end of a pipe, as fast as it can.
    LineCounter,
    /// A reader that takes so many bytes a second from the pipe and counts the lines.
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
/// It cannot be started, takes too long, or the user interrupts. An exit code other than 0 is no
/// error here.
pub(super) fn measure(invocation: &Invocation<'_>, interrupt: &Interrupt) -> Result<Measured> {
    let mut call = quiet(invocation.arguments)?;
    if let Some(file) = invocation.stdin {
        call = call.stdin_from(File::open(file)?);
    }
    // A file, because a reader would take processor time from what is measured.
    let stdout = match invocation.reader {
        Reader::File => Output::File(folder()?.join("stdout.txt")),
        Reader::LineCounter | Reader::Slow(_) => Output::Pipe,
    };
    let stderr = Output::File(folder()?.join("stderr.txt"));
    let mut process = call.stdout(stdout).stderr(stderr).start()?;
    let started = Instant::now();
    let pipe = process.take_pipe().ok();
    let counter = pipe.map(|pipe| Counter::start(pipe, invocation.reader)).transpose()?;
    let mut looks = Looks::new(started, invocation.java_with.is_none().then_some(process.id()));
    process.wait(PATIENCE, || {
        looks.look(invocation.java_with);
        interrupt.check()
    })?;
    let finished = process.finish();
    Ok(Measured {
        wall: finished.elapsed,
        status: finished.status,
        peak: looks.peak,
        memory: looks.points,
        lines: counter.map(Counter::finish).transpose()?,
        stdout: finished.text(),
        stderr: finished.stderr,
    })
}

/// A call in the folder of this run.
///
/// # Errors
/// There is no folder to run it in.
pub(super) fn quiet(arguments: &[String]) -> Result<Call> {
    let Some((program, arguments)) = arguments.split_first() else {
        bail!("nothing to run");
    };
    Ok(Call::new(program).args(arguments).folder(folder()?))
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
    Wc(Running),
    Slow(JoinHandle<io::Result<u64>>),
}

impl Counter {
    fn start(pipe: ChildStdout, reader: Reader) -> Result<Self> {
        if let Reader::Slow(bytes_per_second) = reader {
            return Ok(Self::Slow(thread::spawn(move || count_slowly(pipe, bytes_per_second))));
        }
        let counter = Call::new("wc").args(["-l"]).stdin_from(pipe).start();
        Ok(Self::Wc(counter.context("what is printed cannot be counted")?))
    }

    fn finish(self) -> Result<u64> {
        match self {
            Self::Wc(mut counter) => {
                let counted = counter.finish().text();
                counted.trim().parse().with_context(|| format!("wc says \"{}\"", counted.trim()))
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
        let invocation = Invocation { arguments: &arguments, stdin: None, reader, java_with: None };
        measure(&invocation, &Interrupt::already(false)).unwrap()
    }

    // One test, because what a program prints goes to one file: only one is measured at a time.
    #[test]
    fn a_program_is_measured_and_heard() {
        let said = run("echo out; echo err >&2; exit 3", Reader::File);
        assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("out\n", "err\n"));
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
