//! Consumer groups, and how far each is behind.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use kp_rdkafka::admin::{self, Group, GroupKind, GroupState, ListedGroup, Member, OffsetQuery};
use kp_settings::most_alike;
use rdkafka::error::RDKafkaErrorCode as Code;

use super::again::{self, complete};
use super::topics::{OFFSETS, Offsets};
use super::{Admin, partition_count};
use crate::connect;
use crate::error::Error;

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
    /// Who is in it; the embedded broker does not tell.
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
    /// One past the latest message; none while the partition has no leader to tell it.
    pub end: Option<i64>,
    /// Who reads it, as a place in [`DescribedGroup::members`].
    pub member: Option<usize>,
}

impl GroupPartition {
    /// How many messages are left to read. Nothing is left behind an offset that lies past the end, as in a topic that was made anew.
    pub fn lag(&self) -> Option<i64> {
        Some((self.end? - self.committed?).max(0))
    }
}

type Partitions = BTreeMap<(String, i32), Option<i64>>;

impl Admin {
    /// All groups, by name. When some brokers did not answer, the error says so; the groups of the others are there.
    ///
    /// # Errors
    /// The embedded broker; a refusal; no answer in time.
    pub fn groups(&self) -> Result<(Vec<ListedGroup>, Option<Error>), Error> {
        self.needs_kafka("list groups (`kp-admin groups describe NAME` works)")?;
        let what = "cannot list the groups";
        let mut list = self
            .ask(|left| admin::list_groups(self.native(), left))
            .answer
            .map_err(|error| self.failed(what, error))?;
        list.groups.sort_by(|one, other| one.id.cmp(&other.id));
        // Two brokers may both tell of a group whose coordinator has just moved.
        list.groups.dedup_by(|one, other| one.id == other.id);
        let missing = list
            .errors
            .pop()
            .map(|error| self.refused("cannot list the groups of each broker", error));
        Ok((list.groups, missing))
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
        let (state, kind) = group
            .as_ref()
            .map(|group| (group.state, group.kind))
            .unzip();
        let members = group.map(|group| group.members).unwrap_or_default();
        let mut readers = HashMap::new();
        for (place, member) in members.iter().enumerate() {
            for partition in &member.assignment {
                readers.insert(partition.clone(), place);
                partitions.entry(partition.clone()).or_default();
            }
        }
        let ends = self.ends(&partitions)?;
        let partitions = partitions
            .into_iter()
            .map(|(partition, committed)| GroupPartition {
                committed,
                end: ends.get(&partition).copied().flatten(),
                member: readers.get(&partition).copied(),
                topic: partition.0,
                partition: partition.1,
            })
            .collect();
        Ok(DescribedGroup {
            name: name.to_owned(),
            state,
            kind,
            members,
            partitions,
        })
    }

    /// Before its first group a cluster has no coordinators, and asking for one takes the whole timeout. A topic that this user may
    /// not see is no proof of that; a list of groups without this one is the other half, unless the user may not see the group either.
    fn check_coordinator(&self, name: &str) -> Result<(), Error> {
        if partition_count(&self.metadata, OFFSETS).is_none() {
            let (groups, _) = self.groups()?;
            if !groups.iter().any(|group| group.id == name) {
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
            let described = admin::describe_groups(self.native(), &[name], left)?;
            complete(described, |one| one.result.as_ref().err())
        })
        .answer
        .map_err(|error| self.failed(&what, error).needs(acl()))?
        .pop();
        match answer.map(|answer| answer.result) {
            Some(Ok(group)) => Ok((group.state != GroupState::Dead).then_some(group)),
            Some(Err(error)) if error.code == Code::GroupIdNotFound => Ok(None),
            Some(Err(error)) => Err(self.refused(&what, error).needs(acl())),
            None => Ok(None),
        }
    }

    fn committed(&self, name: &str) -> Result<Partitions, Error> {
        let what = format!("cannot tell what group {name} committed");
        // The embedded broker tells only of partitions that are named.
        let all = self.is_embedded.then(|| self.all_partitions());
        let answers = self
            .ask(|left| {
                admin::list_consumer_group_offsets(self.native(), name, all.as_deref(), left)
            })
            .answer
            .map_err(|error| self.failed(&what, error))?;
        let mut partitions = Partitions::new();
        for answer in answers {
            let committed = answer.result.map_err(|error| {
                let (topic, partition) = (&answer.topic, answer.partition);
                self.refused(
                    &format!("{what} of partition {partition} of topic {topic}"),
                    error,
                )
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

    /// The ends of those partitions that have a leader; the others would take the whole timeout.
    fn ends(&self, partitions: &Partitions) -> Result<Offsets, Error> {
        let led: Vec<_> = partitions
            .keys()
            .filter(|(topic, partition)| {
                connect::topic(&self.metadata, topic).is_some_and(|topic| {
                    let mut partitions = topic.partitions().iter();
                    partitions.any(|known| known.id() == *partition && known.leader() >= 0)
                })
            })
            .cloned()
            .collect();
        self.offsets(&led, OffsetQuery::Latest)
    }

    fn no_group(&self, name: &str) -> Error {
        let broker = self.broker();
        if self.is_embedded {
            return Error::Unsuited(format!(
                "group {name} does not exist on {broker}, or has committed nothing yet; the embedded broker does not tell which"
            ));
        }
        let groups = self.groups().map(|(groups, _)| groups).unwrap_or_default();
        if groups.iter().any(|group| group.id == name) {
            return Error::Unsuited(format!(
                "group {name} was just being made on {broker}; ask again"
            ));
        }
        let hint = most_alike(name, groups.iter().map(|group| group.id.as_str())).map_or_else(
            || "`kp-admin groups list` shows those that do".to_owned(),
            |nearest| format!("did you mean {nearest}?"),
        );
        Error::Unsuited(format!("group {name} does not exist on {broker}; {hint}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_is_known_when_both_offsets_are_and_never_negative() {
        let lag = |committed, end| {
            GroupPartition {
                topic: "t".to_owned(),
                partition: 0,
                committed,
                end,
                member: None,
            }
            .lag()
        };
        assert_eq!(lag(Some(2), Some(5)), Some(3));
        assert_eq!(lag(Some(5), Some(2)), Some(0));
        assert_eq!(lag(None, Some(5)), None);
        assert_eq!(lag(Some(2), None), None);
    }
}
