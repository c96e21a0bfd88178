//! What was seen so far: looks in; rows, rates and rebalances out. There is no clock here: the time
//! of each look is passed in.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use kp_client::admin::{Look, Member, OutOfRange, WatchedGroup, WatchedPartition};

/// Rates are those of this time. A consumer commits every 5 s by default: over a shorter time its
/// rate would jump between nothing and too much.
const RATES_OVER: Duration = Duration::from_secs(15);
/// So many rebalances are kept.
const KEPT: usize = 200;

/// All that was seen.
#[derive(Debug, Default)]
pub(super) struct State {
    groups: BTreeMap<String, Seen>,
    rebalances: VecDeque<Rebalance>,
    notes: Vec<String>,
    /// When the last look succeeded, since the start and since 1970 in milliseconds.
    last: Option<(Duration, i64)>,
    failure: Option<String>,
}

/// A group as it is shown.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) state: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) members: Vec<Who>,
    pub(super) rows: Vec<Row>,
    /// Since when its coordinator tells nothing new.
    pub(super) old_since: Option<Duration>,
    samples: BTreeMap<Place, VecDeque<Sample>>,
    holdings: BTreeMap<Place, Holding>,
    at: Duration,
    was_described: bool,
}

type Place = (String, i32);

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Who {
    /// The client id, with a piece of the member's where several have that.
    pub(super) label: String,
    pub(super) member: String,
    pub(super) client_id: String,
    pub(super) instance_id: Option<String>,
    pub(super) host: String,
}

/// A partition as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) committed: Option<i64>,
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) lag: Option<i64>,
    pub(super) out_of_range: Option<OutOfRange>,
    /// The age of the next message to read.
    pub(super) behind_ms: Option<i64>,
    /// Messages a second.
    pub(super) rate_in: Option<f64>,
    pub(super) rate_out: Option<f64>,
    pub(super) clear: Clear,
    pub(super) retention_ms: Option<i64>,
    /// How much of the kept time has passed; 1 is all.
    pub(super) used: Option<f64>,
    /// In how many seconds the next message is older than what is kept for sure.
    pub(super) lost_in: Option<f64>,
    pub(super) owner: Option<Who>,
    /// Since when its leader tells nothing new.
    pub(super) old_since: Option<Duration>,
}

/// When a partition is read to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Clear {
    /// Offsets or rates are not known yet.
    Unknown,
    /// Nothing is left to read.
    Idle,
    /// In so many seconds at the present rates.
    In(f64),
    /// Not at the present rates.
    Never,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Duration,
    end: Option<i64>,
    committed: Option<i64>,
}

/// Who was seen with a partition last.
#[derive(Clone, Debug)]
struct Holding {
    who: Who,
    at: Duration,
}

/// What changed in a group between two looks.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rebalance {
    pub(super) at: Duration,
    pub(super) at_ms: i64,
    pub(super) group: String,
    pub(super) joined: Vec<Who>,
    pub(super) left: Vec<Who>,
    pub(super) moves: Vec<Move>,
}

/// A partition that got another reader, or none.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Move {
    pub(super) topic: String,
    pub(super) partition: i32,
    /// None where nobody was seen with it before.
    pub(super) from: Option<Who>,
    /// None while nobody has it.
    pub(super) to: Option<Who>,
    /// How long nobody had it at most: between the last look that saw the one with it, and the
    /// first that saw the other.
    pub(super) unread: Option<Duration>,
}

impl State {
    /// Takes what a look saw, so long after the start.
    pub(super) fn saw(&mut self, look: Look, at: Duration) {
        let names: BTreeSet<&String> = look.groups.iter().map(|group| &group.name).collect();
        self.groups.retain(|name, _| names.contains(name));
        for group in look.groups {
            let seen = self.groups.entry(group.name.clone()).or_default();
            self.rebalances.extend(seen.take(group, at, look.now_ms));
        }
        while self.rebalances.len() > KEPT {
            self.rebalances.pop_front();
        }
        self.notes = look.notes;
        self.last = Some((at, look.now_ms));
        self.failure = None;
    }

    /// A look failed; what was seen before stays, and is old.
    pub(super) fn failed(&mut self, why: String) {
        self.failure = Some(why);
    }

    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// When the last look succeeded, since the start and since 1970 in milliseconds.
    pub(super) fn last(&self) -> Option<(Duration, i64)> {
        self.last
    }

    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = (&str, &Seen)> {
        self.groups.iter().map(|(name, seen)| (name.as_str(), seen))
    }

    /// The oldest first.
    pub(super) fn rebalances(&self) -> impl DoubleEndedIterator<Item = &Rebalance> {
        self.rebalances.iter()
    }
}

impl Seen {
    fn take(&mut self, group: WatchedGroup, at: Duration, now_ms: i64) -> Option<Rebalance> {
        let Some(state) = group.state else {
            // Its coordinator did not tell.
            self.old_since.get_or_insert(self.at);
            return None;
        };
        let members = everyone(&group.members);
        let change = self.compare(&group, &members, at);
        self.rows = group
            .partitions
            .iter()
            .map(|partition| {
                let owner = partition.offsets.member.and_then(|place| members.get(place));
                self.row(partition, owner, at, now_ms)
            })
            .collect();
        let places: BTreeSet<Place> = self.rows.iter().map(Row::place).collect();
        self.samples.retain(|place, _| places.contains(place));
        self.members = members;
        self.state = Some(state.to_string());
        self.kind = group.kind.map(|kind| kind.to_string());
        self.old_since = None;
        self.at = at;
        let is_first = !std::mem::replace(&mut self.was_described, true);
        let (joined, left, moves) = change;
        let is_none = joined.is_empty() && left.is_empty() && moves.is_empty();
        (!is_first && !is_none).then_some(Rebalance {
            at,
            at_ms: now_ms,
            group: group.name,
            joined,
            left,
            moves,
        })
    }

    fn row(
        &mut self,
        partition: &WatchedPartition,
        owner: Option<&Who>,
        at: Duration,
        now_ms: i64,
    ) -> Row {
        let offsets = &partition.offsets;
        let place = (offsets.topic.clone(), offsets.partition);
        if offsets.end.is_none()
            && let Some(before) = self.rows.iter().find(|row| row.place() == place)
            && before.end.is_some()
        {
            // Its leader did not tell: what was seen before stays.
            let old_since = Some(before.old_since.unwrap_or(self.at));
            return Row { old_since, owner: owner.cloned(), ..before.clone() };
        }
        let samples = self.samples.entry(place).or_default();
        note(samples, Sample { at, end: offsets.end, committed: offsets.committed });
        let rate_in = rate(samples, |sample| sample.end);
        let rate_out = rate(samples, |sample| sample.committed);
        let lag = offsets.lag();
        let behind_ms = partition.next_ms.map(|next| (now_ms - next).max(0));
        let kept = partition.retention_ms.filter(|_| behind_ms.is_some());
        let clear = clear(lag, rate_in, rate_out);
        let lost_in = lost_in(lag, behind_ms, rate_out, kept).filter(|lost| match clear {
            Clear::Never => true,
            Clear::In(clear) => *lost < clear,
            Clear::Unknown | Clear::Idle => false,
        });
        Row {
            topic: offsets.topic.clone(),
            partition: offsets.partition,
            committed: offsets.committed,
            start: offsets.start,
            end: offsets.end,
            lag,
            out_of_range: offsets.out_of_range(),
            behind_ms,
            rate_in,
            rate_out,
            clear,
            retention_ms: partition.retention_ms,
            used: match (lag, partition.retention_ms) {
                (Some(0), Some(_)) => Some(0.0),
                _ => behind_ms.zip(kept).map(|(behind, kept)| behind as f64 / kept as f64),
            },
            lost_in,
            owner: owner.cloned(),
            old_since: None,
        }
    }

    /// Who joined, who left, and which partitions changed hands since the look before.
    fn compare(
        &mut self,
        group: &WatchedGroup,
        members: &[Who],
        at: Duration,
    ) -> (Vec<Who>, Vec<Who>, Vec<Move>) {
        let without = |all: &[Who], others: &[Who]| -> Vec<Who> {
            let ids: BTreeSet<&str> = others.iter().map(|one| one.member.as_str()).collect();
            all.iter().filter(|one| !ids.contains(one.member.as_str())).cloned().collect()
        };
        let joined = without(members, &self.members);
        let left = without(&self.members, members);
        let mut owners: BTreeMap<Place, Who> = BTreeMap::new();
        for (who, member) in members.iter().zip(&group.members) {
            owners.extend(member.assignment.iter().map(|place| (place.clone(), who.clone())));
        }
        let mut moves = Vec::new();
        let places: BTreeSet<Place> = self.holdings.keys().chain(owners.keys()).cloned().collect();
        for place in places {
            let (before, now) = (self.holdings.get(&place), owners.get(&place));
            let was_held = before.is_some_and(|before| before.at == self.at);
            let is_same = match (before, now) {
                (Some(before), Some(now)) => was_held && before.who.member == now.member,
                // Nobody has it, as at the look before.
                (_, None) => !was_held,
                (None, Some(_)) => false,
            };
            if !is_same {
                let held = before.filter(|_| now.is_some());
                moves.push(Move {
                    topic: place.0.clone(),
                    partition: place.1,
                    from: before.map(|before| before.who.clone()),
                    to: now.cloned(),
                    unread: held.map(|before| at.saturating_sub(before.at)),
                });
            }
            if let Some(now) = now {
                self.holdings.insert(place, Holding { who: now.clone(), at });
            }
        }
        (joined, left, moves)
    }
}

impl Row {
    fn place(&self) -> Place {
        (self.topic.clone(), self.partition)
    }
}

/// Members with labels that tell them apart.
fn everyone(members: &[Member]) -> Vec<Who> {
    let is_alone = |name: &str| members.iter().filter(|one| one.client_id == name).count() == 1;
    members
        .iter()
        .map(|member| {
            let name = &member.client_id;
            // A member's id is its client's and a random part, or the latter alone.
            let random = member.id.strip_prefix(name.as_str()).unwrap_or(&member.id);
            let piece: String = random.trim_start_matches('-').chars().take(6).collect();
            Who {
                label: if is_alone(name) { name.clone() } else { format!("{name}-{piece}") },
                member: member.id.clone(),
                client_id: name.clone(),
                instance_id: member.instance_id.clone(),
                host: member.host.trim_start_matches('/').to_owned(),
            }
        })
        .collect()
}

fn note(samples: &mut VecDeque<Sample>, new: Sample) {
    let is_behind =
        |old: Option<i64>, new: Option<i64>| old.zip(new).is_some_and(|(old, new)| new < old);
    // The position was set back, or the topic was made again: what was before says nothing.
    if samples.back().is_some_and(|last| {
        is_behind(last.end, new.end) || is_behind(last.committed, new.committed)
    }) {
        samples.clear();
    }
    samples.push_back(new);
    // One that is older stays, so that the whole time is covered.
    while samples.len() > 2
        && samples.get(1).is_some_and(|second| new.at.saturating_sub(second.at) >= RATES_OVER)
    {
        samples.pop_front();
    }
}

fn rate(samples: &VecDeque<Sample>, of: impl Fn(&Sample) -> Option<i64>) -> Option<f64> {
    let mut known = samples.iter().filter_map(|sample| Some((sample.at, of(sample)?)));
    let (from, first) = known.next()?;
    let (to, last) = known.next_back()?;
    let seconds = to.saturating_sub(from).as_secs_f64();
    (seconds > 0.0).then(|| (last - first) as f64 / seconds)
}

fn clear(lag: Option<i64>, rate_in: Option<f64>, rate_out: Option<f64>) -> Clear {
    match (lag, rate_in.zip(rate_out)) {
        (Some(0), _) => Clear::Idle,
        (Some(lag), Some((rate_in, rate_out))) if rate_out > rate_in => {
            Clear::In(lag as f64 / (rate_out - rate_in))
        }
        (Some(_), Some(_)) => Clear::Never,
        _ => Clear::Unknown,
    }
}

/// Loss is told from this part of the retention on. Before that it is far off, and a group seems to
/// stand still between two of its commits.
const NEAR: f64 = 0.01;

/// When the next message to read is as old as the topic keeps messages. Brokers remove whole
/// segments, so that it may be there a while longer.
///
/// The backlog's messages lie `behind / lag` apart on average. So reading moves on in their time by
/// `rate_out * behind / lag` seconds a second, while the clock moves on by one.
fn lost_in(
    lag: Option<i64>,
    behind_ms: Option<i64>,
    rate_out: Option<f64>,
    kept_ms: Option<i64>,
) -> Option<f64> {
    let lag = lag.filter(|lag| *lag > 0)? as f64;
    let (behind, kept) = (behind_ms? as f64 / 1000.0, kept_ms? as f64 / 1000.0);
    if behind < kept * NEAR {
        return None;
    }
    let drift = 1.0 - rate_out? * behind / lag;
    (drift > 0.0).then(|| ((kept - behind) / drift).max(0.0))
}

#[cfg(test)]
pub(super) mod tests {
    use kp_client::admin::{GroupKind, GroupPartition, GroupState};

    use super::*;

    pub(in super::super) const NOW: i64 = 1_700_000_000_000;
    const DAY: i64 = 86_400_000;

    pub(in super::super) fn member(id: &str, client: &str, partitions: &[i32]) -> Member {
        Member {
            id: id.to_owned(),
            client_id: client.to_owned(),
            host: "/10.0.0.1".to_owned(),
            instance_id: None,
            assignment: partitions.iter().map(|one| ("orders".to_owned(), *one)).collect(),
        }
    }

    /// Partition, committed, end, and how old the next message is.
    pub(in super::super) type Stand = (i32, i64, i64, Option<i64>);

    pub(in super::super) fn group(
        name: &str,
        members: Vec<Member>,
        stands: &[Stand],
    ) -> WatchedGroup {
        let partitions = stands
            .iter()
            .map(|(partition, committed, end, age)| WatchedPartition {
                offsets: GroupPartition {
                    topic: "orders".to_owned(),
                    partition: *partition,
                    committed: Some(*committed),
                    start: Some(0),
                    end: Some(*end),
                    member: members
                        .iter()
                        .position(|one| one.assignment.iter().any(|(_, at)| at == partition)),
                },
                next_ms: age.map(|age| NOW - age),
                retention_ms: Some(DAY),
            })
            .collect();
        WatchedGroup {
            name: name.to_owned(),
            state: Some(GroupState::Stable),
            kind: Some(GroupKind::Classic),
            members,
            partitions,
        }
    }

    pub(in super::super) fn look(groups: Vec<WatchedGroup>) -> Look {
        Look { now_ms: NOW, groups, notes: Vec::new() }
    }

    pub(in super::super) fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn first(state: &State) -> &Row {
        &state.groups.values().next().unwrap().rows[0]
    }

    fn see(state: &mut State, at: u64, stand: Stand) {
        let all = vec![member("a-1", "a", &[0])];
        state.saw(look(vec![group("g", all, &[stand])]), seconds(at));
    }

    #[test]
    fn rates_need_two_looks_and_forget_what_is_old() {
        let mut state = State::default();
        see(&mut state, 0, (0, 0, 1_000, Some(10_000)));
        assert_eq!((first(&state).rate_in, first(&state).clear), (None, Clear::Unknown));
        see(&mut state, 2, (0, 200, 1_100, Some(9_000)));
        assert_eq!((first(&state).rate_in, first(&state).rate_out), (Some(50.0), Some(100.0)));
        assert_eq!(first(&state).clear, Clear::In(18.0));
        for at in 3..60 {
            see(&mut state, at, (0, 200, 1_100, Some(9_000)));
        }
        assert_eq!((first(&state).rate_in, first(&state).rate_out), (Some(0.0), Some(0.0)));
        assert_eq!(first(&state).clear, Clear::Never);
    }

    #[test]
    fn a_position_that_is_set_back_has_no_rate_at_first() {
        let mut state = State::default();
        see(&mut state, 0, (0, 500, 1_000, Some(10_000)));
        see(&mut state, 2, (0, 0, 1_000, Some(20_000)));
        assert_eq!(first(&state).rate_out, None);
        see(&mut state, 4, (0, 20, 1_000, Some(20_000)));
        assert_eq!(first(&state).rate_out, Some(10.0));
    }

    #[test]
    fn an_idle_partition_has_nothing_to_tell() {
        let mut state = State::default();
        see(&mut state, 0, (0, 10, 10, None));
        let row = first(&state);
        assert_eq!((row.behind_ms, row.clear, row.lost_in), (None, Clear::Idle, None));
        assert_eq!(row.used, Some(0.0));
    }

    #[test]
    fn what_falls_behind_is_lost_when_retention_gets_it() {
        let mut state = State::default();
        // Half a day behind; nothing is read: it is lost in the other half.
        see(&mut state, 0, (0, 0, 43_200, Some(DAY / 2)));
        see(&mut state, 2, (0, 0, 43_202, Some(DAY / 2)));
        let row = first(&state);
        assert_eq!((row.clear, row.used), (Clear::Never, Some(0.5)));
        assert_eq!(row.lost_in, Some(43_200.0));
        // One message a second came, and half of one a second is read: twice as long.
        let mut state = State::default();
        see(&mut state, 0, (0, 0, 43_200, Some(DAY / 2)));
        see(&mut state, 2, (0, 1, 43_201, Some(DAY / 2)));
        assert_eq!(first(&state).lost_in, Some(86_400.0));
        // A minute behind of a day is not near it.
        let mut state = State::default();
        see(&mut state, 0, (0, 0, 60, Some(60_000)));
        see(&mut state, 2, (0, 0, 62, Some(60_000)));
        assert_eq!((first(&state).clear, first(&state).lost_in), (Clear::Never, None));
        // What will be clear before is not lost.
        let mut state = State::default();
        see(&mut state, 0, (0, 0, 43_200, Some(DAY / 2)));
        see(&mut state, 2, (0, 1, 43_201, Some(DAY / 2)));
        see(&mut state, 4, (0, 43_000, 43_202, Some(200_000)));
        assert_eq!(first(&state).lost_in, None);
        assert!(matches!(first(&state).clear, Clear::In(_)));
    }

    #[test]
    fn a_member_that_leaves_and_what_it_had_are_told() {
        let mut state = State::default();
        let stands = [(0, 0, 0, None), (1, 0, 0, None)];
        let both = || vec![member("a-1", "a", &[0]), member("b-1", "b", &[1])];
        state.saw(look(vec![group("g", both(), &stands)]), seconds(0));
        state.saw(look(vec![group("g", both(), &stands)]), seconds(2));
        assert_eq!(state.rebalances().count(), 0);
        let alone = |of: &[i32]| vec![member("a-1", "a", of)];
        state.saw(look(vec![group("g", alone(&[0]), &stands)]), seconds(4));
        state.saw(look(vec![group("g", alone(&[0]), &stands)]), seconds(6));
        state.saw(look(vec![group("g", alone(&[0, 1]), &stands)]), seconds(8));
        let told: Vec<_> = state.rebalances().collect();
        assert_eq!(told.len(), 2);
        assert_eq!((told[0].left[0].label.as_str(), told[0].joined.len()), ("b", 0));
        let first = &told[0].moves[0];
        assert_eq!((first.partition, first.to.is_none(), first.unread), (1, true, None));
        let second = &told[1].moves[0];
        let labels = [&second.from, &second.to].map(|who| who.as_ref().unwrap().label.clone());
        assert_eq!(labels, ["b", "a"]);
        // Seen with b at 2 s, with a at 8 s.
        assert_eq!(second.unread, Some(seconds(6)));
        assert_eq!(told[1].moves.len(), 1);
    }

    #[test]
    fn a_partition_that_comes_back_to_its_reader_was_unread_meanwhile() {
        let mut state = State::default();
        let stands = [(0, 0, 0, None)];
        for (at, of) in [(0, &[0][..]), (2, &[]), (4, &[0])] {
            state.saw(look(vec![group("g", vec![member("a-1", "a", of)], &stands)]), seconds(at));
        }
        let last = state.rebalances().next_back().unwrap();
        assert_eq!(last.moves[0].from, last.moves[0].to);
        assert_eq!(last.moves[0].unread, Some(seconds(4)));
    }

    #[test]
    fn members_of_one_client_id_are_told_apart() {
        let who = everyone(&[member("a-1234567", "a", &[]), member("a-7654321", "a", &[])]);
        assert_eq!([&who[0].label, &who[1].label], ["a-123456", "a-765432"]);
    }

    #[test]
    fn what_nobody_tells_stays_and_is_marked_as_old() {
        let mut state = State::default();
        see(&mut state, 0, (0, 5, 10, Some(1_000)));
        let mut silent = group("g", vec![member("a-1", "a", &[0])], &[(0, 5, 10, None)]);
        silent.partitions[0].offsets.end = None;
        state.saw(look(vec![silent]), seconds(2));
        assert_eq!((first(&state).lag, first(&state).old_since), (Some(5), Some(seconds(0))));
        let silent = WatchedGroup { state: None, ..group("g", Vec::new(), &[]) };
        state.saw(look(vec![silent]), seconds(4));
        let (_, seen) = state.groups().next().unwrap();
        assert_eq!((seen.old_since, seen.rows.len()), (Some(seconds(2)), 1));
        // A failure changes nothing but the sentence.
        state.failed("no answer".to_owned());
        assert_eq!((state.failure(), state.groups().count()), (Some("no answer"), 1));
        see(&mut state, 6, (0, 5, 10, Some(1_000)));
        assert_eq!((state.failure(), first(&state).old_since), (None, None));
        assert_eq!(state.rebalances().count(), 0);
    }
}
