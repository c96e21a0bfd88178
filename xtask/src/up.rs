//! `up`: starts a broker, waits until it is ready, says what to try next.

use std::io::Write;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use kp_process::workspace;
use kp_stack::docker::stack::Stack;
use kp_stack::docker::started::Started;
use kp_stack::docker::{Docker, port};
use kp_stack::embedded::{self, Embedded};
use kp_stack::kafka::readiness;

/// Where the embedded broker listens, like the everyday stack.
const EMBEDDED_PORT: u16 = 9092;

/// What to try on any of them.
const PROGRAMS: &str = "  \
  cargo run -q -p kp-producer       sends 1,000 messages to topic1
  cargo run -q -p kp-consumer       prints them
  cargo run -q -p kp-admin -- topics list
  cargo run -q -p kp-admin -- topics describe topic1";

/// Where the broker runs.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Containers: one broker, the original's pair with ZooKeeper, or three brokers
    #[arg(long, value_enum, default_value_t = Stack::Kraft)]
    stack: Stack,
    /// The embedded broker in the background instead; needs no Docker
    #[arg(long, conflicts_with = "stack")]
    embedded: bool,
}

/// Runs the subcommand.
///
/// # Errors
/// Something else is up, a port is taken, Docker is missing, or the broker did not become ready.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    if args.embedded { up_embedded(out) } else { up_stack(args.stack, out) }
}

fn up_embedded(out: &mut dyn Write) -> Result<()> {
    // Without Docker there is no stack that could be in the way.
    let docker = Docker::find().ok();
    if let Some(docker) = &docker
        && let Some(other) = docker.deployments()?.first()
    {
        bail!("the {} stack is up; `cargo xtask down` ends it", other.stack);
    }
    if let Some(broker) = Embedded::running()? {
        writeln!(out, "The embedded broker is already up (process {}).", broker.pid())?;
        return say_what_next_embedded(out);
    }
    port::ensure_free(&[EMBEDDED_PORT], docker.as_ref())?;
    let programs = workspace::build(&["kp-broker"])?;
    embedded::start_in_background(&programs["kp-broker"], EMBEDDED_PORT)?;
    writeln!(out, "The embedded broker is up on localhost:{EMBEDDED_PORT}.")?;
    say_what_next_embedded(out)
}

fn up_stack(stack: Stack, out: &mut dyn Write) -> Result<()> {
    if Embedded::running()?.is_some() {
        bail!("the embedded broker is up; `cargo xtask down` ends it");
    }
    let docker = match Docker::find() {
        Ok(docker) => docker,
        Err(missing) => {
            bail!("{missing}; `cargo xtask up --embedded` starts a broker that needs no Docker")
        }
    };
    let deployments = docker.deployments()?;
    if let Some(other) = deployments.iter().find(|deployment| deployment.stack != stack) {
        bail!("the {} stack is up; `cargo xtask down` ends it", other.stack);
    }

    let started = Instant::now();
    let already_up = deployments.iter().any(|deployment| deployment.stopped.is_empty());
    if !already_up {
        // Containers that are there but stopped hold no port, and Compose starts them again.
        if deployments.iter().all(|deployment| deployment.running.is_empty()) {
            port::ensure_free(stack.ports(), Some(&docker))?;
        }
        docker.start(stack)?;
        Started::note_new(&docker, &deployments)?;
        writeln!(out, "The containers are started; waiting until the broker is ready ...")?;
    }
    readiness::wait_for_brokers(stack.ports(), || docker.ensure_running(stack)).with_context(|| {
        format!("the {stack} stack did not come up; `cargo xtask logs` shows why, `cargo xtask down` cleans up")
    })?;
    if already_up {
        writeln!(out, "The {stack} stack is already up on {}.", stack.bootstrap_servers())?;
    } else {
        let seconds = started.elapsed().as_secs_f64();
        writeln!(
            out,
            "The {stack} stack is up on {} ({seconds:.1} s).",
            stack.bootstrap_servers()
        )?;
    }
    say_what_next(stack, &docker, out)
}

fn say_what_next(stack: Stack, docker: &Docker, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "\nTry next:")?;
    if stack == Stack::Cluster {
        writeln!(out, "  export KP_BROKERS={}", stack.bootstrap_servers())?;
    }
    writeln!(out, "{PROGRAMS}")?;
    writeln!(out, "  cargo run -q -p kp-admin -- groups list")?;
    writeln!(out, "  cargo xtask down                  ends the stack, its data too")?;
    writeln!(out, "\nKafka's own tools are in the container:")?;
    if stack != Stack::Kraft {
        writeln!(out, "  export COMPOSE_FILE={}", stack.file_name())?;
    }
    writeln!(out, "  {} {}", docker.compose_words(), stack.list_topics())?;
    Ok(())
}

fn say_what_next_embedded(out: &mut dyn Write) -> Result<()> {
    writeln!(out, "\nTry next:\n{PROGRAMS}")?;
    writeln!(out, "  cargo xtask logs                  what the broker says")?;
    writeln!(out, "  cargo xtask down                  ends the broker; it keeps nothing")?;
    Ok(())
}
