//! `e2e`: the tests on real brokers in containers.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use xshell::cmd;

use kp_process::workspace;
use kp_stack::docker::Docker;

/// Which of the tests in containers to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Those with TLS, logins and ACLs; the first build with OpenSSL takes 5 minutes
    #[arg(long)]
    tls: bool,
}

/// Runs the subcommand.
///
/// # Errors
/// Docker is missing, a program does not build, or a test failed.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    if args.tls { secure() } else { plain(out) }
}

/// The tests on brokers that are open to everybody.
pub(crate) fn plain(out: &mut dyn Write) -> Result<()> {
    needs_docker()?;
    workspace::build(&workspace::PROGRAMS)?;
    let shell = workspace::shell()?;
    let cargo = workspace::cargo();
    let mut features = "docker".to_owned();
    for (feature, is_there, what) in [
        (
            "python",
            runs("python3", &["-c", "import ensurepip, venv"]),
            "the original's Python programs, since there is no python3 with its module venv",
        ),
        (
            "shells",
            runs("zsh", &["--version"]) && runs("fish", &["--version"]) && runs("man", &["-V"]),
            "completion in zsh and fish, and man pages, since one of zsh, fish and man is missing",
        ),
    ] {
        if is_there {
            features += &format!(",{feature}");
        } else {
            writeln!(out, "not run: {what}")?;
        }
    }
    cmd!(shell, "{cargo} test -p kp-e2e --features {features}")
        .quiet()
        .run()
        .context("the end-to-end tests failed; which one stands above")
}

/// The tests with TLS, logins and ACLs. Their programs are built in a target folder of their own,
/// so that the everyday one keeps its librdkafka.
pub(crate) fn secure() -> Result<()> {
    needs_docker()?;
    workspace::build(&workspace::PROGRAMS)?;
    let shell = workspace::shell()?;
    let cargo = workspace::cargo();
    // What only a build with TLS has. OpenSSL and librdkafka are built for it where one sees it;
    // the programs follow with them.
    cmd!(
        shell,
        "{cargo} test --target-dir target/tls -p kp-client -p kp-rdkafka --features kp-client/tls --lib"
    )
    .quiet()
    .run()
    .context("the units of the build with TLS failed; which one stands above")?;
    cmd!(shell, "{cargo} test -p kp-e2e --features tls --test docker secure::")
        .quiet()
        .run()
        .context("the end-to-end tests with TLS failed; which one stands above")
}

/// Whether a program is there and ends well.
fn runs(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn needs_docker() -> Result<()> {
    match Docker::find() {
        Ok(_) => Ok(()),
        Err(missing) => bail!(
            "e2e runs real brokers in containers: {missing}; `cargo xtask test` runs the tests that need none"
        ),
    }
}
