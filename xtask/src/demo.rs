//! `demo`: the original exercise on the embedded broker, with each step explained and checked.

mod check;
mod program;
mod steps;

use std::io::Write;
use std::process::Child;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::interrupt::Interrupt;
use crate::{embedded, workspace};
use program::Programs;

/// One step: what it is called, and what it does and says.
type Step = (&'static str, fn(&Stage, &mut dyn Write) -> Result<()>);

const STEPS: [Step; 5] = [
    ("Send 1,000 messages", steps::produce),
    ("Read them back", steps::consume),
    ("List the topics", steps::list_topics),
    ("Look at the topic", steps::describe_topic),
    ("See how far the group has read", steps::describe_group),
];

/// What the steps work with.
struct Stage {
    programs: Programs,
    /// The broker's address, as the programs take it.
    bootstrap: String,
}

/// A broker that ends with the demo, however that ends.
struct Broker(Child);

impl Drop for Broker {
    fn drop(&mut self) {
        embedded::end(&mut self.0);
    }
}

/// Runs the subcommand.
///
/// # Errors
/// Names the first step that failed; the broker is ended in any case.
pub(crate) fn run(out: &mut dyn Write) -> Result<()> {
    let paths = workspace::build(&workspace::PROGRAMS)?;
    // From here on a signal must not leave the broker behind; before, cargo and this program just end.
    let interrupt = Interrupt::install()?;
    let started = Instant::now();

    steps::introduce(out)?;
    let heading = "Start a broker";
    let (broker, stage) = start_broker(Programs::new(paths, interrupt)?, heading, out)
        .with_context(|| format!("the demo failed in step 1, \"{heading}\""))?;
    for (number, (heading, step)) in (2..).zip(STEPS) {
        writeln!(out, "\n== {number}. {heading}\n")?;
        step(&stage, out)
            .with_context(|| format!("the demo failed in step {number}, \"{heading}\""))?;
    }
    drop(broker);
    steps::conclude(started.elapsed(), out)
}

fn start_broker(programs: Programs, heading: &str, out: &mut dyn Write) -> Result<(Broker, Stage)> {
    writeln!(out, "\n== 1. {heading}\n")?;
    let log = workspace::state_folder()?.join("demo-broker.log");
    let any_free_port = 0;
    let mut broker = Broker(embedded::spawn(
        programs.path("kp-broker"),
        any_free_port,
        &log,
    )?);
    let address = embedded::wait_until_ready(&mut broker.0, &log)?;
    steps::explain_broker(address, out)?;
    Ok((
        broker,
        Stage {
            programs,
            bootstrap: address.to_string(),
        },
    ))
}
