//! `down`: ends whatever is up, its data too.

use std::io::Write;

use anyhow::Result;

use crate::docker::{Docker, Unavailable};
use crate::embedded::Embedded;

/// Runs the subcommand.
///
/// # Errors
/// Something that is up cannot be ended.
pub(crate) fn run(out: &mut dyn Write) -> Result<()> {
    let mut ended = false;
    if let Some(broker) = Embedded::running()? {
        let pid = broker.pid();
        broker.end()?;
        ended = true;
        writeln!(
            out,
            "The embedded broker (process {pid}) is down; its messages are gone."
        )?;
    }
    match Docker::find() {
        Ok(docker) => {
            for deployment in docker.deployments()? {
                // The data goes too, so there is nothing that a slow end could save.
                let arguments = ["down", "--volumes", "--remove-orphans", "--timeout", "3"];
                docker.compose_on(&deployment, &arguments)?;
                ended = true;
                writeln!(
                    out,
                    "The {} stack is down; its containers and its data are gone.",
                    deployment.stack
                )?;
            }
        }
        Err(Unavailable::NotInstalled) => {}
        Err(missing) => writeln!(out, "Stacks in containers were not looked for: {missing}.")?,
    }
    if !ended {
        writeln!(out, "Nothing is up.")?;
    }
    Ok(())
}
