//! `test`: the tests that need nothing started.

pub(crate) mod fuzz;

use anyhow::{Context, Result};
use xshell::cmd;

use kp_process::workspace;

/// What `cargo test` is called with.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Handed on to `cargo test`: a part of a test's name, or `-- --nocapture`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<String>,
}

/// Runs the subcommand.
///
/// # Errors
/// A test failed.
pub(crate) fn run(args: &Args) -> Result<()> {
    let shell = workspace::shell()?;
    let cargo = workspace::cargo();
    let args = &args.args;
    cmd!(shell, "{cargo} test --workspace {args...}")
        .quiet()
        .run()
        .context("the tests failed; which one stands above")
}
