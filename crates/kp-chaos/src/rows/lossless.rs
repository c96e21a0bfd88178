//! Row 1: an idempotent producer, faults of brokers all the while, and the audit.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result};
use kp_process::Signal;

use crate::audit::{self, Audit, Case, Reader};
use crate::fault::{self, Scope};
use crate::finding::Figure;
use crate::stage::{Sent, Stage};
use crate::{plan, schedule};
use kp_process::wait;

/// Ends later than any fault, so that no message fails.
const PATIENT: [&str; 2] = ["--delivery-timeout", "120s"];
/// After the last fault all that is queued can be sent.
const FLUSHED_WITHIN: Duration = Duration::from_secs(60);
const ENDLESS: u64 = 1_000_000_000;

pub(crate) fn run(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let seeds = stage.amount(plan::LOSSLESS_SEEDS);
    let messages = stage.amount(plan::LOSSLESS_MESSAGES);
    let mut audits = Vec::new();
    for seed in stage.seed..stage.seed + seeds {
        let audit = under_faults(seed, messages, stage, out)
            .with_context(|| format!("with the seed {seed}"))?;
        audits.push(audit);
    }
    let mut figures = judge(&audits);
    let least = seeds * messages;
    let acknowledged = audits.iter().map(|audit| audit.acknowledged).sum();
    figures.push(Figure::at_least("acknowledged", acknowledged, least));
    let faults = seeds * stage.amount(plan::LOSSLESS_FAULTS);
    figures.push(Figure::shown("faults", faults));
    Ok(figures)
}

/// What the property forbids, wherever it comes from.
fn judge(audits: &[Audit]) -> Vec<Figure> {
    let sum = |of: fn(&Audit) -> u64| audits.iter().map(of).sum();
    vec![
        Figure::none("lost", sum(|audit| audit.lost)),
        Figure::none("stored twice", sum(|audit| audit.twice)),
        Figure::none("out of order", sum(|audit| audit.out_of_order)),
        Figure::none("corrupted", sum(|audit| audit.corrupted)),
        Figure::shown("failed", sum(|audit| audit.failed)),
    ]
}

fn under_faults(seed: u64, messages: u64, stage: &Stage<'_>, out: &mut dyn Write) -> Result<Audit> {
    let topic = stage.topic(&format!("seed-{seed}"), 6, &[])?;
    let ledger = format!("seed-{seed}.ledger");
    let rate = stage.amount(plan::LOSSLESS_RATE);
    let faults = schedule::of(seed, stage.amount(plan::LOSSLESS_FAULTS));
    schedule::print(seed, &faults, out)?;

    let mut producer = stage.producer(&topic, &ledger, ENDLESS, rate, &PATIENT)?;
    let scope = Scope { topic: &topic, group: &topic };
    for planned in &faults {
        let hit = fault::carry_out(planned, &scope, stage.cluster, stage.interrupt, &mut || {
            producer.ensure_running()
        })
        .with_context(|| format!("during the fault: {planned}"))?;
        writeln!(out, "   over: {planned} (broker {hit})")?;
    }
    stage.wait_until_stored(&topic, messages, &mut producer)?;
    let ended = producer.stopped_within(FLUSHED_WITHIN, stage.interrupt)?.exits(0)?;
    let sent = Sent::said_by(&ended)?;
    let case = Case { ledger: &ledger, promise: Some("idempotent"), ..Case::default() };
    let audit = audit::by_both(stage, &case)?;
    anyhow::ensure!(
        audit.acknowledged == sent.acknowledged,
        "kp-producer says that {} were acknowledged, and its ledger {}",
        sent.acknowledged,
        audit.acknowledged
    );
    Ok(audit)
}

/// The leader alone confirms (acks=1), the others hang; it is killed, and what it alone had is
/// gone.
pub(crate) fn control(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let topic = stage.topic("acks-1", 1, &[])?;
    let (cluster, interrupt) = (stage.cluster, stage.interrupt);
    let leader = cluster.broker(cluster.leader_of(&topic)?)?;
    let others = cluster.brokers().iter().filter(|each| each.id != leader.id);
    let others: Vec<_> = others.collect();

    let acks = ["--acks", "1", "--delivery-timeout", "60s"];
    let mut producer = stage.producer(&topic, "acks-1.ledger", ENDLESS, 2_000, &acks)?;
    stage.wait_until_stored(&topic, 1_000, &mut producer)?;
    writeln!(out, "   acks=1; all but the leader (broker {}) stop, and it is killed", leader.id)?;
    others.iter().try_for_each(|other| other.pause())?;
    wait::pass(Duration::from_millis(1_500), interrupt, &mut || producer.ensure_running())?;
    leader.kill()?;
    others.iter().try_for_each(|other| other.resume())?;
    let elected = "another broker leads";
    wait::until(elected, Duration::from_secs(30), interrupt, || {
        Ok(cluster.leader_of(&topic).is_ok_and(|now| now != leader.id))
    })?;
    leader.start()?;
    cluster.wait_until_whole(interrupt, &mut || Ok(()))?;
    producer.send(Signal::TERM)?;
    producer.ended_within(FLUSHED_WITHIN, interrupt)?;
    let case = Case { ledger: "acks-1.ledger", promise: Some("acks-all"), ..Case::default() };
    Ok(judge(&[audit::by(Reader::Java, stage, &case)?]))
}
