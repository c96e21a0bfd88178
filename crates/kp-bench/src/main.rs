//! `kp-bench`, which `cargo xtask bench` calls.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use kp_bench::Args;

fn main() -> ExitCode {
    kp_process::tool::run("bench", |out| kp_bench::run(&Args::parse(), out))
}
