//! Row 8: producers are told to end while no broker answers and their queues are full. They must
//! end in time, and say how many messages were left.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result};
use kp_process::Signal;

use crate::audit::{self, Audit, Case, Reader};
use crate::client::Client;
use crate::finding::Figure;
use crate::plan;
use crate::stage::{Sent, Stage};
use kp_process::Finished;
use kp_process::wait;
use kp_stack::docker::cluster::Broker;

/// Producers that are ended in the same outage.
const AT_ONCE: u64 = 4;
const RATE: u64 = 1_000;
const ENDLESS: u64 = 1_000_000_000;
const SHUTDOWN: Duration = Duration::from_secs(2);
/// From the end of the shutdown timeout to the end of the process, on a busy machine.
const SLACK: Duration = Duration::from_secs(2);
/// A queue fills while the brokers do not answer.
const FILLS_IN: Duration = Duration::from_millis(500);
const LEFT_UNDELIVERED: i32 = 5;

/// A way to die, in words and for one broker.
type Death = (&'static str, fn(&Broker) -> Result<()>);

/// How the brokers die, all three at once.
const DEATHS: [Death; 4] = [
    ("they hang", Broker::pause),
    ("they are off the network", cut),
    ("they hang", Broker::pause),
    ("they are killed", Broker::kill),
];

/// What the ends showed.
#[derive(Default)]
struct Ends {
    count: u64,
    in_time: u64,
    told: u64,
    exit_5: u64,
    undelivered: u64,
    slowest: Duration,
}

pub(crate) fn run(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let stops = stage.amount(plan::STOPS_WHILE_DEAD);
    let (ends, audits) = end_while_dead(Signal::TERM, stops, stage, out)?;
    Ok(judge(&ends, &audits))
}

/// SIGKILL in place of SIGTERM: no flush, no count.
pub(crate) fn control(stage: &Stage<'_>, out: &mut dyn Write) -> Result<Vec<Figure>> {
    let (ends, audits) = end_while_dead(Signal::KILL, AT_ONCE, stage, out)?;
    Ok(judge(&ends, &audits))
}

fn judge(ends: &Ends, audits: &[Audit]) -> Vec<Figure> {
    let unknown = audits.iter().map(|audit| audit.unknown).sum::<u64>();
    vec![
        Figure::exactly("ended in time", ends.in_time, ends.count),
        Figure::exactly("told what was left", ends.told, ends.count),
        Figure::exactly("ended with exit 5", ends.exit_5, ends.count),
        Figure::none(
            "of unknown fate in the ledger and not told",
            unknown.saturating_sub(ends.undelivered),
        ),
        Figure::none("lost", audits.iter().map(|audit| audit.lost).sum()),
        Figure::at_least("undelivered", ends.undelivered, ends.count),
        Figure::shown("ms to the slowest end", ends.slowest.as_millis() as u64),
    ]
}

fn end_while_dead(
    signal: Signal,
    stops: u64,
    stage: &Stage<'_>,
    out: &mut dyn Write,
) -> Result<(Ends, Vec<Audit>)> {
    let topic = stage.topic("flush", 6, &[])?;
    let mut ends = Ends::default();
    for (round, (in_words, die)) in (1..=stops.div_ceil(AT_ONCE)).zip(DEATHS.into_iter().cycle()) {
        writeln!(
            out,
            "   {round}. {AT_ONCE} producers, all brokers die: {in_words}; {}",
            if signal == Signal::TERM { "SIGTERM" } else { "SIGKILL" }
        )?;
        one_round(signal, die, &topic, stage, &mut ends)
            .with_context(|| format!("in round {round}"))?;
    }
    let audit_one = |producer| {
        let case = Case { ledger: &ledger_of(producer), ..Case::default() };
        audit::by(Reader::Java, stage, &case)
    };
    let audits = (0..AT_ONCE).map(audit_one).collect::<Result<_>>()?;
    Ok((ends, audits))
}

/// Each producer of a round has a ledger of its own, and its successor in the next round goes on
/// with it.
fn ledger_of(producer: u64) -> String {
    format!("flush-{producer}.ledger")
}

fn one_round(
    signal: Signal,
    die: fn(&Broker) -> Result<()>,
    topic: &str,
    stage: &Stage<'_>,
    ends: &mut Ends,
) -> Result<()> {
    let shutdown = format!("{}s", SHUTDOWN.as_secs());
    let more = ["--shutdown-timeout", &shutdown, "--delivery-timeout", "60s"];
    let start = |producer| stage.producer(topic, &ledger_of(producer), ENDLESS, RATE, &more);
    let stored = stage.stored(topic)?;
    let mut producers = (0..AT_ONCE).map(start).collect::<Result<Vec<Client>>>()?;
    let mut last = producers.pop().context("there are producers")?;
    stage.wait_until_stored(topic, stored + AT_ONCE * 300, &mut last)?;
    producers.push(last);

    stage.cluster.brokers().iter().try_for_each(die)?;
    wait::pass(FILLS_IN, stage.interrupt, &mut || Ok(()))?;
    producers.iter().try_for_each(|each| each.send(signal))?;
    let sent = std::time::Instant::now();
    for producer in &mut producers {
        let ended = producer.ended_within(plan::STOPS_WITHIN * 2, stage.interrupt)?;
        ends.see(&ended, sent.elapsed());
    }
    stage.cluster.heal(stage.interrupt)
}

impl Ends {
    fn see(&mut self, ended: &Finished, took: Duration) {
        self.count += 1;
        self.in_time += u64::from(took <= SHUTDOWN + SLACK);
        self.slowest = self.slowest.max(took);
        self.exit_5 += u64::from(ended.code() == Some(LEFT_UNDELIVERED));
        // A producer that was killed has said nothing, which the control is to show.
        if let Ok(sent) = Sent::said_by(ended) {
            self.told += u64::from(sent.adds_up());
            self.undelivered += sent.undelivered;
        }
    }
}

fn cut(broker: &Broker) -> Result<()> {
    broker.relay.cut();
    Ok(())
}
