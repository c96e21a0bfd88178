//! What can be typed after `cargo xtask`.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Error, Result};
use clap::{Args, Parser, Subcommand};

use crate::docker::stack::Stack;
use crate::{bench, chaos, ci, demo, down, e2e, instructions, logs, ps, test, up};

/// Starts, stops and tests the kp programs and the brokers they talk to.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts a broker, waits until it is ready, and says what to try next
    Up(UpArgs),
    /// Ends whatever `up` started, its data too
    Down,
    /// Shows what is up
    Ps,
    /// Shows the log of what is up
    Logs(LogsArgs),
    /// Does the original exercise on the embedded broker and explains each step
    Demo,
    /// Runs the tests that need nothing started: `cargo test --workspace`
    Test {
        /// Handed on to `cargo test`: a part of a test's name, or `-- --nocapture`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Runs the tests on real brokers in containers; needs Docker
    E2e(E2eArgs),
    /// Measures the programs beside every other Kafka client found on this machine
    Bench(BenchArgs),
    /// Breaks three brokers and the programs on purpose, and audits what became of every message; needs Docker
    Chaos(ChaosArgs),
    /// Counts the instructions that kp-core takes for a message, against the baseline; needs valgrind
    Instructions,
    /// Looks at the licences and the sources of all dependencies; needs cargo-deny
    Deny,
    /// Lets libFuzzer look for an input that breaks a fuzz target
    Fuzz(FuzzArgs),
    /// Runs every check that must pass before a change lands
    Ci,
}

/// Where the broker runs.
#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// Containers: one broker, the original's pair with ZooKeeper, or three brokers
    #[arg(long, value_enum, default_value_t = Stack::Kraft)]
    pub(crate) stack: Stack,
    /// The embedded broker in the background instead; needs no Docker
    #[arg(long, conflicts_with = "stack")]
    pub(crate) embedded: bool,
}

/// What to show of the log.
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// Goes on showing what is added, until Ctrl-C
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// One service of a stack in containers, for instance `broker`; all when left out
    pub(crate) service: Option<String>,
}

/// Which of the tests in containers to run.
#[derive(Debug, Args)]
pub(crate) struct E2eArgs {
    /// Those with TLS, logins and ACLs; the first build with OpenSSL takes 5 minutes
    #[arg(long)]
    pub(crate) tls: bool,
}

/// How, and how much, to measure.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// A broker that is there, instead of one in a container of its own
    #[arg(short, long, value_name = "HOST:PORT")]
    pub(crate) bootstrap_server: Option<String>,
    /// Fewer messages and rounds: a look in under 3 minutes, not figures to publish
    #[arg(long)]
    pub(crate) quick: bool,
    /// How often each program takes its turn; 5 when left out, 3 with --quick
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: Option<u32>,
    /// Only works whose name contains this; may be repeated
    #[arg(long, value_name = "WORK")]
    pub(crate) only: Vec<String>,
}

/// What to break, and how much.
#[derive(Debug, Args)]
pub(crate) struct ChaosArgs {
    /// As much as the targets are for, in at most 90 minutes; a short form of each row when left out
    #[arg(long)]
    pub(crate) full: bool,
    /// Only this row of the table in the report; may be repeated
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=11))]
    pub(crate) row: Vec<u8>,
    /// Makes the faults; the same one makes the same faults
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The folder of programs that are built already, for instance as a release; they are built when left out
    #[arg(long, value_name = "FOLDER")]
    pub(crate) programs: Option<PathBuf>,
}

/// What to fuzz, and for how long.
#[derive(Debug, Args)]
pub(crate) struct FuzzArgs {
    /// A test in a crate's tests/fuzz/main.rs, such as `json_documents`
    pub(crate) target: String,
    /// How long to look
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub(crate) seconds: u32,
    /// Adds to the corpus what reaches code that nothing in it reaches
    #[arg(long)]
    pub(crate) keep: bool,
}

/// Does what was typed; what there is to say goes to `out`.
///
/// # Errors
/// What failed, and what to do about it.
pub(crate) fn run(out: &mut dyn Write) -> Result<()> {
    match Xtask::parse().command {
        Command::Up(args) => up::run(&args, out),
        Command::Down => down::run(out),
        Command::Ps => ps::run(out),
        Command::Logs(args) => logs::run(&args, out),
        Command::Demo => demo::run(out),
        Command::Test { args } => test::run(&args),
        Command::E2e(args) => e2e::run(&args),
        Command::Bench(args) => bench::run(&args, out),
        Command::Chaos(args) => chaos::run(&args, out),
        Command::Instructions => instructions::run(),
        Command::Deny => ci::deny::run(),
        Command::Fuzz(args) => test::fuzz::run(&args),
        Command::Ci => ci::run(out),
    }
}

/// Whether whoever read the output has closed it.
pub(crate) fn is_closed_pipe(error: &Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Xtask::command().debug_assert();
    }

    #[test]
    fn a_stack_in_containers_and_the_embedded_broker_exclude_each_other() {
        let both = Xtask::try_parse_from(["xtask", "up", "--stack", "cluster", "--embedded"]);
        assert_eq!(
            both.unwrap_err().kind(),
            clap::error::ErrorKind::ArgumentConflict
        );
        assert!(Xtask::try_parse_from(["xtask", "up", "--embedded"]).is_ok());
    }

    #[test]
    fn arguments_of_the_tests_pass_through() {
        let typed = ["xtask", "test", "offset", "--", "--nocapture"];
        let Command::Test { args } = Xtask::try_parse_from(typed).unwrap().command else {
            panic!("not parsed as `test`");
        };
        assert_eq!(args, ["offset", "--", "--nocapture"]);
    }
}
