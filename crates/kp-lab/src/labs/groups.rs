//! Members of a group that join, leave and are killed: who reads which partition, and how long
//! nobody does, under each of the three ways to share partitions.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use kp_plot::Moment;
use kp_process::{Running, Signal, Source};
use serde_json::Value as Json;

use crate::figures::{Figures, Value};
use crate::labs::groups::readers::{Group, PARTITIONS};
use crate::stage::Stage;

mod readers;

/// The groups, each with what its members are told of librdkafka's settings. The older protocol
/// takes the session from each member, the new one from the broker.
const GROUPS: [(&str, &str); 3] = [
    (
        "eager",
        r#"[kafka.librdkafka]
"partition.assignment.strategy" = "range"
"session.timeout.ms" = 6000
"heartbeat.interval.ms" = 1000
"#,
    ),
    (
        "cooperative",
        r#"[kafka.librdkafka]
"partition.assignment.strategy" = "cooperative-sticky"
"session.timeout.ms" = 6000
"heartbeat.interval.ms" = 1000
"#,
    ),
    (
        "consumer",
        r#"[kafka.librdkafka]
"group.protocol" = "consumer"
"#,
    ),
];
const SETTINGS: [(&str, &str); 4] = [
    ("group.consumer.session.timeout.ms", "6000"),
    ("group.consumer.min.session.timeout.ms", "6000"),
    ("group.consumer.heartbeat.interval.ms", "1000"),
    ("group.consumer.min.heartbeat.interval.ms", "1000"),
];
/// As long as each state lasts at least, so that the timeline shows it.
const A_WHILE: Duration = Duration::from_secs(1);
/// As long as partitions may stand still; more is never.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("broker")?;
    let broker = stage.container_with(&SETTINGS)?;
    stage.run("kp-admin topics create orders --partitions 3")?;
    let _producer = stage.start("kp-producer -t orders --rate 150 --duration 1h")?;

    stage.step("first")?;
    for (group, settings) in GROUPS {
        let file = format!("{group}.toml");
        fs::write(stage.folder.join(&file), settings)?;
        stage.show(&format!("cat {file}"), settings)?;
    }
    let began = Instant::now();
    let mut groups = GROUPS.map(|(name, _)| Group::new(name, began));
    join(stage, &mut groups, &["m1"])?;
    settle(stage, &mut groups, 1)?;

    stage.step("join")?;
    go_on(&mut groups);
    join(stage, &mut groups, &["m2", "m3"])?;
    settle(stage, &mut groups, 3)?;

    stage.step("fourth")?;
    go_on(&mut groups);
    let mut moments = vec![moment(&groups, "m4 joins")];
    join(stage, &mut groups, &["m4"])?;
    let names = GROUPS.map(|(name, _)| name).join(" ");
    let watch = stage.start(&format!("kp-admin --output json groups watch {names} --every 1s"))?;
    look_until(stage, &mut groups, "each group has four members", |_| all_have(&watch, 4))?;
    drop(watch);
    settle(stage, &mut groups, 3)?;
    for group in &groups {
        let idle: Vec<_> = group.idle().collect();
        stage.figure(group.name, "reads nothing", Value::Text(idle.join(", ")));
    }

    stage.step("leave")?;
    go_on(&mut groups);
    moments.push(moment(&groups, "one leaves"));
    end(stage, &mut groups, Signal::TERM, "leave")?;

    stage.step("kill")?;
    go_on(&mut groups);
    let (signal, label) = match stage.is_control() {
        true => (Signal::TERM, "one leaves"),
        false => (Signal::KILL, "one is killed"),
    };
    moments.push(moment(&groups, label));
    end(stage, &mut groups, signal, "kill")?;

    for group in &groups {
        let name = format!("timeline {}", group.name);
        stage.plot_timeline(&name, group.rows(), moments.clone(), "time");
    }
    drop(groups);
    drop(broker);
    Ok(())
}

fn join(stage: &mut Stage<'_>, groups: &mut [Group], members: &[&'static str]) -> Result<()> {
    for group in groups {
        for member in members {
            let reader = format!("kp-consumer --config {0}.toml -t orders -G {0}", group.name);
            let typed = format!("{reader} -X client.id={member} --follow -f '%p\\n'");
            group.add(member, stage.start(&typed)?);
        }
    }
    Ok(())
}

/// Whether each group had so many members when `kp-admin groups watch` last looked.
fn all_have(watch: &Running, members: usize) -> bool {
    let said = watch.said(Source::Stdout);
    let last = said.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok()).next_back();
    let groups = last.as_ref().and_then(|seen| seen["groups"].as_array());
    groups.is_some_and(|groups| {
        let count = |group: &Json| group["members"].as_array().map_or(0, Vec::len);
        groups.len() == GROUPS.len() && groups.iter().all(|group| count(group) == members)
    })
}

/// Waits until `readers` members read all partitions, and for a second more.
fn settle(stage: &Stage<'_>, groups: &mut [Group], readers: usize) -> Result<()> {
    let what = format!("all partitions are read, by {readers}");
    look_until(stage, groups, &what, |groups| {
        groups.iter().all(|group| group.is_read() && group.readers().len() == readers)
    })?;
    look_for(stage, groups, A_WHILE)
}

/// Ends one member of each group that reads a partition, and measures how long partitions stand
/// still.
fn end(stage: &mut Stage<'_>, groups: &mut [Group], signal: Signal, measure: &str) -> Result<()> {
    let mut left = Vec::new();
    for group in groups.iter_mut() {
        let member = group.readers().last().copied().context("nobody reads")?;
        let flag = if signal == Signal::KILL { "-9 " } else { "" };
        let typed = format!("kill {flag}${}_{member}", group.name);
        stage.signal(&typed, group.process(member)?, signal)?;
        left.push(group.end(member));
    }
    let ended = Instant::now();
    look_until(stage, groups, "all partitions are read again", |groups| {
        let again = groups.iter().zip(&left).all(|(group, left)| group.is_taken_over(left));
        again || ended.elapsed() > PATIENCE
    })?;
    look_for(stage, groups, A_WHILE)?;
    for (group, left) in groups.iter().zip(&left) {
        let stood_still = (0..PARTITIONS).map(|partition| group.stood_still(partition));
        let (theirs, others): (Vec<_>, Vec<_>) =
            (0..PARTITIONS).zip(stood_still).partition(|(partition, _)| left.contains(partition));
        let longest = |of: Vec<(usize, Duration)>| of.into_iter().map(|(_, time)| time).max();
        stage.figure(group.name, measure, Value::Time(longest(theirs).unwrap_or_default()));
        let measure = format!("{measure}, others");
        stage.figure(group.name, &measure, Value::Time(longest(others).unwrap_or_default()));
    }
    Ok(())
}

fn look_until(
    stage: &Stage<'_>,
    groups: &mut [Group],
    what: &str,
    holds: impl Fn(&[Group]) -> bool,
) -> Result<()> {
    stage.until(what, PATIENCE + Duration::from_secs(10), || {
        groups.iter_mut().try_for_each(Group::look)?;
        Ok(holds(groups))
    })
}

fn look_for(stage: &Stage<'_>, groups: &mut [Group], time: Duration) -> Result<()> {
    let began = Instant::now();
    look_until(stage, groups, "time has passed", |_| began.elapsed() >= time)
}

/// A reader may have thought about a step for long, and meanwhile nobody looked.
fn go_on(groups: &mut [Group]) {
    groups.iter_mut().for_each(Group::go_on);
}

fn moment(groups: &[Group], label: &str) -> Moment {
    Moment::new(groups.first().map_or(0.0, Group::observed), label)
}

pub(super) fn judge(figures: &Figures) -> Option<&'static str> {
    let of = |measure| GROUPS.map(|(group, _)| figures.number(group, measure));
    let times = |measure| of(measure).into_iter().collect::<Option<Vec<_>>>();
    let (leave, kill) = (times("leave")?, times("kill")?);
    // A session of 6 s ends that long after the last heartbeat, which may be 1 s old.
    let at_once = |times: &[f64]| times.iter().all(|time| *time < 3.5);
    let a_session = |times: &[f64]| times.iter().all(|time| (4.5..12.0).contains(time));
    if kill.iter().all(|time| *time >= PATIENCE.as_secs_f64()) {
        return Some("never");
    }
    match (at_once(&leave), at_once(&kill)) {
        (true, true) => Some("alike"),
        (true, false) if a_session(&kill) => Some("session"),
        (false, false) if a_session(&leave) && a_session(&kill) => Some("both"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_how_long_partitions_stood_still() {
        for (leave, kill, answer) in [
            ([0.4, 1.2, 0.9], [5.6, 6.2, 6.9], Some("session")),
            ([0.4, 1.2, 0.9], [0.4, 1.2, 0.9], Some("alike")),
            ([6.0, 6.1, 5.2], [5.6, 6.2, 6.9], Some("both")),
            ([0.4, 1.2, 0.9], [20.1, 20.2, 20.1], Some("never")),
            ([0.4, 1.2, 0.9], [5.6, 6.2, 0.2], None),
            ([4.0, 1.2, 0.9], [5.6, 6.2, 6.9], None),
        ] {
            let mut figures = Figures::default();
            for (measure, times) in [("leave", leave), ("kill", kill)] {
                for ((group, _), time) in GROUPS.into_iter().zip(times) {
                    let time = Value::Time(Duration::from_secs_f64(time));
                    figures.set(group, measure, time);
                }
            }
            assert_eq!(judge(&figures), answer, "{leave:?}, {kill:?}");
        }
    }
}
