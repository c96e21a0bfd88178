//! Row 2: too few brokers for longer than a message may take. What was not stored must be told.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::chaos::audit::{self, Audit, Case};
use crate::chaos::broker::Broker;
use crate::chaos::finding::Figure;
use crate::chaos::plan;
use crate::chaos::stage::{Sent, Stage};

/// Half are sent before and during the outage, at this rate.
const MESSAGES: u64 = 3_000;
const RATE: u64 = 500;
const TIMEOUT: [&str; 2] = ["--delivery-timeout", "3s"];
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

pub(in crate::chaos) fn run(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let mut shown = Vec::new();
    let outages = stage.amount(plan::OUTAGES);
    for (number, outage) in (1..=outages).zip(OUTAGES.iter().cycle()) {
        writeln!(out, "   {number}. {}", outage.in_words)?;
        let one = during(outage, number, stage).context(outage.in_words)?;
        writeln!(
            out,
            "      exit {:?}: {} sent = {} acknowledged + {} failed + {} undelivered; {} failed and stored, {} stored twice",
            one.code,
            one.sent.sent,
            one.sent.acknowledged,
            one.sent.failed,
            one.sent.undelivered,
            one.audit.failed_stored,
            one.audit.twice
        )?;
        shown.push(one);
    }
    Ok(judge(&shown))
}

/// That a failed message may be stored, and more than once, is no lie: after a timeout librdkafka takes a new producer epoch
/// and sends again what was under way, which a broker cannot know from new messages.
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
                    && one.sent.undelivered + one.sent.unsent == 0
                    && audit.attempted == one.sent.sent
                    && audit.attempted == audit.acknowledged + audit.failed
                    && audit.acknowledged == one.sent.acknowledged
            }),
            all,
        ),
        Figure::exactly("ended with exit 5", count(|one| one.code == Some(5)), all),
        Figure::none("lost", sum(|one| one.audit.lost)),
        Figure::at_least("failed", sum(|one| one.audit.failed), all),
        Figure::shown(
            "of those stored after all",
            sum(|one| one.audit.failed_stored),
        ),
        Figure::shown("stored more than once", sum(|one| one.audit.twice)),
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
    stage
        .cluster
        .wait_until_whole(stage.interrupt, &mut || Ok(()))?;
    let case = Case {
        ledger: &ledger,
        promise: Some("idempotent"),
        ..Case::default()
    };
    Ok(Shown {
        code: ended.code,
        sent: Sent::said_by(&ended)?,
        audit: audit::by_both(stage, &case)?,
    })
}
