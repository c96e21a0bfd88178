//! `kp-chaos`, which `cargo xtask chaos` calls.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use kp_chaos::Args;

fn main() -> ExitCode {
    kp_process::tool::run("chaos", |out| kp_chaos::run(&Args::parse(), out))
}
