//! The report for a program: one JSON object on one line.

use std::io::{self, Write};

use serde::Serialize;

use crate::run::Run;

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
    /// `due` or `taken`: from when latencies count.
    latency_from: &'static str,
    rate: Option<Rate>,
    intervals: Vec<Interval>,
    unwritten_receipts: u64,
}

/// How a rate was kept.
#[derive(Serialize)]
struct Rate {
    target: f64,
    sent: f64,
    on_time: bool,
    /// How late the latest message was sent.
    latest_ms: f64,
    queue_full_seconds: f64,
    /// Messages that were due before the end of `--duration` and not sent.
    missed: u64,
}

/// What happened in a second, or in several of a long run.
#[derive(Serialize)]
struct Interval {
    /// Seconds since the start.
    at: f64,
    seconds: f64,
    sent: u64,
    acknowledged: u64,
    failed: u64,
    unknown: u64,
    /// Of the messages that were acknowledged in it, if there were some.
    latency_ms: Option<Latency>,
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
    p95: f64,
    p99: f64,
    p999: f64,
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
    let latency = |quantile: f64| millis(tally.latency.value_at_quantile(quantile));
    // What acks=0 does not confirm may be stored or not.
    let split = |acknowledged: u64, unknown: u64| {
        if run.confirmed { (acknowledged, unknown) } else { (0, acknowledged + unknown) }
    };
    let (acknowledged, unknown) = split(tally.acknowledged, tally.unknown);
    let report = Report {
        schema: "kp.producer.report/1",
        topics: &run.topics,
        sent: tally.sent,
        acknowledged,
        failed: tally.failed,
        unknown,
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
            p95: latency(0.95),
            p99: latency(0.99),
            p999: latency(0.999),
            max: millis(tally.latency.max()),
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
        latency_from: if run.is_from_due { "due" } else { "taken" },
        rate: run.kept.as_ref().map(|kept| Rate {
            target: kept.target,
            sent: kept.sent_per_second,
            on_time: kept.is_on_time(),
            latest_ms: kept.latest.as_secs_f64() * 1e3,
            queue_full_seconds: kept.waited_for_room.as_secs_f64(),
            missed: kept.missed,
        }),
        intervals: intervals(run, split),
        unwritten_receipts: run.unwritten_receipts,
    };
    serde_json::to_writer(&mut *out, &report)?;
    writeln!(out)
}

fn intervals(run: &Run, split: impl Fn(u64, u64) -> (u64, u64)) -> Vec<Interval> {
    let Some(timeline) = &run.timeline else {
        return Vec::new();
    };
    let all = timeline.intervals().map(|(at, length, interval)| {
        let counts = interval.counts;
        let (acknowledged, unknown) = split(counts.acknowledged, counts.unknown);
        let latency = |quantile| interval.latency_micros(quantile).map(millis);
        Interval {
            at: at.as_secs_f64(),
            seconds: length.as_secs_f64(),
            sent: counts.sent,
            acknowledged,
            failed: counts.failed,
            unknown,
            latency_ms: latency(0.5).zip(latency(0.95)).zip(latency(0.99)).zip(latency(0.999)).map(
                |(((p50, p95), p99), p999)| Latency {
                    p50,
                    p95,
                    p99,
                    p999,
                    max: millis(interval.longest),
                },
            ),
        }
    });
    all.collect()
}

fn millis(micros: u64) -> f64 {
    micros as f64 / 1e3
}
