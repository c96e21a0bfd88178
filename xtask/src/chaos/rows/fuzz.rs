//! Row 10: whole processes with arguments, settings and input that nobody would type. Whatever they are given, they end by
//! themselves and with an exit code that they document.

mod case;
mod headers;

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use crate::chaos::finding::Figure;
use crate::chaos::plan;
use crate::chaos::stage::Stage;
use crate::{embedded, workspace};
use case::{Case, Out};

/// All of them are given little to do.
const ENDS_WITHIN: Duration = Duration::from_secs(15);
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// Most of a process's time is waiting for an answer.
const AT_ONCE: usize = 4;
/// How many of those that went wrong are shown.
const SHOWN: usize = 10;
const LAST_EXIT_CODE: i32 = 6;

/// What went wrong with one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Panic,
    Hang,
    ExitCode(Option<i32>),
}

/// How one process ended.
struct Seen {
    wrong: Option<Wrong>,
    /// None after a signal.
    code: Option<i32>,
}

/// What all of them came to.
#[derive(Default)]
struct Total {
    processes: u64,
    /// Ended with exit 0: too few of them, and the fuzz would not get behind the parsers.
    done: u64,
    wrong: Vec<(String, Wrong)>,
}

impl Total {
    fn add(&mut self, case: &Case, seen: &Seen) {
        self.processes += 1;
        self.done += u64::from(seen.code == Some(0));
        if let Some(wrong) = seen.wrong {
            self.wrong.push((case.to_string(), wrong));
        }
    }
}

/// Ends with the row, however that ends.
struct Broker(Child);

impl Drop for Broker {
    fn drop(&mut self) {
        embedded::end(&mut self.0);
    }
}

pub(in crate::chaos) fn run(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let processes = stage.amount(plan::FUZZED_PROCESSES);
    writeln!(out, "   seed {}: {processes} processes", stage.seed)?;
    let log = stage.file("broker.log");
    let any_free_port = 0;
    let mut broker = Broker(embedded::spawn(
        stage.program("kp-broker")?,
        any_free_port,
        &log,
    )?);
    let address = embedded::wait_until_ready(&mut broker.0, &log)?;

    let next = AtomicU64::new(0);
    let total = Mutex::new(Total::default());
    thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE)
            .map(|_| scope.spawn(|| work_off(stage, processes, address, &next, &total)))
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err(anyhow::anyhow!("a thread that runs processes has failed")))
        })
    })?;
    let mut total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    headers::read_all(stage, &mut total)?;
    for (case, wrong) in total.wrong.iter().take(SHOWN) {
        writeln!(out, "   {wrong:?}: {case}")?;
    }
    Ok(judge(&total))
}

fn judge(total: &Total) -> Vec<Figure> {
    let kinds = || total.wrong.iter().map(|(_, wrong)| wrong);
    let count = |is: fn(&Wrong) -> bool| kinds().filter(|wrong| is(wrong)).count() as u64;
    vec![
        Figure::none("panics", count(|wrong| matches!(wrong, Wrong::Panic))),
        Figure::none("hangs", count(|wrong| matches!(wrong, Wrong::Hang))),
        Figure::none(
            "undocumented ends",
            count(|wrong| matches!(wrong, Wrong::ExitCode(_))),
        ),
        Figure::at_least("did their work (exit 0)", total.done, total.processes / 5),
        Figure::shown("processes", total.processes),
    ]
}

fn work_off(
    stage: &Stage<'_>,
    processes: u64,
    address: SocketAddr,
    next: &AtomicU64,
    total: &Mutex<Total>,
) -> Result<()> {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= processes {
            return Ok(());
        }
        stage.interrupt.check()?;
        let case = case::of(stage.seed, number, address);
        let files = stage.file(&format!("fuzz-{number:04}"));
        let seen = run_one(&case, stage.program(case.program)?, &files)?;
        total
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(&case, &seen);
    }
}

fn run_one(case: &Case, program: &Path, files: &Path) -> Result<Seen> {
    let said = files.with_extension("err");
    let mut child = command(case, program, files)?
        .stderr(File::create(&said)?)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    if case.out == Out::ClosedPipe {
        // `| head -1` that has seen enough before the first line came.
        drop(child.stdout.take());
    }
    let started = Instant::now();
    let mut told = false;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if started.elapsed() > ENDS_WITHIN {
            child.kill()?;
            child.wait()?;
            break None;
        }
        if case
            .told_to_end_after
            .is_some_and(|after| !told && started.elapsed() > after)
        {
            told = true;
            // It may have ended since the last look.
            let _ = kill_process(Pid::from_child(&child), Signal::TERM);
        }
        thread::sleep(BETWEEN_LOOKS);
    };
    let said = String::from_utf8_lossy(&std::fs::read(&said)?).into_owned();
    let wrong = what_is_wrong(status.map(|status| status.code()), &said, told);
    if wrong.is_none() {
        // What went well needs no look.
        for extension in ["err", "in", "toml"] {
            let _ = std::fs::remove_file(files.with_extension(extension));
        }
    }
    Ok(Seen {
        wrong,
        code: status.and_then(|status| status.code()),
    })
}

/// `code`: None for a process that did not end; `Some(None)` for one that a signal ended, which is right only if it was told
/// to end before it had come to listen.
fn what_is_wrong(code: Option<Option<i32>>, said: &str, told_to_end: bool) -> Option<Wrong> {
    if said.contains("panicked at") {
        return Some(Wrong::Panic);
    }
    match code {
        None => Some(Wrong::Hang),
        Some(None) if told_to_end => None,
        Some(Some(code)) if (0..=LAST_EXIT_CODE).contains(&code) => None,
        Some(code) => Some(Wrong::ExitCode(code)),
    }
}

fn command(case: &Case, program: &Path, files: &Path) -> Result<Command> {
    let file = |extension: &str, bytes: &[u8]| -> Result<PathBuf> {
        let path = files.with_extension(extension);
        std::fs::write(&path, bytes)?;
        Ok(path)
    };
    let mut command = Command::new(program);
    workspace::forget_settings(&mut command);
    if let Some(toml) = &case.config {
        command.env("KP_CONFIG", file("toml", toml)?);
    }
    command
        .args(&case.arguments)
        .envs(case.environment.iter().cloned())
        .current_dir(files.parent().context("the row's folder")?)
        .stdin(match &case.input {
            Some(input) => Stdio::from(File::open(file("in", input)?)?),
            None => Stdio::null(),
        });
    match case.out {
        Out::Read => command.stdout(Stdio::null()),
        Out::ClosedPipe => command.stdout(Stdio::piped()),
        Out::FullDisk => match File::options().write(true).open("/dev/full") {
            Ok(full) => command.stdout(full),
            // Only Linux has it.
            Err(_) => command.stdout(Stdio::null()),
        },
    };
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_end_is_seen() {
        let panicked = "thread 'main' panicked at src/main.rs";
        assert_eq!(
            what_is_wrong(Some(Some(1)), panicked, false),
            Some(Wrong::Panic)
        );
        assert_eq!(what_is_wrong(None, "", false), Some(Wrong::Hang));
        for code in [Some(101), Some(7), Some(-1), None] {
            let wrong = Some(Wrong::ExitCode(code));
            assert_eq!(what_is_wrong(Some(code), "", false), wrong);
        }
        assert_eq!(what_is_wrong(Some(None), "", true), None);
        assert!((0..=6).all(|code| what_is_wrong(Some(Some(code)), "", false).is_none()));
    }

    #[test]
    fn a_process_that_panics_is_caught() {
        let folder = tempfile::tempdir().unwrap();
        let case = Case {
            arguments: vec!["-c".into(), "echo panicked at >&2; exit 101".into()],
            ..case::of(1, 0, SocketAddr::from(([127, 0, 0, 1], 1)))
        };
        let seen = run_one(&case, Path::new("/bin/sh"), &folder.path().join("1")).unwrap();
        assert_eq!(seen.wrong, Some(Wrong::Panic));
        let mut total = Total::default();
        total.add(&case, &seen);
        assert!(!judge(&total)[0].holds());
    }
}
