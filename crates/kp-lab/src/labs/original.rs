//! The original's own programs on a broker where a new group waits for 3 s, and on one where it
//! does not.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use kp_process::Source;
use kp_stack::docker::single::Single;
use kp_stack::docker::stack::Stack;
use kp_stack::kafka::offsets;

use crate::figures::{Figures, Value};
use crate::python::{MADE_BY, PYTHON};
use crate::stage::Stage;

const DELAYED: &str = "delay 3 s";
const PROMPT: &str = "delay 0";
const SENT: u64 = 1_000;
/// A broker may still be busy with what a producer with acks=0 does not wait for.
const SETTLED_AFTER: Duration = Duration::from_secs(3);
/// A group that waits is never ready within a second, however often it is tried.
const DELAYED_TRIES: usize = 2;
/// A busy machine may need longer than a second although no group waits.
const PROMPT_TRIES: usize = 8;
const FIRST_WITHIN: Duration = Duration::from_secs(40);
/// What the broker waits for, and `consumer_timeout_ms` of the original, in seconds.
const DELAY: f64 = 3.0;
const LIMIT: f64 = 1.0;

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("broker")?;
    let broker = if stage.is_control() {
        stage.stack_with(Stack::Zookeeper, &[("group.initial.rebalance.delay.ms", "0")])?
    } else {
        stage.container(Stack::Zookeeper)?
    };

    stage.step("send")?;
    stage.show(MADE_BY, "")?;
    send(stage, DELAYED, &broker)?;

    stage.step("read")?;
    read(stage, DELAYED, DELAYED_TRIES)?;

    stage.step("look")?;
    stage.run("kp-admin topics offsets topic1")?;
    read_patiently(stage, DELAYED)?;
    drop(broker);

    stage.step("prompt")?;
    let broker = stage.container(Stack::Kraft)?;
    send(stage, PROMPT, &broker)?;
    read(stage, PROMPT, PROMPT_TRIES)?;
    read_patiently(stage, PROMPT)?;
    stage.plot_bars("first");
    Ok(())
}

/// The programs as they are, but for the broker's port.
fn send(stage: &mut Stage<'_>, case: &str, broker: &Single) -> Result<()> {
    stage.run("cp ../../../crates/kp-e2e/tests/python/producer.py .")?;
    stage.run("cp ../../../crates/kp-e2e/tests/python/consumer.py .")?;
    let address = broker.address();
    stage.run(&format!("sed -i s/localhost:9092/{address}/ producer.py consumer.py"))?;
    stage.run(&format!("{PYTHON} producer.py"))?;
    let (mut stored, mut grown) = (0, Instant::now());
    stage.until("the broker has stored what was sent", FIRST_WITHIN, || {
        let end = offsets::end_of("topic1", &address)?;
        if end > stored {
            (stored, grown) = (end, Instant::now());
        }
        Ok(stored >= SENT || grown.elapsed() > SETTLED_AFTER)
    })?;
    stage.figure(case, "stored", Value::Count(stored));
    Ok(())
}

fn read(stage: &mut Stage<'_>, case: &str, tries: usize) -> Result<()> {
    let mut printed = 0;
    for _ in 0..tries {
        let said = stage.run(&format!("{PYTHON} consumer.py"))?.text();
        printed = said.lines().filter(|line| line.starts_with("Topic :")).count();
        if printed > 0 {
            break;
        }
    }
    stage.figure(case, "printed", Value::Count(printed as u64));
    Ok(())
}

/// The same with a group of its own, and without the limit.
fn read_patiently(stage: &mut Stage<'_>, case: &str) -> Result<()> {
    let started = Instant::now();
    let mut consumer = stage.start("kp-consumer -t topic1 -G patient --format seed")?;
    let mut first = Duration::ZERO;
    stage.until("kp-consumer prints a message", FIRST_WITHIN, || {
        first = started.elapsed();
        let has_printed = consumer.said(Source::Stdout).contains("Topic :");
        ensure!(has_printed || !consumer.has_ended(), "kp-consumer printed nothing: {consumer}");
        Ok(has_printed)
    })?;
    stage.wait(&mut consumer)?.exits(0)?;
    stage.figure(case, "first", Value::Time(first));
    Ok(())
}

pub(super) fn judge(figures: &Figures) -> Option<&'static str> {
    let delayed = |measure| figures.number(DELAYED, measure);
    let prompt = |measure| figures.number(PROMPT, measure);
    if delayed("stored")? == 0.0 {
        return Some("lost");
    }
    // Without the delay it must print everything, or this machine is too slow for its second.
    let prints_all = prompt("printed")? > 0.0 && prompt("printed")? == prompt("stored")?;
    let is_late = delayed("first")? >= DELAY && prompt("first")? < DELAY - LIMIT;
    (delayed("printed")? == 0.0 && prints_all && is_late).then_some("delay")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(delayed: [u64; 3], prompt: [u64; 3]) -> Option<&'static str> {
        let mut figures = Figures::default();
        for (case, [stored, printed, first]) in [(DELAYED, delayed), (PROMPT, prompt)] {
            figures.set(case, "stored", Value::Count(stored));
            figures.set(case, "printed", Value::Count(printed));
            figures.set(case, "first", Value::Time(Duration::from_millis(first)));
        }
        judge(&figures)
    }

    #[test]
    fn the_answer_needs_both_brokers() {
        assert_eq!(shown([1_000, 0, 3_200], [1_000, 1_000, 300]), Some("delay"));
        assert_eq!(shown([0, 0, 3_200], [1_000, 1_000, 300]), Some("lost"));
        // Without the delay, as in the control.
        assert_eq!(shown([1_000, 1_000, 300], [1_000, 1_000, 300]), None);
        // A machine on which a group takes longer than a second anyway.
        assert_eq!(shown([1_000, 0, 5_200], [1_000, 0, 2_300]), None);
        assert_eq!(shown([1_000, 0, 3_200], [1_000, 1_000, 3_200]), None);
        assert_eq!(shown([1_000, 0, 1_200], [1_000, 1_000, 400]), None);
    }
}
