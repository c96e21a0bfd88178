//! What compression saves on the broker's disk, and what it takes from the producer.

use anyhow::Result;
use kp_process::Finished;
use kp_stack::docker::stack::Stack;

use crate::figures::{Figures, Value};
use crate::producer::Report;
use crate::stage::Stage;

const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

/// Kinds of values: short and nearly the same, with some chance in them, and mostly chance.
const SHAPES: [(&str, u64, &str); 3] = [
    ("alike", 20_000, r#"--value-template '{"order":{{seq}},"item":"{{choice tea|coffee}}"}'"#),
    (
        "mixed",
        40_000,
        r#"--value-template '{"id":"{{uuid}}","city":"{{choice Seoul|Busan}}","n":{{int 1 999}}}'"#,
    ),
    ("random", 4_000, "--size 1000"),
];

/// A busy machine manages a hundred a second, each with a flush.
const ALONE: u64 = 300;

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("broker")?;
    let single = stage.container(Stack::Kraft)?;
    stage.use_brokers(&single.address())?;
    let container = single.broker().get(..12).unwrap_or(single.broker()).to_owned();

    let mut costs = Vec::new();
    for (shape, count, flags) in SHAPES {
        match shape {
            "alike" => stage.step("alike")?,
            "mixed" => stage.step("mixed")?,
            _ => stage.step("random")?,
        }
        for codec in CODECS {
            let sent = send(stage, &format!("{shape}.{codec}"), codec, count, flags)?;
            costs.extend((shape == "mixed").then_some((codec, sent)));
        }
        note_sizes(stage, &container, shape, count)?;
        stage.plot_bars(shape);
        if stage.is_control() {
            break;
        }
    }

    for (codec, sent) in &costs {
        note_cost(stage, codec, sent)?;
    }
    stage.plot_bars("processor time");

    stage.step("alone")?;
    // Without the cause the messages share batches.
    let flush = if stage.is_control() { "--flush end" } else { "--flush each" };
    for codec in ["none", "gzip"] {
        let flags = format!("{flush} {}", SHAPES[0].2);
        send(stage, &format!("alone.{codec}"), codec, ALONE, &flags)?;
    }
    note_sizes(stage, &container, "alone", ALONE)?;
    drop(single);
    Ok(())
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

/// How much room a message takes in the logs of the topics `NAME.CODEC`.
fn note_sizes(stage: &mut Stage<'_>, container: &str, name: &str, count: u64) -> Result<()> {
    let counts = format!("wc -c {name}.*-0/*.log");
    let typed = format!("docker exec -w /var/lib/kafka/data {container} sh -c '{counts}'");
    let counted = stage.run(&typed)?.text();
    let (shape, ending) = if name == "alone" { ("alike", ", alone") } else { (name, "") };
    for codec in CODECS {
        let bytes = counted.lines().find_map(|line| size(line, &format!("{name}.{codec}")));
        if let Some(bytes) = bytes {
            let bytes = (bytes as f64 / count as f64).round() as u64;
            stage.figure(&format!("{codec}{ending}"), shape, Value::Bytes(bytes));
        }
    }
    Ok(())
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
    }
}
