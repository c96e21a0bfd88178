//! kp-broker: a Kafka broker for learning and tests, inside one process.
#![forbid(unsafe_code)]

use std::io;

use anyhow::Context;
use clap::FromArgMatches;
use kp_broker::Args;
use kp_cli::StopSignal;

fn main() {
    let matches = kp_cli::matches(kp_broker::command());
    let args = Args::from_arg_matches(&matches).unwrap_or_else(|error| kp_cli::refuse(&error));
    kp_cli::start_talking("kp-broker", args.verbose);
    kp_cli::program("kp-broker", || {
        let stop = StopSignal::install().context("failed to install the signal handlers")?;
        kp_broker::run(&args, &stop, &mut io::stdout())
    })
}
