//! `instructions`: how many instructions kp-core takes for a message, against the baseline in its
//! benchmark.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use xshell::{Shell, cmd};

use kp_process::workspace;

/// Runs the subcommand.
///
/// # Errors
/// Valgrind is missing, or a figure is too far above its baseline.
pub(crate) fn run() -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "instructions are counted by valgrind, on Linux only");
    let shell = workspace::shell()?;
    cmd!(shell, "valgrind --version")
        .quiet()
        .ignore_stdout()
        .run()
        .context("instructions are counted by valgrind, which does not start; on Debian: `apt install valgrind`")?;
    let runner = runner(&shell)?;
    let cargo = workspace::cargo();
    cmd!(
        shell,
        "{cargo} bench -p kp-core --features instructions --bench instructions"
    )
    .env("GUNGRAUN_RUNNER", runner)
    .quiet()
    .run()
    .context(
        "a figure is more than 5 % above its baseline; where that is meant, or rustc has changed, write the new one into \
         crates/kp-core/benches/instructions.rs",
    )
}

/// The program that gungraun's benchmarks are run by; it is installed beside the build when it is
/// missing.
fn runner(shell: &Shell) -> Result<PathBuf> {
    let cargo = workspace::cargo();
    let package = cmd!(shell, "{cargo} pkgid gungraun").quiet().read()?;
    let (_, version) =
        package.rsplit_once(['@', '#']).with_context(|| format!("no version in {package}"))?;
    let folder = workspace::root().join(format!("target/tools/gungraun-{version}"));
    let runner = folder.join("bin/gungraun-runner");
    if !runner.exists() {
        // With --debug: it only reads what valgrind has counted, and is built in half the time.
        cmd!(
            shell,
            "{cargo} install --quiet --locked --debug gungraun-runner --version {version} --root {folder}"
        )
        .quiet()
        .run()
        .context("cannot install gungraun-runner, which runs the benchmarks")?;
    }
    Ok(runner)
}
