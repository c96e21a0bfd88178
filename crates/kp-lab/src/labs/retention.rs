//! Where messages go: retention by segments, compaction, and deletion on request.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use kp_plot::{Axis, Line};
use serde_json::Value as Json;

use crate::figures::{Figures, Value};
use crate::json;
use crate::stage::Stage;

const SOON: Duration = Duration::from_secs(40);
const BETWEEN_LOOKS: Duration = Duration::from_millis(300);
/// A broker looks for old segments every 5 minutes, and at first after 30 s. Who wants to see it
/// lets it look every second.
const EVERY_SECOND: [(&str, &str); 3] = [
    ("log.retention.check.interval.ms", "1000"),
    ("log.initial.task.delay.ms", "1000"),
    ("log.cleaner.backoff.ms", "1000"),
];

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("broker")?;
    let single = stage.container_with(&EVERY_SECOND)?;

    stage.step("topics")?;
    let create = "kp-admin topics create";
    let small = "--partitions 1 --config retention.ms=5000 --config segment.ms=1000";
    // Without the cause both have small segments.
    let large =
        if stage.is_control() { small } else { "--partitions 1 --config retention.ms=5000" };
    stage.run(&format!("{create} orders {large}"))?;
    stage.run(&format!("{create} orders.small {small}"))?;

    stage.step("flow")?;
    let started = Instant::now();
    let mut seen = Vec::new();
    let mut producers = Vec::new();
    for topic in ["orders", "orders.small"] {
        producers.push(stage.start(&format!("kp-producer -t {topic} --rate 20 --duration 15s"))?);
    }
    stage.until("the first orders", SOON, || Ok(look(stage, started, &mut seen)?.small.1 >= 20))?;
    stage.run("kp-consumer -t orders.small -G report -c 10 > read.txt")?;
    stage.until("15 s", SOON, || {
        look(stage, started, &mut seen)?;
        Ok(producers.iter().any(kp_process::Running::has_ended))
    })?;
    stage.run("kp-admin topics offsets orders orders.small")?;
    // What was seen last while both were being written.
    let last = seen.last().context("nothing was looked at")?;
    let kept = [("orders", last.large), ("orders.small", last.small)];
    for (topic, (first, end)) in kept {
        stage.figure(topic, "gone", Value::Count(first));
        stage.figure(topic, "kept", Value::Count(end - first));
    }
    drop(producers);
    if stage.is_control() {
        return Ok(());
    }

    // In the same step: a reader who waits before the next one must not count.
    stage.until("the end of the last segments", SOON, || {
        let seen = look(stage, started, &mut seen)?;
        Ok([seen.large, seen.small].iter().all(|(first, end)| first == end))
    })?;
    let seconds = started.elapsed();
    stage.run("kp-admin topics offsets orders orders.small")?;
    stage.figure("orders", "empty after", Value::Time(seconds));
    plot(stage, &seen);

    stage.step("back")?;
    stage.run("kp-consumer -t orders.small -G report -e")?;

    stage.step("compaction")?;
    let compact = "--config cleanup.policy=compact --config min.cleanable.dirty.ratio=0.01";
    stage.run(&format!("{create} prices --partitions 1 {compact} --config segment.ms=1000"))?;
    stage.run("kp-producer -t prices -c 1000 --keys 10 --seed 1")?;
    stage.run("printf 'key3:\\n' > delete.txt")?;
    stage.run("kp-producer -t prices --file delete.txt -K : --null-empty")?;
    // The segment is closed by the first message that comes when it is a second old.
    stage.pass(Duration::from_millis(1_500))?;
    stage.run("printf 'key10:0\\n' > newest.txt")?;
    stage.run("kp-producer -t prices --file newest.txt -K :")?;
    let prices = "kp-consumer -t prices -e -f '%o %k %s\\n'";
    stage.until("the compaction", SOON, || {
        Ok(stage.run_unseen(prices)?.text().lines().count() < 100)
    })?;
    stage.run(&format!("{prices} > prices.txt"))?;
    stage.run("tail -n 4 prices.txt")?;
    let kept = stage.count_lines("prices.txt")?;
    stage.run("kp-admin topics offsets prices")?;
    let (_, end) = offsets(&ends(stage, "prices")?, 0)?;
    stage.figure("prices", "gone", Value::Count(end - kept));
    stage.figure("prices", "kept", Value::Count(kept));

    stage.step("trim")?;
    stage.run("kp-producer -t invoices -c 100")?;
    stage.run("kp-admin topics trim invoices --before 60 --yes")?;
    let (first, end) = offsets(&ends(stage, "invoices")?, 0)?;
    stage.figure("invoices", "gone", Value::Count(first));
    stage.figure("invoices", "kept", Value::Count(end - first));
    drop(single);
    Ok(())
}

/// The first and the end offset of both topics at a time.
#[derive(Clone, Copy)]
struct Seen {
    seconds: f64,
    large: (u64, u64),
    small: (u64, u64),
}

fn look(stage: &Stage<'_>, started: Instant, seen: &mut Vec<Seen>) -> Result<Seen> {
    stage.pass(BETWEEN_LOOKS)?;
    let both = ends(stage, "orders orders.small")?;
    let seconds = started.elapsed().as_secs_f64();
    let now = Seen { seconds, large: offsets(&both, 0)?, small: offsets(&both, 1)? };
    seen.push(now);
    Ok(now)
}

fn ends(stage: &Stage<'_>, topics: &str) -> Result<Json> {
    stage.json(&format!("kp-admin --output json topics offsets {topics}"))
}

fn offsets(ends: &Json, place: usize) -> Result<(u64, u64)> {
    let offset = |name| json::number(ends, &format!("/partitions/{place}/{name}"));
    Ok((offset("start")?, offset("end")?))
}

fn plot(stage: &mut Stage<'_>, seen: &[Seen]) {
    let line = |name: &str, offset: fn(&Seen) -> u64| Line {
        name: name.to_owned(),
        points: seen.iter().map(|seen| (seen.seconds, offset(seen) as f64)).collect(),
    };
    let lines = vec![
        line("end", |seen| seen.large.1.max(seen.small.1)),
        line("first, orders.small", |seen| seen.small.0),
        line("first, orders", |seen| seen.large.0),
    ];
    stage.plot_lines("over time", lines, Axis::linear("seconds"), Axis::linear("offset"));
}

pub(super) fn judge(figures: &Figures) -> Option<&'static str> {
    let gone = figures.number("orders", "gone")?;
    let kept = figures.number("orders", "kept")?;
    let gone_of_small = figures.number("orders.small", "gone")?;
    match gone {
        _ if kept == 0.0 => (gone > 0.0).then_some("nothing"),
        // Where the broker removed nothing anywhere it has not looked yet.
        0.0 => (gone_of_small > 0.0).then_some("all"),
        _ => Some("limit"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_what_is_left_in_the_large_segment() {
        for (gone, kept, gone_of_small, answer) in [
            (0, 300, 190, Some("all")),
            (190, 110, 190, Some("limit")),
            (300, 0, 190, Some("nothing")),
            // A broker that has not looked yet, and one that got no message.
            (0, 300, 0, None),
            (0, 0, 0, None),
        ] {
            let mut figures = Figures::default();
            figures.set("orders", "gone", Value::Count(gone));
            figures.set("orders", "kept", Value::Count(kept));
            figures.set("orders.small", "gone", Value::Count(gone_of_small));
            assert_eq!(judge(&figures), answer, "{gone}, {kept}, {gone_of_small}");
        }
    }
}
