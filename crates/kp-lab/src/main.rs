//! `kp-lab`, which `cargo xtask lab` calls.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use kp_lab::Args;

fn main() -> ExitCode {
    kp_process::tool::run("lab", |out| kp_lab::run(&Args::parse(), out))
}
