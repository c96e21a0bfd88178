//! `down`: ends what is up, its data too. A stack that somebody started by Compose is theirs: it
//! asks first.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Result, bail};

use kp_stack::docker::started::Started;
use kp_stack::docker::{Container, Deployment, Docker, Unavailable};
use kp_stack::embedded::Embedded;

/// What to end.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Ends without asking also a stack that was started by Compose in this folder
    #[arg(long)]
    yes: bool,
}

/// Runs the subcommand.
///
/// # Errors
/// Something that is up cannot be ended, or is left because nobody agreed to its end.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    let mut found = false;
    if let Some(broker) = Embedded::running()? {
        let pid = broker.pid();
        broker.end()?;
        found = true;
        writeln!(out, "The embedded broker (process {pid}) is down; its messages are gone.")?;
    }
    match Docker::find() {
        Ok(docker) => {
            let started = Started::read()?;
            for deployment in docker.deployments()? {
                found = true;
                if !args.yes
                    && let Some(question) = question(&deployment, &started)
                    && !agreed(&question, out)?
                {
                    writeln!(out, "The {} stack is left as it is.", deployment.stack)?;
                    continue;
                }
                // The data goes too, so there is nothing that a slow end could save.
                docker.compose_on(&deployment, &["down", "--volumes", "--timeout", "3"])?;
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
    if !found {
        writeln!(out, "Nothing is up.")?;
    }
    Ok(())
}

/// What to ask before this stack is ended; nothing where `up` has started all of it.
fn question(deployment: &Deployment, started: &Started) -> Option<String> {
    let is_foreign = |container: &&Container| !started.contains(&container.id);
    let names: Vec<&str> = deployment
        .containers
        .iter()
        .filter(is_foreign)
        .map(|container| container.name.as_str())
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "Not `cargo xtask up` but Compose started the {} stack: {}.\n\
             Its containers and all of its messages would be removed.",
            deployment.stack,
            names.join(", ")
        )
    })
}

/// Asks on the terminal.
///
/// # Errors
/// There is no terminal to ask on.
fn agreed(question: &str, out: &mut dyn Write) -> Result<bool> {
    if !io::stdin().is_terminal() {
        bail!(
            "{question}\nNobody can be asked here; `cargo xtask down --yes` ends it all the same"
        );
    }
    write!(out, "{question}\nEnd it? [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kp_stack::docker::stack::Stack;

    #[test]
    fn a_stack_that_compose_started_is_asked_about_by_the_names_of_its_containers() {
        let deployment = Deployment {
            stack: Stack::Kraft,
            project: "kp".to_owned(),
            running: vec!["broker".to_owned()],
            stopped: vec![],
            containers: vec![Container { id: "a1".to_owned(), name: "kp-broker-1".to_owned() }],
        };
        let question = question(&deployment, &Started::default()).expect("nobody knows a1");
        assert!(question.contains("kraft stack: kp-broker-1"), "{question}");
    }
}
