//! The tools that are programs of their own: xtask calls them by cargo, with their own arguments.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Error, Result, ensure};
use kp_process::workspace;

/// What a tool of its own is called with: it has its own `--help`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Handed on to the tool
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Becomes the tool, so that Ctrl-C reaches it alone, which cleans up and then ends.
///
/// # Errors
/// It cannot be started; otherwise this does not come back.
pub(crate) fn become_tool(tool: &str, subcommand: &[&str], args: &Args) -> Result<()> {
    let error = command(tool).args(subcommand).args(&args.args).exec();
    Err(Error::new(error).context(format!("cannot start cargo for {tool}")))
}

/// Runs the tool with these arguments.
///
/// # Errors
/// It does not build, or failed; it has said why.
pub(crate) fn run(tool: &str, args: &[&str]) -> Result<()> {
    let status = command(tool)
        .args(args)
        .status()
        .with_context(|| format!("cannot start cargo for {tool}"))?;
    ensure!(status.success(), "{tool} failed; its reason stands above");
    Ok(())
}

fn command(tool: &str) -> Command {
    let mut command = Command::new(workspace::cargo());
    command
        .args(["run", "--quiet", "--package", tool, "--manifest-path"])
        .arg(workspace::root().join("Cargo.toml"))
        .arg("--");
    command
}
