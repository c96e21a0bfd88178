//! What compression saves on the broker's disk, and what it takes from the producer.

use anyhow::{Context, Result};
use kp_process::Finished;
use kp_stack::docker::stack::Stack;

use crate::figures::{Figures, Value};
use crate::producer::Report;
use crate::stage::Stage;

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];
/// Where each message travels alone, one codec shows what all do.
const CODECS_ALONE: [&str; 2] = ["none", "gzip"];

/// A kind of values.
struct Shape {
    name: &'static str,
    count: u64,
    flags: &'static str,
}

/// Short and nearly the same.
const ALIKE: Shape = Shape {
    name: "alike",
    count: 20_000,
    flags: r#"--value-template '{"order":{{seq}},"item":"{{choice tea|coffee}}"}'"#,
};
const IDS_AND_CITIES: &str =
    r#"--value-template '{"id":"{{uuid}}","city":"{{choice Seoul|Busan}}","n":{{int 1 999}}}'"#;
/// With some chance in them.
const MIXED: Shape = Shape { name: "mixed", count: 40_000, flags: IDS_AND_CITIES };
/// Mostly chance.
const RANDOM: Shape = Shape { name: "random", count: 4_000, flags: "--size 1000" };

/// A busy machine manages a hundred a second, each with a flush.
const ALONE: u64 = 300;

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("broker")?;
    let single = stage.container(Stack::Kraft)?;
    let container = single.broker().get(..12).unwrap_or(single.broker()).to_owned();

    stage.step("alike")?;
    send_with_each_codec(stage, &container, &ALIKE)?;
    if !stage.is_control() {
        stage.step("mixed")?;
        let mixed = send_with_each_codec(stage, &container, &MIXED)?;
        stage.step("random")?;
        send_with_each_codec(stage, &container, &RANDOM)?;
        for (codec, sent) in CODECS.into_iter().zip(&mixed) {
            note_cost(stage, codec, sent)?;
        }
        stage.plot_bars("processor time");
    }

    stage.step("alone")?;
    // Without the cause the messages share batches.
    let flush = if stage.is_control() { "--flush end" } else { "--flush each" };
    for codec in CODECS_ALONE {
        let flags = format!("{flush} {}", ALIKE.flags);
        send(stage, &format!("alone.{codec}"), codec, ALONE, &flags)?;
    }
    let counted = sizes(stage, &container, "alone")?;
    for codec in CODECS_ALONE {
        let bytes = bytes_each(&counted, &format!("alone.{codec}"), ALONE)?;
        stage.figure(&format!("{codec}, alone"), ALIKE.name, bytes);
    }
    drop(single);
    Ok(())
}

/// Returns what the producers left, in the order of [`CODECS`].
fn send_with_each_codec(
    stage: &mut Stage<'_>,
    container: &str,
    shape: &Shape,
) -> Result<Vec<Finished>> {
    let name = shape.name;
    let mut all = Vec::new();
    for codec in CODECS {
        all.push(send(stage, &format!("{name}.{codec}"), codec, shape.count, shape.flags)?);
    }
    let counted = sizes(stage, container, name)?;
    for codec in CODECS {
        let bytes = bytes_each(&counted, &format!("{name}.{codec}"), shape.count)?;
        stage.figure(codec, name, bytes);
    }
    stage.plot_bars(name);
    Ok(all)
}

fn send(
    stage: &mut Stage<'_>,
    topic: &str,
    codec: &str,
    count: u64,
    flags: &str,
) -> Result<Finished> {
    stage.run(&format!("kp-producer -t {topic} -z {codec} -c {count} --seed 7 {flags}"))
}

fn note_cost(stage: &mut Stage<'_>, codec: &str, sent: &Finished) -> Result<()> {
    let rate = Report::said_by(sent)?.speed()?.per_second;
    stage.figure(codec, "rate", Value::Rate(rate));
    if let Some(time) = sent.processor_time {
        stage.figure(codec, "processor time", Value::Time(time));
    }
    Ok(())
}

/// What `wc` says of the logs of the topics `NAME.CODEC`.
fn sizes(stage: &mut Stage<'_>, container: &str, name: &str) -> Result<String> {
    let counts = format!("wc -c {name}.*-0/*.log");
    let typed = format!("docker exec -w /var/lib/kafka/data {container} sh -c '{counts}'");
    Ok(stage.run(&typed)?.text())
}

/// How much room each of the messages takes in the log of the topic.
fn bytes_each(counted: &str, topic: &str, count: u64) -> Result<Value> {
    let bytes = counted.lines().find_map(|line| size(line, topic));
    let bytes = bytes.with_context(|| format!("wc gave no size of {topic}: {counted}"))?;
    Ok(Value::Bytes((bytes as f64 / count as f64).round() as u64))
}

/// `  95319 alike.gzip-0/00000000000000000000.log`
fn size(line: &str, topic: &str) -> Option<u64> {
    let (bytes, file) = line.trim().split_once(' ')?;
    file.trim().starts_with(&format!("{topic}-0/")).then(|| bytes.parse().ok())?
}

pub(super) fn judge(figures: &Figures) -> Option<&'static str> {
    let plain = figures.number("none", "alike")?;
    let packed = figures.number("gzip", "alike")?;
    let alone = figures.number("gzip, alone", "alike")?;
    match alone {
        // gzip that saves nothing in batches cannot lose it without them.
        _ if packed > plain * 0.8 => None,
        _ if alone >= plain => Some("larger"),
        _ if alone <= packed * 2.0 => Some("same"),
        _ => Some("between"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_the_place_of_the_message_that_travelled_alone() {
        for (plain, packed, alone, answer) in [
            (37, 5, 96, Some("larger")),
            (37, 5, 6, Some("same")),
            (37, 5, 25, Some("between")),
            (37, 36, 96, None),
        ] {
            let mut figures = Figures::default();
            for (case, bytes) in [("none", plain), ("gzip", packed), ("gzip, alone", alone)] {
                figures.set(case, "alike", Value::Bytes(bytes));
            }
            assert_eq!(judge(&figures), answer, "{plain}, {packed}, {alone}");
        }
    }

    #[test]
    fn a_size_is_read_as_wc_writes_it() {
        let line = "  95319 alike.gzip-0/00000000000000000000.log";
        assert_eq!(size(line, "alike.gzip"), Some(95_319));
        assert_eq!(size(line, "alike.lz4"), None);
        assert_eq!(size("45047534 total", "alike.gzip"), None);
        assert!(matches!(bytes_each(line, "alike.gzip", 20_000), Ok(Value::Bytes(5))));
        let error = bytes_each(line, "alike.lz4", 20_000).unwrap_err().to_string();
        assert!(error.contains("no size of alike.lz4"), "{error}");
    }
}
