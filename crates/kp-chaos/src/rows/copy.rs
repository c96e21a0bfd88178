//! Row 5: a copy in transactions, while the copier and the brokers are killed. A reader that takes
//! committed records alone must see each message once.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result};
use fastrand::Rng;

use crate::audit::{self, Audit, Case};
use crate::client::{Client, Stdout};
use crate::fault::{self, Scope};
use crate::finding::Figure;
use crate::group::{wait_until_caught_up, wait_until_left};
use crate::plan;
use crate::schedule::{self, Planned};
use crate::stage::{SHORT_SESSION, Stage};
use kp_process::wait;

const ENDLESS: u64 = 1_000_000_000;
const PATIENT: [&str; 2] = ["--delivery-timeout", "120s"];
const PARTITIONS: u32 = 4;
const REST_WITHIN: Duration = Duration::from_secs(180);
const FLUSHED_WITHIN: Duration = Duration::from_secs(60);

/// A step of the row.
enum Event {
    CopierKilled(Duration),
    Broker(Planned),
}

/// The topic that is copied, its copy, and the group of the copiers.
struct Work<'a> {
    from: &'a str,
    to: &'a str,
    group: &'a str,
}

pub(crate) fn run(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let (client_kills, broker_faults) =
        (stage.amount(plan::COPY_CLIENT_KILLS), stage.amount(plan::COPY_BROKER_FAULTS));
    let events = events(stage.seed, client_kills, broker_faults);
    print(stage.seed, &events, out)?;
    let from = stage.topic("original", PARTITIONS, &[])?;
    let to = stage.topic("copy", PARTITIONS, &[])?;
    let group = format!("{}-copiers", stage.name);
    let work = Work { from: &from, to: &to, group: &group };
    let rate = stage.amount(plan::COPY_RATE);
    let mut producer = stage.producer(&from, "original.ledger", ENDLESS, rate, &PATIENT)?;
    let mut ended_by_itself = 0;
    let mut copiers = vec![copier(&work, stage)?];
    for (number, event) in (1..).zip(&events) {
        let happens = match event {
            Event::CopierKilled(pause) => {
                kill_copier(*pause, &work, &mut copiers, stage, &mut ended_by_itself)
            }
            Event::Broker(planned) => broker_fault(
                planned,
                &work,
                &mut copiers,
                &mut producer,
                stage,
                &mut ended_by_itself,
            ),
        };
        happens.with_context(|| format!("at the event number {number}"))?;
    }
    let messages = stage.amount(plan::COPY_MESSAGES);
    stage.wait_until_stored(&from, messages, &mut producer)?;
    producer.stopped_within(FLUSHED_WITHIN, stage.interrupt)?.exits(0)?;
    copiers[0].kill();
    // The last copier is to get all partitions.
    wait_until_left(work.group, stage)?;
    copy_the_rest(&work, stage)?;

    let of_copy = Case { ledger: "original.ledger", copy: Some(&to), ..Case::default() };
    let mut figures = judge(&audit::by_both(stage, &of_copy)?, messages);
    figures.push(Figure::shown("kills of the copier", client_kills));
    figures.push(Figure::shown("faults of brokers", broker_faults));
    figures.push(Figure::shown("ends by itself, and restarts", ended_by_itself));
    Ok(figures)
}

fn judge(audit: &Audit, messages: u64) -> Vec<Figure> {
    vec![
        Figure::none("missing", audit.lost),
        Figure::none("there twice", audit.twice),
        Figure::none("invented", audit.never_sent + audit.corrupted),
        Figure::none("of aborted transactions visible", audit.aborted_stored),
        Figure::at_least("copied", audit.acknowledged, messages),
        // A copy without keys goes to any partition, where it meets others.
        Figure::shown("in another order than they were sent", audit.out_of_order),
    ]
}

/// The kills and faults in an order that the seed decides.
fn events(seed: u64, client_kills: u64, broker_faults: u64) -> Vec<Event> {
    let mut random = Rng::with_seed(seed);
    let mut events: Vec<_> = (0..client_kills)
        .map(|_| Event::CopierKilled(Duration::from_millis(random.u64(50..1_000))))
        .collect();
    for fault in schedule::of(seed, broker_faults) {
        events.insert(random.usize(0..=events.len()), Event::Broker(fault));
    }
    events
}

fn print(seed: u64, events: &[Event], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "   seed {seed}:")?;
    for (number, event) in (1..).zip(events) {
        match event {
            Event::CopierKilled(pause) => writeln!(
                out,
                "   {number:>3}. SIGKILL to the copier, {} ms after it has caught up",
                pause.as_millis()
            )?,
            Event::Broker(planned) => writeln!(out, "   {number:>3}. {planned}")?,
        }
    }
    Ok(())
}

fn copier(work: &Work<'_>, stage: &Stage<'_>) -> Result<Client> {
    start_copier(work, &["--idle-exit", "never"], stage)
}

fn start_copier(work: &Work<'_>, more: &[&str], stage: &Stage<'_>) -> Result<Client> {
    let identity = format!("{}-copier", stage.name);
    let arguments = [
        "--topic",
        work.from,
        "--group",
        work.group,
        "--copy-to",
        work.to,
        "--transactional-id",
        &identity,
    ];
    let arguments = [&arguments[..], &SHORT_SESSION, more].concat();
    stage.start("kp-consumer", &arguments, Stdout::Kept)
}

fn kill_copier(
    pause: Duration,
    work: &Work<'_>,
    copiers: &mut [Client],
    stage: &Stage<'_>,
    ended_by_itself: &mut u64,
) -> Result<()> {
    restart_if_ended(work, copiers, stage, ended_by_itself)?;
    wait_until_caught_up(work.group, work.from, stage, copiers)?;
    wait::pass(pause, stage.interrupt, &mut || Ok(()))?;
    copiers[0].kill();
    copiers[0] = copier(work, stage)?;
    Ok(())
}

fn broker_fault(
    planned: &Planned,
    work: &Work<'_>,
    copiers: &mut [Client],
    producer: &mut Client,
    stage: &Stage<'_>,
    ended_by_itself: &mut u64,
) -> Result<()> {
    let scope = Scope { topic: work.to, group: work.group };
    fault::carry_out(planned, &scope, stage.cluster, stage.interrupt, &mut || {
        producer.ensure_running()?;
        restart_if_ended(work, copiers, stage, ended_by_itself)
    })
    .with_context(|| format!("during the fault: {planned}"))
    .map(drop)
}

/// A copier may give up while brokers are away, as long as it says so by its exit code and its
/// successor goes on.
fn restart_if_ended(
    work: &Work<'_>,
    copiers: &mut [Client],
    stage: &Stage<'_>,
    ended_by_itself: &mut u64,
) -> Result<()> {
    for each in copiers.iter_mut() {
        if each.has_ended() {
            let ended = each.ended_within(Duration::ZERO, stage.interrupt)?;
            anyhow::ensure!(
                ended.code() != Some(0),
                "the copier ended with exit 0 although it was to go on: {}",
                ended.stderr.trim()
            );
            *ended_by_itself += 1;
            *each = copier(work, stage)?;
        }
    }
    Ok(())
}

fn copy_the_rest(work: &Work<'_>, stage: &Stage<'_>) -> Result<()> {
    start_copier(work, &["--until-end"], stage)?
        .ended_within(REST_WITHIN, stage.interrupt)?
        .exits(0)
        .map(drop)
        .context("the last copier, which was to end at the end of the topic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_events_follows_from_the_seed() {
        let in_words = |seed| {
            let mut words = Vec::new();
            print(seed, &events(seed, 5, 3), &mut words).unwrap();
            String::from_utf8(words).unwrap()
        };
        assert_eq!(in_words(3), in_words(3));
        assert_eq!(in_words(3).lines().count(), 1 + 5 + 3);
    }
}
