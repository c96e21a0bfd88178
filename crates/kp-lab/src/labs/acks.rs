//! Three producers with acks=0, 1 and all write to one leader. Its followers hang for a moment, and
//! then it is killed.

use std::time::Duration;

use anyhow::{Context, Result};
use kp_process::{Running, Signal};
use kp_stack::kafka::offsets;

use crate::brokers::Act;
use crate::figures::{Figures, Value};
use crate::producer::Report;
use crate::stage::Stage;

/// The name of the case, what is typed after `--acks`, and the ledger.
const CASES: [(&str, &str, &str); 3] = [
    ("acks=0", "0", "acks-0.ledger"),
    ("acks=1", "1", "acks-1.ledger"),
    ("acks=all", "all", "acks-all.ledger"),
];
/// What each sends a second. All three together keep no machine busy.
const RATE: u64 = 200;
/// Shorter than the 5 s after which the leader would go on without its followers.
const HANG: Duration = Duration::from_millis(1_500);
const ELECTED_WITHIN: Duration = Duration::from_secs(40);

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("cluster")?;
    let cluster = stage.cluster()?;
    stage.run("kp-admin topics create orders --partitions 1 --replication-factor 3")?;
    cluster.wait_until_known("orders", stage.interrupt)?;
    let leader = cluster.broker(cluster.leader_of("orders")?)?;
    let followers: Vec<_> = cluster.brokers().iter().filter(|one| one.id != leader.id).collect();

    stage.step("send")?;
    let mut producers = Vec::new();
    for (_, acks, ledger) in CASES {
        let typed = format!(
            "kp-producer -t orders --acks {acks} --rate {RATE} --duration 1h \
             --delivery-timeout 2m --audit {ledger}"
        );
        producers.push(stage.start(&typed)?);
    }
    stage.until("1,000 messages are stored", ELECTED_WITHIN, || {
        all_run(&producers)?;
        Ok(offsets::end_of("orders", &leader.address()).is_ok_and(|end| end >= 1_000))
    })?;

    // A follower that a busy machine has left behind would not be asked to confirm anything.
    cluster.wait_until_whole(stage.interrupt, &mut || all_run(&producers))?;

    stage.step("hang")?;
    stage.run("kp-admin topics describe orders")?;
    followers.iter().try_for_each(|follower| stage.act_on(Act::Pause, follower))?;
    stage.pass(HANG)?;
    // The same hang without the kill is the control.
    if !stage.is_control() {
        stage.act_on(Act::Kill, leader)?;
    }
    followers.iter().try_for_each(|follower| stage.act_on(Act::Unpause, follower))?;

    stage.step("elect")?;
    if !stage.is_control() {
        stage.until("another broker leads", ELECTED_WITHIN, || {
            all_run(&producers)?;
            Ok(cluster.leader_of("orders").is_ok_and(|now| now != leader.id))
        })?;
        stage.run("kp-admin topics describe orders")?;
        stage.act_on(Act::Start, leader)?;
    }
    cluster.wait_until_whole(stage.interrupt, &mut || all_run(&producers))?;
    stage.run("kp-admin topics describe orders")?;

    stage.step("count")?;
    for producer in &producers {
        producer.send(Signal::TERM)?;
    }
    stage.show("kill %1 %2 %3", "")?;
    for ((case, _, ledger), producer) in CASES.into_iter().zip(&mut producers) {
        let report = Report::said_by(&stage.wait(producer)?)?;
        let audit = stage.audit(ledger)?;
        let (sent, stored) = (audit.count("attempted"), audit.stored());
        let missing = sent.checked_sub(stored).context("more is stored than was sent")?;
        for (measure, count) in [
            ("sent", sent),
            ("acknowledged", report.acknowledged),
            ("stored", stored),
            ("missing", missing),
        ] {
            stage.figure(case, measure, Value::Count(count));
        }
        // With acks=0 the ledger means by it that the network has taken the message.
        let lost = if report.acknowledged > 0 { audit.count("acknowledged/LOST") } else { 0 };
        stage.figure(case, "lost", Value::Count(lost));
    }
    stage.plot_bars("missing");
    Ok(())
}

fn all_run(producers: &[Running]) -> Result<()> {
    producers.iter().try_for_each(Running::ensure_running)
}

/// With acks=0 nothing is acknowledged, so what was sent and is not stored counts as lost.
pub(super) fn judge(figures: &Figures) -> Option<&'static str> {
    let zero = figures.number("acks=0", "missing")? > 0.0;
    let one = figures.number("acks=1", "lost")? > 0.0;
    let all = figures.number("acks=all", "lost")? > 0.0;
    match (zero, one, all) {
        (false, false, false) => Some("none"),
        (true, false, false) => Some("zero"),
        (true, true, false) => Some("zero-one"),
        (true, true, true) => Some("every"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_who_lost_something() {
        for (lost, answer) in [
            ([0, 0, 0], Some("none")),
            ([9, 0, 0], Some("zero")),
            ([900, 800, 0], Some("zero-one")),
            ([9, 9, 1], Some("every")),
            ([0, 9, 0], None),
        ] {
            let mut figures = Figures::default();
            figures.set("acks=0", "missing", Value::Count(lost[0]));
            figures.set("acks=1", "lost", Value::Count(lost[1]));
            figures.set("acks=all", "lost", Value::Count(lost[2]));
            assert_eq!(judge(&figures), answer, "{lost:?}");
        }
    }
}
