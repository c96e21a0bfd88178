//! What became of the messages, for a person and for a program.

use std::io::{self, Write};

use kp_cli::escaped;
use kp_client::produce::Failures;
use serde::Serialize;

use crate::send::Run;

/// Kinds of failure that the text shows.
const SHOWN_FAILURES: usize = 5;
/// Messages of one kind that it names.
const SHOWN_NUMBERS: usize = 3;

/// Writes the summary to `talk` and `[Done]: seconds` to `out`.
pub(crate) fn text(run: &Run, talk: &mut dyn Write, out: &mut dyn Write) -> io::Result<()> {
    // At once, so that no other program's line comes between. A closed stderr means that nobody
    // wants the summary.
    let mut lines = Vec::new();
    summary(run, &mut lines)?;
    let _ = talk.write_all(&lines);
    writeln!(out, "[Done]: {:.4}", run.elapsed.as_secs_f64())
}

fn summary(run: &Run, talk: &mut dyn Write) -> io::Result<()> {
    let tally = &run.tally;
    let seconds = run.elapsed.as_secs_f64();
    let unknown = match tally.unknown {
        0 => String::new(),
        unknown => format!(", {unknown} unknown"),
    };
    if run.confirmed {
        writeln!(
            talk,
            "{} for {}: {} acknowledged, {} failed{unknown}",
            counted(tally.sent, "message"),
            escaped(&destination(&run.topics)),
            tally.acknowledged,
            tally.failed
        )?;
    } else {
        writeln!(
            talk,
            "{} for {}: 0 confirmed, {} failed{unknown} (acks=0 asks the broker for no answer, so none of them is known to be stored)",
            counted(tally.sent, "message"),
            escaped(&destination(&run.topics)),
            tally.failed
        )?;
    }
    if tally.acknowledged > 0 {
        writeln!(
            talk,
            "  {:.0} msg/s, {:.2} MB/s; {} p50 {}, p99 {}, max {}",
            tally.acknowledged as f64 / seconds,
            tally.bytes as f64 / 1e6 / seconds,
            if run.confirmed { "delivery latency" } else { "time until handed to the network" },
            millis(tally.latency.value_at_quantile(0.5)),
            millis(tally.latency.value_at_quantile(0.99)),
            millis(tally.latency.max()),
        )?;
    }
    if let Some(note) = run.note {
        writeln!(talk, "  {note}")?;
    }
    if !run.made_up && tally.sent == 0 && run.unsent == 0 && !run.interrupted && run.error.is_none()
    {
        writeln!(talk, "  nothing was read from standard input")?;
    }
    if let Some((committed, aborted, open)) = run.transactions {
        write!(talk, "  {} committed", counted(committed, "transaction"))?;
        if aborted > 0 {
            write!(talk, ", {aborted} aborted")?;
        }
        if open > 0 {
            write!(
                talk,
                ", one of {} left open: nobody will see them unless its commit was on its way",
                counted(open, "message")
            )?;
        }
        writeln!(talk)?;
    }
    for Failures { reason, count, first } in tally.failures.iter().take(SHOWN_FAILURES) {
        let which = named(run.noun, *count, first);
        writeln!(talk, "  {count} failed ({which}): {}", escaped(reason))?;
    }
    if tally.failures.len() > SHOWN_FAILURES {
        writeln!(
            talk,
            "  and {} more kinds of failure; --report json lists all",
            tally.failures.len() - SHOWN_FAILURES
        )?;
    }
    if tally.unknown > 0 {
        let which = named(run.noun, tally.unknown, &tally.first_unknown);
        writeln!(
            talk,
            "  {} unknown ({which}): under way when they were given up; each may be stored or not",
            tally.unknown
        )?;
    }
    if run.is_weaker {
        writeln!(
            talk,
            "  the promise became {}: messages timed out and others were sent again, so that acknowledged ones are {} (--on-timeout \
             go-on)",
            run.promise,
            run.promise.meaning()
        )?;
    }
    // The messages of a transaction that was left open are reported above.
    if tally.open() > 0 && !is_of_open_transaction(run) {
        writeln!(
            talk,
            "  {} left undelivered {}; they may or may not be stored",
            counted(tally.open(), "message"),
            why_it_ended(run)
        )?;
    }
    if run.unsent > 0 {
        let taken = if run.made_up {
            format!("{} made up", counted(run.unsent, "message"))
        } else {
            format!("{} read from standard input", counted(run.unsent, "line"))
        };
        writeln!(talk, "  {taken} and not sent {}", why_it_ended(run))?;
    }
    if run.interrupted && tally.open() == 0 && run.unsent == 0 {
        writeln!(talk, "  stopped by a signal; 0 messages left undelivered")?;
    }
    Ok(())
}

fn is_of_open_transaction(run: &Run) -> bool {
    run.transactions.is_some_and(|(_, _, open)| open > 0)
}

/// Why not all was sent, or its report not waited for.
fn why_it_ended(run: &Run) -> &'static str {
    if run.error.is_some() {
        "when the run ended by the error below"
    } else {
        "when the time for ending was over (--shutdown-timeout)"
    }
}

/// `line 5`, `lines 5, 7 and 9`, or `lines 5, 6, 7 and 997 more`.
fn named(noun: &str, count: u64, first: &[u64]) -> String {
    let shown = &first[..first.len().min(SHOWN_NUMBERS)];
    let numbers: Vec<_> = shown.iter().map(u64::to_string).collect();
    let more = count.saturating_sub(shown.len() as u64);
    match (numbers.as_slice(), more) {
        ([one], 0) => format!("{noun} {one}"),
        ([.., last], 0) => {
            let others = &numbers[..numbers.len() - 1];
            format!("{noun}s {} and {last}", others.join(", "))
        }
        (numbers, more) => format!("{noun}s {} and {more} more", numbers.join(", ")),
    }
}

fn destination(topics: &[String]) -> String {
    match topics {
        [] => "no topic".to_owned(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, .., last] => format!("{one} ... {last} ({} topics)", topics.len()),
    }
}

/// `1 message`, `2 messages`.
fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn millis(micros: u64) -> String {
    format!("{:.1} ms", micros as f64 / 1e3)
}

/// The report as `--report json` prints it.
#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    topics: &'a [String],
    sent: u64,
    acknowledged: u64,
    failed: u64,
    unknown: u64,
    undelivered: u64,
    unsent: u64,
    confirmed: bool,
    promise: &'static str,
    interrupted: bool,
    seconds: f64,
    messages_per_second: f64,
    bytes: u64,
    latency_ms: Latency,
    transactions: Option<Transactions>,
    failures: Vec<Failure<'a>>,
    error: Option<String>,
    seed: Option<u64>,
}

#[derive(Serialize)]
struct Transactions {
    committed: u64,
    aborted: u64,
    /// Messages of one that was left open.
    open: u64,
}

#[derive(Serialize)]
struct Latency {
    p50: f64,
    p99: f64,
    max: f64,
}

#[derive(Serialize)]
struct Failure<'a> {
    reason: &'a str,
    count: u64,
    /// The numbers of the first of them: lines of standard input from 1, messages from 0, or
    /// records of the ledger.
    first: &'a [u64],
}

/// Writes the report as one JSON object on one line.
pub(crate) fn json(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let tally = &run.tally;
    let seconds = run.elapsed.as_secs_f64();
    let latency = |quantile: f64| tally.latency.value_at_quantile(quantile) as f64 / 1e3;
    let report = Report {
        schema: "kp.producer.report/1",
        topics: &run.topics,
        sent: tally.sent,
        acknowledged: if run.confirmed { tally.acknowledged } else { 0 },
        failed: tally.failed,
        unknown: tally.unknown,
        undelivered: tally.open(),
        unsent: run.unsent,
        confirmed: run.confirmed,
        promise: run.promise.name(),
        interrupted: run.interrupted,
        seconds,
        messages_per_second: tally.acknowledged as f64 / seconds,
        bytes: tally.bytes,
        latency_ms: Latency {
            p50: latency(0.5),
            p99: latency(0.99),
            max: tally.latency.max() as f64 / 1e3,
        },
        transactions: run.transactions.map(|(committed, aborted, open)| Transactions {
            committed,
            aborted,
            open,
        }),
        failures: tally
            .failures
            .iter()
            .map(|kind| Failure { reason: &kind.reason, count: kind.count, first: &kind.first })
            .collect(),
        error: run.error.as_ref().map(|error| format!("{error:#}")),
        seed: run.seed,
    };
    serde_json::to_writer(&mut *out, &report)?;
    writeln!(out)
}
