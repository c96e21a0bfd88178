//! What the steps of the demo work with: the programs, and the broker's address.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use kp_process::interrupt::Interrupt;
use kp_process::{Call, Finished};

/// Each program takes about a second at most; this is for a machine that is busy building.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the steps work with.
pub(super) struct Stage {
    pub(super) programs: BTreeMap<String, PathBuf>,
    pub(super) interrupt: Interrupt,
    /// Where the programs run: a folder without settings of its own.
    pub(super) folder: PathBuf,
    /// The broker's address, as the programs take it.
    pub(super) bootstrap: String,
}

impl Stage {
    /// Runs a program to its end and returns what it wrote to stdout.
    ///
    /// # Errors
    /// It failed, with what it said; it took too long; or the user has had enough.
    pub(super) fn output_of(&self, name: &str, arguments: &[&str]) -> Result<String> {
        Ok(self.finish(name, arguments)?.text())
    }

    fn finish(&self, name: &str, arguments: &[&str]) -> Result<Finished> {
        let call = Call::new(&self.programs[name]).args(arguments).folder(&self.folder);
        let mut program = call.start()?;
        program
            .wait(PATIENCE, || self.interrupt.check())
            .with_context(|| format!("{name} was ended"))?;
        let finished = program.finish();
        let said = finished.stderr.trim_end();
        ensure!(finished.status.success(), "{name} failed ({}): {said}", finished.status);
        Ok(finished)
    }

    /// Shows a command as it would be typed, runs it, shows what it said on stderr, and returns
    /// what it printed on stdout.
    pub(super) fn run(
        &self,
        program: &str,
        arguments: &[&str],
        out: &mut dyn Write,
    ) -> Result<String> {
        let typed = [&[program], arguments, &["-b", &self.bootstrap]].concat();
        writeln!(out, "$ {}", typed.join(" "))?;
        let finished = self.finish(program, &typed[1..])?;
        out.write_all(finished.stderr.as_bytes())?;
        Ok(finished.text())
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::time::Instant;

    use super::*;

    fn shell(script: &str, is_interrupted: bool) -> Result<String> {
        let stage = Stage {
            programs: BTreeMap::from([("sh".to_owned(), PathBuf::from("/bin/sh"))]),
            interrupt: Interrupt::already(is_interrupted),
            folder: env::temp_dir(),
            bootstrap: String::new(),
        };
        stage.output_of("sh", &["-c", script])
    }

    #[test]
    fn a_failure_says_what_the_program_said() {
        let error = shell("echo no broker >&2; exit 4", false).unwrap_err().to_string();
        assert_eq!(error, "sh failed (exit status: 4): no broker");
    }

    #[test]
    fn an_interrupt_ends_the_program() {
        let started = Instant::now();
        let error = shell("exec sleep 30", true).unwrap_err();
        assert_eq!(format!("{error:#}"), "sh was ended: interrupted");
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}
