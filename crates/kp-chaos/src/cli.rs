//! What was typed.

use std::path::PathBuf;

use clap::Parser;

/// Breaks three brokers and the programs on purpose, and audits what became of every message; needs
/// Docker
#[derive(Debug, Parser)]
#[command(name = "kp-chaos", bin_name = "cargo xtask chaos")]
pub struct Args {
    /// As much as the targets are for, in at most 90 minutes; a short form of each row when left
    /// out
    #[arg(long)]
    pub full: bool,
    /// Only this row of the table in the report; may be repeated
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=11))]
    pub row: Vec<u8>,
    /// Makes the faults; the same one makes the same faults
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// The folder of programs that are built already, for instance as a release; they are built
    /// when left out
    #[arg(long, value_name = "FOLDER")]
    pub programs: Option<PathBuf>,
}
