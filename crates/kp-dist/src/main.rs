//! `kp-dist`, which `cargo xtask install` and `cargo xtask dist` call.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use kp_dist::Args;

fn main() -> ExitCode {
    let args = Args::parse();
    kp_process::tool::run(args.name(), |out| kp_dist::run(&args, out))
}
