//! Consumer groups, and how far each is behind.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use kp_core::most_alike;
use kp_rdkafka::Place;
use kp_rdkafka::admin::{
    self, Group, GroupKind, GroupState, ListedGroup, Member, OffsetQuery, PendingCommitted,
};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::again::{self, complete};
use super::{Admin, each_once, partition_count};
use crate::connect;
use crate::error::Error;
use crate::other_groups::{OtherGroup, other_groups};
use crate::replicas::OFFSETS;

/// How long a refusal may take to come.
const REFUSAL: Duration = Duration::from_secs(2);
/// So many groups are named in one sentence.
const NAMED: usize = 5;

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

impl OutOfRange {
    /// As an answer for programs has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BeforeStart => "before_start",
            Self::PastEnd => "past_end",
        }
    }
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

/// The groups that could be described, in the order asked for, and why others could not.
#[derive(Debug, Default)]
pub struct DescribedGroups {
    /// Those that could.
    pub groups: Vec<DescribedGroup>,
    /// One for each that could not.
    pub failures: Vec<Error>,
}

impl DescribedGroups {
    /// The one group that was asked for.
    pub(super) fn one(mut self, name: &str) -> Result<DescribedGroup, Error> {
        match self.groups.pop() {
            Some(group) if group.name == name => Ok(group),
            _ => Err(Error::one_of(self.failures)),
        }
    }
}

/// What a group committed, by topic and partition.
pub(super) type Committed = BTreeMap<(String, i32), i64>;

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

    /// Whether it is none of consumers.
    pub fn is_other(&self) -> bool {
        match self.protocol.as_deref() {
            Some(protocol) => protocol != "consumer",
            // Offsets alone have no protocol either, but a state.
            None => self.state == GroupState::Unknown,
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
        self.described(&[name], "Describe")?.one(name)
    }

    /// What a group is doing, and its members.
    ///
    /// # Errors
    /// The embedded broker; a group that does not exist; a refusal; no answer in time.
    pub fn members(&self, name: &str) -> Result<Group, Error> {
        self.needs_kafka("tell of a group's members")?;
        let state = self.states(&[name], "Describe")?.pop().unwrap_or(Ok(None))?;
        state.ok_or_else(|| self.no_group(name))
    }

    /// Describes groups, in the order given. All are asked about at once.
    ///
    /// # Errors
    /// A refusal of the whole; no answer in time. What is wrong with one group, as that it does not
    /// exist, stands beside the others.
    pub fn describe_groups(&self, names: &[&str]) -> Result<DescribedGroups, Error> {
        self.described(names, "Describe")
    }

    /// The same, on the way to what takes the ACL of this operation on the group.
    pub(super) fn described(
        &self,
        names: &[&str],
        operation: &str,
    ) -> Result<DescribedGroups, Error> {
        let names = each_once(names);
        let mut described = DescribedGroups::default();
        let (mut found, mut absent) = (Vec::new(), Vec::new());
        for (name, state) in names.iter().zip(self.states(&names, operation)?) {
            match state {
                Ok(group) => found.push((*name, group)),
                Err(error) => described.failures.push(error),
            }
        }
        let found_names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
        for ((name, group), committed) in found.into_iter().zip(self.committed(&found_names)) {
            match committed {
                Ok(committed) if committed.is_empty() && group.is_none() => absent.push(name),
                Ok(committed) => {
                    let committed =
                        committed.into_iter().map(|(place, offset)| (place, Some(offset)));
                    described.groups.push(joined(name, group, committed));
                }
                Err(error) => described.failures.push(error),
            }
        }
        described.failures.extend(self.no_groups(&absent));
        self.fill_in_ends(&mut described.groups)?;
        Ok(described)
    }

    /// Where the partitions begin and end now, by one request each for all groups.
    fn fill_in_ends(&self, groups: &mut [DescribedGroup]) -> Result<(), Error> {
        let all = groups.iter().flat_map(|group| &group.partitions);
        let all: BTreeSet<_> = all.map(|one| (one.topic.clone(), one.partition)).collect();
        let led = self.led(&all);
        let ends = self.offsets(&led, OffsetQuery::Latest)?;
        let starts = self.offsets(&led, OffsetQuery::Earliest)?;
        for partition in groups.iter_mut().flat_map(|group| &mut group.partitions) {
            let place = (partition.topic.clone(), partition.partition);
            partition.start = starts.get(&place).copied().flatten();
            partition.end = ends.get(&place).copied().flatten();
        }
        Ok(())
    }

    /// What these groups are doing, where the broker can tell. None for a group that its
    /// coordinator does not know.
    ///
    /// Before its first group a cluster has no coordinators, and asking for one takes the whole
    /// timeout. A missing `__consumer_offsets` alone is no proof, since the user may not be allowed
    /// to see it. So the list of groups is looked at as well.
    pub(super) fn states(
        &self,
        names: &[&str],
        operation: &str,
    ) -> Result<Vec<Result<Option<Group>, Error>>, Error> {
        if self.is_embedded {
            return Ok(names.iter().map(|_| Ok(None)).collect());
        }
        if partition_count(&self.metadata, OFFSETS).is_some() {
            return self.states_within(names, operation, self.timeout);
        }
        let (groups, _) = self.groups()?;
        let is_listed = |name: &&str| groups.iter().any(|group| group.name == **name);
        let (listed, unknown): (Vec<&str>, Vec<&str>) = names.iter().copied().partition(is_listed);
        // A refusal comes at once.
        let patience = self.timeout.min(REFUSAL);
        let unlisted = match self.states_within(&unknown, operation, patience) {
            Ok(states) => states,
            Err(refused @ Error::Refused { .. }) => return Err(refused),
            Err(_) => self.no_groups(&unknown).into_iter().map(Err).collect(),
        };
        let known = self.states_within(&listed, operation, self.timeout)?;
        let (mut known, mut unlisted) = (known.into_iter(), unlisted.into_iter());
        let states =
            names.iter().map(|name| if is_listed(name) { known.next() } else { unlisted.next() });
        Ok(states.map(|state| state.unwrap_or(Ok(None))).collect())
    }

    fn states_within(
        &self,
        names: &[&str],
        operation: &str,
        timeout: Duration,
    ) -> Result<Vec<Result<Option<Group>, Error>>, Error> {
        let what = |names: &str| format!("cannot describe group {names}");
        let acl = |names: &str| format!("{operation} on group {names}");
        let answers = again::ask(timeout, |left| {
            let described = admin::describe_groups(self.client(), names, left)?;
            complete(described, |one| one.result.as_ref().err())
        })
        .answer
        .map_err(|error| {
            let names = some_of(names);
            self.failed(&what(&names), error).needs(acl(&names))
        })?;
        let mut answers: HashMap<String, _> =
            answers.into_iter().map(|answer| (answer.name, answer.result)).collect();
        // They are looked for once, and only where a group cannot be described.
        let others = LazyCell::new(|| other_groups(&self.connection, None, self.timeout));
        Ok(names
            .iter()
            .map(|name| match answers.remove(*name) {
                Some(Ok(group)) => Ok((group.state != GroupState::Dead).then_some(group)),
                Some(Err(error)) if error.code == Code::GroupIdNotFound => Ok(None),
                Some(Err(error)) => Err(match others.iter().find(|group| group.id == **name) {
                    Some(other) => self.other_type(name, Some(other.protocol.clone())),
                    None => self.refused(&what(name), error).needs(acl(name)),
                }),
                None => Ok(None),
            })
            .collect())
    }

    fn other_type(&self, name: &str, protocol: Option<String>) -> Error {
        let what = OtherGroup {
            id: name.to_owned(),
            protocol: protocol.unwrap_or_default(),
            state: String::new(),
        }
        .is_what();
        Error::OtherType(format!(
            "group {name} on {} is {what}, which commits no offsets as consumer groups do; \
             `kp-admin groups list` shows each group's type",
            self.broker()
        ))
    }

    /// What each of these groups committed. All are asked about at once.
    pub(super) fn committed(&self, names: &[&str]) -> Vec<Result<Committed, Error>> {
        // The embedded broker tells only of partitions that are named.
        let all = self.is_embedded.then(|| self.all_partitions());
        if all.as_ref().is_some_and(Vec::is_empty) {
            return names.iter().map(|_| Ok(Committed::new())).collect();
        }
        let answers = again::ask_all(
            self.timeout,
            names,
            |name, left| PendingCommitted::ask(self.client(), name, all.as_deref(), left),
            PendingCommitted::wait,
        );
        let told = names.iter().zip(answers);
        told.map(|(name, answer)| {
            let what = format!("cannot tell what group {name} committed");
            let answers = answer.map_err(|error| self.failed(&what, error))?;
            let mut committed = Committed::new();
            for answer in answers {
                let offset = answer.result.map_err(|error| {
                    let (topic, partition) = (&answer.topic, answer.partition);
                    let what = format!("{what} of partition {partition} of topic {topic}");
                    self.refused(&what, error)
                })?;
                if let Some(offset) = offset {
                    committed.insert((answer.topic, answer.partition), offset);
                }
            }
            Ok(committed)
        })
        .collect()
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
    pub(super) fn led(&self, partitions: &BTreeSet<(String, i32)>) -> Vec<(String, i32)> {
        partitions
            .iter()
            .filter(|(topic, partition)| {
                connect::topic(&self.metadata, topic).is_some_and(|topic| {
                    let mut partitions = topic.partitions().iter();
                    partitions.any(|known| known.id() == *partition && known.leader() >= 0)
                })
            })
            .cloned()
            .collect()
    }

    pub(super) fn no_group(&self, name: &str) -> Error {
        Error::one_of(self.no_groups(&[name]))
    }

    fn no_groups(&self, names: &[&str]) -> Vec<Error> {
        if names.is_empty() {
            return Vec::new();
        }
        let broker = self.broker();
        if self.is_embedded {
            let absent = |name: &&str| {
                Error::NoGroup(format!(
                    "group {name} does not exist on {broker}, or has committed nothing yet; \
                     the embedded broker does not tell which"
                ))
            };
            return names.iter().map(absent).collect();
        }
        let groups = self.groups().map(|(groups, _)| groups).unwrap_or_default();
        names.iter().map(|name| self.absent_among(name, &groups)).collect()
    }

    fn absent_among(&self, name: &str, groups: &[GroupSummary]) -> Error {
        let broker = self.broker();
        if let Some(other) = groups.iter().find(|group| group.name == name && group.is_other()) {
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

/// A group with what it committed and who reads it; where partitions begin and end is not known
/// yet.
pub(super) fn joined(
    name: &str,
    group: Option<Group>,
    committed: impl IntoIterator<Item = (Place, Option<i64>)>,
) -> DescribedGroup {
    let (state, kind) = group.as_ref().map(|group| (group.state, group.kind)).unzip();
    let members = group.map(|group| group.members).unwrap_or_default();
    let mut readers = HashMap::new();
    let mut partitions: BTreeMap<_, _> = committed.into_iter().collect();
    for (number, member) in members.iter().enumerate() {
        for place in &member.assignment {
            readers.insert(place.clone(), number);
            partitions.entry(place.clone()).or_default();
        }
    }
    let partitions = partitions
        .into_iter()
        .map(|(place, committed)| GroupPartition {
            committed,
            start: None,
            end: None,
            member: readers.get(&place).copied(),
            topic: place.0,
            partition: place.1,
        })
        .collect();
    DescribedGroup { name: name.to_owned(), state, kind, members, partitions }
}

/// The first of these names.
fn some_of(names: &[&str]) -> String {
    let named = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED { format!("{named} and others") } else { named }
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
