//! Consumer groups, and how far each is behind.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use kp_core::most_alike;
use kp_rdkafka::admin::{self, Group, GroupKind, GroupState, ListedGroup, Member, OffsetQuery};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::again::{self, complete};
use super::{Admin, partition_count};
use crate::connect;
use crate::error::Error;
use crate::other_groups::{OtherGroup, other_groups};
use crate::replicas::OFFSETS;

/// How long a refusal may take to come.
const REFUSAL: Duration = Duration::from_secs(2);

/// A group in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedGroup {
    /// The group.
    pub name: String,
    /// What it is doing; the embedded broker does not tell.
    pub state: Option<GroupState>,
    /// Its protocol; the embedded broker does not tell.
    pub kind: Option<GroupKind>,
    /// Its members; the embedded broker does not tell.
    pub members: Vec<Member>,
    /// The partitions that it committed offsets of or that a member reads, by topic and number.
    pub partitions: Vec<GroupPartition>,
}

/// How far a group has come in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPartition {
    /// The topic.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
    /// The offset of the next message to read; none when nothing was committed.
    pub committed: Option<i64>,
    /// The earliest offset that is kept; none while the partition has no leader to tell it.
    pub start: Option<i64>,
    /// One past the latest message; none while the partition has no leader to tell it.
    pub end: Option<i64>,
    /// The member that reads it, as a place in [`DescribedGroup::members`].
    pub member: Option<usize>,
}

/// On which side of the kept offsets a committed one lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfRange {
    /// Before the earliest: what lay between was removed unread.
    BeforeStart,
    /// Past the end: the topic was made again, or was cut off.
    PastEnd,
}

impl GroupPartition {
    /// How many offsets are left to read. A reader whose committed offset is not kept goes on at
    /// the earliest, so that all that is kept is left.
    pub fn lag(&self) -> Option<i64> {
        let (committed, end) = (self.committed?, self.end?);
        let from = match self.out_of_range() {
            Some(_) => self.start?,
            None => committed,
        };
        Some(end - from)
    }

    /// Whether the committed offset is none of those that are kept.
    pub fn out_of_range(&self) -> Option<OutOfRange> {
        let committed = self.committed?;
        if self.start.is_some_and(|start| committed < start) {
            return Some(OutOfRange::BeforeStart);
        }
        self.end.is_some_and(|end| committed > end).then_some(OutOfRange::PastEnd)
    }
}

type Partitions = BTreeMap<(String, i32), Option<i64>>;

/// A group among others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSummary {
    /// The group.
    pub name: String,
    /// What it is doing.
    pub state: GroupState,
    /// Its type.
    pub kind: GroupKind,
    /// What its members speak: `consumer`, `share`, `connect`; none where it has had no members, or
    /// it cannot be told.
    pub protocol: Option<String>,
}

impl GroupSummary {
    fn consumers(group: ListedGroup) -> Self {
        Self {
            protocol: (!group.is_simple).then(|| "consumer".to_owned()),
            name: group.id,
            state: group.state,
            kind: group.kind,
        }
    }

    fn others(group: OtherGroup) -> Self {
        Self {
            state: match group.state.as_str() {
                "Empty" => GroupState::Empty,
                "PreparingRebalance" => GroupState::PreparingRebalance,
                "CompletingRebalance" => GroupState::CompletingRebalance,
                "Stable" => GroupState::Stable,
                "Dead" => GroupState::Dead,
                _ => GroupState::Unknown,
            },
            kind: match group.protocol.as_str() {
                "share" => GroupKind::Share,
                "streams" => GroupKind::Streams,
                "" => GroupKind::Unknown,
                _ => GroupKind::Classic,
            },
            name: group.id,
            protocol: Some(group.protocol).filter(|protocol| !protocol.is_empty()),
        }
    }
}

impl Admin {
    /// All groups of every type, by name. When some brokers did not answer, the error says so; the
    /// groups of the others are there.
    ///
    /// # Errors
    /// The embedded broker; a refusal; no answer in time.
    pub fn groups(&self) -> Result<(Vec<GroupSummary>, Option<Error>), Error> {
        self.needs_kafka("list groups (`kp-admin groups describe NAME` works)")?;
        let what = "cannot list the groups";
        let mut list = self
            .ask(|left| admin::list_groups(self.client(), left))
            .answer
            .map_err(|error| self.failed(what, error))?;
        let others = other_groups(&self.connection, None, self.timeout);
        let consumers = list.groups.into_iter().map(GroupSummary::consumers);
        let mut groups: Vec<_> =
            consumers.chain(others.into_iter().map(GroupSummary::others)).collect();
        groups.sort_by(|one, other| one.name.cmp(&other.name));
        // Two brokers may both tell of a group whose coordinator has just moved.
        groups.dedup_by(|one, other| one.name == other.name);
        let missing = list
            .errors
            .pop()
            .map(|error| self.refused("cannot list the groups of each broker", error));
        Ok((groups, missing))
    }

    /// Describes a group.
    ///
    /// # Errors
    /// A group that does not exist; a refusal; no answer in time.
    pub fn describe_group(&self, name: &str) -> Result<DescribedGroup, Error> {
        let group = if self.is_embedded {
            None
        } else {
            self.check_coordinator(name)?;
            self.state_of(name)?
        };
        let mut partitions = self.committed(name)?;
        if partitions.is_empty() && group.is_none() {
            return Err(self.no_group(name));
        }
        let (state, kind) = group.as_ref().map(|group| (group.state, group.kind)).unzip();
        let members = group.map(|group| group.members).unwrap_or_default();
        let mut readers = HashMap::new();
        for (place, member) in members.iter().enumerate() {
            for partition in &member.assignment {
                readers.insert(partition.clone(), place);
                partitions.entry(partition.clone()).or_default();
            }
        }
        let led = self.led(&partitions);
        let ends = self.offsets(&led, OffsetQuery::Latest)?;
        let starts = self.offsets(&led, OffsetQuery::Earliest)?;
        let partitions = partitions
            .into_iter()
            .map(|(partition, committed)| GroupPartition {
                committed,
                start: starts.get(&partition).copied().flatten(),
                end: ends.get(&partition).copied().flatten(),
                member: readers.get(&partition).copied(),
                topic: partition.0,
                partition: partition.1,
            })
            .collect();
        Ok(DescribedGroup { name: name.to_owned(), state, kind, members, partitions })
    }

    /// Before its first group a cluster has no coordinators, and asking for one takes the whole
    /// timeout. A missing `__consumer_offsets` alone is no proof, since the user may not be allowed
    /// to see it. So the list of groups is looked at as well.
    fn check_coordinator(&self, name: &str) -> Result<(), Error> {
        if partition_count(&self.metadata, OFFSETS).is_none() {
            let (groups, _) = self.groups()?;
            if !groups.iter().any(|group| group.name == name) {
                // A refusal comes at once.
                return Err(match self.state_within(name, self.timeout.min(REFUSAL)) {
                    Err(refused @ Error::Refused { .. }) => refused,
                    _ => self.no_group(name),
                });
            }
        }
        Ok(())
    }

    /// None when the coordinator knows no such group.
    fn state_of(&self, name: &str) -> Result<Option<Group>, Error> {
        self.state_within(name, self.timeout)
    }

    fn state_within(&self, name: &str, timeout: Duration) -> Result<Option<Group>, Error> {
        let what = format!("cannot describe group {name}");
        let acl = || format!("Describe on group {name}");
        let answer = again::ask(timeout, |left| {
            let described = admin::describe_groups(self.client(), &[name], left)?;
            complete(described, |one| one.result.as_ref().err())
        })
        .answer
        .map_err(|error| self.failed(&what, error).needs(acl()))?
        .pop();
        match answer.map(|answer| answer.result) {
            Some(Ok(group)) => Ok((group.state != GroupState::Dead).then_some(group)),
            Some(Err(error)) if error.code == Code::GroupIdNotFound => Ok(None),
            Some(Err(error)) => Err(match self.other_group(name) {
                Some(other) => self.other_type(name, Some(other.protocol)),
                None => self.refused(&what, error).needs(acl()),
            }),
            None => Ok(None),
        }
    }

    fn other_group(&self, name: &str) -> Option<OtherGroup> {
        let groups = other_groups(&self.connection, Some(name), self.timeout);
        groups.into_iter().find(|group| group.id == name)
    }

    fn other_type(&self, name: &str, protocol: Option<String>) -> Error {
        let what = OtherGroup {
            id: name.to_owned(),
            protocol: protocol.unwrap_or_default(),
            state: String::new(),
        }
        .is_what();
        Error::OtherType(format!(
            "group {name} on {} is {what}, of which `groups describe` cannot tell: it commits no offsets as consumer groups do; \
             `kp-admin groups list` shows each group's type",
            self.broker()
        ))
    }

    fn committed(&self, name: &str) -> Result<Partitions, Error> {
        let what = format!("cannot tell what group {name} committed");
        // The embedded broker tells only of partitions that are named.
        let all = self.is_embedded.then(|| self.all_partitions());
        let answers = self
            .ask(|left| {
                admin::list_consumer_group_offsets(self.client(), name, all.as_deref(), left)
            })
            .answer
            .map_err(|error| self.failed(&what, error))?;
        let mut partitions = Partitions::new();
        for answer in answers {
            let committed = answer.result.map_err(|error| {
                let (topic, partition) = (&answer.topic, answer.partition);
                self.refused(&format!("{what} of partition {partition} of topic {topic}"), error)
            })?;
            if committed.is_some() {
                partitions.insert((answer.topic, answer.partition), committed);
            }
        }
        Ok(partitions)
    }

    fn all_partitions(&self) -> Vec<(&str, i32)> {
        self.metadata
            .topics()
            .iter()
            .flat_map(|topic| {
                let partitions = topic.partitions().iter();
                partitions.map(|partition| (topic.name(), partition.id()))
            })
            .collect()
    }

    /// Those partitions that have a leader; to ask about the others would take the whole timeout.
    fn led(&self, partitions: &Partitions) -> Vec<(String, i32)> {
        partitions
            .keys()
            .filter(|(topic, partition)| {
                connect::topic(&self.metadata, topic).is_some_and(|topic| {
                    let mut partitions = topic.partitions().iter();
                    partitions.any(|known| known.id() == *partition && known.leader() >= 0)
                })
            })
            .cloned()
            .collect()
    }

    fn no_group(&self, name: &str) -> Error {
        let broker = self.broker();
        if self.is_embedded {
            return Error::NoGroup(format!(
                "group {name} does not exist on {broker}, or has committed nothing yet; the embedded broker does not tell which"
            ));
        }
        let groups = self.groups().map(|(groups, _)| groups).unwrap_or_default();
        if let Some(other) = groups.iter().find(|group| group.name == name && is_other(group)) {
            return self.other_type(name, other.protocol.clone());
        }
        if groups.iter().any(|group| group.name == name) {
            return Error::NoGroup(format!(
                "group {name} was just being made on {broker}; ask again"
            ));
        }
        let hint = most_alike(name, groups.iter().map(|group| group.name.as_str())).map_or_else(
            || "`kp-admin groups list` shows those that do".to_owned(),
            |nearest| format!("did you mean {nearest}?"),
        );
        Error::NoGroup(format!("group {name} does not exist on {broker}; {hint}"))
    }
}

/// Whether a group is none of consumers.
fn is_other(group: &GroupSummary) -> bool {
    match group.protocol.as_deref() {
        Some(protocol) => protocol != "consumer",
        // Offsets alone have no protocol either, but a state.
        None => group.state == GroupState::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(committed: Option<i64>, start: Option<i64>, end: Option<i64>) -> GroupPartition {
        GroupPartition { topic: "t".to_owned(), partition: 0, committed, start, end, member: None }
    }

    #[test]
    fn the_lag_is_known_when_both_offsets_are() {
        let lag = |committed, end| partition(committed, Some(0), end).lag();
        assert_eq!(lag(Some(2), Some(5)), Some(3));
        assert_eq!(lag(Some(5), Some(5)), Some(0));
        assert_eq!(lag(None, Some(5)), None);
        assert_eq!(lag(Some(2), None), None);
    }

    #[test]
    fn the_lag_of_an_offset_that_is_not_kept_is_all_that_is_kept() {
        let gone = partition(Some(2), Some(5), Some(10));
        assert_eq!(gone.out_of_range(), Some(OutOfRange::BeforeStart));
        assert_eq!(gone.lag(), Some(5));
        let beyond = partition(Some(100), Some(0), Some(5));
        assert_eq!(beyond.out_of_range(), Some(OutOfRange::PastEnd));
        assert_eq!(beyond.lag(), Some(5));
        for kept in [5, 7, 10] {
            let kept = partition(Some(kept), Some(5), Some(10));
            assert_eq!(kept.out_of_range(), None);
        }
        let unknown = partition(Some(100), None, None);
        assert_eq!((unknown.out_of_range(), unknown.lag()), (None, None));
    }
}
