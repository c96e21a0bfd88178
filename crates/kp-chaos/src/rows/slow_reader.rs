//! Row 9: the reader of the pipe stalls for longer than a consumer may take between two polls, with
//! a long backlog waiting.

use std::io::Write;
use std::time::Duration;

use anyhow::{Result, ensure};
use fastrand::Rng;

use crate::client::{Client, Stdout};
use crate::finding::Figure;
use crate::pipe::Reader;
use crate::plan;
use crate::stage::{SHORT_SESSION, Stage};
use kp_process::machine::memory::Memory;
use kp_process::wait;

const LONGEST_BETWEEN_POLLS: Duration = Duration::from_secs(3);
const STALL: Duration = Duration::from_secs(7);
const READ_WITHIN: Duration = Duration::from_secs(900);

/// The numbers that were read, which a single producer to a single partition made 0, 1, 2 and so
/// on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sequence {
    next: u64,
    missed: u64,
    repeated: u64,
    strange: u64,
}

impl Sequence {
    /// A line is `{"str":"result17"}`.
    fn see(&mut self, line: &[u8]) {
        let number = str::from_utf8(line).ok().and_then(|line| {
            let number = line.strip_prefix("{\"str\":\"result")?;
            number.strip_suffix("\"}")?.parse::<u64>().ok()
        });
        match number {
            None => self.strange += 1,
            Some(number) if number < self.next => self.repeated += 1,
            Some(number) => {
                self.missed += number - self.next;
                self.next = number + 1;
            }
        }
    }
}

pub(crate) fn run(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let (messages, stalls) = (stage.amount(plan::BACKLOG), stage.amount(plan::STALLS));
    let topic = stage.topic("backlog", 1, &[])?;
    fill(&topic, messages, stage)?;
    writeln!(
        out,
        "   seed {}: {stalls} stalls of {} s, with max.poll.interval.ms={}",
        stage.seed,
        STALL.as_secs(),
        LONGEST_BETWEEN_POLLS.as_millis()
    )?;
    let group = format!("{}-reader", stage.name);
    let interval = format!("max.poll.interval.ms={}", LONGEST_BETWEEN_POLLS.as_millis());
    let more = ["--topic", &topic, "--group", &group, "--format", "value", "--idle-exit", "never"];
    let more = [&more[..], &["-X", &interval], &SHORT_SESSION].concat();
    let mut consumer = stage.start("kp-consumer", &more, Stdout::Piped)?;
    let reader = Reader::start(consumer.take_pipe()?, None, Sequence::default(), Sequence::see);
    let mut peak = 0;
    let mut random = Rng::with_seed(stage.seed);
    for stall in 1..=stalls {
        // Each in its part of the backlog, so that all come before its end.
        let part = messages / (stalls + 1);
        let from = part * stall - random.u64(0..=part / 2);
        let read = format!("{from} lines were read");
        wait::until(&read, READ_WITHIN, stage.interrupt, || {
            look(&mut consumer, &mut peak)?;
            Ok(reader.lines() >= from)
        })?;
        reader.stall();
        wait::pass(STALL, stage.interrupt, &mut || look(&mut consumer, &mut peak))?;
        reader.go_on();
    }
    wait::until("everything was read", READ_WITHIN, stage.interrupt, || {
        look(&mut consumer, &mut peak)?;
        Ok(reader.lines() >= messages)
    })?;
    let ended = consumer.stopped_within(plan::STOPS_WITHIN * 2, stage.interrupt)?;
    let (_lines, sequence) = reader.finish()?;
    let mut figures = judge(&sequence, messages, peak);
    figures.push(Figure::exactly("ended with exit 0", u64::from(ended.code() == Some(0)), 1));
    figures.push(Figure::shown("stalls", stalls));
    Ok(figures)
}

fn judge(read: &Sequence, messages: u64, peak: u64) -> Vec<Figure> {
    vec![
        Figure::none("missed", read.missed + messages.saturating_sub(read.next)),
        Figure::none("strange lines", read.strange),
        Figure::at_most("KiB held at most", peak / 1024, plan::MOST_MEMORY / 1024),
        Figure::shown("repeated", read.repeated),
        Figure::at_least("read", read.next, messages),
    ]
}

fn fill(topic: &str, messages: u64, stage: &Stage<'_>) -> Result<()> {
    let count = messages.to_string();
    stage
        .run("kp-producer", &["--topic", topic, "--count", &count, "--partition", "0"])?
        .exits(0)?;
    let stored = stage.stored(topic)?;
    ensure!(stored == messages, "the backlog was to be {messages} messages and is {stored}");
    Ok(())
}

fn look(consumer: &mut Client, peak: &mut u64) -> Result<()> {
    consumer.ensure_running()?;
    let held = Memory::of(consumer.id()).map_or(0, |memory| memory.peak);
    *peak = held.max(*peak);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Sequence {
        let mut sequence = Sequence::default();
        lines.iter().for_each(|line| sequence.see(line.as_bytes()));
        sequence
    }

    #[test]
    fn gaps_repeats_and_strangers_are_counted() {
        let lines = [0, 1, 4, 3, 4, 5].map(|number| format!("{{\"str\":\"result{number}\"}}"));
        let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        lines.push("result6");
        let expected = Sequence { next: 6, missed: 2, repeated: 2, strange: 1 };
        assert_eq!(read(&lines), expected);
    }

    #[test]
    fn what_was_never_read_is_missed() {
        let all = judge(&read(&["{\"str\":\"result0\"}"]), 1, 0);
        assert!(all.iter().all(Figure::holds));
        let too_few = judge(&read(&["{\"str\":\"result0\"}"]), 2, 0);
        assert!(!too_few[0].holds());
    }
}
