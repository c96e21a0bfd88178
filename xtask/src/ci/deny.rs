//! `deny`: the licences, the sources and the kinds of dependencies, by cargo-deny and `deny.toml`.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use xshell::cmd;

use kp_process::workspace;

/// Runs the check.
///
/// # Errors
/// cargo-deny is missing, or a dependency is not as `deny.toml` wants it; which one stands above.
pub(crate) fn run() -> Result<()> {
    let shell = workspace::shell()?;
    let cargo = workspace::cargo();
    ensure!(
        cmd!(shell, "{cargo} deny --version").quiet().ignore_stdout().ignore_stderr().run().is_ok(),
        "cargo-deny is missing; `cargo install cargo-deny --locked` installs it"
    );
    cmd!(shell, "{cargo} deny check licenses bans sources")
        .quiet()
        .run()
        .context("a dependency is not as deny.toml wants it; which one stands above")?;
    // The database of advisories is a repository on GitHub, which not every machine reaches: here
    // it is used where it lies already.
    if advisories().is_some_and(|folder| folder.exists()) {
        cmd!(shell, "{cargo} deny --offline check advisories")
            .quiet()
            .run()
            .context("a dependency has a known weakness; which one stands above")?;
    }
    Ok(())
}

/// Where cargo-deny keeps the database.
fn advisories() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    Some(home?.join("advisory-dbs"))
}
