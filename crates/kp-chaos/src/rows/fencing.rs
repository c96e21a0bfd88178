//! Row 6: while one instance works, another one starts with the same transactional id. The first
//! must end, and say why.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::audit::{self, Audit, Case};
use crate::client::{Client, Stdout};
use crate::finding::Figure;
use crate::group::wait_until_caught_up;
use crate::plan;
use crate::stage::{SHORT_SESSION, Stage};
use kp_process::wait;

const FENCED: i32 = 6;
const RATE: u64 = 200;
const ENDLESS: u64 = 1_000_000_000;
const FENCED_WITHIN: Duration = Duration::from_secs(20);
/// Every second takeover is one of a copier.
const PARTITIONS: u32 = 4;

/// What the takeovers showed.
#[derive(Default)]
struct Takeovers {
    count: u64,
    fenced: u64,
    slowest: Duration,
}

pub(crate) fn run(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let each = stage.amount(plan::FENCINGS) / 2;
    writeln!(out, "   {each} takeovers of a producer, {each} of a copier")?;
    let mut takeovers = Takeovers::default();
    let topic = stage.topic("original", PARTITIONS, &[])?;
    let mut audits = producers(each, &topic, stage, &mut takeovers)?;
    audits.push(copiers(each, stage, &mut takeovers)?);
    Ok(judge(&takeovers, &audits))
}

fn judge(takeovers: &Takeovers, audits: &[Audit]) -> Vec<Figure> {
    let sum = |of: fn(&Audit) -> u64| audits.iter().map(of).sum();
    vec![
        Figure::exactly("fenced with exit 6", takeovers.fenced, takeovers.count),
        Figure::none("lost", sum(|audit| audit.lost)),
        Figure::none("there twice", sum(|audit| audit.twice)),
        Figure::none("torn transactions", sum(|audit| audit.torn_transactions)),
        Figure::none("of aborted transactions visible", sum(|audit| audit.aborted_stored)),
        Figure::shown("ms to the slowest end", takeovers.slowest.as_millis() as u64),
    ]
}

fn producers(
    count: u64,
    topic: &str,
    stage: &Stage<'_>,
    takeovers: &mut Takeovers,
) -> Result<Vec<Audit>> {
    let identity = format!("{}-producer", stage.name);
    let more = ["--transactional-id", &identity, "--per-transaction", "20"];
    // Two work at the same time, each with its own ledger.
    let ledgers = ["even.ledger", "odd.ledger"];
    let start = |number: u64| {
        let ledger = ledgers[usize::from(!number.is_multiple_of(2))];
        stage.producer(topic, ledger, ENDLESS, RATE, &more)
    };
    // It is in the middle of its work as soon as more is stored than its predecessor had stored.
    let wait_until_it_works = |instance: &mut Client| {
        let stored = stage.stored(topic)?;
        stage.wait_until_stored(topic, stored + 50, instance)
    };
    let mut first = start(0)?;
    for number in 1..=count {
        wait_until_it_works(&mut first)?;
        let second = start(number)?;
        see(&mut first, stage, takeovers)
            .with_context(|| format!("at the producers' takeover number {number}"))?;
        first = second;
    }
    wait_until_it_works(&mut first)?;
    first.stopped_within(plan::STOPS_WITHIN, stage.interrupt)?.exits(0)?;
    let audit_one = |ledger| {
        let case = Case { ledger, promise: Some("transactional"), ..Case::default() };
        audit::by_both(stage, &case)
    };
    ledgers.into_iter().map(audit_one).collect()
}

/// Copiers with the same transactional id take over from each other, while a producer sends.
fn copiers(count: u64, stage: &Stage<'_>, takeovers: &mut Takeovers) -> Result<Audit> {
    let (from, to) =
        (stage.topic("second", PARTITIONS, &[])?, stage.topic("copy", PARTITIONS, &[])?);
    let group = format!("{}-copiers", stage.name);
    let identity = format!("{}-copier", stage.name);
    let mut producer = stage.producer(&from, "second.ledger", ENDLESS, RATE, &[])?;
    let start = |more: &[&str]| -> Result<Client> {
        let arguments = [
            "--topic",
            &from,
            "--group",
            &group,
            "--copy-to",
            &to,
            "--transactional-id",
            &identity,
        ];
        let arguments = [&arguments[..], &SHORT_SESSION, more].concat();
        stage.start("kp-consumer", &arguments, Stdout::Kept)
    };
    let mut working = vec![start(&["--idle-exit", "never"])?];
    for number in 1..=count {
        wait_until_caught_up(&group, &from, stage, &mut working)?;
        let second = start(&["--idle-exit", "never"])?;
        see(&mut working[0], stage, takeovers)
            .with_context(|| format!("at the copiers' takeover number {number}"))?;
        working[0] = second;
    }
    producer.stopped_within(plan::STOPS_WITHIN, stage.interrupt)?.exits(0)?;
    wait_until_caught_up(&group, &from, stage, &mut working)?;
    working[0].stopped_within(plan::STOPS_WITHIN, stage.interrupt)?.exits(0)?;
    let case = Case { ledger: "second.ledger", copy: Some(&to), ..Case::default() };
    audit::by_both(stage, &case)
}

/// One that is not fenced is counted and ended, so that the others are seen too.
fn see(first: &mut Client, stage: &Stage<'_>, takeovers: &mut Takeovers) -> Result<()> {
    takeovers.count += 1;
    let started = std::time::Instant::now();
    while !first.has_ended() && started.elapsed() < FENCED_WITHIN {
        wait::pass(Duration::from_millis(20), stage.interrupt, &mut || Ok(()))?;
    }
    if !first.has_ended() {
        first.kill();
        return Ok(());
    }
    let ended = first.ended_within(Duration::ZERO, stage.interrupt)?;
    takeovers.slowest = takeovers.slowest.max(started.elapsed());
    takeovers.fenced += u64::from(ended.code() == Some(FENCED));
    Ok(())
}
