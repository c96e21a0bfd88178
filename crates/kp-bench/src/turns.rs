//! The rounds: each contender of a work in turn, each run checked.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::broker::Broker;
use super::machine;
use super::plan::Plan;
use super::process::{Invocation, Measured, measure};
use super::results::{Run, WorkResult};
use super::said::last_line;
use super::table;
use super::topics::Topics;
use super::verdict;
use super::work::{Check, Clock, Contender, Fill, Plot, TOPIC, TopicState, Work};
use kp_process::interrupt::Interrupt;

/// How long the machine is watched while nothing is measured.
const GLANCE: Duration = Duration::from_millis(300);
/// So many times the usual rounds at most, where they disagree.
const MOST: u32 = 2;

/// Lets the broker's JVM compile what it will need, so that the first program is not measured while
/// it does.
///
/// # Errors
/// The broker does not take the messages.
pub(super) fn warm_up(plan: &Plan, topics: &mut Topics) -> Result<()> {
    for compression in plan.codecs {
        topics.filled(&Fill { messages: plan.messages, partitions: 1, compression })?;
    }
    Ok(())
}

/// Measures one work.
///
/// # Errors
/// The broker has gone, or the user interrupts. A contender that fails is a result.
pub(super) fn take(
    work: &Work,
    plan: &Plan,
    broker: &Broker,
    topics: &mut Topics,
    interrupt: &Interrupt,
    out: &mut dyn Write,
) -> Result<WorkResult> {
    write!(out, "{:<20}", work.name)?;
    out.flush()?;
    let mut result = WorkResult::new(work);
    // Before the broker is slowed down.
    for contender in &work.contenders {
        if let TopicState::Filled(fill) = &contender.topic {
            topics.filled(fill)?;
        }
    }
    let slowed = match work.broker_cores {
        Some(cores) => broker.limit_to(Some(cores))?,
        None => false,
    };
    settle();
    result.busy_before = machine::busy_within(GLANCE);
    let enough = plan.rounds * work.turns;
    for round in 0..enough * MOST {
        // Where rounds disagree about a target there are as many again.
        let is_open = |claim| verdict::is_open(claim, &result);
        if round == enough && !work.claims.iter().any(is_open) {
            break;
        }
        for (contender, result) in work.contenders.iter().zip(&mut result.contenders) {
            interrupt.check()?;
            let Ok(command) = &contender.command else {
                continue;
            };
            let mut run = one(contender, command, round, topics, interrupt)?;
            if !matches!(work.plot, Some((Plot::Memory, _))) {
                run.memory.clear();
            }
            result.runs.push(run);
        }
        write!(out, ".")?;
        out.flush()?;
        topics.remove_fresh()?;
    }
    if slowed {
        broker.limit_to(None)?;
    }
    result.findings = work.claims.iter().map(|claim| verdict::find(claim, &result)).collect();
    writeln!(out, " {}", in_short(&result))?;
    Ok(result)
}

/// Lets the system write out what the runs before have left: it would do so during the next one,
/// and a broker that stores 100 MB then takes twice the time.
fn settle() {
    rustix::fs::sync();
}

fn one(
    contender: &Contender,
    command: &[String],
    round: u32,
    topics: &mut Topics,
    interrupt: &Interrupt,
) -> Result<Run> {
    let topic = match &contender.topic {
        TopicState::Fresh { partitions } => topics.fresh(*partitions)?,
        TopicState::Filled(fill) => topics.filled(fill)?,
    };
    settle();
    let arguments: Vec<_> = command.iter().map(|word| word.replace(TOPIC, &topic)).collect();
    let invocation = Invocation {
        arguments: &arguments,
        stdin: contender.stdin.as_deref().map(Path::new),
        reader: contender.reader,
        java_with: contender.is_java.then_some(topic.as_str()),
    };
    let measured = measure(&invocation, interrupt)?;
    let process_seconds = measured.wall.as_secs_f64();
    let seconds = match contender.clock {
        Clock::Process => Some(process_seconds),
        Clock::Own(read) => read(&measured.stdout, contender.messages),
    };
    let failure = failure(contender, &measured, &topic, topics)?
        .or_else(|| seconds.is_none().then(|| "did not say how long it took".to_owned()));
    Ok(Run {
        round,
        seconds: seconds.unwrap_or(process_seconds),
        process_seconds,
        peak_bytes: measured.peak,
        failure,
        memory: measured.memory,
    })
}

/// Why a run does not count; `None` when it does.
fn failure(
    contender: &Contender,
    measured: &Measured,
    topic: &str,
    topics: &Topics,
) -> Result<Option<String>> {
    if !measured.status.success() {
        let reason = last_line(&measured.stderr);
        return Ok(Some(format!("{}: {reason}", measured.status)));
    }
    let arrived = match contender.check {
        Check::EndOffsets => Some(topics.stored(topic, contender.messages)?),
        Check::Lines => measured.lines,
        Check::Own(read) => read(&measured.stdout),
    };
    Ok(match arrived {
        Some(arrived) if arrived == contender.messages => None,
        Some(arrived) => Some(format!("{arrived} of {} messages arrived", contender.messages)),
        None => Some("did not say how many messages arrived".to_owned()),
    })
}

fn in_short(result: &WorkResult) -> String {
    let contenders = result.contenders.iter().filter_map(|contender| {
        let seconds = contender.seconds()?.median;
        Some(format!("{} {}", contender.name, table::quantity("seconds", seconds)))
    });
    contenders.collect::<Vec<_>>().join(", ")
}
