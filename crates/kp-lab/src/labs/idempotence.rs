//! Answers that are lost after the write, so that the producer sends again what is stored.

use std::time::Duration;

use anyhow::Result;
use kp_process::{Running, Signal};
use kp_stack::docker::relayed::Relayed;
use kp_stack::kafka::offsets;

use crate::figures::{Figures, Value};
use crate::stage::Stage;

/// How often answers are lost in a run.
const LOSSES: u64 = 3;
/// A batch is sent every few milliseconds, and stored long before this is over.
const LOSS: Duration = Duration::from_millis(500);
const SOON: Duration = Duration::from_secs(20);

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("broker")?;
    let broker = stage.relayed_container()?;

    stage.step("without")?;
    lose_answers(stage, &broker, "without", " -X enable.idempotence=false")?;
    stage.step("with")?;
    lose_answers(stage, &broker, "with", "")?;
    stage.plot_bars("twice");
    Ok(())
}

/// Sends 500 messages a second; meanwhile the relay loses answers, again and again.
fn lose_answers(stage: &mut Stage<'_>, broker: &Relayed, case: &str, flags: &str) -> Result<()> {
    let address = broker.address();
    let stored = || offsets::end_at(case, &address);
    let ledger = format!("{case}.ledger");
    // Longer than all waits together: the producer is told when it is enough.
    let typed =
        format!("kp-producer -t {case} --rate 500 --duration 2m \\\n     --audit {ledger}{flags}");
    // The topic is there before, because its making also takes answers.
    stage.run(&format!("kp-producer -t {case} -c 1"))?;
    let mut producer = stage.start(&typed)?;
    let losses = if stage.is_control() { 0 } else { LOSSES };
    for _ in 0..losses {
        more_are_stored(stage, &producer, stored)?;
        broker.relay().lose_answers();
        stage.show("# the relay: for 0.5 s requests come through, and answers are lost", "")?;
        stage.pass(LOSS)?;
        broker.relay().mend();
        stage.show("# the relay: breaks the connection, then answers get through again", "")?;
    }
    more_are_stored(stage, &producer, stored)?;
    stage.signal("kill %1", &producer, Signal::TERM)?;
    stage.wait(&mut producer)?.exits(0)?;
    let audit = stage.audit(&ledger)?;
    for (measure, row) in [
        ("acknowledged", "acknowledged"),
        ("lost", "acknowledged/LOST"),
        ("twice", "stored twice"),
        ("out of order", "out of order"),
    ] {
        stage.figure(case, measure, Value::Count(audit.count(row)));
    }
    stage.figure(case, "losses", Value::Count(losses));
    Ok(())
}

/// The producer has its connection (again), and sends.
fn more_are_stored(
    stage: &Stage<'_>,
    producer: &Running,
    stored: impl Fn() -> Result<u64>,
) -> Result<()> {
    let before = stored()?;
    stage.until("more messages are stored", SOON, || {
        producer.ensure_running()?;
        Ok(stored()? >= before + 20)
    })
}

pub(super) fn judge(figures: &Figures) -> Option<&'static str> {
    let is_some = |case, measure| Some(figures.number(case, measure)? > 0.0);
    let lost = (is_some("without", "lost")?, is_some("with", "lost")?);
    match (is_some("without", "twice")?, is_some("with", "twice")?) {
        _ if lost == (true, true) => Some("lost"),
        _ if lost != (false, false) => None,
        (true, false) => Some("without"),
        (true, true) => Some("both"),
        (false, false) => Some("never"),
        (false, true) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_and_what_is_stored_twice_decides() {
        for (without, with, answer) in [
            ([0, 150], [0, 0], Some("without")),
            ([0, 150], [0, 3], Some("both")),
            ([0, 0], [0, 0], Some("never")),
            ([5, 150], [3, 0], Some("lost")),
            ([5, 150], [0, 0], None),
            ([0, 150], [5, 0], None),
            ([0, 0], [0, 3], None),
        ] {
            let mut figures = Figures::default();
            for (case, [lost, twice]) in [("without", without), ("with", with)] {
                figures.set(case, "lost", Value::Count(lost));
                figures.set(case, "twice", Value::Count(twice));
            }
            assert_eq!(judge(&figures), answer, "{figures:?}");
        }
    }
}
