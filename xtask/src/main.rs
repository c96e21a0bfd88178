//! `cargo xtask`: starts, stops and tests the programs and the brokers they talk to.
//!
//! It runs them as processes and knows none of them from inside, so that it builds in seconds.
#![forbid(unsafe_code)]

mod ci;
mod cli;
mod demo;
mod down;
mod e2e;
mod instructions;
mod logs;
mod ps;
mod test;
mod tools;
mod up;

use std::process::ExitCode;

fn main() -> ExitCode {
    kp_process::tool::run("xtask", cli::run)
}
