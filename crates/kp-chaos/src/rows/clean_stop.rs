//! Row 4: a consumer is told to end again and again, with thousands of messages fetched and not yet
//! printed. Its successor must go on with the very next message.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use kp_process::Signal;

use crate::audit::{self, Audit, Case};
use crate::client::Stdout;
use crate::finding::Figure;
use crate::pipe::Reader;
use crate::plan;
use crate::stage::Stage;
use kp_process::wait;

/// A reader so slow that the backlog stays in the consumer: about 300 lines a second.
const BYTES_PER_SECOND: f64 = 100_000.0;
/// One in so many gets SIGTERM while nobody reads its pipe any more.
const STALLED_ONE_IN: u64 = 5;
/// Lines that must have been read before the signal, so that every consumer gets to work.
const FIRST_LINES: u64 = 20;
const FIRST_LINES_WITHIN: Duration = Duration::from_secs(30);
const REST_WITHIN: Duration = Duration::from_secs(120);
const PARTITIONS: u32 = 4;
const FILE: &str = "delivered.out";

/// How one consumer is ended.
#[derive(Clone, Copy)]
struct Manner {
    signal: Signal,
    delivery: &'static str,
}

const CLEAN: Manner = Manner { signal: Signal::TERM, delivery: "at-least-once" };

/// Commits before it prints, and gets no chance to print: what is in between is missing.
const CARELESS: Manner = Manner { signal: Signal::KILL, delivery: "at-most-once" };

/// What the ends showed.
#[derive(Default)]
struct Ends {
    count: u64,
    stalled: u64,
    exit_0: u64,
    slowest: Duration,
    lines: u64,
}

pub(crate) fn run(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let stops = stage.amount(plan::CLEAN_STOPS);
    writeln!(out, "   seed {}: {stops} times SIGTERM", stage.seed)?;
    let (ends, audit) = end_again_and_again(&CLEAN, stops, stage)?;
    Ok(judge(&ends, &audit))
}

pub(crate) fn control(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    writeln!(out, "   --delivery at-most-once, and SIGKILL in place of SIGTERM")?;
    let (ends, audit) = end_again_and_again(&CARELESS, 4, stage)?;
    Ok(judge(&ends, &audit))
}

fn judge(ends: &Ends, audit: &Audit) -> Vec<Figure> {
    let delivered = audit.delivered.clone().unwrap_or_default();
    vec![
        Figure::none("missed", delivered.missing),
        Figure::none("repeated", delivered.repeated),
        Figure::none("invented", delivered.never_stored + delivered.corrupted),
        Figure::exactly(
            "of the noted messages came out of the pipe",
            ends.lines,
            delivered.records,
        ),
        Figure::exactly("ended with exit 0", ends.exit_0, ends.count),
        Figure::at_most(
            "ms to the slowest end",
            ends.slowest.as_millis() as u64,
            plan::STOPS_WITHIN.as_millis() as u64,
        ),
        Figure::at_least("delivered", delivered.distinct, ends.count * FIRST_LINES),
        Figure::shown("with a stalled pipe", ends.stalled),
    ]
}

fn end_again_and_again(manner: &Manner, stops: u64, stage: &Stage<'_>) -> Result<(Ends, Audit)> {
    let topic = stage.topic("backlog", PARTITIONS, &[])?;
    let messages = stage.amount(plan::CLEAN_STOP_MESSAGES);
    stage
        .producer(&topic, "backlog.ledger", messages, 0, &[])?
        .ended_within(REST_WITHIN, stage.interrupt)?
        .exits(0)?;
    let group = format!("{}-readers", stage.name);
    let mut random = Rng::with_seed(stage.seed);
    let mut ends = Ends::default();
    for stop in 1..=stops {
        let stalled = stop % STALLED_ONE_IN == 0;
        let pause = Duration::from_millis(random.u64(0..300));
        end_one(manner, &topic, &group, stalled, pause, stage, &mut ends)
            .with_context(|| format!("at the end number {stop}"))?;
    }
    read_the_rest(&topic, &group, stage, &mut ends)?;
    let delivered = [FILE.to_owned()];
    let case = Case { ledger: "backlog.ledger", delivered: &delivered, ..Case::default() };
    Ok((ends, audit::by_both(stage, &case)?))
}

fn end_one(
    manner: &Manner,
    topic: &str,
    group: &str,
    stalled: bool,
    pause: Duration,
    stage: &Stage<'_>,
    ends: &mut Ends,
) -> Result<()> {
    let more = ["--idle-exit", "never", "--format", "json", "--delivery", manner.delivery];
    let mut consumer = stage.consumer(topic, group, FILE, Stdout::Piped, &more)?;
    let reader = Reader::start(consumer.take_pipe()?, Some(BYTES_PER_SECOND), (), |(), _| {});
    let what = format!("the consumer has printed {FIRST_LINES} lines");
    wait::until(&what, FIRST_LINES_WITHIN, stage.interrupt, || {
        consumer.ensure_running()?;
        Ok(reader.lines() >= FIRST_LINES)
    })?;
    if stalled {
        reader.stall();
    }
    wait::pass(pause, stage.interrupt, &mut || Ok(()))?;
    consumer.send(manner.signal)?;
    let told = Instant::now();
    let patience = plan::STOPS_WITHIN * 2;
    let ended = consumer.ended_within(patience, stage.interrupt)?;
    ends.slowest = ends.slowest.max(told.elapsed());
    let (lines, ()) = reader.finish()?;
    ends.count += 1;
    ends.stalled += u64::from(stalled);
    ends.exit_0 += u64::from(ended.code() == Some(0));
    ends.lines += lines;
    Ok(())
}

fn read_the_rest(topic: &str, group: &str, stage: &Stage<'_>, ends: &mut Ends) -> Result<()> {
    let more = ["--until-end", "--format", "json"];
    let mut consumer = stage.consumer(topic, group, FILE, Stdout::Piped, &more)?;
    let reader = Reader::start(consumer.take_pipe()?, None, (), |(), _| {});
    consumer.ended_within(REST_WITHIN, stage.interrupt)?.exits(0)?;
    let (lines, ()) = reader.finish()?;
    ensure!(
        lines > 0,
        "nothing was left for the last consumer, so the backlog was too small to show anything"
    );
    ends.lines += lines;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Delivered;

    fn held(missing: u64, repeated: u64, slowest: Duration) -> bool {
        let ends = Ends { count: 10, exit_0: 10, slowest, lines: 1_000, ..Ends::default() };
        let audit = Audit {
            delivered: Some(Delivered {
                records: 1_000,
                distinct: 1_000,
                missing,
                repeated,
                ..Delivered::default()
            }),
            ..Audit::default()
        };
        judge(&ends, &audit).iter().all(Figure::holds)
    }

    #[test]
    fn one_missed_one_repeated_or_one_late_end_is_enough() {
        let soon = Duration::from_secs(1);
        assert!(held(0, 0, soon));
        assert!(!held(1, 0, soon));
        assert!(!held(0, 1, soon));
        assert!(!held(0, 0, Duration::from_secs(11)));
    }
}
