//! What can be typed after `cargo xtask`.

use std::io::Write;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{ci, demo, down, e2e, instructions, logs, ps, test, tools, up};

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
    Up(up::Args),
    /// Ends whatever `up` started, its data too; asks before it ends what Compose started
    Down(down::Args),
    /// Shows what is up
    Ps,
    /// Shows the log of what is up
    Logs(logs::Args),
    /// Does the original exercise on the embedded broker and explains each step
    Demo,
    /// Practises Kafka by experiment: you predict, the programs run, you see what was measured
    #[command(disable_help_flag = true)]
    Lab(tools::Args),
    /// Runs the tests that need nothing started: `cargo test --workspace`
    Test(test::Args),
    /// Runs the tests on real brokers in containers; needs Docker
    E2e(e2e::Args),
    /// Measures the programs beside every other Kafka client found on this machine
    #[command(disable_help_flag = true)]
    Bench(tools::Args),
    /// Breaks three brokers and the programs on purpose, and audits what became of every message;
    /// needs Docker
    #[command(disable_help_flag = true)]
    Chaos(tools::Args),
    /// Puts the four programs in place, with their manual pages and completions
    #[command(disable_help_flag = true)]
    Install(tools::Args),
    /// Packs them into one archive for this platform, with an SBOM and checksums
    #[command(disable_help_flag = true)]
    Dist(tools::Args),
    /// Counts the instructions that kp-core takes for a message, against the baseline; needs
    /// valgrind
    Instructions,
    /// Looks at the licences and the sources of all dependencies; needs cargo-deny
    Deny,
    /// Lets libFuzzer look for an input that breaks a fuzz target
    Fuzz(test::fuzz::Args),
    /// Runs every check that must pass before a change lands
    Ci,
}

/// Does what was typed; what there is to say goes to `out`.
///
/// # Errors
/// What failed, and what to do about it.
pub(crate) fn run(out: &mut dyn Write) -> Result<()> {
    match Xtask::parse().command {
        Command::Up(args) => up::run(&args, out),
        Command::Down(args) => down::run(&args, out),
        Command::Ps => ps::run(out),
        Command::Logs(args) => logs::run(&args, out),
        Command::Demo => demo::run(out),
        Command::Lab(tool) => tools::become_tool("kp-lab", &[], &tool),
        Command::Test(args) => test::run(&args),
        Command::E2e(args) => e2e::run(&args, out),
        Command::Bench(tool) => tools::become_tool("kp-bench", &[], &tool),
        Command::Chaos(tool) => tools::become_tool("kp-chaos", &[], &tool),
        Command::Install(tool) => tools::become_tool("kp-dist", &["install"], &tool),
        Command::Dist(tool) => tools::become_tool("kp-dist", &["dist"], &tool),
        Command::Instructions => instructions::run(),
        Command::Deny => ci::deny::run(),
        Command::Fuzz(args) => test::fuzz::run(&args),
        Command::Ci => ci::run(out),
    }
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
        assert_eq!(both.unwrap_err().kind(), clap::error::ErrorKind::ArgumentConflict);
        assert!(Xtask::try_parse_from(["xtask", "up", "--embedded"]).is_ok());
    }

    #[test]
    fn arguments_of_the_tests_pass_through() {
        let typed = ["xtask", "test", "offset", "--", "--nocapture"];
        let Command::Test(args) = Xtask::try_parse_from(typed).unwrap().command else {
            panic!("not parsed as `test`");
        };
        assert_eq!(args.args, ["offset", "--", "--nocapture"]);
    }
}
