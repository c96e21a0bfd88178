//! How every tool ends.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::{Error, Result};

/// Runs a tool on standard output; what failed is told on standard error, after its name.
pub fn run(name: &str, act: impl FnOnce(&mut dyn Write) -> Result<()>) -> ExitCode {
    match act(&mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        // As with `cargo xtask ps | head -1`: a reader that has seen enough is no failure.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed stderr must not become a panic, and nobody is left to tell.
            let _ = writeln!(io::stderr(), "{name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_closed_pipe(error: &Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
