//! A consumer that is too slow for a peak: how long it takes to catch up, alone and with a second
//! member.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use kp_plot::{Axis, Line};
use kp_process::{Running, Source};
use kp_stack::docker::stack::Stack;
use serde_json::Value as Json;

use crate::figures::{Figures, Value};
use crate::stage::{Piped, Stage};

/// Topics, and the groups that read them. The second gets another member after the peak.
const GROUPS: [&str; 2] = ["alone", "helped"];
/// 20 messages, then 200 ms of work for them: about 100 messages a second.
const WORK: &str = r#"awk 'NR % 20 == 0 { system("sleep 0.2") }'"#;
const PEAK: &str = "-c 1000 --rate 200";
const NO_PEAK: &str = "-c 250 --rate 50";
/// Messages a second after the peak.
const AFTER: f64 = 50.0;
/// Half a second of messages: as close as a group comes to the end that commits now and then.
const CAUGHT_UP: f64 = 25.0;
/// The last seconds of the peak.
const LATE_IN_PEAK: f64 = 3.0;
/// How many seconds catching up may take.
const PATIENCE: f64 = 30.0;

/// How a group stands at a time.
struct Look {
    /// Seconds since 1970.
    at: f64,
    /// Messages that are stored and not yet handled.
    lag: f64,
    /// The age of the oldest of them, in seconds.
    behind: f64,
    handled: f64,
}

pub(super) fn run(stage: &mut Stage<'_>) -> Result<()> {
    stage.step("broker")?;
    let broker = stage.container(Stack::Kraft)?;
    for topic in GROUPS {
        stage.run(&format!("kp-admin topics create {topic} --partitions 2"))?;
    }

    stage.step("members")?;
    let mut members = Vec::new();
    for group in GROUPS {
        members.push(join(stage, group)?);
    }
    let reads = |member: &Piped| member.writer.said(Source::Stderr).contains(" reads ");
    let patience = Duration::from_secs(20);
    stage.until("both groups read", patience, || Ok(members.iter().all(reads)))?;
    let watch = "kp-admin --output json groups watch alone helped --every 500ms";
    let watch = stage.start(watch)?;
    let is_seen = |group: &str| !looks(&watch, group).is_empty();
    stage.until("kp-admin has looked", patience, || Ok(GROUPS.into_iter().all(is_seen)))?;

    stage.step("peak")?;
    // What kp-admin tells is by the clock, and that may be set meanwhile.
    let (began, start) = (now()?, Instant::now());
    let peak = if stage.is_control() { NO_PEAK } else { PEAK };
    for mut producer in send(stage, peak)? {
        stage.wait(&mut producer)?.exits(0)?;
    }
    let (ended, end) = (now()?, Instant::now());
    stage.figure("alone", "peak", Value::Time(end - start));

    // This is no step of its own: nothing may wait for a reader between the peak and what follows.
    let _producers = send(stage, "--rate 50 --duration 60s")?;
    members.push(join(stage, "helped")?);
    stage.until("both groups have caught up", Duration::from_secs(60), || {
        let done = |group| caught_up(&looks(&watch, group), ended).is_some();
        Ok(GROUPS.into_iter().all(done) || end.elapsed().as_secs_f64() > PATIENCE)
    })?;
    // One look more, so that the lines end where they have come to rest.
    stage.pass(Duration::from_secs(1))?;

    let all = GROUPS.map(|group| (group, looks(&watch, group)));
    for (group, looks) in &all {
        note(stage, group, looks, ended).with_context(|| format!("of group {group}"))?;
    }
    plot(stage, &all, began, "lag over time", |look| look.lag);
    plot(stage, &all, began, "lag in time", |look| look.behind);
    drop(broker);
    Ok(())
}

/// A member that commits often, so that the lag is known often.
fn join(stage: &mut Stage<'_>, group: &str) -> Result<Piped> {
    let quickly = "-X auto.commit.interval.ms=250 -X heartbeat.interval.ms=500";
    let reader = format!("kp-consumer -t {group} -G {group} --follow -v -f '%s\\n' {quickly}");
    stage.start_piped(&reader, WORK)
}

fn send(stage: &mut Stage<'_>, flags: &str) -> Result<Vec<Running>> {
    let to = |group| format!("kp-producer -t {group} {flags} --size 8000");
    GROUPS.into_iter().map(|group| stage.start(&to(group))).collect()
}

fn note(stage: &mut Stage<'_>, group: &str, looks: &[Look], ended: f64) -> Result<()> {
    let at_end = looks.iter().find(|look| look.at >= ended).context("nothing was seen")?;
    let most = |figure: fn(&Look) -> f64| looks.iter().map(figure).fold(0.0, f64::max);
    // Its pace counts once the buffers on its way are full.
    let busy = looks.iter().find(|look| look.at >= ended - LATE_IN_PEAK);
    let busy = busy.context("nothing was seen of the peak")?;
    let handles = (at_end.handled - busy.handled) / (at_end.at - busy.at);
    if handles.is_finite() {
        stage.figure(group, "handles", Value::Rate(handles));
    }
    stage.figure(group, "messages", Value::Count(most(|look| look.lag) as u64));
    stage.figure(group, "behind", Value::Time(Duration::from_secs_f64(most(|look| look.behind))));
    let took = match caught_up(looks, ended) {
        Some(took) => Value::Time(Duration::from_secs_f64(took)),
        None => Value::Text(format!("> {PATIENCE:.0} s")),
    };
    stage.figure(group, "caught up", took);
    let members = if group == "helped" { 2.0 } else { 1.0 };
    // One that handles no more than comes in never catches up, so no time can be computed.
    let computed = at_end.lag / (members * handles - AFTER);
    if let Ok(computed) = Duration::try_from_secs_f64(computed) {
        stage.figure(group, "computed", Value::Time(computed));
    }
    Ok(())
}

/// How long after the peak nothing was left to handle but what had just come.
fn caught_up(looks: &[Look], ended: f64) -> Option<f64> {
    let done = |look: &&Look| look.at >= ended && look.lag <= CAUGHT_UP;
    looks.iter().find(done).map(|look| look.at - ended)
}

/// What `kp-admin groups watch` has said so far about a group.
fn looks(watch: &Running, group: &str) -> Vec<Look> {
    let said = watch.said(Source::Stdout);
    said.lines().filter_map(|line| look(&serde_json::from_str(line).ok()?, group)).collect()
}

fn look(seen: &Json, group: &str) -> Option<Look> {
    let groups = seen["groups"].as_array()?;
    let group = groups.iter().find(|seen| seen["group"] == group)?;
    let partitions = group["partitions"].as_array()?;
    let figures =
        |name: &'static str| partitions.iter().filter_map(move |seen| seen[name].as_f64());
    let handled = figures("committed").sum();
    Some(Look {
        at: seen["at_ms"].as_f64()? / 1e3,
        // All that is stored, where nothing was committed yet.
        lag: figures("end").sum::<f64>() - handled,
        behind: figures("behind_ms").fold(0.0, f64::max) / 1e3,
        handled,
    })
}

fn plot(
    stage: &mut Stage<'_>,
    groups: &[(&str, Vec<Look>)],
    began: f64,
    name: &str,
    figure: impl Fn(&Look) -> f64,
) {
    let lines = groups.iter().map(|(group, looks)| Line {
        name: (*group).to_owned(),
        points: looks.iter().map(|look| (look.at - began, figure(look))).collect(),
    });
    let unit = if name == "lag in time" { "seconds" } else { "messages left" };
    stage.plot_lines(name, lines.collect(), Axis::linear("time"), Axis::linear(unit));
}

fn now() -> Result<f64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64())
}

pub(super) fn judge(figures: &Figures) -> Option<&'static str> {
    let peak = figures.number("alone", "peak")?;
    let handles = figures.number("alone", "handles")?;
    let is_behind = figures.number("alone", "messages")? >= 200.0;
    // What was asked about is a peak of 5 s for a consumer that handles 100 a second.
    if !is_behind || !(4.0..8.0).contains(&peak) || !(65.0..140.0).contains(&handles) {
        return None;
    }
    let Some(took) = figures.get("alone", "caught up")?.number() else {
        return Some("never");
    };
    match took / peak {
        share if share < 0.4 => Some("at once"),
        share if share < 1.4 => Some("as long"),
        share if share < 3.2 => Some("twice"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_how_long_it_took_beside_the_peak() {
        for (most, handles, took, answer) in [
            (500, 98.0, Some(0.5), Some("at once")),
            (500, 98.0, Some(5.1), Some("as long")),
            (500, 98.0, Some(10.2), Some("twice")),
            (500, 98.0, Some(20.0), None),
            (500, 98.0, None, Some("never")),
            (700, 52.0, None, None),
            (12, 98.0, Some(0.1), None),
        ] {
            let mut figures = Figures::default();
            let seconds = |seconds| Value::Time(Duration::from_secs_f64(seconds));
            figures.set("alone", "messages", Value::Count(most));
            figures.set("alone", "peak", seconds(5.0));
            figures.set("alone", "handles", Value::Rate(handles));
            let caught_up = took.map_or(Value::Text("> 30 s".to_owned()), seconds);
            figures.set("alone", "caught up", caught_up);
            assert_eq!(judge(&figures), answer, "{most}, {handles}, {took:?}");
        }
    }

    #[test]
    fn a_look_adds_up_the_partitions_of_its_group() {
        let seen = r#"{"at_ms":1500,"groups":[{"group":"alone","partitions":[
            {"committed":40,"end":100,"behind_ms":900},{"committed":null,"end":7,"behind_ms":null}
        ]}]}"#;
        let seen = serde_json::from_str(seen).unwrap();
        let alone = look(&seen, "alone").unwrap();
        assert_eq!((alone.at, alone.lag, alone.behind, alone.handled), (1.5, 67.0, 0.9, 40.0));
        assert!(look(&seen, "helped").is_none());
    }
}
