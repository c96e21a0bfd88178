//! What became of the messages, for a person and for a program.

use std::io::{self, Write};

use serde::Serialize;

use crate::send::Run;

/// Kinds of failure that the text shows.
const SHOWN_FAILURES: usize = 5;

/// Writes the summary to `talk` and `[Done]: seconds` to `out`.
pub(crate) fn text(run: &Run, talk: &mut dyn Write, out: &mut dyn Write) -> io::Result<()> {
    // Who closed stderr does not want the summary.
    let _ = summary(run, talk);
    writeln!(out, "[Done]: {:.4}", run.elapsed.as_secs_f64())
}

fn summary(run: &Run, talk: &mut dyn Write) -> io::Result<()> {
    let tally = &run.tally;
    let seconds = run.elapsed.as_secs_f64();
    if run.confirmed {
        writeln!(
            talk,
            "{} for {}: {} acknowledged, {} failed",
            counted(tally.sent, "message"),
            destination(&run.topics),
            tally.acknowledged,
            tally.failed
        )?;
    } else {
        writeln!(
            talk,
            "{} for {}: 0 confirmed, {} failed (acks=0 asks the broker for no answer, so none of them is known to be stored)",
            counted(tally.sent, "message"),
            destination(&run.topics),
            tally.failed
        )?;
    }
    if tally.acknowledged > 0 {
        writeln!(
            talk,
            "  {:.0} msg/s, {:.2} MB/s; {} p50 {}, p99 {}, max {}",
            tally.acknowledged as f64 / seconds,
            tally.bytes as f64 / 1e6 / seconds,
            if run.confirmed {
                "delivery latency"
            } else {
                "time until handed to the network"
            },
            millis(tally.latency.value_at_quantile(0.5)),
            millis(tally.latency.value_at_quantile(0.99)),
            millis(tally.latency.max()),
        )?;
    }
    if let Some((committed, aborted, open)) = run.transactions {
        write!(talk, "  {} committed", counted(committed, "transaction"))?;
        if aborted > 0 {
            write!(talk, ", {aborted} aborted and sent again")?;
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
    for (reason, count) in tally.failures.iter().take(SHOWN_FAILURES) {
        writeln!(talk, "  {count} failed: {reason}")?;
    }
    if tally.failures.len() > SHOWN_FAILURES {
        writeln!(
            talk,
            "  and {} more kinds of failure; --report json lists all",
            tally.failures.len() - SHOWN_FAILURES
        )?;
    }
    if tally.open() > 0 {
        writeln!(
            talk,
            "  {} left undelivered when the time for ending was over (--shutdown-timeout); they may or may not be stored",
            counted(tally.open(), "message")
        )?;
    }
    if run.unsent > 0 {
        let taken = if run.made_up {
            format!("{} made up", counted(run.unsent, "message"))
        } else {
            format!("{} read from standard input", counted(run.unsent, "line"))
        };
        writeln!(
            talk,
            "  {taken} and not sent: the time for ending was over (--shutdown-timeout)"
        )?;
    }
    if run.interrupted && tally.open() == 0 && run.unsent == 0 {
        writeln!(talk, "  stopped by a signal; 0 messages left undelivered")?;
    }
    Ok(())
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
    undelivered: u64,
    unsent: u64,
    confirmed: bool,
    interrupted: bool,
    seconds: f64,
    messages_per_second: f64,
    bytes: u64,
    latency_ms: Latency,
    transactions: Option<Transactions>,
    failures: Vec<Failure<'a>>,
    error: Option<String>,
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
        undelivered: tally.open(),
        unsent: run.unsent,
        confirmed: run.confirmed,
        interrupted: run.interrupted,
        seconds,
        messages_per_second: tally.acknowledged as f64 / seconds,
        bytes: tally.bytes,
        latency_ms: Latency {
            p50: latency(0.5),
            p99: latency(0.99),
            max: tally.latency.max() as f64 / 1e3,
        },
        transactions: run
            .transactions
            .map(|(committed, aborted, open)| Transactions {
                committed,
                aborted,
                open,
            }),
        failures: tally
            .failures
            .iter()
            .map(|(reason, count)| Failure {
                reason,
                count: *count,
            })
            .collect(),
        error: run.error.as_ref().map(|error| format!("{error:#}")),
    };
    serde_json::to_writer(&mut *out, &report)?;
    writeln!(out)
}
