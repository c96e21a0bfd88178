//! `ps`: shows what is up.

use std::io::Write;

use anyhow::Result;

use kp_stack::docker::{Docker, Unavailable};
use kp_stack::embedded::{self, Embedded};

/// Runs the subcommand.
///
/// # Errors
/// Docker does not tell what runs.
pub(crate) fn run(out: &mut dyn Write) -> Result<()> {
    let mut nothing = true;
    if let Some(broker) = Embedded::running()? {
        nothing = false;
        writeln!(
            out,
            "The embedded broker is up: process {}, log {}.",
            broker.pid(),
            embedded::log_file()?.display()
        )?;
    }
    match Docker::find() {
        Ok(docker) => {
            for deployment in docker.deployments()? {
                nothing = false;
                let state = match (deployment.running.is_empty(), deployment.stopped.is_empty()) {
                    (false, true) => "up",
                    (false, false) => "partly up",
                    (true, _) => "stopped",
                };
                let servers = deployment.stack.bootstrap_servers();
                writeln!(out, "The {} stack is {state}: {servers}.", deployment.stack)?;
                docker.compose_on(&deployment, &["ps"])?;
            }
        }
        Err(Unavailable::NotInstalled) => {}
        Err(missing) => writeln!(out, "Stacks in containers were not looked for: {missing}.")?,
    }
    if nothing {
        writeln!(out, "Nothing is up; `cargo xtask up` starts a broker.")?;
    }
    Ok(())
}
