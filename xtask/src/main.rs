//! `cargo xtask`: starts, stops and tests the programs and the brokers they talk to.
//!
//! It runs them as processes and knows none of them from inside, so that it builds in seconds.
#![forbid(unsafe_code)]

mod bench;
mod chaos;
mod ci;
mod cli;
mod demo;
mod docker;
mod down;
mod e2e;
mod embedded;
mod instructions;
mod interrupt;
mod kafka;
mod logs;
mod machine;
mod ps;
mod test;
mod up;
mod workspace;

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run(&mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        // `cargo xtask ps | head -1`: the reader has seen enough.
        Err(error) if cli::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed stderr must not turn into a panic: there is nobody left to tell.
            let _ = writeln!(io::stderr(), "xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
