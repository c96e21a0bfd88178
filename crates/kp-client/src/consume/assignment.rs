//! The partitions that a consumer holds, and where each stands.

use std::collections::BTreeMap;
use std::fmt;

use rdkafka::{Offset, TopicPartitionList};

/// Where a partition stands.
#[derive(Debug, Default)]
struct State {
    /// The end offset, while reading stands there.
    end: Option<i64>,
    /// The offset behind the last message that was done with.
    done: Option<i64>,
    /// Whether that is behind a message that was read since the partition was assigned.
    read: bool,
    /// What of that the group knows.
    committed: Option<i64>,
    /// The end as it was once, where reading up to there is enough.
    enough: Option<i64>,
}

impl State {
    fn unknown_to_group(&self) -> Option<i64> {
        self.done.filter(|_| self.done != self.committed)
    }
}

/// The partitions that are held now, by topic, and those that ever were.
#[derive(Debug, Default)]
pub(super) struct Assignment {
    topics: BTreeMap<String, BTreeMap<i32, State>>,
    /// Every partition that was held before.
    past: BTreeMap<(String, i32), State>,
    /// Whether a partition stands at its end, unless it was let go there.
    any_ended: bool,
}

impl Assignment {
    /// Holds a partition; `done` is where it starts, where that is chosen and not the group's committed offset.
    pub(super) fn hold(&mut self, topic: &str, partition: i32, done: Option<i64>) {
        self.past.remove(&(topic.to_owned(), partition));
        let state = State {
            done,
            ..State::default()
        };
        self.topics
            .entry(topic.to_owned())
            .or_default()
            .insert(partition, state);
    }

    pub(super) fn let_go(&mut self, topic: &str, partition: i32) {
        let state = self
            .topics
            .get_mut(topic)
            .and_then(|partitions| partitions.remove(&partition));
        if let Some(state) = state {
            self.past.insert((topic.to_owned(), partition), state);
        }
    }

    /// Whether the partition is held now.
    pub(super) fn holds(&self, topic: &str, partition: i32) -> bool {
        self.topics
            .get(topic)
            .is_some_and(|partitions| partitions.contains_key(&partition))
    }

    /// Whether this consumer held the partition before.
    pub(super) fn was_held(&self, topic: &str, partition: i32) -> bool {
        self.past.contains_key(&(topic.to_owned(), partition))
    }

    /// Where a partition that comes back must go on because the group does not know what was done there; none where it does.
    pub(super) fn unknown_to_group(&self, topic: &str, partition: i32) -> Option<i64> {
        self.past
            .get(&(topic.to_owned(), partition))?
            .unknown_to_group()
    }

    /// Whether a partition was let go before the group knew all that was done.
    pub(super) fn left_uncommitted(&self) -> bool {
        self.past
            .values()
            .any(|state| state.unknown_to_group().is_some())
    }

    /// Others have what was let go and did not come back: it is theirs now.
    pub(super) fn forget_past_offsets(&mut self) {
        for state in self.past.values_mut() {
            *state = State::default();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.topics.values().all(BTreeMap::is_empty)
    }

    fn state(&mut self, topic: &str, partition: i32) -> Option<&mut State> {
        self.topics.get_mut(topic)?.get_mut(&partition)
    }

    /// Whether a partition may stand at its end, so that [`Assignment::moved`] matters.
    pub(super) fn any_ended(&self) -> bool {
        self.any_ended
    }

    pub(super) fn moved(&mut self, topic: &str, partition: i32) {
        let left_its_end = self
            .state(topic, partition)
            .is_some_and(|state| state.end.take().is_some());
        if left_its_end {
            let any_ended = self.ends().next().is_some();
            self.any_ended = any_ended;
        }
    }

    pub(super) fn reached_end(&mut self, topic: &str, partition: i32, offset: i64) {
        if let Some(state) = self.state(topic, partition) {
            state.end = Some(offset);
            self.any_ended = true;
        }
    }

    /// Takes partitions for ended that were read up to their known end.
    pub(super) fn note_ends(&mut self, known: impl Fn(&str, i32) -> Option<i64>) {
        for (topic, partitions) in &mut self.topics {
            for (partition, state) in partitions {
                // Before the first message of an assignment the known end may be one of long ago.
                if state.end.is_none()
                    && state.read
                    && let Some(done) = state.done
                    && known(topic, *partition).is_some_and(|end| end <= done)
                {
                    state.end = Some(done);
                    self.any_ended = true;
                }
            }
        }
    }

    /// Takes it for enough to read this partition up to here.
    pub(super) fn enough(&mut self, topic: &str, partition: i32, end: i64) {
        if let Some(state) = self.state(topic, partition) {
            state.enough = Some(end);
        }
    }

    /// The partitions that stand neither at their end nor know up to where it is enough to read them.
    pub(super) fn endless(&self) -> impl Iterator<Item = (&str, i32)> {
        self.states()
            .filter(|(_, _, state)| state.end.is_none() && state.enough.is_none())
            .map(|(topic, partition, _)| (topic, partition))
    }

    /// Whether there are partitions, and each stands at its end or was read as far as is enough.
    pub(super) fn all_read(&self) -> bool {
        let is_read = |state: &State| {
            let far_enough = state.enough.zip(state.done);
            state.end.is_some() || far_enough.is_some_and(|(enough, done)| done >= enough)
        };
        !self.is_empty() && self.states().all(|(_, _, state)| is_read(state))
    }

    /// Whether there are partitions and each stands at its end.
    pub(super) fn all_ended(&self) -> bool {
        !self.is_empty() && self.states().all(|(_, _, state)| state.end.is_some())
    }

    /// Each partition that stands at its end, with the end offset.
    pub(super) fn ends(&self) -> impl Iterator<Item = (&str, i32, i64)> {
        self.states()
            .filter_map(|(topic, partition, state)| Some((topic, partition, state.end?)))
    }

    /// Each partition that is held.
    pub(super) fn partitions(&self) -> impl Iterator<Item = (&str, i32)> {
        self.states()
            .map(|(topic, partition, _)| (topic, partition))
    }

    fn states(&self) -> impl Iterator<Item = (&str, i32, &State)> {
        self.topics.iter().flat_map(|(topic, partitions)| {
            partitions
                .iter()
                .map(|(id, state)| (topic.as_str(), *id, state))
        })
    }

    pub(super) fn done(&mut self, topic: &str, partition: i32, next_offset: i64) {
        if let Some(state) = self.state(topic, partition) {
            state.done = Some(next_offset);
            state.read = true;
        }
    }

    /// The offsets that are done with and that the group may not know yet.
    pub(super) fn uncommitted(&self) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for (topic, partition, state) in self.states() {
            if let Some(done) = state.unknown_to_group() {
                // The list refuses only negative offsets, which no message has.
                let _ = list.add_partition_offset(topic, partition, Offset::Offset(done));
            }
        }
        list
    }

    /// The group knows these offsets.
    pub(super) fn committed(&mut self, offsets: &TopicPartitionList) {
        for element in offsets.elements() {
            let Offset::Offset(offset) = element.offset() else {
                continue;
            };
            if let Some(state) = self.state(element.topic(), element.partition()) {
                state.committed = Some(offset);
            }
        }
    }
}

impl fmt::Display for Assignment {
    /// As `topic1 [0, 1], topic2 [0]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (topic, partitions)) in self.topics.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let ids: Vec<String> = partitions.keys().map(i32::to_string).collect();
            write!(f, "{comma}{topic} [{}]", ids.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_reached_when_every_partition_stands_there() {
        let mut assignment = Assignment::default();
        assert!(!assignment.all_ended(), "nothing assigned is not the end");
        assignment.hold("t", 0, None);
        assignment.hold("t", 1, None);
        assignment.reached_end("t", 0, 5);
        assert!(!assignment.all_ended());
        assignment.reached_end("t", 1, 0);
        assert!(assignment.all_ended());
        assignment.moved("t", 1);
        assert!(!assignment.all_ended(), "a message came after the end");
    }

    #[test]
    fn what_is_done_up_to_the_known_end_has_ended() {
        let mut assignment = Assignment::default();
        assignment.hold("t", 0, Some(5));
        assignment.hold("t", 1, None);
        let known = |_: &str, _| Some(5);
        assignment.note_ends(known);
        assert!(!assignment.any_ended(), "nothing was read");
        assignment.done("t", 0, 4);
        assignment.note_ends(known);
        assert!(!assignment.any_ended(), "one message is left");
        assignment.done("t", 0, 5);
        assignment.note_ends(|_, _| None);
        assert!(!assignment.any_ended(), "the end is not known");
        assignment.note_ends(known);
        assert!(!assignment.all_ended(), "of partition 1 nothing was read");
        assignment.reached_end("t", 1, 0);
        assert!(assignment.all_ended());
        assignment.moved("t", 0);
        assignment.moved("t", 1);
        assert!(!assignment.any_ended());
    }

    #[test]
    fn a_partition_that_grows_without_end_is_read_as_far_as_is_enough() {
        let mut assignment = Assignment::default();
        assignment.hold("t", 0, None);
        assignment.hold("t", 1, None);
        assignment.reached_end("t", 1, 3);
        assert_eq!(assignment.endless().collect::<Vec<_>>(), [("t", 0)]);
        assignment.enough("t", 0, 5);
        assert_eq!(assignment.endless().count(), 0);
        assignment.done("t", 0, 4);
        assert!(!assignment.all_read());
        assignment.done("t", 0, 6);
        assert!(assignment.all_read() && !assignment.all_ended());
    }

    #[test]
    fn only_what_is_done_and_not_yet_known_is_committed() {
        let mut assignment = Assignment::default();
        assignment.hold("t", 0, None);
        assignment.hold("t", 1, None);
        assert_eq!(assignment.uncommitted().count(), 0);
        assignment.done("t", 0, 7);
        assert_eq!(
            assignment
                .uncommitted()
                .find_partition("t", 0)
                .map(|found| found.offset()),
            Some(Offset::Offset(7))
        );
        let offsets = assignment.uncommitted();
        assignment.committed(&offsets);
        assert_eq!(assignment.uncommitted().count(), 0);
        assignment.done("t", 0, 9);
        assignment.committed(&offsets);
        assert_eq!(
            assignment.uncommitted().count(),
            1,
            "an older commit is told late"
        );
    }

    #[test]
    fn a_partition_that_was_let_go_is_remembered() {
        let mut assignment = Assignment::default();
        assignment.hold("t", 0, None);
        assignment.let_go("t", 0);
        assert!(assignment.is_empty());
        assert!(assignment.was_held("t", 0));
        assert_eq!(assignment.unknown_to_group("t", 0), None);
    }

    #[test]
    fn what_the_group_does_not_know_is_remembered_until_others_have_it() {
        let mut assignment = Assignment::default();
        assignment.hold("t", 0, None);
        assignment.done("t", 0, 7);
        assignment.let_go("t", 0);
        assert_eq!(assignment.unknown_to_group("t", 0), Some(7));
        assert!(assignment.left_uncommitted());
        assignment.hold("t", 0, Some(7));
        assert!(!assignment.left_uncommitted());
        assert_eq!(
            assignment.uncommitted().count(),
            1,
            "it can be committed now"
        );
        assignment.let_go("t", 0);
        assignment.forget_past_offsets();
        assert!(!assignment.left_uncommitted());
        assert!(assignment.was_held("t", 0));
    }
}
