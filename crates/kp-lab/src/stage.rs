//! What a script works with: it says what a step is for, does what a reader could type, and notes
//! what it measured.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use kp_plot::{Axis, Line, Moment, Row};
use kp_process::interrupt::Interrupt;
use kp_process::{Call, Finished, Output, Running, Signal, wait};

use crate::ask;
use crate::figures::{Figures, Value};
use crate::prose::{Prose, Words, fill};
use crate::record::{Command, Plot, Record, Step};
use crate::screen;

/// Every command of a script takes less; this is for a machine that is busy building.
const PATIENCE: Duration = Duration::from_secs(60);
/// More lines of a command are not shown.
const SHOWN_LINES: usize = 8;

/// Whether a script does what the lab asks, or leaves out the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Lab,
    Control,
}

/// Whether somebody sits at the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Enter leads to the next step.
    ByHand,
    Unattended,
}

/// A command that prints into a pipe, and the one that reads from it. When this goes the first is
/// ended first, so that the second finds the end of its input.
pub(crate) struct Piped {
    pub(crate) writer: Running,
    pub(crate) reader: Running,
}

/// What one run works with.
pub(crate) struct Stage<'a> {
    pub(crate) programs: &'a BTreeMap<String, PathBuf>,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) prose: &'a Prose,
    pub(crate) words: &'a Words,
    pub(crate) form: Form,
    pub(crate) pace: Pace,
    /// Where the commands run: an empty folder.
    pub(crate) folder: PathBuf,
    pub(crate) out: &'a mut dyn Write,
    pub(crate) record: Record,
    /// How long the reader thought before steps.
    pub(crate) thought: Duration,
    /// What clients are told to contact first.
    pub(crate) brokers: String,
}

impl Stage<'_> {
    /// Whether the cause is to be left out.
    pub(crate) fn is_control(&self) -> bool {
        self.form == Form::Control
    }

    /// Begins a step: says what it is for, in the words of this name.
    ///
    /// # Errors
    /// There are no words of this name, or the user wants an end.
    pub(crate) fn step(&mut self, key: &str) -> Result<()> {
        self.interrupt.check()?;
        if self.pace == Pace::ByHand && !self.record.steps.is_empty() {
            let asked = Instant::now();
            ask::line(&self.words.go_on, self.interrupt, self.out)?;
            self.thought += asked.elapsed();
        }
        self.record.steps.push(Step { key: key.to_owned(), commands: Vec::new() });
        screen::step(self.record.steps.len(), self.prose.step(key)?, self.out)
    }

    /// Runs a command to its end and shows what it said.
    ///
    /// # Errors
    /// It failed or did not end, with what it said; or the user wants an end.
    pub(crate) fn run(&mut self, typed: &str) -> Result<Finished> {
        let finished = self.run_whatever_comes(typed)?;
        finished.exits(0)
    }

    /// Runs a command to its end, whichever that is, and shows what it said.
    ///
    /// # Errors
    /// It did not end, or the user wants an end.
    pub(crate) fn run_whatever_comes(&mut self, typed: &str) -> Result<Finished> {
        self.interrupt.check()?;
        screen::typed(typed, self.out)?;
        let mut running = self.call(typed).start()?;
        self.end_of(&mut running, typed)
    }

    /// Runs a command that is repeated too often to be shown each time, and says nothing of it.
    ///
    /// # Errors
    /// It failed or did not end, with what it said; or the user wants an end.
    pub(crate) fn run_unseen(&self, typed: &str) -> Result<Finished> {
        let mut running = self.call(typed).start()?;
        running.wait(PATIENCE, || self.interrupt.check())?;
        running.finish().exits(0)
    }

    /// How many lines a command has written into a file; it counts them as a reader would.
    ///
    /// # Errors
    /// There is no such file, or the user wants an end.
    pub(crate) fn count_lines(&mut self, file: &str) -> Result<u64> {
        let counted = self.run(&format!("wc -l {file}"))?.text();
        let number = counted.split_whitespace().next().and_then(|number| number.parse().ok());
        number.with_context(|| format!("wc counted no lines of {file}: {counted}"))
    }

    /// Starts a command that goes on in the background.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(&mut self, typed: &str) -> Result<Running> {
        self.interrupt.check()?;
        let running = self.call(typed).start()?;
        self.show(&format!("{typed} &"), "")?;
        Ok(running)
    }

    /// Starts two commands in the background; the second reads what the first prints. Neither
    /// needs a shell.
    ///
    /// # Errors
    /// One of them cannot be started.
    pub(crate) fn start_piped(&mut self, writer: &str, reader: &str) -> Result<Piped> {
        let piped = self.piped(writer, reader)?;
        self.show(&format!("{writer} | {reader} &"), "")?;
        Ok(piped)
    }

    /// Runs two commands to their ends; the second reads what the first prints. Each has a guard,
    /// where a shell that runs both would leave them behind when it is interrupted.
    ///
    /// # Errors
    /// One of them failed or did not end; or the user wants an end.
    pub(crate) fn run_piped(&mut self, writer: &str, reader: &str) -> Result<()> {
        let Piped { writer: writing, reader: reading } = self.piped(writer, reader)?;
        self.show(&format!("{writer} | {reader}"), "")?;
        for mut running in [writing, reading] {
            running.wait(PATIENCE, || self.interrupt.check())?;
            running.finish().exits(0)?;
        }
        Ok(())
    }

    fn piped(&self, writer: &str, reader: &str) -> Result<Piped> {
        self.interrupt.check()?;
        let mut writing = self.exec(writer).stdout(Output::Pipe).start()?;
        let reading = self.exec(reader).stdin_from(writing.take_pipe()?).start()?;
        Ok(Piped { writer: writing, reader: reading })
    }

    /// Writes a file into the folder of the commands, and shows what is in it.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn file(&mut self, name: &str, content: &str) -> Result<()> {
        let path = self.folder.join(name);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        self.show(&format!("cat {name}"), content)
    }

    /// Waits for the end of a command that was started, and shows what it said.
    ///
    /// # Errors
    /// It did not end, or the user wants an end.
    pub(crate) fn wait(&mut self, running: &mut Running) -> Result<Finished> {
        screen::typed("wait", self.out)?;
        self.end_of(running, "wait")
    }

    /// Sends a signal to a command that was started; `typed` is how a reader would.
    ///
    /// # Errors
    /// It has ended already.
    pub(crate) fn signal(&mut self, typed: &str, running: &Running, signal: Signal) -> Result<()> {
        running.ensure_running()?;
        running.send(signal)?;
        self.show(typed, "")
    }

    /// Shows a command that the script has carried out by other means, and what came of it.
    ///
    /// # Errors
    /// The screen is gone.
    pub(crate) fn show(&mut self, typed: &str, said: &str) -> Result<()> {
        screen::typed(typed, self.out)?;
        self.said(typed, said)
    }

    fn end_of(&mut self, running: &mut Running, typed: &str) -> Result<Finished> {
        running.wait(PATIENCE, || self.interrupt.check())?;
        let finished = running.finish();
        self.interrupt.check()?;
        let (out, err) = (finished.text(), &finished.stderr);
        // A producer counts before it is done; anything else speaks of what it has printed.
        let is_done = out.starts_with("[Done]");
        let said = if is_done { format!("{err}{out}") } else { format!("{out}{err}") };
        self.said(typed, &said)?;
        Ok(finished)
    }

    fn said(&mut self, typed: &str, said: &str) -> Result<()> {
        let lines: Vec<&str> = said.trim_end().lines().collect();
        let shown = lines.len().min(SHOWN_LINES);
        let more_lines = lines.len() - shown;
        let said = lines[..shown].join("\n");
        screen::said(&said, self.out)?;
        if more_lines > 0 {
            let count = more_lines.to_string();
            screen::said(&fill(&self.words.more_lines, &[("count", &count)]), self.out)?;
        }
        let command = Command { typed: typed.to_owned(), said, more_lines };
        let step = self.record.steps.last_mut().context("a command belongs to a step")?;
        step.commands.push(command);
        Ok(())
    }

    /// A shell runs it, as a reader's would; a single program takes the shell's place, so that
    /// signals reach it.
    fn call(&self, typed: &str) -> Call {
        if is_single(typed) { self.exec(typed) } else { self.shell(typed) }
    }

    fn exec(&self, typed: &str) -> Call {
        self.shell(&format!("exec {typed}"))
    }

    fn shell(&self, script: &str) -> Call {
        let path = search_path(self.programs.values().filter_map(|program| program.parent()));
        Call::new("/bin/sh")
            .args(["-c", script])
            .env("PATH", path)
            .env("KP_BROKERS", &self.brokers)
            .folder(&self.folder)
    }

    /// Where a program is, for brokers.
    ///
    /// # Errors
    /// It was not built.
    pub(crate) fn program(&self, name: &str) -> Result<&Path> {
        let path = self.programs.get(name);
        path.map(PathBuf::as_path).with_context(|| format!("there is no program {name}"))
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// The user wants an end.
    pub(crate) fn pass(&self, time: Duration) -> Result<()> {
        wait::pass(time, self.interrupt, &mut || Ok(()))
    }

    /// Returns as soon as the condition holds.
    ///
    /// # Errors
    /// It does not hold within `patience`, looking failed, or the user wants an end.
    pub(crate) fn until(
        &self,
        what: &str,
        patience: Duration,
        holds: impl FnMut() -> Result<bool>,
    ) -> Result<()> {
        wait::until(what, patience, self.interrupt, holds)
    }

    /// Notes a figure.
    pub(crate) fn figure(&mut self, case: &str, measure: &str, value: Value) {
        self.record.figures.set(case, measure, value);
    }

    /// The figures so far.
    pub(crate) fn figures(&self) -> &Figures {
        &self.record.figures
    }

    /// Plots a measure over all cases that have it.
    pub(crate) fn plot_bars(&mut self, measure: &str) {
        self.record.plots.push(Plot::Bars { measure: measure.to_owned() });
    }

    /// Plots lines; all names are keys of the words.
    pub(crate) fn plot_lines(&mut self, name: &str, lines: Vec<Line>, x: Axis, y: Axis) {
        self.record.plots.push(Plot::Lines { name: name.to_owned(), lines, x, y });
    }

    /// Plots who had what, when; all names are keys of the words.
    pub(crate) fn plot_timeline(
        &mut self,
        name: &str,
        rows: Vec<Row>,
        moments: Vec<Moment>,
        x: &str,
    ) {
        let (name, x) = (name.to_owned(), x.to_owned());
        self.record.plots.push(Plot::Timeline { name, rows, moments, x });
    }
}

/// Whether it is one program with arguments and redirections. What stands in single quotes says
/// nothing to a shell.
fn is_single(typed: &str) -> bool {
    !typed.split('\'').step_by(2).any(|part| part.contains(['|', ';', '&', '$', '(']))
}

/// The folders of the programs, then the caller's.
fn search_path<'a>(folders: impl Iterator<Item = &'a Path>) -> OsString {
    let mut first: Vec<PathBuf> = folders.map(Path::to_owned).collect();
    first.dedup();
    let others = env::var_os("PATH").unwrap_or_default();
    let others: Vec<PathBuf> = env::split_paths(&others).collect();
    env::join_paths(first.into_iter().chain(others)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_program_is_known_by_what_stands_outside_of_quotes() {
        for (typed, single) in [
            ("kp-consumer -t a > b.txt 2> c.txt", true),
            ("kp-producer --value-template '{{choice a|b}}' -c 1", true),
            ("printf 'a;b' | kp-producer -t a", false),
            ("kp-admin topics list && true", false),
            ("echo 'a' $HOME", false),
        ] {
            assert_eq!(is_single(typed), single, "{typed}");
        }
    }
}
