//! `e2e`: the tests on real brokers in containers.

use std::io::Write;

use anyhow::{Context, Result, bail};
use xshell::cmd;

use kp_process::{Call, Running, workspace};
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

/// The tests on brokers that are open to everybody, and those of what a machine may not have: all
/// that `cargo xtask test` leaves out.
pub(crate) fn plain(out: &mut dyn Write) -> Result<()> {
    needs_docker()?;
    workspace::build(&workspace::PROGRAMS)?;
    // A feature adds tests to the target of its name; `docker` to `readme` as well.
    let mut features = vec!["docker"];
    for (feature, is_there, what) in [
        ("python", has_python(), WITHOUT_PYTHON),
        (
            "shells",
            ["zsh", "fish", "man"].iter().all(|program| runs(program, &["--version"])),
            "completion in zsh and fish, and man pages, since one of zsh, fish and man is missing",
        ),
    ] {
        if is_there {
            features.push(feature);
        } else {
            writeln!(out, "not run: {what}")?;
        }
    }
    let targets = features.iter().chain(&["readme"]).flat_map(|target| ["--test", *target]);
    test(&features.join(","), &targets.collect::<Vec<_>>())
}

/// Starts to build the programs that [`secure`] tests, which its tests do otherwise.
///
/// That is minutes of computing, while tests on brokers mostly wait: at the lowest priority it
/// takes what they leave. That priority means nothing to containers, so that it is one job at a
/// time.
pub(crate) fn begin_secure_build() -> Result<Running> {
    let packages = workspace::PROGRAMS.iter().flat_map(|program| ["-p", program]);
    Call::new("nice")
        .args(["-n", "19"])
        .args([workspace::cargo()])
        .args(["build", "--quiet", "--jobs", "1", "--target-dir", "target/tls", "--features"])
        .args(["kp-producer/tls,kp-consumer/tls,kp-admin/tls"])
        .args(packages)
        .folder(workspace::root())
        .start()
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
    test("tls", &["--test", "docker", "secure::"])
}

fn test(features: &str, which: &[&str]) -> Result<()> {
    let shell = workspace::shell()?;
    let cargo = workspace::cargo();
    cmd!(shell, "{cargo} test -p kp-e2e --features {features} {which...}")
        .quiet()
        .run()
        .context("the end-to-end tests failed; which one stands above")
}

/// Whether a program is there and ends well.
fn runs(program: &str, arguments: &[&str]) -> bool {
    let Ok(shell) = workspace::shell() else { return false };
    let call = cmd!(shell, "{program} {arguments...}").quiet().stdin("");
    call.ignore_stdout().ignore_stderr().run().is_ok()
}

/// What does not run without Python.
pub(crate) const WITHOUT_PYTHON: &str =
    "the original's Python programs, since there is no python3 with its module venv";

/// Whether the original's programs can run.
pub(crate) fn has_python() -> bool {
    runs("python3", &["-c", "import ensurepip, venv"])
}

fn needs_docker() -> Result<()> {
    match Docker::find() {
        Ok(_) => Ok(()),
        Err(missing) => bail!(
            "e2e runs real brokers in containers: {missing}; `cargo xtask test` runs the tests that need none"
        ),
    }
}
