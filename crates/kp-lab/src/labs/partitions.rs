//! Messages of accounts without keys, with keys, and with partitions added in mid-run, handled by
//! two readers that share the partitions.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use anyhow::{Context, Result};
use kp_plot::{Moment, Row, Span};
use kp_stack::docker::stack::Stack;
use kp_stack::kafka::offsets;

use crate::figures::{Figures, Value};
use crate::stage::{Piped, Stage};

const TOPICS: [&str; 3] = ["plain", "keyed", "grown"];
/// As many as `PAYMENTS` makes.
const MESSAGES: f64 = 600.0;
/// So many are stored when partitions are added; the producer sends for 1.5 s more.
const BEFORE: u64 = 150;
const PAYMENTS: &str = r#"awk 'BEGIN { n = split("ann bob cho dan eve gus noa pam", who)
       for (i = 1; i <= 600; i++) { w = who[i % n + 1]; print w "\t" w " " i } }' >payments.txt"#;

/// What is handled for each message. It takes a while, as work does.
const WORK: &str = r#"#!/bin/sh
while read -r line; do sleep 0.003; echo "$line"; done
"#;

/// Counts what was handled after a later message of the same account.
const LATE: &str = r#"awk '{ if ($3 < top[$2]) late++; else top[$2] = $3 }
      END { print late + 0 " late of " NR }'"#;

const HALVES: [&str; 2] = ["0,1", "2"];
const HALVES_OF_SIX: [&str; 2] = ["0-2", "3-5"];

/// The work on 600 messages takes 3 s.
const PATIENCE: Duration = Duration::from_secs(40);

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("broker")?;
    let broker = stage.container(Stack::Kraft)?;

    stage.step("messages")?;
    stage.run(PAYMENTS)?;
    stage.run("tail -2 payments.txt")?;
    let work = stage.folder.join("work");
    fs::write(&work, WORK)?;
    fs::set_permissions(&work, fs::Permissions::from_mode(0o755))?;
    stage.show("cat work", WORK)?;

    stage.step("plain")?;
    stage.run("kp-admin topics create plain --partitions 3")?;
    stage.run("cut -f2 payments.txt >values.txt")?;
    stage.run("kp-producer -t plain --file values.txt --rate 300")?;
    handle(stage, "plain", HALVES)?;

    stage.step("keyed")?;
    stage.run("kp-admin topics create keyed --partitions 3")?;
    stage.run(&send_keyed("keyed", ""))?;
    handle(stage, "keyed", HALVES)?;

    stage.step("grown")?;
    stage.run("kp-admin topics create grown --partitions 3")?;
    let typed = send_keyed("grown", " -X topic.metadata.refresh.interval.ms=250");
    let mut producer = stage.start(&typed)?;
    stage.until(&format!("{BEFORE} payments are stored"), PATIENCE, || {
        Ok(offsets::end_of("grown", &broker.address()).is_ok_and(|end| end >= BEFORE))
    })?;
    if !stage.is_control() {
        stage.run("kp-admin topics add-partitions grown --partitions 6")?;
    }
    stage.wait(&mut producer)?.exits(0)?;
    let halves = if stage.is_control() { HALVES } else { HALVES_OF_SIX };
    let handled = handle(stage, "grown", halves)?;
    plot(stage, &handled);
    drop(broker);
    Ok(())
}

fn send_keyed(topic: &str, flags: &str) -> String {
    format!("kp-producer -t {topic} -K '\\t' --file payments.txt --rate 300{flags}")
}

/// Two readers handle what is stored, and what was late is counted; returns the handled lines.
fn handle(stage: &mut Stage<'_>, topic: &str, halves: [&str; 2]) -> Result<String> {
    let mut readers = Vec::new();
    for partitions in halves {
        let reader = format!("kp-consumer -t {topic} -p {partitions} -e -f '%p %s\\n'");
        readers.push(stage.start_piped(&reader, &format!("./work >>{topic}.txt"))?);
    }
    let all_ended = || Ok(readers.iter().all(|reader| reader.reader.has_ended()));
    stage.until("both readers are done", PATIENCE, all_ended)?;
    for Piped { mut writer, mut reader } in readers {
        writer.wait(PATIENCE, || stage.interrupt.check())?;
        writer.finish().exits(0)?;
        reader.finish().exits(0)?;
    }
    let counted = stage.run(&format!("{LATE} {topic}.txt"))?.text();
    let counts = counted.trim().split_once(" late of ").context("awk counted nothing")?;
    stage.figure(topic, "late", Value::Count(counts.0.parse()?));
    stage.figure(topic, "handled", Value::Count(counts.1.parse()?));
    Ok(fs::read_to_string(stage.folder.join(format!("{topic}.txt")))?)
}

/// In which partition each account's messages are, by their numbers.
fn plot(stage: &mut Stage<'_>, handled: &str) {
    let mut accounts: BTreeMap<&str, BTreeMap<u32, &str>> = BTreeMap::new();
    for line in handled.lines() {
        let mut words = line.split(' ');
        if let (Some(partition), Some(account), Some(Ok(number))) =
            (words.next(), words.next(), words.next().map(str::parse))
        {
            accounts.entry(account).or_default().insert(number, partition);
        }
    }
    let mut grown_at = None::<u32>;
    let mut moved = 0;
    let rows = accounts.into_iter().map(|(account, places)| {
        let mut spans: Vec<Span> = Vec::new();
        for (number, partition) in places {
            let label = format!("partition {partition}");
            match spans.last_mut() {
                Some(last) if last.label == label => last.to = f64::from(number),
                Some(_) => {
                    grown_at = Some(grown_at.map_or(number, |before| before.min(number)));
                    spans.push(Span::new(number.into(), number.into(), label));
                }
                None => spans.push(Span::new(number.into(), number.into(), label)),
            }
        }
        moved += u64::from(spans.len() > 1);
        Row::new(account, spans)
    });
    let rows = rows.collect();
    let moments = grown_at.map(|at| Moment::new(at.into(), "six partitions"));
    stage.figure("grown", "moved", Value::Count(moved));
    stage.plot_timeline("places", rows, moments.into_iter().collect(), "number");
}

pub(super) fn judge(figures: &Figures) -> Option<&'static str> {
    // Without all payments, or without accounts that moved, this was another experiment.
    if TOPICS.into_iter().any(|topic| figures.number(topic, "handled") != Some(MESSAGES)) {
        return None;
    }
    if figures.number("grown", "moved")? == 0.0 {
        return None;
    }
    let is_broken = |topic| figures.number(topic, "late").map(|late| late > 0.0);
    match (is_broken("plain")?, is_broken("keyed")?, is_broken("grown")?) {
        (false, false, false) => Some("none"),
        (true, false, false) => Some("unkeyed"),
        (true, false, true) => Some("grown"),
        (true, true, true) => Some("all"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(late: [u64; 3], handled: u64, moved: u64) -> Figures {
        let mut figures = Figures::default();
        for (topic, late) in TOPICS.into_iter().zip(late) {
            figures.set(topic, "late", Value::Count(late));
            figures.set(topic, "handled", Value::Count(600));
        }
        figures.set("keyed", "handled", Value::Count(handled));
        figures.set("grown", "moved", Value::Count(moved));
        figures
    }

    #[test]
    fn the_answer_is_where_messages_were_late() {
        for (late, answer) in [
            ([0, 0, 0], Some("none")),
            ([300, 0, 0], Some("unkeyed")),
            ([300, 0, 120], Some("grown")),
            ([300, 2, 120], Some("all")),
            ([0, 0, 120], None),
        ] {
            assert_eq!(judge(&figures(late, 600, 3)), answer, "{late:?}");
        }
    }

    #[test]
    fn nothing_shows_unless_accounts_moved_and_all_payments_were_handled() {
        for (handled, moved) in [(599, 3), (0, 3), (1200, 3), (600, 0)] {
            for late in [[300, 0, 0], [300, 0, 120]] {
                let shown = judge(&figures(late, handled, moved));
                assert_eq!(shown, None, "{handled} handled, {moved} moved");
            }
        }
    }
}
