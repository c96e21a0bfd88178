//! Row 7: members join and leave a group that reads all the while, with each assignor.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result};
use fastrand::Rng;

use crate::audit::{self, Audit, Case};
use crate::client::{Client, Stdout};
use crate::finding::Figure;
use crate::group::{Watch, wait_until_caught_up};
use crate::plan;
use crate::stage::Stage;
use kp_process::wait;

const ASSIGNORS: [&str; 3] = ["range", "roundrobin", "cooperative-sticky"];
const PARTITIONS: u32 = 6;
const RATE: u64 = 300;
const ENDLESS: u64 = 1_000_000_000;
const MOST_MEMBERS: usize = 4;
const STOOD_STILL_AT_MOST: Duration = Duration::from_secs(30);

/// What one assignor showed.
struct Shown {
    audit: Audit,
    stood_still: Duration,
    changes: u64,
    clean: u64,
    leaves: u64,
}

pub(crate) fn run(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let changes = stage.amount(plan::REBALANCES_EACH);
    let mut shown = Vec::new();
    for assignor in ASSIGNORS {
        let one = under(assignor, changes, stage).with_context(|| format!("under {assignor}"))?;
        writeln!(
            out,
            "   {assignor}: {} joins and leaves, no partition stood still for longer than {:.1} s",
            one.changes,
            one.stood_still.as_secs_f64()
        )?;
        shown.push(one);
    }
    Ok(judge(&shown))
}

fn judge(shown: &[Shown]) -> Vec<Figure> {
    let delivered: Vec<_> =
        shown.iter().map(|one| one.audit.delivered.clone().unwrap_or_default()).collect();
    let changes = shown.iter().map(|one| one.changes).sum::<u64>();
    let stood_still = shown.iter().map(|one| one.stood_still).max();
    vec![
        Figure::none("missed", delivered.iter().map(|one| one.missing).sum()),
        Figure::at_most(
            "ms for which a partition stood still",
            stood_still.unwrap_or_default().as_millis() as u64,
            STOOD_STILL_AT_MOST.as_millis() as u64,
        ),
        Figure::none("lost", shown.iter().map(|one| one.audit.lost).sum()),
        Figure::exactly(
            "leaves with exit 0",
            shown.iter().map(|one| one.clean).sum(),
            shown.iter().map(|one| one.leaves).sum(),
        ),
        Figure::at_least(
            "delivered",
            delivered.iter().map(|one| one.distinct).sum(),
            changes * RATE,
        ),
        Figure::shown("repeated", delivered.iter().map(|one| one.repeated).sum()),
        Figure::shown("joins and leaves", changes),
    ]
}

fn under(assignor: &str, changes: u64, stage: &Stage<'_>) -> Result<Shown> {
    let topic = stage.topic(assignor, PARTITIONS, &[])?;
    let group = format!("{}-{assignor}", stage.name);
    let ledger = format!("{assignor}.ledger");
    let mut producer = stage.producer(&topic, &ledger, ENDLESS, RATE, &[])?;
    let mut delivered = Vec::new();
    let mut members = vec![join(assignor, &topic, &group, &mut delivered, stage)?];
    let mut random = Rng::with_seed(stage.seed);
    let mut watch = Watch::new();
    let (mut clean, mut leaves) = (0, 0);
    wait_until_caught_up(&group, &topic, stage, &mut members)?;
    for change in 1..=changes {
        let joins = members.len() == 1 || (members.len() < MOST_MEMBERS && random.bool());
        if joins {
            members.push(join(assignor, &topic, &group, &mut delivered, stage)?);
        } else {
            let mut leaving = members.swap_remove(random.usize(0..members.len()));
            let ended = leaving.stopped_within(plan::STOPS_WITHIN * 2, stage.interrupt)?;
            leaves += 1;
            clean += u64::from(ended.code() == Some(0));
        }
        let pause = Duration::from_millis(random.u64(200..1_500));
        wait::pass(pause, stage.interrupt, &mut || {
            producer.ensure_running()?;
            watch.look(&group, &topic, stage);
            Ok(())
        })?;
        // Every second change comes while the one before is still being shared out.
        if change % 2 == 0 {
            wait_until_caught_up(&group, &topic, stage, &mut members)?;
        }
    }
    // However soon the group has settled each time.
    stage.wait_until_stored(&topic, changes * RATE, &mut producer)?;
    producer.stopped_within(plan::STOPS_WITHIN, stage.interrupt)?.exits(0)?;
    wait_until_caught_up(&group, &topic, stage, &mut members)?;
    for member in &mut members {
        let ended = member.stopped_within(plan::STOPS_WITHIN * 2, stage.interrupt)?;
        leaves += 1;
        clean += u64::from(ended.code() == Some(0));
    }
    let case = Case { ledger: &ledger, delivered: &delivered, ..Case::default() };
    Ok(Shown {
        audit: audit::by_both(stage, &case)?,
        stood_still: watch.longest(),
        changes,
        clean,
        leaves,
    })
}

fn join(
    assignor: &str,
    topic: &str,
    group: &str,
    delivered: &mut Vec<String>,
    stage: &Stage<'_>,
) -> Result<Client> {
    let file = format!("{assignor}-{}.out", delivered.len());
    let strategy = format!("partition.assignment.strategy={assignor}");
    let more = ["--idle-exit", "never", "-X", "auto.commit.interval.ms=200", "-X", &strategy];
    let member = stage.consumer(topic, group, &file, Stdout::Dropped, &more)?;
    delivered.push(file);
    Ok(member)
}
