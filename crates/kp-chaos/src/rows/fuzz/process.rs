//! One process of the fuzz: started with what its case says, and judged by how it ended.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::case::{Case, Out};
use kp_process::{Call, Output, Signal};

/// Every process is given little to do.
const ENDS_WITHIN: Duration = Duration::from_secs(15);
const LAST_EXIT_CODE: i32 = 6;

/// What went wrong with one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Panic,
    Hang,
    ExitCode(Option<i32>),
}

/// How one process ended.
pub(super) struct Seen {
    pub(super) wrong: Option<Wrong>,
    /// None after a signal.
    pub(super) code: Option<i32>,
}

/// The results of all processes.
#[derive(Default)]
pub(super) struct Total {
    pub(super) processes: u64,
    /// Ended with exit 0: too few of them, and the fuzz would not get behind the parsers.
    pub(super) done: u64,
    pub(super) wrong: Vec<(String, Wrong)>,
}

impl Total {
    pub(super) fn add(&mut self, case: &Case, seen: &Seen) {
        self.processes += 1;
        self.done += u64::from(seen.code == Some(0));
        if let Some(wrong) = seen.wrong {
            self.wrong.push((case.to_string(), wrong));
        }
    }
}

/// Runs one process to its end.
///
/// # Errors
/// It cannot be started. How it ended is no error here.
pub(super) fn run_one(case: &Case, program: &Path, files: &Path) -> Result<Seen> {
    let mut process = call(case, program, files)?.start()?;
    if case.out == Out::ClosedPipe {
        // `| head -1` that has seen enough before the first line came.
        drop(process.take_pipe()?);
    }
    let started = Instant::now();
    let mut told = false;
    let in_time = process.wait(ENDS_WITHIN, || {
        if case.told_to_end_after.is_some_and(|after| !told && started.elapsed() > after) {
            told = true;
            process.send(Signal::TERM)?;
        }
        Ok(())
    });
    let finished = process.finish();
    let code = in_time.is_ok().then(|| finished.code());
    let wrong = what_is_wrong(code, &finished.stderr, told);
    if wrong.is_none() {
        // The files of a process that ended well are not needed.
        for extension in ["err", "in", "toml"] {
            let _ = std::fs::remove_file(files.with_extension(extension));
        }
    }
    Ok(Seen { wrong, code: code.flatten() })
}

/// `code`: None for a process that did not end; `Some(None)` for one that a signal ended, which is
/// right only if it was told to end before it had come to listen.
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

fn call(case: &Case, program: &Path, files: &Path) -> Result<Call> {
    let file = |extension: &str, bytes: &[u8]| -> Result<PathBuf> {
        let path = files.with_extension(extension);
        std::fs::write(&path, bytes)?;
        Ok(path)
    };
    let folder = files.parent().context("the row's folder")?;
    let mut call = Call::new(program).args(&case.arguments).folder(folder);
    if let Some(toml) = &case.config {
        call = call.env("KP_CONFIG", file("toml", toml)?);
    }
    for (name, value) in &case.environment {
        call = call.env(name, value);
    }
    if let Some(input) = &case.input {
        call = call.stdin_from(File::open(file("in", input)?)?);
    }
    let stdout = match case.out {
        Out::Read => Output::Elsewhere(Stdio::null()),
        Out::ClosedPipe => Output::Pipe,
        Out::FullDisk => {
            let full = File::options().write(true).open("/dev/full");
            // Only Linux has it.
            Output::Elsewhere(full.map_or_else(|_| Stdio::null(), Stdio::from))
        }
    };
    Ok(call.stdout(stdout).stderr(Output::File(files.with_extension("err"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_end_is_seen() {
        let panicked = "thread 'main' panicked at src/main.rs";
        assert_eq!(what_is_wrong(Some(Some(1)), panicked, false), Some(Wrong::Panic));
        assert_eq!(what_is_wrong(None, "", false), Some(Wrong::Hang));
        for code in [Some(101), Some(7), Some(-1), None] {
            let wrong = Some(Wrong::ExitCode(code));
            assert_eq!(what_is_wrong(Some(code), "", false), wrong);
        }
        assert_eq!(what_is_wrong(Some(None), "", true), None);
        assert!((0..=6).all(|code| what_is_wrong(Some(Some(code)), "", false).is_none()));
    }
}
