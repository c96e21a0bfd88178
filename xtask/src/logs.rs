//! `logs`: shows the log of what is up.

use std::fs::File;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use kp_stack::docker::Docker;
use kp_stack::embedded::{self, Embedded};

const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

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
        return copy_log(&broker, args.follow, out);
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

/// Copies the log; when following, until the broker has ended.
fn copy_log(broker: &Embedded, follow: bool, out: &mut dyn Write) -> Result<()> {
    let path = embedded::log_file()?;
    let mut log =
        File::open(&path).with_context(|| format!("cannot open the log {}", path.display()))?;
    loop {
        // The order matters: what it said last is copied after it was seen to have ended.
        let last = !follow || !broker.is_running();
        io::copy(&mut log, out)?;
        out.flush()?;
        if last {
            return Ok(());
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}
