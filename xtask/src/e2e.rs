//! `e2e`: the tests on real brokers in containers.

use anyhow::{Context, Result, bail};
use xshell::cmd;

use crate::cli::E2eArgs;
use crate::docker::Docker;
use crate::workspace;

/// Runs the subcommand.
///
/// # Errors
/// Docker is missing, a program does not build, or a test failed.
pub(crate) fn run(args: &E2eArgs) -> Result<()> {
    if args.tls { secure() } else { plain() }
}

/// The tests on brokers that are open to everybody.
pub(crate) fn plain() -> Result<()> {
    needs_docker()?;
    workspace::build(&workspace::PROGRAMS)?;
    let shell = workspace::shell()?;
    let cargo = workspace::cargo();
    cmd!(shell, "{cargo} test -p kp-e2e --features docker")
        .quiet()
        .run()
        .context("the end-to-end tests failed; which one stands above")
}

/// The tests with TLS, logins and ACLs. Their programs are built in a target folder of their own, so that the everyday one keeps
/// its librdkafka.
pub(crate) fn secure() -> Result<()> {
    needs_docker()?;
    workspace::build(&workspace::PROGRAMS)?;
    let shell = workspace::shell()?;
    let cargo = workspace::cargo();
    // What only a build with TLS has. OpenSSL and librdkafka are built for it where one sees it; the programs follow with them.
    cmd!(
        shell,
        "{cargo} test --target-dir target/tls -p kp-client -p kp-rdkafka --features kp-client/tls --lib"
    )
    .quiet()
    .run()
    .context("the units of the build with TLS failed; which one stands above")?;
    cmd!(
        shell,
        "{cargo} test -p kp-e2e --features tls --test docker secure::"
    )
    .quiet()
    .run()
    .context("the end-to-end tests with TLS failed; which one stands above")
}

fn needs_docker() -> Result<()> {
    match Docker::find() {
        Ok(_) => Ok(()),
        Err(missing) => bail!(
            "e2e runs real brokers in containers: {missing}; `cargo xtask test` runs the tests that need none"
        ),
    }
}
