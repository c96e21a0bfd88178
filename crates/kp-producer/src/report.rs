//! What became of the messages, for a person and for a program.

use std::io::{self, Write};
use std::time::Duration;

use kp_cli::escaped;
use kp_client::produce::Failures;

use crate::pace::Kept;
use crate::run::Run;

mod json;

pub(crate) use json::json;

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
            "  {:.0} msg/s, {:.2} MB/s; {}",
            tally.acknowledged as f64 / seconds,
            tally.bytes as f64 / 1e6 / seconds,
            latency(run)
        )?;
    }
    if let Some(kept) = &run.kept {
        pace(run, kept, talk)?;
    }
    if let Some(note) = run.note {
        writeln!(talk, "  {note}")?;
    }
    let is_empty = tally.sent == 0 && run.unsent == 0 && !run.interrupted && run.error.is_none();
    if let (Some(input), true) = (&run.input, is_empty) {
        writeln!(talk, "  nothing was read from {}", escaped(input))?;
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
    for Failures { reason, count, first, .. } in tally.failures.iter().take(SHOWN_FAILURES) {
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
        let taken = match &run.input {
            None => format!("{} made up", counted(run.unsent, "message")),
            Some(input) => {
                format!("{} read from {}", counted(run.unsent, run.noun), escaped(input))
            }
        };
        writeln!(talk, "  {taken} and not sent {}", why_it_ended(run))?;
    }
    if run.unwritten_receipts > 0 {
        writeln!(
            talk,
            "  {} not written: standard output was closed, or its reader took none until the end",
            counted(run.unwritten_receipts, "receipt")
        )?;
    }
    if run.interrupted && tally.open() == 0 && run.unsent == 0 {
        writeln!(talk, "  stopped by a signal; 0 messages left undelivered")?;
    }
    Ok(())
}

/// How long messages took; with a rate also the rare ones, for which one looks there.
fn latency(run: &Run) -> String {
    let latency = &run.tally.latency;
    let at = |quantile| millis(latency.value_at_quantile(quantile));
    let what = if run.confirmed { "delivery latency" } else { "time until handed to the network" };
    let (p50, p99, max) = (at(0.5), at(0.99), millis(latency.max()));
    if run.is_from_due {
        let (p95, p999) = (at(0.95), at(0.999));
        format!("{what} from when due p50 {p50}, p95 {p95}, p99 {p99}, p99.9 {p999}, max {max}")
    } else {
        format!("{what} p50 {p50}, p99 {p99}, max {max}")
    }
}

/// Whether messages were sent when they were due, and if not, why.
fn pace(run: &Run, kept: &Kept, talk: &mut dyn Write) -> io::Result<()> {
    let (target, sent) = (per_second(kept.target), per_second(kept.sent_per_second));
    write!(talk, "  target {target} msg/s, sent {sent} msg/s: ")?;
    if kept.is_on_time() {
        return writeln!(talk, "on time, at most {} late", lateness(kept.latest));
    }
    write!(talk, "NOT on time, up to {} late", lateness(kept.latest))?;
    if kept.missed > 0 {
        write!(talk, ", and {} due before the end of --duration not sent", kept.missed)?;
    }
    writeln!(talk)?;
    let waited = kept.waited_for_room.as_secs_f64();
    if kept.is_held_up_by_queue() {
        writeln!(
            talk,
            "  the queue was full for {waited:.1} s: the broker, or the way to it, takes messages more slowly than they are due"
        )
    } else if run.is_flushed_each {
        writeln!(
            talk,
            "  each message waited for the acknowledgement of the one before it (--flush each)"
        )
    } else if run.transactions.is_some() {
        writeln!(
            talk,
            "  messages waited for commits; a larger --per-transaction makes fewer of them"
        )
    } else {
        writeln!(
            talk,
            "  the queue had room: kp-producer got no time of the processor, or makes messages no faster"
        )
    }
}

fn lateness(late: Duration) -> String {
    if late < Duration::from_secs(1) {
        format!("{} ms", late.as_millis())
    } else {
        format!("{:.1} s", late.as_secs_f64())
    }
}

/// Slow rates have decimals.
fn per_second(rate: f64) -> String {
    if rate < 10.0 { format!("{rate:.2}") } else { format!("{rate:.0}") }
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
