//! Row 3: three consumers of a group, of which one after the other gets SIGKILL in the middle of
//! its work.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result};
use fastrand::Rng;

use crate::audit::{self, Audit, Case};
use crate::client::{Client, Stdout};
use crate::finding::Figure;
use crate::group::wait_until_caught_up;
use crate::plan;
use crate::stage::Stage;
use kp_process::wait;

const MEMBERS: usize = 3;
const RATE: u64 = 500;
const ENDLESS: u64 = 1_000_000_000;
const COMMIT_INTERVAL: Duration = Duration::from_millis(200);
/// From the moment at which a commit is due until the broker has it, on a busy machine.
const COMMIT_TAKES: Duration = Duration::from_millis(500);
const FLUSHED_WITHIN: Duration = Duration::from_secs(30);

pub(crate) fn run(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let kills = stage.amount(plan::CONSUMER_KILLS);
    writeln!(out, "   seed {}: {kills} times SIGKILL to one of {MEMBERS} consumers", stage.seed)?;
    let topic = stage.topic("work", 6, &[])?;
    let group = format!("{}-readers", stage.name);
    let mut producer = stage.producer(&topic, "work.ledger", ENDLESS, RATE, &[])?;
    let start = |member: usize| member_of(&group, &topic, member, stage);
    let mut members = (0..MEMBERS).map(start).collect::<Result<Vec<_>>>()?;
    let mut random = Rng::with_seed(stage.seed);
    for kill in 0..kills {
        wait_until_caught_up(&group, &topic, stage, &mut members)
            .with_context(|| format!("before the SIGKILL number {}", kill + 1))?;
        let pause = Duration::from_millis(random.u64(100..1_000));
        wait::pass(pause, stage.interrupt, &mut || producer.ensure_running())?;
        let member = random.usize(0..MEMBERS);
        members[member].kill();
        members[member] = start(member)?;
    }
    producer.stopped_within(FLUSHED_WITHIN, stage.interrupt)?.exits(0)?;
    wait_until_caught_up(&group, &topic, stage, &mut members)?;
    for member in &mut members {
        member.stopped_within(plan::STOPS_WITHIN, stage.interrupt)?.exits(0)?;
    }
    let delivered: Vec<_> = (0..MEMBERS).map(out_of).collect();
    let case = Case { ledger: "work.ledger", delivered: &delivered, ..Case::default() };
    let window = RATE as f64 * (COMMIT_INTERVAL + COMMIT_TAKES).as_secs_f64();
    Ok(judge(&audit::by_both(stage, &case)?, kills, window.ceil() as u64))
}

/// `window`: how many messages one SIGKILL may repeat, which is what all consumers print between
/// two commits.
fn judge(audit: &Audit, kills: u64, window: u64) -> Vec<Figure> {
    let delivered = audit.delivered.clone().unwrap_or_default();
    vec![
        Figure::none("missed", delivered.missing),
        Figure::none("lost", audit.lost),
        Figure::none("invented", delivered.never_stored + delivered.corrupted),
        Figure::at_most("repeated", delivered.repeated, kills * window),
        Figure::at_least("delivered", delivered.records, kills * RATE),
        Figure::shown("kills", kills),
    ]
}

fn member_of(group: &str, topic: &str, member: usize, stage: &Stage<'_>) -> Result<Client> {
    let interval = format!("auto.commit.interval.ms={}", COMMIT_INTERVAL.as_millis());
    let more = ["--delivery", "at-least-once", "-X", &interval, "--idle-exit", "never"];
    stage.consumer(topic, group, &out_of(member), Stdout::Dropped, &more)
}

fn out_of(member: usize) -> String {
    format!("member-{member}.out")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Delivered;

    #[test]
    fn repeats_are_allowed_within_the_window_and_no_further() {
        let repeated = |repeated| Audit {
            delivered: Some(Delivered { records: 5_000, repeated, ..Delivered::default() }),
            ..Audit::default()
        };
        assert!(judge(&repeated(700), 2, 350).iter().all(Figure::holds));
        assert!(!judge(&repeated(701), 2, 350).iter().all(Figure::holds));
    }

    #[test]
    fn consumers_that_took_no_part_are_not_taken_for_perfect() {
        let missing = Audit { delivered: None, ..Audit::default() };
        assert!(!judge(&missing, 2, 350).iter().all(Figure::holds));
    }
}
