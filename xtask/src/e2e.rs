//! `e2e`: the tests on real brokers in containers.

use anyhow::{Context, Result, bail};
use xshell::cmd;

use crate::docker::Docker;
use crate::workspace;

/// Runs the subcommand.
///
/// # Errors
/// Docker is missing, a program does not build, or a test failed.
pub(crate) fn run() -> Result<()> {
    if let Err(missing) = Docker::find() {
        bail!(
            "e2e runs real brokers in containers: {missing}; `cargo xtask test` runs the tests that need none"
        );
    }
    workspace::build(&workspace::PROGRAMS)?;
    let shell = workspace::shell()?;
    let cargo = workspace::cargo();
    cmd!(shell, "{cargo} test -p kp-e2e --features docker")
        .quiet()
        .run()
        .context("the end-to-end tests failed; which one stands above")
}
