//! `test`: the tests that need nothing started.

pub(crate) mod fuzz;

use anyhow::{Context, Result};
use xshell::cmd;

use crate::workspace;

/// Runs the subcommand.
///
/// # Errors
/// A test failed.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let shell = workspace::shell()?;
    let cargo = workspace::cargo();
    cmd!(shell, "{cargo} test --workspace {args...}")
        .quiet()
        .run()
        .context("the tests failed; which one stands above")
}
