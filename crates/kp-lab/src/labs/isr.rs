//! Three brokers become two, then one; each time producers and a consumer try what still works.

use std::time::Duration;

use anyhow::{Result, bail};
use kp_stack::docker::cluster::Broker;
use kp_stack::kafka::metadata::Metadata;

use crate::brokers::Act;
use crate::figures::{Figures, Value};
use crate::producer::Report;
use crate::stage::Stage;

/// What each producer sends each time.
const COUNT: u64 = 100;
/// How long a producer goes on trying.
const IMPATIENT: &str = "6s";
/// Longer than a broker needs to come back.
const PATIENT: &str = "50s";
const KNOWN_WITHIN: Duration = Duration::from_secs(40);

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("three")?;
    let cluster = stage.cluster()?;
    // With 1 in place of 2 the leader alone is enough: the control.
    let least = if stage.is_control() { 1 } else { 2 };
    stage.run(&format!(
        "kp-admin topics create orders --partitions 1 --replication-factor 3 \
         --config min.insync.replicas={least}"
    ))?;
    cluster.wait_until_known("orders", stage.interrupt)?;
    // The leader stays to the end, so that nothing here is about elections.
    let leader = cluster.broker(cluster.leader_of("orders")?)?;
    let others: Vec<_> = cluster.brokers().iter().filter(|one| one.id != leader.id).collect();
    let [first, second] = others[..] else { bail!("three brokers were wanted") };
    stage.run("kp-admin topics describe orders")?;
    try_all(stage, "3 brokers")?;

    stage.step("two")?;
    stop(stage, first, leader, 2)?;
    try_all(stage, "2 brokers")?;

    stage.step("one")?;
    stop(stage, second, leader, 1)?;
    try_all(stage, "1 broker")?;

    stage.step("again")?;
    let mut patient = stage.start(&producer("all", PATIENT))?;
    stage.act_on(Act::Start, second)?;
    let report = Report::said_by(&stage.wait(&mut patient)?)?;
    stage.figure("2 brokers again", "acks=all", Value::Count(report.acknowledged));
    read(stage, "2 brokers again")?;
    stage.plot_bars("acks=all");
    Ok(())
}

fn stop(stage: &mut Stage<'_>, broker: &Broker, leader: &Broker, left: usize) -> Result<()> {
    stage.act_on(Act::Stop, broker)?;
    stage.until(&format!("{left} replicas are in sync"), KNOWN_WITHIN, || {
        let metadata = Metadata::of_topic("orders", &leader.address())?;
        Ok(metadata.partitions.iter().all(|partition| partition.in_sync.len() == left))
    })?;
    stage.run("kp-admin topics describe orders").map(drop)
}

fn producer(acks: &str, patience: &str) -> String {
    format!("kp-producer -t orders -c {COUNT} --acks {acks} --delivery-timeout {patience}")
}

/// A producer with each setting, and a consumer.
fn try_all(stage: &mut Stage<'_>, case: &str) -> Result<()> {
    for acks in ["all", "1"] {
        let ended = stage.run_whatever_comes(&producer(acks, IMPATIENT))?;
        let acknowledged = Report::said_by(&ended)?.acknowledged;
        stage.figure(case, &format!("acks={acks}"), Value::Count(acknowledged));
    }
    read(stage, case)
}

fn read(stage: &mut Stage<'_>, case: &str) -> Result<()> {
    stage.run("kp-consumer -t orders --until-end --format value > read.txt")?;
    let count = stage.count_lines("read.txt")?;
    stage.figure(case, "read", Value::Count(count));
    Ok(())
}

pub(super) fn judge(figures: &Figures) -> Option<&'static str> {
    let acknowledged = |case| figures.number(case, "acks=all");
    let goes = |case| Some(acknowledged(case)? == COUNT as f64);
    let is_refused = |case| Some(acknowledged(case)? == 0.0);
    // A cluster that is whole must take everything, or the rest says nothing about replicas.
    if !goes("3 brokers")? {
        return None;
    }
    if is_refused("2 brokers")? {
        return Some("first");
    }
    if !goes("2 brokers")? {
        return None;
    }
    if goes("1 broker")? {
        return Some("never");
    }
    let was_read = figures.number("3 brokers", "read")?;
    let is_read = figures.number("1 broker", "read")?;
    match is_refused("1 broker")? {
        true if is_read >= was_read => Some("writes"),
        true if is_read == 0.0 => Some("both"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_what_still_worked() {
        for (written, read, answer) in [
            ([100, 100, 0], 300, Some("writes")),
            ([100, 100, 0], 0, Some("both")),
            ([100, 100, 100], 600, Some("never")),
            ([100, 0, 0], 200, Some("first")),
            // A machine that is too slow for the delivery timeout.
            ([40, 100, 0], 200, None),
            ([100, 40, 0], 200, None),
            ([100, 100, 40], 200, None),
        ] {
            let mut figures = Figures::default();
            let cases = ["3 brokers", "2 brokers", "1 broker"];
            for (case, written) in cases.into_iter().zip(written) {
                figures.set(case, "acks=all", Value::Count(written));
            }
            figures.set("3 brokers", "read", Value::Count(200));
            figures.set("1 broker", "read", Value::Count(read));
            assert_eq!(judge(&figures), answer, "{written:?}, {read}");
        }
    }
}
