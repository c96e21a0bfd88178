//! kp-producer: sends messages to a Kafka topic, and says what became of each.
//!
//! ```text
//!  Source: made up, or
//!    stdin.rs (bytes) -> reading.rs (lines, JSON, CSV, a template) -> send.rs: one loop
//!                                pace.rs: when each is due -^   -> kp-client's queue
//!                                                               -> receipts.rs, report.rs
//!  a saved file -> redrive.rs: the other loop, for --load, with notes of what was acknowledged
//! ```
#![forbid(unsafe_code)]

mod chance;
mod cli;
mod contradictions;
mod csv;
mod encoding;
mod filler;
mod input;
mod item;
mod lines;
mod made_up;
mod metrics;
mod pace;
mod progress;
mod reading;
mod receipts;
mod redrive;
mod report;
mod run;
mod send;
mod source;
mod stdin;
mod template;
mod transactions;

use std::io;

use kp_cli::{Exit, Screen, StopSignal};
use kp_client::produce::Producer;
use kp_settings::Role;

pub use cli::command;

/// Runs the program as it was called.
///
/// # Errors
/// Settings that are wrong, a broker that cannot be reached, a line of standard input that is no
/// record.
pub fn run() -> anyhow::Result<Exit> {
    let call = cli::parse()?;
    if let Some(address) = call.check_health {
        return kp_cli::metrics::check_health(address);
    }
    kp_cli::start_talking("kp-producer", call.common.verbose);
    redrive::check(&call)?;
    if let Some(path) = &call.load {
        return redrive::run(path, &call);
    }
    let settings = kp_cli::load(&call.common, call.flags)?;
    kp_cli::refuse_idle_property(&settings, &[Role::Producer])?;
    if call.common.show_config {
        kp_cli::written(kp_cli::show_config(
            &settings,
            Role::Producer,
            &mut Screen::unbounded(&mut io::stdout().lock()),
        ))?;
        return Ok(Exit::Done);
    }
    if call.explain {
        kp_cli::written(kp_cli::explain(&settings.explain_producer()?, &mut io::stdout().lock()))?;
        return Ok(Exit::Done);
    }
    let file = call.file.as_deref();
    // A file is there to be read, as a pipe is.
    let standard = if file.is_some() { input::Standard::Stream } else { input::Standard::input() };
    let choice = input::Choice::of(&settings, call.stdin || file.is_some(), standard);
    let job = send::Job::new(&settings, choice, file)?;
    kp_cli::refuse_write(&settings, &call.common, "nothing is sent", None)?;

    let board = metrics::serve(&settings)?;
    let mut producer = Producer::connect(&settings, job.only_topic(&settings))?;
    if let Some(board) = board {
        producer.watched_by(board);
    }
    if let Some(ledger) = &call.audit {
        producer.keep_ledger(ledger)?;
    }
    // Until here a signal just ends the process: nothing was taken that could be lost.
    let stop = StopSignal::install()?;
    let notes = send::Notes {
        ledger: call.audit.is_some(),
        timeline: call.report == cli::Report::Json,
        receipts: call.receipts,
    };
    let run = send::send_all(job, producer, &settings, &stop, notes);
    let exit = if run.is_complete() { Exit::Done } else { Exit::Messages };
    // Where receipts are the data, the report is talk.
    let mut out: Box<dyn io::Write> = match call.receipts {
        None => Box::new(io::stdout().lock()),
        Some(_) => Box::new(io::stderr()),
    };
    kp_cli::written(match call.report {
        // Of what failed it has to speak.
        cli::Report::Text if kp_cli::is_quiet() && run.is_complete() => Ok(()),
        cli::Report::Text => report::text(&run, &mut io::stderr(), &mut out),
        cli::Report::Json => report::json(&run, &mut out),
    })?;
    match run.error {
        Some(error) => Err(error),
        None => Ok(exit),
    }
}
