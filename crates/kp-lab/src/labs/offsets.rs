//! A consumer that is killed between its work and its commit.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use kp_plot::{Axis, Line};
use kp_process::Signal;

use crate::figures::{Figures, Value};
use crate::stage::Stage;

const SENT: u64 = 400;
const KILLS: usize = 3;
/// So many messages are worked on between a start and a kill. With those that the pipe holds then,
/// all kills together need fewer than there are.
const WORK_UNTIL_KILL: usize = 60;
const WORKED_WITHIN: Duration = Duration::from_secs(30);

/// 3 ms of work for each message, and a line with its offset when it is done.
const WORK: &str = r#"while read -r offset message; do sleep 0.003; echo "$offset"; done"#;
/// The same, but what is in the list of work done is not done again.
const WORK_ONCE: &str = r#"while read -r offset message; do
  if grep -qx "$offset" once.txt; then echo "$offset" >> refused.txt
  else sleep 0.003; echo "$offset"; fi
done"#;

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("broker")?;
    let broker = stage.embedded(&["--topic", "orders:1"])?;
    // More than any pipe holds, so that the consumer has to wait for the work.
    stage.run(&format!("kp-producer -t orders -c {SENT} --size 8000"))?;
    stage.file("work", WORK)?;

    stage.step("at-most")?;
    work_under_kills(stage, "first", "at-most-once", "work")?;
    stage.step("at-least")?;
    work_under_kills(stage, "after", "at-least-once", "work")?;
    stage.step("once")?;
    stage.file("work-once", WORK_ONCE)?;
    work_under_kills(stage, "once", "at-least-once", "work-once")?;
    stage.figure("once", "refused", Value::Count(offsets(stage, "refused.txt")?.len() as u64));

    stage.plot_bars("missed");
    stage.plot_bars("repeated");
    let lines = ["first", "after", "once"].map(|case| order_of_work(stage, case));
    let lines = lines.into_iter().collect::<Result<_>>()?;
    stage.plot_lines("order", lines, Axis::linear("worked"), Axis::linear("offset"));
    drop(broker);
    Ok(())
}

/// Reads and works, is killed again and again on the way, and then runs to the end.
fn work_under_kills(stage: &mut Stage<'_>, case: &str, delivery: &str, work: &str) -> Result<()> {
    let consumer =
        format!("kp-consumer -t orders -G {case} --delivery {delivery} -e -f '%o %s\\n'");
    let done = format!("{case}.txt");
    let worker = format!("\\\n     sh {work} >> {done}");
    let kills = if stage.is_control() { 0 } else { KILLS };
    for _ in 0..kills {
        let before = offsets(stage, &done)?.len();
        let mut piped = stage.start_piped(&consumer, &worker)?;
        stage.until("the next messages to be worked on", WORKED_WITHIN, || {
            piped.writer.ensure_running()?;
            Ok(offsets(stage, &done)?.len() >= before + WORK_UNTIL_KILL)
        })?;
        stage.signal("kill -KILL $(pgrep -n kp-consumer)", &piped.writer, Signal::KILL)?;
        // What was handed over is worked on: only the consumer was killed.
        stage.wait(&mut piped.reader)?;
    }
    stage.run_piped(&consumer, &worker)?;
    stage.run(&format!("cat {done} | wc -l; sort -n {done} | uniq | wc -l"))?;
    let count = Tally::of(&offsets(stage, &done)?);
    stage.figure(case, "kills", Value::Count(kills as u64));
    stage.figure(case, "missed", Value::Count(count.missed));
    stage.figure(case, "repeated", Value::Count(count.repeated));
    Ok(())
}

/// The offsets that were worked on, in this order.
fn offsets(stage: &Stage<'_>, file: &str) -> Result<Vec<u64>> {
    let path = stage.folder.join(file);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(path)?;
    text.lines().map(|line| line.parse().with_context(|| format!("{file}: {line}"))).collect()
}

fn order_of_work(stage: &Stage<'_>, case: &str) -> Result<Line> {
    let offsets = offsets(stage, &format!("{case}.txt"))?;
    let points = (1_u32..).zip(offsets).map(|(place, offset)| (f64::from(place), offset as f64));
    Ok(Line { name: case.to_owned(), points: points.collect() })
}

struct Tally {
    missed: u64,
    repeated: u64,
}

impl Tally {
    fn of(worked: &[u64]) -> Self {
        let mut once = worked.to_vec();
        once.sort_unstable();
        once.dedup();
        Self {
            missed: SENT.saturating_sub(once.len() as u64),
            repeated: (worked.len() - once.len()) as u64,
        }
    }
}

pub(super) fn judge(figures: &Figures) -> Option<&'static str> {
    let is_some = |case, measure| Some(figures.number(case, measure)? > 0.0);
    let of = |case| Some((is_some(case, "missed")?, is_some(case, "repeated")?));
    match (of("first")?, of("after")?, of("once")?) {
        ((true, false), (false, true), (false, false)) => Some("apart"),
        ((false, false), (false, false), (false, false)) => Some("neither"),
        ((true, false), (true, false), _) => Some("lost"),
        ((_, true), _, _) | (_, (true, _), _) => Some("luck"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missed_and_repeated_are_counted_by_offset() {
        let mut worked: Vec<u64> = (0..SENT).collect();
        let count = |worked: &[u64]| (Tally::of(worked).missed, Tally::of(worked).repeated);
        assert_eq!(count(&worked), (0, 0));
        worked.drain(10..15);
        worked.extend([3, 4, 4]);
        assert_eq!(count(&worked), (5, 3));
    }

    #[test]
    fn each_mode_shows_its_own_fault_or_the_lab_shows_nothing() {
        for (at_most, at_least, once, answer) in [
            ([70, 0], [0, 236], [0, 0], Some("apart")),
            ([0, 0], [0, 0], [0, 0], Some("neither")),
            ([70, 0], [70, 0], [70, 0], Some("lost")),
            ([70, 3], [0, 236], [0, 0], Some("luck")),
            ([70, 0], [1, 236], [0, 0], Some("luck")),
            // No kill fell between the commit and the work, or the last step proved nothing.
            ([0, 0], [0, 236], [0, 0], None),
            ([70, 0], [0, 236], [0, 1], None),
        ] {
            let mut figures = Figures::default();
            for (case, [missed, repeated]) in
                [("first", at_most), ("after", at_least), ("once", once)]
            {
                figures.set(case, "missed", Value::Count(missed));
                figures.set(case, "repeated", Value::Count(repeated));
            }
            assert_eq!(judge(&figures), answer, "{figures:?}");
        }
    }
}
