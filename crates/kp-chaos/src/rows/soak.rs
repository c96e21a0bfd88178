//! Row 11: everything works together for a while, and a fault comes every minute. The memory and
//! the descriptors of a program must not grow.

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::audit::{self, Audit, Case};
use crate::client::{Client, Stdout};
use crate::fault::{self, Scope};
use crate::finding::Figure;
use crate::group::wait_until_caught_up;
use crate::stage::Stage;
use crate::{plan, schedule};
use kp_process::machine::memory::Memory;
use kp_process::wait;

const RATE: u64 = 500;
const ENDLESS: u64 = 1_000_000_000;
const PATIENT: [&str; 2] = ["--delivery-timeout", "120s"];
const A_MINUTE: Duration = Duration::from_secs(60);
/// Memory that an allocator keeps although it is free, and numbers that a ledger must remember.
const GROWTH_AT_MOST: u64 = 16 * 1024 * 1024;
/// A connection that is being replaced exists twice for a moment.
const MORE_DESCRIPTORS_AT_MOST: u64 = 2;
const FLUSHED_WITHIN: Duration = Duration::from_secs(60);

/// What a program holds while all is well.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    bytes: u64,
    descriptors: u64,
}

impl Held {
    fn by(client: &Client) -> Result<Self> {
        let descriptors = fs::read_dir(format!("/proc/{}/fd", client.id()))
            .context("the descriptors of a process are counted in /proc, which is not here")?;
        Ok(Self {
            bytes: Memory::of(client.id()).map_or(0, |memory| memory.now),
            descriptors: descriptors.count() as u64,
        })
    }
}

pub(crate) fn run(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let faults = schedule::of(stage.seed, stage.amount(plan::SOAK_FAULTS));
    schedule::print(stage.seed, &faults, out)?;
    let lasts = A_MINUTE * u32::try_from(stage.amount(plan::SOAK_MINUTES))?;
    let started = Instant::now();
    let topic = stage.topic("soak", 6, &[])?;
    let group = format!("{}-readers", stage.name);
    let scope = Scope { topic: &topic, group: &group };
    let mut producer = stage.producer(&topic, "soak.ledger", ENDLESS, RATE, &PATIENT)?;
    let more = ["--idle-exit", "never", "-X", "auto.commit.interval.ms=500"];
    let consumer = stage.consumer(&topic, &group, "soak.out", Stdout::Dropped, &more)?;
    let mut readers = vec![consumer];
    wait_until_caught_up(&group, &topic, stage, &mut readers)?;
    let at_first = [Held::by(&producer)?, Held::by(&readers[0])?];

    for (number, planned) in (1..).zip(&faults) {
        fault::carry_out(planned, &scope, stage.cluster, stage.interrupt, &mut || {
            producer.ensure_running()?;
            readers[0].ensure_running()
        })
        .with_context(|| format!("during the fault: {planned}"))?;
        wait_until_caught_up(&group, &topic, stage, &mut readers)?;
        let [sending, reading] = [Held::by(&producer)?, Held::by(&readers[0])?];
        writeln!(
            out,
            "   {number}. over; producer {} KiB, {} descriptors; consumer {} KiB, {} descriptors",
            sending.bytes / 1024,
            sending.descriptors,
            reading.bytes / 1024,
            reading.descriptors
        )?;
        let next = A_MINUTE * number;
        let pause = next.min(lasts).saturating_sub(started.elapsed());
        wait::pass(pause, stage.interrupt, &mut || producer.ensure_running())?;
    }
    let at_last = [Held::by(&producer)?, Held::by(&readers[0])?];
    producer.stopped_within(FLUSHED_WITHIN, stage.interrupt)?.exits(0)?;
    wait_until_caught_up(&group, &topic, stage, &mut readers)?;
    readers[0].stopped_within(plan::STOPS_WITHIN, stage.interrupt)?.exits(0)?;
    let delivered = ["soak.out".to_owned()];
    let case = Case { ledger: "soak.ledger", delivered: &delivered, ..Case::default() };
    let mut figures = judge(&at_first, &at_last, &audit::by_both(stage, &case)?);
    figures.push(Figure::shown("seconds", started.elapsed().as_secs()));
    figures.push(Figure::shown("faults", faults.len() as u64));
    Ok(figures)
}

fn judge(at_first: &[Held; 2], at_last: &[Held; 2], audit: &Audit) -> Vec<Figure> {
    let more =
        |of: fn(&Held) -> u64, who: usize| of(&at_last[who]).saturating_sub(of(&at_first[who]));
    let (bytes, descriptors) = (|held: &Held| held.bytes, |held: &Held| held.descriptors);
    let delivered = audit.delivered.clone().unwrap_or_default();
    vec![
        Figure::at_most(
            "KiB by which the producer grew",
            more(bytes, 0) / 1024,
            GROWTH_AT_MOST / 1024,
        ),
        Figure::at_most(
            "KiB by which the consumer grew",
            more(bytes, 1) / 1024,
            GROWTH_AT_MOST / 1024,
        ),
        Figure::at_most(
            "descriptors more in the producer",
            more(descriptors, 0),
            MORE_DESCRIPTORS_AT_MOST,
        ),
        Figure::at_most(
            "descriptors more in the consumer",
            more(descriptors, 1),
            MORE_DESCRIPTORS_AT_MOST,
        ),
        Figure::none("lost", audit.lost),
        Figure::none("stored twice", audit.twice),
        Figure::none("missed", delivered.missing),
        Figure::at_least("delivered", delivered.distinct, RATE),
        Figure::shown("repeated", delivered.repeated),
    ]
}
