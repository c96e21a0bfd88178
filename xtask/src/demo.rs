//! `demo`: the original exercise on the embedded broker, with each step explained and checked.

mod check;
mod stage;
mod steps;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};

use kp_process::interrupt::Interrupt;
use kp_process::workspace;
use kp_stack::embedded::Broker;
use stage::Stage;

/// One step: what it is called, and what it does and says.
type Step = (&'static str, fn(&Stage, &mut dyn Write) -> Result<()>);

const STEPS: [Step; 5] = [
    ("Send 1,000 messages", steps::produce),
    ("Read them back", steps::consume),
    ("List the topics", steps::list_topics),
    ("Look at the topic", steps::describe_topic),
    ("See how far the group has read", steps::describe_group),
];

/// Runs the subcommand.
///
/// # Errors
/// Names the first step that failed; the broker is ended in any case.
pub(crate) fn run(out: &mut dyn Write) -> Result<()> {
    let paths = workspace::build(&workspace::PROGRAMS)?;
    // From here on a signal must not leave the broker behind; before, cargo and this program just
    // end.
    let interrupt = Interrupt::install()?;
    let started = Instant::now();

    steps::introduce(out)?;
    let heading = "Start a broker";
    let (broker, stage) = start_broker(paths, interrupt, heading, out)
        .with_context(|| format!("the demo failed in step 1, \"{heading}\""))?;
    for (number, (heading, step)) in (2..).zip(STEPS) {
        writeln!(out, "\n== {number}. {heading}\n")?;
        step(&stage, out)
            .with_context(|| format!("the demo failed in step {number}, \"{heading}\""))?;
    }
    drop(broker);
    steps::conclude(started.elapsed(), out)
}

fn start_broker(
    programs: BTreeMap<String, PathBuf>,
    interrupt: Interrupt,
    heading: &str,
    out: &mut dyn Write,
) -> Result<(Broker, Stage)> {
    writeln!(out, "\n== 1. {heading}\n")?;
    let folder = workspace::state_folder()?;
    let broker = Broker::start(&programs["kp-broker"], &folder.join("demo-broker.log"))?;
    steps::explain_broker(broker.address(), out)?;
    let bootstrap = broker.address().to_string();
    Ok((broker, Stage { programs, interrupt, folder, bootstrap }))
}
