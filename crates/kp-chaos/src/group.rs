//! How far a group has read, as `kp-admin groups describe` says.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::client::Client;
use super::stage::Stage;
use kp_process::wait;

/// Enough for two rebalances that wait for a lost member, on a busy machine.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// The part of a group's state that is needed here.
#[derive(Debug, Deserialize)]
pub(super) struct Group {
    partitions: Vec<Partition>,
    members: Vec<Member>,
}

#[derive(Debug, Deserialize)]
struct Partition {
    topic: String,
    partition: i32,
    committed: Option<i64>,
    end: Option<i64>,
}

/// Of a member it matters only that it is there.
#[derive(Debug, Deserialize)]
struct Member {}

/// A place in each partition.
pub(super) type Places = BTreeMap<i32, i64>;

impl Group {
    /// The group now.
    ///
    /// # Errors
    /// The brokers do not tell. While one is away this is a passing state.
    pub(super) fn now(name: &str, stage: &Stage<'_>) -> Result<Self> {
        let described =
            stage.run("kp-admin", &["groups", "describe", name, "--output", "json"])?.exits(0)?;
        serde_json::from_slice(&described.stdout)
            .with_context(|| format!("kp-admin says of the group {name}: {}", described.text()))
    }

    /// What is committed of a topic.
    pub(super) fn committed(&self, topic: &str) -> Places {
        self.places(topic, |partition| partition.committed)
    }

    /// Where the topic ends.
    fn ends(&self, topic: &str) -> Places {
        self.places(topic, |partition| partition.end)
    }

    fn places(&self, topic: &str, place: impl Fn(&Partition) -> Option<i64>) -> Places {
        let of_topic = self.partitions.iter().filter(|each| each.topic == topic);
        of_topic
            .map(|partition| (partition.partition, place(partition).unwrap_or_default()))
            .collect()
    }
}

/// Whether each partition has reached the place that it has `there`.
fn has_reached(here: &Places, there: &Places) -> bool {
    there
        .iter()
        .all(|(partition, place)| here.get(partition).is_some_and(|reached| reached >= place))
}

/// Waits until the group has committed all that the topic holds now, so that it has members again
/// that read.
///
/// # Errors
/// That takes too long, or a member has ended.
pub(super) fn wait_until_caught_up(
    name: &str,
    topic: &str,
    stage: &Stage<'_>,
    members: &mut [Client],
) -> Result<()> {
    let mut goal: Option<Places> = None;
    let what = format!("the group {name} has read what {topic} holds");
    wait::until(&what, SETTLED_WITHIN, stage.interrupt, || {
        for member in members.iter_mut() {
            member.ensure_running()?;
        }
        let Ok(group) = Group::now(name, stage) else {
            return Ok(false);
        };
        // A group that nobody has joined yet knows of no topic.
        let ends = group.ends(topic);
        if goal.is_none() && !ends.is_empty() {
            goal = Some(ends);
        }
        Ok(goal.as_ref().is_some_and(|goal| has_reached(&group.committed(topic), goal)))
    })
}

/// Waits until the group has no member: one that was killed may have joined again just before, and
/// keeps its part of the partitions until its session is over.
///
/// # Errors
/// That takes too long.
pub(super) fn wait_until_left(name: &str, stage: &Stage<'_>) -> Result<()> {
    let what = format!("the group {name} has no member left");
    wait::until(&what, SETTLED_WITHIN, stage.interrupt, || {
        Ok(Group::now(name, stage).is_ok_and(|group| group.members.is_empty()))
    })
}

/// For how long each partition stood still although there was something to read.
pub(super) struct Watch {
    last: Instant,
    since: BTreeMap<i32, (i64, Instant)>,
    longest: Duration,
}

/// A look costs the start of a process.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

impl Watch {
    pub(super) fn new() -> Self {
        Self { last: Instant::now(), since: BTreeMap::new(), longest: Duration::ZERO }
    }

    /// Looks at the group, if the last look is long enough ago.
    pub(super) fn look(&mut self, name: &str, topic: &str, stage: &Stage<'_>) {
        if self.last.elapsed() < BETWEEN_LOOKS {
            return;
        }
        self.last = Instant::now();
        if let Ok(group) = Group::now(name, stage) {
            self.see(&group.committed(topic), &group.ends(topic), Instant::now());
        }
    }

    fn see(&mut self, committed: &Places, ends: &Places, now: Instant) {
        for (partition, end) in ends {
            let place = committed.get(partition).copied().unwrap_or_default();
            let (stood, since) = self.since.entry(*partition).or_insert((place, now));
            if place > *stood || place >= *end {
                (*stood, *since) = (place, now);
            }
            self.longest = self.longest.max(now.duration_since(*since));
        }
    }

    /// The longest of all partitions.
    pub(super) fn longest(&self) -> Duration {
        self.longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_kp_admin_is_read() {
        let answer = r#"{"schema":"kp.admin.groups.describe/1","group":"g","state":"Stable","type":"classic",
            "members":[{"member":"m","client_id":"kp","instance_id":null,"host":"/"}],
            "partitions":[{"topic":"t","partition":0,"committed":5,"end":9,"lag":4,"member":"m","host":"/"},
                {"topic":"t","partition":1,"committed":null,"end":2,"lag":null,"member":null,"host":null},
                {"topic":"u","partition":0,"committed":1,"end":1,"lag":0,"member":null,"host":null}]}"#;
        let group: Group = serde_json::from_str(answer).unwrap();
        assert_eq!(group.committed("t"), Places::from([(0, 5), (1, 0)]));
        assert_eq!(group.ends("t"), Places::from([(0, 9), (1, 2)]));
        assert_eq!(group.members.len(), 1);
    }

    #[test]
    fn a_place_is_reached_in_every_partition_or_not() {
        let there = Places::from([(0, 5), (1, 2)]);
        assert!(has_reached(&Places::from([(0, 6), (1, 2)]), &there));
        assert!(!has_reached(&Places::from([(0, 6), (1, 1)]), &there));
        assert!(!has_reached(&Places::from([(0, 6)]), &there));
    }

    #[test]
    fn only_standing_still_with_work_left_counts() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut watch = Watch::new();
        watch.see(&Places::from([(0, 5)]), &Places::from([(0, 5)]), at(0));
        watch.see(&Places::from([(0, 5)]), &Places::from([(0, 5)]), at(100));
        assert_eq!(watch.longest(), Duration::ZERO);
        watch.see(&Places::from([(0, 5)]), &Places::from([(0, 9)]), at(103));
        watch.see(&Places::from([(0, 6)]), &Places::from([(0, 9)]), at(104));
        assert_eq!(watch.longest(), Duration::from_secs(3));
    }
}
