//! What was typed.

use clap::Parser;

/// Measures the programs beside every other Kafka client found on this machine
#[derive(Debug, Parser)]
#[command(name = "kp-bench", bin_name = "cargo xtask bench")]
pub struct Args {
    /// A broker that is there, instead of one in a container of its own
    #[arg(short, long, value_name = "HOST:PORT")]
    pub bootstrap_server: Option<String>,
    /// Fewer messages and rounds: a look in under 3 minutes, not figures to publish
    #[arg(long)]
    pub quick: bool,
    /// How often each program takes its turn; 5 when left out, 3 with --quick
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: Option<u32>,
    /// Only works whose name contains this; may be repeated
    #[arg(long, value_name = "WORK")]
    pub only: Vec<String>,
}
