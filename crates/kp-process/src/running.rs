//! A process that runs.

use std::fmt;
use std::io::Write;
use std::mem::ManuallyDrop;
use std::os::unix::process::ExitStatusExt;
use std::panic::resume_unwind;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::finished::{Finished, outputs};
use crate::machine::processor_time;
use crate::output::{Collected, Said};

/// How often something that cannot wake us is looked at.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// What a process wrote before its end usually comes out of the pipe at once. The bound is for a
/// child of the process that holds the pipe open.
const REST_WITHIN: Duration = Duration::from_secs(10);
/// How many letters of standard error are shown of a process that ended too early.
const SHOWN: usize = 600;

/// One of the outputs of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Why something was not seen in an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// The process had ended before.
    Ended(ExitStatus),
    /// The time is up.
    Late,
}

/// A process that runs, and is killed when this goes.
///
/// It is shown as its command line with both outputs, as far as they came.
pub struct Running {
    child: Child,
    name: String,
    command: String,
    stdin: Option<ChildStdin>,
    pipe: Option<ChildStdout>,
    stdout: Said,
    stderr: Said,
    started: Instant,
    /// Known once it was collected. From then on its number may be another process's.
    finished: Option<ExitStatus>,
}

impl Running {
    pub(crate) fn of(
        mut child: Child,
        started: Instant,
        name: String,
        command: String,
        stdout: Said,
        mut stderr: Said,
    ) -> Self {
        if let (Said::Coming, Some(pipe)) = (&stderr, child.stderr.take()) {
            stderr = Said::InMemory(Collected::from(pipe));
        }
        let (stdin, pipe) = (child.stdin.take(), child.stdout.take());
        let mut running =
            Self { child, name, command, stdin, pipe, stdout, stderr, started, finished: None };
        if matches!(running.stdout, Said::Coming) {
            running.read_on();
        }
        running
    }

    /// Writes to standard input in a thread of its own, because a pipe takes only so much at once.
    /// A program need not read it all.
    pub(crate) fn feed(&mut self, input: Vec<u8>) {
        let pipe = self.stdin.take();
        thread::spawn(move || pipe.map(|mut pipe| pipe.write_all(&input)));
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes to standard input, which stays open.
    ///
    /// # Errors
    /// Standard input was not kept open, or the process has closed it.
    pub fn write(&mut self, text: &str) -> Result<()> {
        let pipe = self.stdin.as_mut().context("standard input is not open")?;
        pipe.write_all(text.as_bytes())
            .with_context(|| format!("{} does not read its standard input", self.name))
    }

    /// Ends standard input.
    pub fn end_stdin(&mut self) {
        self.stdin = None;
    }

    /// The pipe that is its standard output, which nobody reads yet.
    pub fn pipe(&self) -> Option<&ChildStdout> {
        self.pipe.as_ref()
    }

    /// Takes the pipe that is its standard output, to read it elsewhere or to close it.
    ///
    /// # Errors
    /// There is none, or it is read already.
    pub fn take_pipe(&mut self) -> Result<ChildStdout> {
        self.pipe.take().context("its output goes to no pipe")
    }

    /// Collects from now on what comes out of the pipe that is its standard output.
    pub fn read_on(&mut self) {
        if let Some(pipe) = self.pipe.take() {
            self.stdout = Said::InMemory(Collected::from(pipe));
        }
    }

    /// What came of an output so far; nothing where it cannot be read back.
    pub fn said(&self, source: Source) -> String {
        self.source(source).text()
    }

    fn source(&self, source: Source) -> &Said {
        match source {
            Source::Stdout => &self.stdout,
            Source::Stderr => &self.stderr,
        }
    }

    /// Waits until `wanted` finds something in all that came of an output.
    ///
    /// # Errors
    /// The process ended before, or the time is up.
    pub fn wait_for<T>(
        &self,
        source: Source,
        patience: Duration,
        mut wanted: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, Missed> {
        let said = self.source(source);
        let deadline = Instant::now() + patience;
        loop {
            // The order matters: what it said before it ended is looked at afterwards.
            let ended = self.ended(WaitIdOptions::NOHANG).filter(|_| said.is_complete());
            if let Some(found) = wanted(&said.text()) {
                return Ok(found);
            }
            if let Some(status) = ended {
                return Err(Missed::Ended(status));
            }
            if Instant::now() > deadline {
                return Err(Missed::Late);
            }
            thread::sleep(BETWEEN_LOOKS);
        }
    }

    /// How it ended, if it has. It stays to be collected, so that no other process gets its number
    /// while signals may be sent to it.
    fn ended(&self, how: WaitIdOptions) -> Option<ExitStatus> {
        if self.finished.is_some() {
            return self.finished;
        }
        let process = WaitId::Pid(Pid::from_child(&self.child));
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | how;
        let ended = retry_on_intr(|| waitid(process.clone(), options)).ok()??;
        // As wait(2) has them in one number.
        let code = ended.exit_status().map(|code| (code & 0xff) << 8);
        Some(ExitStatus::from_raw(code.or(ended.terminating_signal())?))
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.ended(WaitIdOptions::NOHANG).is_some()
    }

    /// # Errors
    /// It has ended, with what it said.
    pub fn ensure_running(&self) -> Result<()> {
        if let Some(status) = self.ended(WaitIdOptions::NOHANG) {
            bail!("{} ended too early ({status}): {}", self.name, self.last_words());
        }
        Ok(())
    }

    /// The last that it said on standard error.
    pub fn last_words(&self) -> String {
        last_of(&self.stderr.text()).to_owned()
    }

    /// Sends a signal, which has no effect on a process that has ended.
    ///
    /// # Errors
    /// It may not be signalled, or was finished before.
    pub fn send(&self, signal: Signal) -> Result<()> {
        ensure!(self.finished.is_none(), "{} has ended", self.name);
        kill_process(Pid::from_child(&self.child), signal)
            .with_context(|| format!("cannot send a signal to {}", self.name))
    }

    /// Waits for its end, which is seen at once. Another thread calls `meanwhile` every few
    /// milliseconds.
    ///
    /// # Errors
    /// It did not end within this time, or `meanwhile` failed. It is killed then.
    pub fn wait(
        &self,
        patience: Duration,
        mut meanwhile: impl FnMut() -> Result<()> + Send,
    ) -> Result<()> {
        let deadline = Instant::now() + patience;
        let mut look = move || {
            meanwhile()?;
            let seconds = patience.as_secs();
            ensure!(Instant::now() < deadline, "{} did not end within {seconds} s", self.name);
            Ok(())
        };
        thread::scope(|scope| {
            let looks = scope.spawn(move || {
                while !self.has_ended() {
                    if let Err(error) = look() {
                        self.send(Signal::KILL)?;
                        return Err(error);
                    }
                    thread::park_timeout(BETWEEN_LOOKS);
                }
                Ok(())
            });
            self.ended(WaitIdOptions::empty());
            looks.thread().unpark();
            looks.join().unwrap_or_else(|panic| resume_unwind(panic))
        })
    }

    /// Waits for its end as long as that takes, and collects what it left. Standard input stays as
    /// it is.
    pub fn finish(&mut self) -> Finished {
        self.read_on();
        let ended = self.ended(WaitIdOptions::empty());
        let elapsed = self.started.elapsed();
        let deadline = Instant::now() + REST_WITHIN;
        while !(self.stdout.is_complete() && self.stderr.is_complete()) && Instant::now() < deadline
        {
            thread::sleep(Duration::from_millis(1));
        }
        // Collected, its number may be another process's.
        let is_new = self.finished.is_none();
        let processor_time = is_new.then(|| processor_time::of(self.child.id())).flatten();
        let status = self.child.wait().ok().or(ended).unwrap_or_default();
        self.finished = Some(status);
        Finished {
            command: self.command.clone(),
            status,
            stdout: self.stdout.bytes(),
            stderr: self.stderr.text(),
            elapsed,
            processor_time,
        }
    }

    /// Kills it: it gets no chance to do anything more.
    pub fn kill(&self) {
        // It may have ended by itself.
        let _ = self.send(Signal::KILL);
        self.ended(WaitIdOptions::empty());
    }

    /// Asks it to end, and kills it when it has not after `patience`.
    pub fn end(&self, patience: Duration) {
        let _ = self.send(Signal::TERM).and_then(|()| self.wait(patience, || Ok(())));
    }

    /// Leaves it alone: it goes on when this process has ended.
    pub fn leave(self) {
        let _ = ManuallyDrop::new(self);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.command)?;
        outputs(f, &self.stdout.text(), &self.stderr.text())
    }
}

/// The end of what was said, from a whole letter on.
fn last_of(said: &str) -> &str {
    let said = said.trim_end();
    let mut start = said.len().saturating_sub(SHOWN);
    while !said.is_char_boundary(start) {
        start += 1;
    }
    &said[start..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Call, Output};

    const SOON: Duration = Duration::from_secs(10);

    fn shell(script: &str) -> Call {
        Call::new("/bin/sh").args(["-c", script])
    }

    #[test]
    fn what_a_program_writes_comes_back_whole_with_how_it_ended() {
        let mut running = shell("yes result | head -100000; echo err >&2; exit 5").start().unwrap();
        let finished = running.finish();
        assert_eq!(finished.text().lines().count(), 100_000);
        assert_eq!((finished.stderr.as_str(), finished.code()), ("err\n", Some(5)));
        let shown = finished.to_string();
        assert!(
            shown.contains("(code Some(5) after") && shown.contains("[99970 lines]"),
            "{shown}"
        );
        assert!(running.send(Signal::TERM).is_err(), "its number may be another process's");
    }

    #[test]
    fn the_work_of_a_program_is_measured_and_not_its_waiting() {
        let idle = shell("exec sleep 0.3").start().unwrap().finish();
        let busy = shell("n=0; while [ $n -lt 300000 ]; do n=$((n+1)); done").start().unwrap();
        let busy = { busy }.finish();
        if cfg!(target_os = "linux") {
            let [idle, busy] = [idle, busy].map(|finished| finished.processor_time.unwrap());
            assert!(idle < Duration::from_millis(200), "{idle:?}");
            assert!(busy > idle, "{busy:?}");
        }
    }

    #[test]
    fn two_outputs_in_one_file_are_both_kept() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let both = || Output::File(log.clone());
        shell("echo out; echo err >&2").stdout(both()).stderr(both()).start().unwrap().finish();
        assert_eq!(std::fs::read_to_string(log).unwrap(), "out\nerr\n");
    }

    #[test]
    fn what_is_written_to_it_is_read_while_its_input_stays_open() {
        let mut running =
            shell("read line; echo got $line; read line").open_stdin().start().unwrap();
        running.write("a line\n").unwrap();
        let got = |said: &str| said.contains("got a line\n").then_some(());
        assert_eq!(running.wait_for(Source::Stdout, SOON, got), Ok(()));
        assert!(!running.has_ended());
        running.end_stdin();
        running.wait(SOON, || Ok(())).unwrap();
        assert_eq!(shell("cat").stdin("fed").start().unwrap().finish().text(), "fed");
    }

    #[test]
    fn what_it_said_before_it_ended_is_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let log = Output::File(folder.path().join("log"));
        let running = shell("echo no broker >&2; exit 3").stderr(log).start().unwrap();
        let missed = running.wait_for(Source::Stderr, SOON, |said| said.find("ready")).unwrap_err();
        assert!(matches!(missed, Missed::Ended(status) if status.code() == Some(3)), "{missed:?}");
        let error = running.ensure_running().unwrap_err().to_string();
        assert_eq!(error, "sh ended too early (exit status: 3): no broker");
    }

    #[test]
    fn a_wait_ends_in_time_or_with_what_is_looked_after_meanwhile() {
        let mut running = shell("exec sleep 60").start().unwrap();
        running.ensure_running().unwrap();
        let late = running.wait(Duration::ZERO, || Ok(())).unwrap_err().to_string();
        assert_eq!(late, "sh did not end within 0 s");
        assert_eq!(running.finish().code(), None, "it was killed");

        let running = shell("exec sleep 60").start().unwrap();
        let failed = running.wait(SOON, || bail!("interrupted")).unwrap_err().to_string();
        assert_eq!(failed, "interrupted");
        running.wait(Duration::ZERO, || bail!("it has ended")).unwrap();
    }

    #[test]
    fn a_process_that_is_deaf_to_the_request_is_killed() {
        let deaf = "trap '' TERM; echo deaf; while :; do sleep 0.1; done";
        let deaf = shell(deaf).start().unwrap();
        deaf.wait_for(Source::Stdout, SOON, |said| said.find("deaf\n")).unwrap();
        deaf.end(Duration::from_millis(100));
        assert!(deaf.has_ended());
    }
}
