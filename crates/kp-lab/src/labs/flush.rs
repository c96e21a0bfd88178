//! A flush after each message against batches that wait for a while.

use std::time::Duration;

use anyhow::Result;

use crate::figures::{Figures, Value};
use crate::producer::Report;
use crate::stage::Stage;

/// What is compared: the name of the case, and how a reader types it.
const CASES: [(&str, &str); 5] = [
    ("flush each", "--flush each"),
    ("linger 0 ms", "--linger 0ms"),
    ("linger 5 ms", "--linger 5ms"),
    ("linger 50 ms", "--linger 50ms"),
    ("linger 500 ms", "--linger 500ms"),
];

/// To a broker in another room of the same data centre. Without it both sides of this machine are
/// measured, and not the wait.
const ONE_WAY: Duration = Duration::from_millis(1);
/// As fast as it goes. A flush after each takes some seconds for so few. Batches take more
/// messages, or they would be over too soon to be measured.
const FLUSHED: u64 = 1_000;
const BATCHED: u64 = 100_000;
/// At 200 a second, which a flush after each can keep as well.
const PACED: u64 = 300;

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("broker")?;
    let broker = stage.relayed(&["--topic", "orders:1"])?;
    broker.relay().delay(ONE_WAY);

    stage.step("fast")?;
    for (case, flags) in cases(stage) {
        let count = if flags.starts_with("--flush") { FLUSHED } else { BATCHED };
        let rate = send(stage, count, flags)?.speed()?.per_second;
        stage.figure(case, "rate", Value::Rate(rate));
    }
    stage.plot_bars("rate");

    stage.step("paced")?;
    for (case, flags) in cases(stage) {
        let report = send(stage, PACED, &format!("--rate 200 {flags}"))?;
        stage.figure(case, "latency", Value::Time(report.speed()?.p50));
    }
    stage.plot_bars("latency");

    let slowdown = stage.figures().number("linger 5 ms", "rate").unwrap_or_default()
        / stage.figures().number("flush each", "rate").unwrap_or(f64::INFINITY);
    stage.figure("flush each", "slowdown", Value::Times(slowdown));
    drop(broker);
    Ok(())
}

/// Without the cause nothing flushes after each message: what is called so has batches as well.
fn cases(stage: &Stage<'_>) -> Vec<(&'static str, &'static str)> {
    let mut cases = CASES.to_vec();
    if stage.is_control() {
        cases[0].1 = CASES[2].1;
    }
    cases
}

fn send(stage: &mut Stage<'_>, count: u64, flags: &str) -> Result<Report> {
    let typed = format!("kp-producer -t orders -c {count} {flags}");
    Report::said_by(&stage.run(&typed)?)
}

pub(super) fn judge(figures: &Figures) -> Option<&'static str> {
    let slowdown = figures.number("flush each", "slowdown")?;
    Some(match slowdown {
        _ if slowdown >= 10.0 => "many",
        _ if slowdown >= 2.0 => "some",
        _ => "alike",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_the_factor_that_was_measured() {
        for (slowdown, answer) in [(1.1, "alike"), (2.0, "some"), (9.9, "some"), (40.0, "many")] {
            let mut figures = Figures::default();
            figures.set("flush each", "slowdown", Value::Times(slowdown));
            assert_eq!(judge(&figures), Some(answer), "{slowdown}");
        }
    }
}
