//! Row 2: too few brokers for longer than the delivery timeout. The producer must tell what was not
//! stored.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::audit::{self, Audit, Case};
use crate::finding::Figure;
use crate::plan;
use crate::stage::{Sent, Stage};
use kp_process::Finished;
use kp_process::wait;
use kp_stack::docker::cluster::Broker;

/// Half are sent before and during the outage, at this rate.
const MESSAGES: u64 = 3_000;
const RATE: u64 = 500;
const CONTROL_MESSAGES: u64 = 7_000;
const CONTROL_HANGS: Duration = Duration::from_secs(8);
const TIMEOUT: [&str; 2] = ["--delivery-timeout", "3s"];
const TWICE: &str = "acknowledged and stored twice";
const ENDS_WITHIN: Duration = Duration::from_secs(40);

/// One way in which the brokers are away.
#[derive(Clone, Copy)]
struct Outage {
    brokers: usize,
    begin: fn(&Broker) -> Result<()>,
    end: fn(&Broker) -> Result<()>,
    in_words: &'static str,
}

const OUTAGES: [Outage; 4] = [
    Outage {
        brokers: 3,
        begin: Broker::kill,
        end: Broker::start,
        in_words: "all three brokers are killed",
    },
    Outage {
        brokers: 2,
        begin: Broker::pause,
        end: Broker::resume,
        in_words: "two of three brokers hang",
    },
    Outage {
        brokers: 3,
        begin: Broker::pause,
        end: Broker::resume,
        in_words: "all three brokers hang",
    },
    Outage {
        brokers: 2,
        begin: Broker::kill,
        end: Broker::start,
        in_words: "two of three brokers are killed",
    },
];

/// What one outage showed.
struct Shown {
    code: Option<i32>,
    sent: Sent,
    audit: Audit,
}

pub(crate) fn run(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let mut shown = Vec::new();
    let outages = stage.amount(plan::OUTAGES);
    for (number, outage) in (1..=outages).zip(OUTAGES.iter().cycle()) {
        writeln!(out, "   {number}. {}", outage.in_words)?;
        let one = during(outage, number, stage).context(outage.in_words)?;
        writeln!(
            out,
            "      exit {:?}: {} sent = {} acknowledged + {} failed + {} unknown; {} failed and stored, {} stored twice",
            one.code,
            one.sent.sent,
            one.sent.acknowledged,
            one.sent.failed,
            one.sent.unknown,
            one.audit.failed_stored,
            one.audit.twice
        )?;
        shown.push(one);
    }
    Ok(judge(&shown))
}

/// A message that failed was never sent, and one that was under way is of unknown fate. Nothing is
/// sent again under a new producer epoch, which would store it twice.
fn judge(shown: &[Shown]) -> Vec<Figure> {
    let all = shown.len() as u64;
    let count = |holds: fn(&Shown) -> bool| shown.iter().filter(|one| holds(one)).count() as u64;
    let sum = |of: fn(&Shown) -> u64| shown.iter().map(of).sum();
    vec![
        Figure::exactly(
            "reports that add up",
            count(|one| {
                let audit = &one.audit;
                one.sent.adds_up()
                    && one.sent.undelivered == 0
                    && audit.attempted == audit.acknowledged + audit.failed + audit.unknown
                    && audit.unknown == one.sent.unknown
                    && audit.acknowledged == one.sent.acknowledged
            }),
            all,
        ),
        Figure::exactly("ended with exit 5", count(|one| one.code == Some(5)), all),
        Figure::none("lost", sum(|one| one.audit.lost)),
        Figure::none(TWICE, sum(|one| one.audit.acknowledged_twice)),
        Figure::none("out of order", sum(|one| one.audit.out_of_order)),
        Figure::none("failed and stored after all", sum(|one| one.audit.failed_stored)),
        Figure::at_least("failed", sum(|one| one.audit.failed), all),
        Figure::shown("unknown", sum(|one| one.audit.unknown)),
        Figure::none("stored twice in all", sum(|one| one.audit.twice)),
    ]
}

fn during(outage: &Outage, number: u64, stage: &Stage<'_>) -> Result<Shown> {
    let topic = stage.topic(&format!("outage-{number}"), 3, &[])?;
    let ledger = format!("outage-{number}.ledger");
    let mut producer = stage.producer(&topic, &ledger, MESSAGES, RATE, &TIMEOUT)?;
    stage.wait_until_stored(&topic, RATE, &mut producer)?;
    let brokers = stage.cluster.brokers();
    let away = &brokers[..outage.brokers];
    away.iter().try_for_each(outage.begin)?;
    let ended = producer.ended_within(ENDS_WITHIN, stage.interrupt)?;
    away.iter().try_for_each(outage.end)?;
    stage.cluster.wait_until_whole(stage.interrupt, &mut || Ok(()))?;
    shown(stage, &ledger, &ended)
}

fn shown(stage: &Stage<'_>, ledger: &str, ended: &Finished) -> Result<Shown> {
    let case = Case { ledger, promise: Some("idempotent"), ..Case::default() };
    Ok(Shown {
        code: ended.code(),
        sent: Sent::said_by(ended)?,
        audit: audit::by_both(stage, &case)?,
    })
}

/// The followers come back after the messages have timed out, while the producer still sends.
pub(crate) fn control(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let topic = stage.topic("goes-on", 1, &[])?;
    let (cluster, interrupt) = (stage.cluster, stage.interrupt);
    let leader = cluster.leader_of(&topic)?;
    let followers = cluster.brokers().iter().filter(|each| each.id != leader);
    let followers: Vec<_> = followers.collect();
    let ledger = "goes-on.ledger";
    let goes_on = [&TIMEOUT[..], &["--on-timeout", "go-on"]].concat();
    let mut producer = stage.producer(&topic, ledger, CONTROL_MESSAGES, RATE, &goes_on)?;
    stage.wait_until_stored(&topic, RATE, &mut producer)?;
    writeln!(out, "   the followers of broker {leader} hang for 8 s, and the producer goes on")?;
    followers.iter().try_for_each(|each| each.pause())?;
    wait::pass(CONTROL_HANGS, interrupt, &mut || producer.ensure_running())?;
    followers.iter().try_for_each(|each| each.resume())?;
    let ended = producer.ended_within(ENDS_WITHIN, interrupt)?;
    cluster.wait_until_whole(interrupt, &mut || Ok(()))?;
    Ok(judge(&[shown(stage, ledger, &ended)?]))
}
