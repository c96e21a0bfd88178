//! Groups, looked at again and again: where each stands, who reads what, and how old the next
//! message is.
//!
//! A look is a fixed number of requests, however many groups and partitions there are: the list of
//! groups (where none is named), one that describes all, one for each group's offsets that are sent
//! together, the ends and starts of all partitions, and at most [`STEPS`] that ask by time
//! ([`arrivals`]). Leaders and retention are asked for now and then.

mod arrivals;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kp_rdkafka::Place;
use kp_rdkafka::admin::{
    self, AdminError, ConfigEntry, Group, GroupKind, GroupState, ItemError, Named, OffsetQuery,
    Pending, PendingCommitted, PendingOffsets, Whom,
};
use kp_rdkafka::admin::{Isolation, ListedOffset, Member};
use rdkafka::error::RDKafkaErrorCode as Code;

use self::arrivals::Arrivals;
use super::Admin;
use super::groups::GroupPartition;
use super::groups::joined;
use crate::error::Error;

/// How many requests by time a look makes at most, one after the other.
const STEPS: usize = 4;
/// No request of a look waits longer: the screen says that nobody answers, and asks again.
const LONGEST: Duration = Duration::from_secs(5);
/// How long the first look waits for what is set on the topics.
const CONFIGS: Duration = Duration::from_secs(1);
/// How long leaders and retention count as known.
const REFRESH: Duration = Duration::from_secs(60);
/// Times are not wanted more precisely.
const GRAIN: Duration = Duration::from_secs(1);

/// Consumer groups that are watched.
pub struct GroupsWatch {
    admin: Arc<Admin>,
    /// Empty for all.
    names: Vec<String>,
    /// Times are known to this.
    grain_ms: i64,
    /// Whether there was a look already: a group that is not there then is told, and no mistake.
    has_looked: bool,
    leaders: Leaders,
    arrivals: HashMap<Place, Arrivals>,
    retention: Retention,
}

/// What one look saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// When, in milliseconds since 1970.
    pub now_ms: i64,
    /// By name.
    pub groups: Vec<WatchedGroup>,
    /// What could not be told, in sentences.
    pub notes: Vec<String>,
}

/// A group as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedGroup {
    /// The group.
    pub name: String,
    /// What it is doing; none when its coordinator did not tell.
    pub state: Option<GroupState>,
    /// Its type.
    pub kind: Option<GroupKind>,
    /// Its members.
    pub members: Vec<Member>,
    /// The partitions that it committed offsets of or that a member reads, by topic and number.
    pub partitions: Vec<WatchedPartition>,
}

/// A partition as the group has read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedPartition {
    /// Where the group and the partition stand.
    pub offsets: GroupPartition,
    /// The time of the next message to read, in milliseconds since 1970; none where there is none,
    /// and where it is not known yet.
    pub next_ms: Option<i64>,
    /// How long messages are kept at least; none where time removes nothing, and where this user
    /// may not know.
    pub retention_ms: Option<i64>,
}

impl WatchedPartition {
    /// The offset that is read next; none when there is none.
    fn next(&self) -> Option<i64> {
        let end = self.offsets.end?;
        let lag = self.offsets.lag().filter(|lag| *lag > 0)?;
        Some(end - lag)
    }
}

/// Which partitions have a leader. To ask about others would take the whole timeout.
#[derive(Default)]
struct Leaders {
    known: HashSet<Place>,
    topics: HashSet<String>,
    asked: Option<Instant>,
}

/// How long topics keep their messages.
#[derive(Default)]
struct Retention {
    known: HashMap<String, Result<Option<i64>, Code>>,
    pending: Option<Pending<Vec<Named<Vec<ConfigEntry>>>>>,
    asked: Option<Instant>,
}

impl Admin {
    /// Watches these groups, or all where none is named; `every` is the time between two looks.
    ///
    /// # Errors
    /// The embedded broker.
    pub fn watch_groups(
        self: &Arc<Self>,
        names: &[String],
        every: Duration,
    ) -> Result<GroupsWatch, Error> {
        self.needs_kafka("watch groups (`kp-admin groups describe NAME` works)")?;
        let mut names = names.to_vec();
        names.sort_unstable();
        names.dedup();
        Ok(GroupsWatch {
            admin: Arc::clone(self),
            names,
            grain_ms: millis(every.max(GRAIN)),
            has_looked: false,
            leaders: Leaders::default(),
            arrivals: HashMap::new(),
            retention: Retention::default(),
        })
    }
}

impl GroupsWatch {
    /// Looks once.
    ///
    /// # Errors
    /// A group that does not exist, at the first look; a refusal; no answer in time.
    pub fn look(&mut self) -> Result<Look, Error> {
        let seen = self.try_look();
        if seen.is_err() {
            // What is known of the leaders may be why.
            self.leaders.asked = None;
        }
        seen
    }

    fn try_look(&mut self) -> Result<Look, Error> {
        let admin = Arc::clone(&self.admin);
        // A login by tokens asks for new ones here, and errors of connections do not pile up.
        while admin.client().poll(Duration::ZERO).is_some() {}
        let mut notes = Vec::new();
        let names = self.names(&mut notes)?;
        let described = self.describe(&names)?;
        let committed = self.committed(&described);
        let mut groups = Vec::with_capacity(described.len());
        for (named, committed) in described.into_iter().zip(committed) {
            groups.push(put_together(&admin, named, committed, &mut notes));
        }
        groups.sort_by(|one: &WatchedGroup, other| one.name.cmp(&other.name));
        // Of all groups many have nothing; who names one expects something.
        let is_bare = |group: &&WatchedGroup| group.state.is_some() && group.partitions.is_empty();
        if !self.names.is_empty() {
            notes.extend(groups.iter().filter(is_bare).map(|group| admin.shows_nothing(group)));
        }
        self.find_leaders()?;
        self.bounds(&mut groups, &mut notes)?;
        self.times(&mut groups)?;
        self.keep(&mut groups, &mut notes);
        self.has_looked = true;
        Ok(Look { now_ms: now_ms(), groups, notes })
    }

    fn timeout(&self) -> Duration {
        self.admin.timeout.min(LONGEST)
    }

    fn failed(&self, what: &str, error: AdminError) -> Error {
        self.admin.failed(what, error)
    }

    fn names(&self, notes: &mut Vec<String>) -> Result<Vec<String>, Error> {
        if !self.names.is_empty() {
            if !self.has_looked {
                // Later a group may come and go. At first it is a mistake, or of another type.
                let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
                let failures = self.admin.describe_groups(&names)?.failures;
                if !failures.is_empty() {
                    return Err(Error::Several(failures));
                }
            }
            return Ok(self.names.clone());
        }
        let list = admin::list_groups(self.admin.client(), self.timeout())
            .map_err(|error| self.failed("cannot list the groups", error))?;
        if let Some(error) = list.errors.into_iter().next() {
            let what = "cannot list the groups of each broker";
            notes.push(self.admin.refused(what, error).to_string());
        }
        let consumers = list.groups.into_iter().filter(|group| {
            matches!(group.kind, GroupKind::Classic | GroupKind::Consumer | GroupKind::Unknown)
        });
        let mut names: Vec<_> = consumers.map(|group| group.id).collect();
        names.dedup();
        Ok(names)
    }

    fn describe(&self, names: &[String]) -> Result<Vec<Named<Group>>, Error> {
        let of: Vec<&str> = names.iter().map(String::as_str).collect();
        admin::describe_groups(self.admin.client(), &of, self.timeout())
            .map_err(|error| self.failed("cannot describe the groups", error))
    }

    /// What each group committed, in the same order. Only those are asked about whose coordinator
    /// has just answered.
    fn committed(&self, groups: &[Named<Group>]) -> Vec<Option<Committed>> {
        let client = self.admin.client();
        let pending: Vec<_> = groups
            .iter()
            .map(|group| {
                let state = group.result.as_ref().ok()?.state;
                let is_there = state != GroupState::Dead;
                is_there.then(|| PendingCommitted::ask(client, &group.name, None, self.timeout()))
            })
            .collect();
        pending
            .into_iter()
            .map(|pending| Some(pending?.and_then(|pending| pending.wait())))
            .collect()
    }

    fn find_leaders(&mut self) -> Result<(), Error> {
        if self.leaders.asked.is_some_and(|asked| asked.elapsed() < REFRESH) {
            return Ok(());
        }
        let metadata =
            self.admin.client().metadata(None, self.timeout()).map_err(|_| {
                self.admin.timed_out("cannot ask which brokers lead the partitions")
            })?;
        self.leaders = Leaders { asked: Some(Instant::now()), ..Leaders::default() };
        for topic in metadata.topics() {
            let led = topic.partitions().iter().filter(|partition| partition.leader() >= 0);
            let places = led.map(|partition| (topic.name().to_owned(), partition.id()));
            self.leaders.known.extend(places);
            self.leaders.topics.insert(topic.name().to_owned());
        }
        Ok(())
    }

    fn bounds(
        &mut self,
        groups: &mut [WatchedGroup],
        notes: &mut Vec<String>,
    ) -> Result<(), Error> {
        let mut places: Vec<Place> = partitions(groups).map(place).collect();
        places.sort_unstable();
        places.dedup();
        let unknown: Vec<_> =
            places.iter().filter(|place| !self.leaders.known.contains(*place)).cloned().collect();
        places.retain(|place| self.leaders.known.contains(place));
        for (topic, partition) in unknown.iter().take(3) {
            notes.push(if self.leaders.topics.contains(topic) {
                format!("partition {partition} of topic {topic} has no leader")
            } else {
                format!(
                    "topic {topic} is not shown: it was deleted, \
                     or the ACL Describe on it is missing"
                )
            });
        }
        if !unknown.is_empty() && self.leaders.asked.is_some_and(|at| at.elapsed() >= GRAIN) {
            // It may have come since.
            self.leaders.asked = None;
        }
        notes.dedup();
        if places.is_empty() {
            return Ok(());
        }
        let ask = |query| {
            let of: Vec<_> = places
                .iter()
                .map(|(topic, partition)| (topic.as_str(), *partition, query))
                .collect();
            self.ask(&of)
        };
        let (ends, starts) = (ask(OffsetQuery::Latest), ask(OffsetQuery::Earliest));
        let (ends, starts) = (self.answer(ends)?, self.answer(starts)?);
        let mut refused = None;
        let mut by_place = |listed: Vec<ListedOffset>| -> HashMap<Place, i64> {
            let found = listed.into_iter().filter_map(|one| match one.result {
                Ok(offset) => Some(((one.topic, one.partition), offset?)),
                Err(error) => {
                    refused.get_or_insert((one.topic, one.partition, error));
                    None
                }
            });
            found.collect()
        };
        let (ends, starts) = (by_place(ends), by_place(starts));
        if let Some((topic, partition, error)) = refused {
            let what = format!("cannot list offsets of partition {partition} of topic {topic}");
            notes.push(self.admin.refused(&what, error).to_string());
            self.leaders.asked = None;
        }
        for partition in groups.iter_mut().flat_map(|group| &mut group.partitions) {
            let place = place(partition);
            partition.offsets.end = ends.get(&place).copied();
            partition.offsets.start = starts.get(&place).copied();
        }
        Ok(())
    }

    /// Finds out when the next message of each partition came.
    fn times(&mut self, groups: &mut [WatchedGroup]) -> Result<(), Error> {
        let now = now_ms();
        let mut ends: BTreeMap<Place, i64> = BTreeMap::new();
        let mut wanted: BTreeMap<Place, Vec<i64>> = BTreeMap::new();
        for partition in partitions(groups) {
            if let Some(end) = partition.offsets.end {
                ends.insert(place(partition), end);
            }
            if let Some(next) = partition.next() {
                wanted.entry(place(partition)).or_default().push(next);
            }
        }
        self.arrivals.retain(|place, _| ends.contains_key(place));
        for (place, end) in &ends {
            let arrivals = self.arrivals.entry(place.clone()).or_default();
            arrivals.saw_end(*end, now);
            let lowest = wanted.get(place).and_then(|all| all.iter().min()).unwrap_or(end);
            arrivals.forget_before(*lowest);
        }
        for _ in 0..STEPS {
            let grain = self.grain_ms;
            let questions: Vec<(Place, i64)> = wanted
                .iter()
                .filter_map(|(place, all)| {
                    let arrivals = self.arrivals.get_mut(place)?;
                    let mut times = all.iter().map(|next| arrivals.question(*next, now, grain));
                    Some((place.clone(), times.find_map(|time| time)?))
                })
                .collect();
            if questions.is_empty() {
                break;
            }
            let of: Vec<_> = questions
                .iter()
                .map(|((topic, partition), time)| {
                    (topic.as_str(), *partition, OffsetQuery::At(*time))
                })
                .collect();
            let listed = self.answer(self.ask(&of))?;
            let asked: HashMap<_, _> = questions.into_iter().collect();
            for one in listed {
                let place = (one.topic, one.partition);
                let (Ok(offset), Some(time), Some(end)) =
                    (one.result, asked.get(&place), ends.get(&place))
                else {
                    continue;
                };
                if let Some(arrivals) = self.arrivals.get_mut(&place) {
                    arrivals.told(*time, offset.zip(one.timestamp), *end);
                }
            }
        }
        for partition in groups.iter_mut().flat_map(|group| &mut group.partitions) {
            let next = partition.next();
            let arrivals = self.arrivals.get(&place(partition));
            partition.next_ms = next.and_then(|next| arrivals?.time_of(next));
        }
        Ok(())
    }

    fn ask(&self, of: &[(&str, i32, OffsetQuery)]) -> Result<PendingOffsets, AdminError> {
        PendingOffsets::ask(self.admin.client(), of, Isolation::ReadUncommitted, self.timeout())
    }

    fn answer(
        &self,
        pending: Result<PendingOffsets, AdminError>,
    ) -> Result<Vec<ListedOffset>, Error> {
        let answer = pending.and_then(|pending| {
            loop {
                if let Some(answer) = pending.answer(LONGEST) {
                    return answer;
                }
            }
        });
        answer.map_err(|error| self.failed("cannot list offsets", error))
    }

    /// Adds how long the topics keep what they have, as far as it is known; nobody waits for it but
    /// the first look.
    fn keep(&mut self, groups: &mut [WatchedGroup], notes: &mut Vec<String>) {
        let retention = &mut self.retention;
        let topics: HashSet<&str> =
            partitions(groups).map(|partition| partition.offsets.topic.as_str()).collect();
        let is_new = topics.iter().any(|topic| !retention.known.contains_key(*topic));
        let is_old = retention.asked.is_none_or(|asked| asked.elapsed() >= REFRESH);
        let is_recent = retention.asked.is_some_and(|asked| asked.elapsed() < GRAIN * 5);
        if retention.pending.is_none() && !topics.is_empty() && (is_old || is_new && !is_recent) {
            let of: Vec<&str> = topics.iter().copied().collect();
            let asked = admin::ask_configs(self.admin.client(), Whom::Any, &of, LONGEST);
            retention.pending = asked.ok();
            retention.asked = Some(Instant::now());
        }
        let wait = if self.has_looked { Duration::ZERO } else { CONFIGS };
        if let Some(answer) = retention.pending.as_ref().and_then(|asked| asked.answer(wait)) {
            retention.pending = None;
            for one in answer.unwrap_or_default() {
                let kept = one.result.map(|entries| kept_ms(&entries)).map_err(|error| error.code);
                retention.known.insert(one.name, kept);
            }
        }
        let refused: Vec<_> = topics
            .iter()
            .filter(|topic| matches!(retention.known.get(**topic), Some(Err(_))))
            .collect();
        if let Some(topic) = refused.iter().min() {
            let more = match refused.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            notes.push(format!(
                "how long messages are kept cannot be told \
                 (ACL DescribeConfigs on topic {topic}{more})"
            ));
        }
        for partition in groups.iter_mut().flat_map(|group| &mut group.partitions) {
            let known = retention.known.get(&partition.offsets.topic);
            partition.retention_ms = known.and_then(|known| known.ok().flatten());
        }
    }
}

impl Admin {
    fn shows_nothing(&self, group: &WatchedGroup) -> String {
        format!(
            "{} shows nothing that group {} has committed: there is nothing, or only on topics \
             that this user may not see (ACL Describe on a topic)",
            self.broker(),
            group.name
        )
    }
}

type Committed = Result<Vec<admin::Committed>, AdminError>;

fn put_together(
    admin: &Admin,
    named: Named<Group>,
    committed: Option<Committed>,
    notes: &mut Vec<String>,
) -> WatchedGroup {
    let name = named.name;
    let untold = WatchedGroup {
        name: name.clone(),
        state: None,
        kind: None,
        members: Vec::new(),
        partitions: Vec::new(),
    };
    let group = match named.result {
        Ok(group) => group,
        Err(error) => {
            let what = format!("cannot describe group {name}");
            let acl = format!("Describe on group {name}");
            notes.push(admin.refused(&what, error).needs(acl).to_string());
            return untold;
        }
    };
    let what = format!("cannot tell what group {name} committed");
    let mut places: BTreeMap<Place, Option<i64>> = BTreeMap::new();
    let mut failure = |error: ItemError| {
        notes.push(admin.refused(&what, error).to_string());
    };
    match committed {
        None => {}
        Some(Ok(all)) => {
            for one in all {
                match one.result {
                    Ok(Some(offset)) => {
                        places.insert((one.topic, one.partition), Some(offset));
                    }
                    Ok(None) => {}
                    Err(error) => {
                        places.insert((one.topic, one.partition), None);
                        failure(error);
                    }
                }
            }
        }
        Some(Err(error)) => {
            notes.push(admin.failed(&what, error).to_string());
            // Without them nothing can be told; what was seen before stays.
            return untold;
        }
    }
    let group = joined(&name, Some(group), places);
    let seen_now = |offsets| WatchedPartition { offsets, next_ms: None, retention_ms: None };
    WatchedGroup {
        name,
        state: group.state,
        kind: group.kind,
        members: group.members,
        partitions: group.partitions.into_iter().map(seen_now).collect(),
    }
}

fn partitions(groups: &[WatchedGroup]) -> impl Iterator<Item = &WatchedPartition> {
    groups.iter().flat_map(|group| &group.partitions)
}

fn place(partition: &WatchedPartition) -> Place {
    (partition.offsets.topic.clone(), partition.offsets.partition)
}

/// How long a topic with these settings keeps a message at least; none where time removes nothing.
fn kept_ms(entries: &[ConfigEntry]) -> Option<i64> {
    let value = |name: &str| {
        let entry = entries.iter().find(|entry| entry.name == name)?;
        entry.value.as_deref()
    };
    if value("cleanup.policy").is_some_and(|policy| !policy.contains("delete")) {
        return None;
    }
    value("retention.ms")?.parse().ok().filter(|kept| *kept > 0)
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use kp_rdkafka::admin::ConfigSource;

    use super::*;

    fn entry((name, value): (&str, &str)) -> ConfigEntry {
        ConfigEntry {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            source: ConfigSource::Default,
            is_sensitive: false,
            is_read_only: false,
        }
    }

    #[test]
    fn only_time_that_removes_something_is_a_retention() {
        let kept = |policy, time| {
            kept_ms(&[("cleanup.policy", policy), ("retention.ms", time)].map(entry))
        };
        assert_eq!(kept("delete", "60000"), Some(60_000));
        assert_eq!(kept("compact,delete", "60000"), Some(60_000));
        assert_eq!(kept("compact", "60000"), None);
        assert_eq!(kept("delete", "-1"), None);
        assert_eq!(kept_ms(&[]), None);
    }
}
