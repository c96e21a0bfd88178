//! The partitions that a consumer holds, and where each stands.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use kp_rdkafka::{Offsets, Place, Start};

/// Where a partition stands.
#[derive(Debug, Default)]
struct State {
    /// The end offset, while reading stands there.
    end: Option<i64>,
    /// The offset behind the last message that was done with.
    done: Option<i64>,
    /// Whether that is behind a message that was read since the partition was assigned.
    read: bool,
    /// The end that was reached when all in front of it was done with. What lies between `done` and
    /// here are no messages: marks of transactions, what was aborted, what compaction removed.
    passed: Option<i64>,
    /// What of that the group knows.
    committed: Option<i64>,
    /// The end as it was once, where reading up to there is enough.
    enough: Option<i64>,
    /// Where reading stops, if it is to.
    limit: Option<i64>,
    /// Whether `end` is that, and not where the partition ends.
    is_cut: bool,
    /// Whether reading began at the beginning, because the group knew of no other place.
    from_beginning: bool,
    /// Since when it is read from where it began.
    since: Option<Instant>,
}

impl State {
    /// The offset where the group is to go on.
    fn next(&self) -> Option<i64> {
        self.done.max(self.passed)
    }

    fn unknown_to_group(&self) -> Option<i64> {
        self.next().filter(|_| self.next() != self.committed)
    }

    /// Whether the group would read messages again that were done with, or start at another place
    /// than this consumer did.
    fn owes(&self) -> bool {
        let only_end = self.committed >= self.done && self.committed < self.next();
        self.done.is_some() && self.unknown_to_group().is_some() && !only_end
    }
}

/// The partitions that are held now, by topic, and those that ever were.
#[derive(Debug, Default)]
pub(super) struct Assignment {
    topics: BTreeMap<String, BTreeMap<i32, State>>,
    /// Every partition that was held before.
    past: BTreeMap<Place, State>,
    /// Whether a partition stands at its end, unless it was let go there.
    any_ended: bool,
    /// Whether an end was reached since ends were last passed.
    new_ends: bool,
}

impl Assignment {
    /// Holds a partition; `done` is where it starts, where that is chosen and not the group's
    /// committed offset.
    pub(super) fn hold(&mut self, topic: &str, partition: i32, done: Option<i64>) {
        self.past.remove(&(topic.to_owned(), partition));
        let state = State { done, since: Some(Instant::now()), ..State::default() };
        self.topics.entry(topic.to_owned()).or_default().insert(partition, state);
    }

    pub(super) fn let_go(&mut self, topic: &str, partition: i32) {
        let state = self.topics.get_mut(topic).and_then(|partitions| partitions.remove(&partition));
        if let Some(state) = state {
            self.past.insert((topic.to_owned(), partition), state);
        }
    }

    /// The offset that is read next; none where reading begins at the group's committed offset, and
    /// nothing has come yet. `low` is the first offset that is kept.
    pub(super) fn position(&self, topic: &str, partition: i32, low: i64) -> Option<i64> {
        let state = self.get(topic, partition)?;
        state.end.max(state.done).or(state.from_beginning.then_some(low))
    }

    /// The offset that the group is known to have.
    pub(super) fn committed_in(&self, topic: &str, partition: i32) -> Option<i64> {
        self.get(topic, partition)?.committed
    }

    /// Whether the partition is held now.
    pub(super) fn holds(&self, topic: &str, partition: i32) -> bool {
        self.get(topic, partition).is_some()
    }

    /// Reading begins anew in a partition that is held, at this offset.
    pub(super) fn begin_at(&mut self, topic: &str, partition: i32, offset: i64) {
        if let Some(state) = self.state(topic, partition) {
            let (committed, limit) = (state.committed, state.limit);
            *state = State {
                done: Some(offset),
                committed,
                limit,
                since: Some(Instant::now()),
                ..State::default()
            };
        }
    }

    /// Reading begins in a partition that is held, at its beginning.
    pub(super) fn begin_at_beginning(&mut self, topic: &str, partition: i32) {
        if let Some(state) = self.state(topic, partition) {
            state.from_beginning = true;
        }
    }

    pub(super) fn began_at_beginning(&self, topic: &str, partition: i32) -> bool {
        self.get(topic, partition).is_some_and(|state| state.from_beginning)
    }

    /// The partitions of a topic that was made again after this time, but for those that are known
    /// to be read from its beginning already.
    pub(super) fn to_begin_again(&self, topic: &str, changed_after: Instant) -> Vec<i32> {
        let is_new = |state: &State| {
            state.from_beginning && state.since.is_some_and(|since| since > changed_after)
        };
        let partitions = self.topics.get(topic).into_iter().flatten();
        partitions.filter(|(_, state)| !is_new(state)).map(|(partition, _)| *partition).collect()
    }

    /// What was done in a topic before is nothing to its successor.
    pub(super) fn forget_done(&mut self, topic: &str) {
        for state in self.topics.get_mut(topic).into_iter().flatten() {
            (state.1.done, state.1.committed) = (None, None);
            (state.1.limit, state.1.is_cut) = (None, false);
        }
        for ((name, _), state) in &mut self.past {
            if name == topic {
                *state = State::default();
            }
        }
    }

    /// The partitions of a topic that are held.
    pub(super) fn partitions_of(&self, topic: &str) -> Vec<i32> {
        let partitions = self.topics.get(topic).into_iter();
        partitions.flat_map(BTreeMap::keys).copied().collect()
    }

    /// Where reading stood in the partitions of a topic that were let go.
    pub(super) fn past_of(&self, topic: &str) -> Vec<(i32, Start)> {
        let past = self.past.iter().filter(|((name, _), _)| name == topic);
        past.map(|((_, partition), state)| {
            let place = state.done.map_or(Start::Beginning, Start::At);
            (*partition, place)
        })
        .collect()
    }

    /// Where reading began in a partition of which no message has come yet.
    pub(super) fn start_of(&self, topic: &str, partition: i32) -> Start {
        match self.get(topic, partition) {
            Some(State { done: Some(done), .. }) => Start::At(*done),
            Some(State { from_beginning: true, .. }) => Start::Beginning,
            _ => Start::Committed,
        }
    }

    /// The partitions that begin where the group committed, and of which nothing has come.
    pub(super) fn begin_at_committed(&self) -> Vec<Place> {
        let mut places = self.places();
        places.retain(|(topic, partition)| {
            let is_silent = self.get(topic, *partition).is_some_and(|state| state.end.is_none());
            is_silent && self.start_of(topic, *partition) == Start::Committed
        });
        places
    }

    fn get(&self, topic: &str, partition: i32) -> Option<&State> {
        self.topics.get(topic)?.get(&partition)
    }

    /// Whether this consumer held the partition before.
    pub(super) fn was_held(&self, topic: &str, partition: i32) -> bool {
        self.past.contains_key(&(topic.to_owned(), partition))
    }

    /// Where a partition that comes back must go on because the group does not know what was done
    /// there; none where it does.
    pub(super) fn unknown_to_group(&self, topic: &str, partition: i32) -> Option<i64> {
        self.past.get(&(topic.to_owned(), partition))?.unknown_to_group()
    }

    /// Whether a partition was let go before the group knew of all messages that were done with.
    pub(super) fn left_uncommitted(&self) -> bool {
        self.past.values().any(State::owes)
    }

    /// Whether the group does not know of all messages that were done with in what is held.
    pub(super) fn owes(&self) -> bool {
        self.states().any(|(_, _, state)| state.owes())
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
        let left_its_end =
            self.state(topic, partition).is_some_and(|state| state.end.take().is_some());
        if left_its_end {
            let any_ended = self.ends().next().is_some();
            self.any_ended = any_ended;
        }
    }

    /// Reading of a partition that is held stops at this offset.
    pub(super) fn limit(&mut self, topic: &str, partition: i32, offset: i64) {
        if let Some(state) = self.state(topic, partition) {
            state.limit = Some(offset);
        }
    }

    /// Whether this offset lies where reading has to stop, or behind.
    pub(super) fn is_beyond(&self, topic: &str, partition: i32, offset: i64) -> bool {
        let limit = self.get(topic, partition).and_then(|state| state.limit);
        limit.is_some_and(|limit| offset >= limit)
    }

    /// The end of a partition was reached, or the limit before.
    pub(super) fn reached_end(&mut self, topic: &str, partition: i32, offset: i64) {
        if let Some(state) = self.state(topic, partition) {
            let limit = state.limit.filter(|limit| *limit < offset);
            state.end = Some(limit.unwrap_or(offset));
            state.is_cut = limit.is_some();
            self.any_ended = true;
            self.new_ends = true;
        }
    }

    /// All messages that were handed out are done with: where the end was reached, that is where
    /// the group is to go on. Returns the ends that are new.
    pub(super) fn pass_ends(&mut self) -> Offsets {
        let mut passed = Offsets::new();
        if !std::mem::take(&mut self.new_ends) {
            return passed;
        }
        for (topic, partitions) in &mut self.topics {
            for (partition, state) in partitions {
                // Where reading stopped, the group may have been further already.
                let end = state.end.filter(|end| !state.is_cut && Some(*end) > state.next());
                if let Some(end) = end {
                    state.passed = Some(end);
                    passed.insert((topic.clone(), *partition), end);
                }
            }
        }
        passed
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

    /// The partitions that stand neither at their end nor know up to where it is enough to read
    /// them.
    pub(super) fn endless(&self) -> Vec<Place> {
        self.places_where(|state| state.end.is_none() && state.enough.is_none())
    }

    /// The partitions that are held, and whose state is such.
    fn places_where(&self, is_such: impl Fn(&State) -> bool) -> Vec<Place> {
        self.states()
            .filter(|(_, _, state)| is_such(state))
            .map(|(topic, partition, _)| (topic.to_owned(), partition))
            .collect()
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
        self.states().filter_map(|(topic, partition, state)| Some((topic, partition, state.end?)))
    }

    /// Each partition that is held.
    pub(super) fn places(&self) -> Vec<Place> {
        self.places_where(|_| true)
    }

    fn states(&self) -> impl Iterator<Item = (&str, i32, &State)> {
        self.topics.iter().flat_map(|(topic, partitions)| {
            partitions.iter().map(|(id, state)| (topic.as_str(), *id, state))
        })
    }

    pub(super) fn done(&mut self, topic: &str, partition: i32, next_offset: i64) {
        if let Some(state) = self.state(topic, partition) {
            state.done = Some(next_offset);
            state.read = true;
        }
    }

    /// The offsets that are done with and that the group may not know yet.
    pub(super) fn uncommitted(&self) -> Offsets {
        let unknown = self.states().filter_map(|(topic, partition, state)| {
            Some(((topic.to_owned(), partition), state.unknown_to_group()?))
        });
        unknown.collect()
    }

    /// The group knows these offsets.
    pub(super) fn committed(&mut self, offsets: &Offsets) {
        for ((topic, partition), offset) in offsets {
            if let Some(state) = self.state(topic, *partition) {
                state.committed = Some(*offset);
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
mod tests;
