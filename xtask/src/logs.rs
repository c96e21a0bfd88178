//! `logs`: shows the log of what is up.

use std::io::Write;

use anyhow::{Result, bail, ensure};

use kp_stack::docker::Docker;
use kp_stack::embedded::Embedded;

/// What to show of the log.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Goes on showing what is added, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// One service of a stack in containers, for instance `broker`; all when left out
    service: Option<String>,
}

/// Runs the subcommand.
///
/// # Errors
/// Nothing is up, or there is no such service.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    if let Some(broker) = Embedded::running()? {
        if let Some(service) = &args.service {
            bail!(
                "the embedded broker is up, which has no service `{service}`; leave the name out"
            );
        }
        return broker.copy_log(args.follow, out);
    }
    let docker = match Docker::find() {
        Ok(docker) => docker,
        Err(missing) => bail!("the embedded broker is not up, and {missing}"),
    };
    let deployments = docker.deployments()?;
    ensure!(!deployments.is_empty(), "nothing is up; `cargo xtask up` starts a broker");
    for deployment in deployments {
        let mut arguments = vec!["logs"];
        if args.follow {
            arguments.push("--follow");
        }
        arguments.extend(args.service.as_deref());
        docker.compose_on(&deployment, &arguments)?;
    }
    Ok(())
}
