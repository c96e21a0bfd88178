//! `bench`: measures the programs beside every other Kafka client that is found on this machine.
//!
//! A `Work` is something that several programs do. In each round each of them takes its turn, so
//! that what slows the machine for a while slows all. After each run the broker is asked whether
//! every message arrived exactly once. A run that lost or repeated a message does not count.
//!
//! ```text
//! plan -> works (work, peers) -> turns (process, offsets) -> results -> verdict
//!                                                              -> table, report, results.json
//! ```
#![forbid(unsafe_code)]

mod broker;
mod cli;
mod folder;
mod input;
mod machine;
mod peers;
mod plan;
mod process;
mod report;
mod results;
mod said;
mod statistics;
mod table;
mod topics;
mod turns;
mod verdict;
mod words;
mod work;
mod works;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, ensure};

use broker::Broker;
use kp_process::interrupt::Interrupt;
use kp_process::workspace;
use peers::Peers;
use plan::{ENOUGH_ROUNDS, Plan};
use results::{Machine, Results, SCHEMA, Verdict};
use topics::Topics;
use work::Work;

pub use cli::Args;

/// Runs it as it was called.
///
/// # Errors
/// A program does not build, there is no broker, the user ended it, or one of our own runs lost a
/// message.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<()> {
    // Taken before the build, which would count as load of other programs.
    let load = machine::load();
    let paths = workspace::build_release(&["kp-producer", "kp-consumer", "kp-admin"])?;
    let started = Instant::now();
    let plan = plan(args);
    if let Some(load) = load.filter(|load| *load > machine::IDLE) {
        writeln!(out, "This machine is busy (load {load}): the figures will say little.")?;
    }
    // From here on a signal must not leave the broker running. Before this, cargo and this program
    // simply end.
    let interrupt = Interrupt::install()?;
    let broker = match &args.bootstrap_server {
        Some(address) => Broker::Given(address.clone()),
        None => Broker::start(&interrupt)?,
    };
    interrupt.check()?;
    let machine = Machine::here(load, &broker);
    let peers = Peers::find(&broker, &paths["kp-producer"], &paths["kp-consumer"])?;
    say_programs(&peers, out)?;
    let works = chosen(works::all(&plan, &peers)?, &args.only)?;
    broker.copy_in(&input::generated(works::PAYLOAD_LINES)?, works::PAYLOADS)?;

    let mut topics =
        Topics::new(&broker.bootstrap(), paths["kp-admin"].clone(), paths["kp-producer"].clone());
    turns::warm_up(&plan, &mut topics)?;
    let mut done = Vec::new();
    for work in &works {
        done.push(turns::take(work, &plan, &broker, &mut topics, &interrupt, out)?);
    }
    let results = Results {
        schema: SCHEMA,
        plan: if plan.quick { "quick" } else { "full" },
        rounds: plan.rounds,
        machine,
        programs: results::programs(&peers),
        works: done,
    };
    if plan.quick {
        writeln!(
            out,
            "\nA quick look: with so few messages, starting counts for more than in the full run that the targets are for."
        )?;
    }
    table::print(&results, out)?;
    let files = write(&results)?;
    writeln!(
        out,
        "\n{} targets reached, {} missed, {} unknown; {:.0} s.\n{}\n{}",
        results.count(Verdict::Reached),
        results.count(Verdict::Missed),
        results.count(Verdict::Unknown),
        started.elapsed().as_secs_f64(),
        files[0].display(),
        files[1].display()
    )?;
    ensure!(
        !results.failures().iter().any(|(_, contender, _)| contender.is_ours()),
        "runs of our own programs failed, or lost or doubled a message; which ones stands above"
    );
    Ok(())
}

fn plan(args: &Args) -> Plan {
    let plan = if args.quick { Plan::quick() } else { Plan::full() };
    Plan { rounds: args.rounds.unwrap_or(plan.rounds), ..plan }
}

fn chosen(works: Vec<Work>, only: &[String]) -> Result<Vec<Work>> {
    let names: Vec<_> = works.iter().map(|work| work.name.clone()).collect();
    let chosen: Vec<_> = works
        .into_iter()
        .filter(|work| only.is_empty() || only.iter().any(|part| work.name.contains(part)))
        .collect();
    ensure!(
        !chosen.is_empty(),
        "--only {} names no work; there are {}",
        only.join(" --only "),
        names.join(", ")
    );
    Ok(chosen)
}

fn say_programs(peers: &Peers, out: &mut dyn Write) -> Result<()> {
    for peer in peers.all() {
        match &peer.found {
            Ok(found) => writeln!(out, "{}: {}", peer.name, found.version)?,
            Err(missing) => writeln!(out, "{}: missing ({missing})", peer.name)?,
        }
    }
    Ok(())
}

fn write(results: &Results) -> Result<[PathBuf; 2]> {
    let folder = folder::folder()?;
    let [json, html] = ["results.json", "report.html"].map(|name| folder.join(name));
    fs::write(&json, serde_json::to_string_pretty(results)?)?;
    fs::write(&html, report::html(results, results.rounds < ENOUGH_ROUNDS))?;
    Ok([json, html])
}
