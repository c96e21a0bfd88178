//! Where a group goes on reading, as it is to be: planned first, then changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kp_rdkafka::Place;
use kp_rdkafka::admin::{self, AdminError, ChangedOffset, ItemError, Member, OffsetQuery};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::again::{Asked, complete};
use super::groups::{Committed, OutOfRange};
use super::{Admin, partition_count};
use crate::error::Error;

/// Where a group is to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResetTo {
    /// At the earliest message that is kept.
    Earliest,
    /// After the last message.
    Latest,
    /// At this offset.
    Offset(i64),
    /// At the first message with this time or a later one, in milliseconds since 1970. Where there
    /// is none, after the last message.
    Time(i64),
    /// So many offsets further on, or back.
    By(i64),
    /// At these offsets. None takes away what was committed.
    These(BTreeMap<Place, Option<i64>>),
}

/// A topic that was chosen, and which of its partitions: all, unless they are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The topic.
    pub topic: String,
    /// The partitions' numbers.
    pub partitions: Option<Vec<i32>>,
}

impl Chosen {
    /// Whether this partition is chosen.
    pub fn has(&self, topic: &str, partition: i32) -> bool {
        let numbers = self.partitions.as_ref();
        self.topic == topic && numbers.is_none_or(|numbers| numbers.contains(&partition))
    }
}

/// What a reset would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetPlan {
    /// The group.
    pub group: String,
    /// Whether there is such a group. If not, the reset makes it.
    pub exists: bool,
    /// By topic and partition.
    pub steps: Vec<ResetStep>,
}

/// What it would do in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetStep {
    /// The topic.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
    /// What is committed now.
    pub now: Option<i64>,
    /// What is to be committed; none takes away what was.
    pub to: Option<i64>,
    /// The earliest offset that is kept; none where no leader tells it, and it is not needed.
    pub start: Option<i64>,
    /// One past the latest message; none as above.
    pub end: Option<i64>,
    /// On which side of the kept offsets the wanted one lay, if `to` is another for that.
    pub clamped: Option<OutOfRange>,
}

/// What came of a change.
#[derive(Debug, Default)]
pub struct ChangedOffsets {
    /// The partitions that were changed.
    pub done: BTreeSet<Place>,
    /// Why others were not.
    pub failures: Vec<Error>,
}

impl ResetStep {
    /// Whether anything is to be changed.
    pub fn is_change(&self) -> bool {
        self.now != self.to
    }

    /// How many offsets a reader leaves out by it; those that it reads again count negative. A
    /// reader whose committed offset is not kept goes on at the earliest.
    pub fn skipped(&self) -> Option<i64> {
        let kept = |offset| match clamp(offset, self.start, self.end) {
            (_, Some(_)) => self.start.unwrap_or(offset),
            (_, None) => offset,
        };
        Some(kept(self.to?) - kept(self.now?))
    }

    fn place(&self) -> Place {
        (self.topic.clone(), self.partition)
    }
}

/// The nearest offset at which something is kept, or comes next, and on which side the wanted one
/// lay.
fn clamp(wanted: i64, start: Option<i64>, end: Option<i64>) -> (i64, Option<OutOfRange>) {
    match (start, end) {
        (Some(start), _) if wanted < start => (start, Some(OutOfRange::BeforeStart)),
        (_, Some(end)) if wanted > end => (end, Some(OutOfRange::PastEnd)),
        _ => (wanted, None),
    }
}

impl Admin {
    /// What it would do to let a group go on elsewhere: in the chosen partitions, or in all for
    /// which it has committed. [`ResetTo::These`] names its own partitions, and nothing is chosen.
    ///
    /// # Errors
    /// The embedded broker; a group that has members, or does not exist while no partition is
    /// named; a topic or partition that does not exist, or has no leader where one is needed; a
    /// refusal; no answer in time.
    pub fn plan_reset(
        &self,
        group: &str,
        to: &ResetTo,
        chosen: &[Chosen],
    ) -> Result<ResetPlan, Error> {
        self.needs_kafka(
            "reset groups (`kp-consumer --group NAME --from PLACE` starts one elsewhere)",
        )?;
        let (exists, committed) = self.resting(group, "Read")?;
        if let ResetTo::These(offsets) = to {
            self.check_places(offsets.keys(), "Read")?;
            let steps = self.plan_these(&committed, offsets)?;
            return Ok(ResetPlan { group: group.to_owned(), exists, steps });
        }
        let places: BTreeSet<Place> = if chosen.is_empty() {
            if !exists && committed.is_empty() {
                return Err(self.no_group(group));
            }
            committed.keys().cloned().collect()
        } else {
            self.chosen(chosen, "Read")?
        };
        self.check_led(&places)?;
        let (starts, ends) = self.edges(&places)?;
        let found = match to {
            ResetTo::Time(time) => self.told(&places, OffsetQuery::At(*time))?,
            _ => HashMap::new(),
        };
        let step = |place: &Place| {
            let now = committed.get(place).copied();
            let (start, end) = (edge(&starts, place), edge(&ends, place));
            let wanted = match to {
                ResetTo::Earliest => start,
                ResetTo::Latest => end,
                ResetTo::Offset(offset) => Some(*offset),
                ResetTo::Time(_) => edge(&found, place).or(end),
                ResetTo::By(count) => match now {
                    Some(now) => Some(now.saturating_add(*count)),
                    None => return Err(self.nothing_to_count_from(group, place)),
                },
                ResetTo::These(_) => None,
            };
            Ok(ResetStep::new(place, now, wanted, (start, end)))
        };
        let steps = places.iter().map(step).collect::<Result<_, _>>()?;
        Ok(ResetPlan { group: group.to_owned(), exists, steps })
    }

    /// Where a leader is away, these offsets are taken as they are.
    fn plan_these(
        &self,
        committed: &Committed,
        offsets: &BTreeMap<Place, Option<i64>>,
    ) -> Result<Vec<ResetStep>, Error> {
        let led = self.led(&offsets.keys().cloned().collect()).into_iter().collect();
        let (starts, ends) = self.edges(&led)?;
        let step = |(place, to): (&Place, &Option<i64>)| {
            let now = committed.get(place).copied();
            ResetStep::new(place, now, *to, (edge(&starts, place), edge(&ends, place)))
        };
        Ok(offsets.iter().map(step).collect())
    }

    /// What deleting a group's offsets of the chosen partitions would take away.
    ///
    /// # Errors
    /// Those of [`plan_reset`](Self::plan_reset).
    pub fn plan_delete_offsets(&self, group: &str, chosen: &[Chosen]) -> Result<ResetPlan, Error> {
        self.needs_kafka("delete what a group has committed")?;
        let (exists, committed) = self.resting(group, "Delete")?;
        if !exists && committed.is_empty() {
            return Err(self.no_group(group));
        }
        let mut places = self.chosen(chosen, "Read")?;
        places.retain(|place| committed.contains_key(place));
        let nothing = places.into_iter().map(|place| (place, None)).collect();
        let steps = self.plan_these(&committed, &nothing)?;
        Ok(ResetPlan { group: group.to_owned(), exists, steps })
    }

    /// Makes sure that a plan is still about what is there, when time has passed since it was made.
    ///
    /// # Errors
    /// The group has members now, or has committed something else; a refusal; no answer in time.
    pub fn check_as_planned(&self, plan: &ResetPlan) -> Result<(), Error> {
        let (_, committed) = self.resting(&plan.group, "Read")?;
        let moved = plan.steps.iter().filter(|step| step.is_change()).find_map(|step| {
            let now = committed.get(&step.place()).copied();
            (now != step.now).then_some((step, now))
        });
        let Some((step, now)) = moved else { return Ok(()) };
        let word = |offset: Option<i64>| offset.map_or("nothing".to_owned(), |at| at.to_string());
        Err(Error::InUse(vec![format!(
            "group {} on {} has committed {} for partition {} of topic {} meanwhile, where it was \
             {}: nothing was changed; try again",
            plan.group,
            self.broker(),
            word(now),
            step.partition,
            step.topic,
            word(step.now)
        )]))
    }

    /// Does what was planned. What was not done is told beside what was.
    pub fn change_offsets(&self, plan: &ResetPlan) -> ChangedOffsets {
        let group = plan.group.as_str();
        let steps = || plan.steps.iter().filter(|step| step.is_change());
        let to: Vec<_> = steps()
            .filter_map(|step| Some((step.topic.as_str(), step.partition, step.to?)))
            .collect();
        let gone: Vec<_> = steps()
            .filter(|step| step.to.is_none())
            .map(|step| (step.topic.as_str(), step.partition))
            .collect();
        let mut changed = ChangedOffsets::default();
        let asked = self.ask(|left| {
            admin::alter_consumer_group_offsets(self.client(), group, &to, left).and_then(whole)
        });
        self.take_in(&mut changed, plan, "Read", asked, |step| step.to.is_some());
        let mut asked = self.ask(|left| {
            admin::delete_consumer_group_offsets(self.client(), group, &gone, left).and_then(whole)
        });
        if asked.answer.as_ref().is_err_and(|error| error.code() == Code::GroupIdNotFound) {
            // Without the group its offsets are gone as well.
            let done = gone.iter().map(|(topic, partition)| ChangedOffset {
                topic: (*topic).to_owned(),
                partition: *partition,
                result: Ok(()),
            });
            asked.answer = Ok(done.collect());
        }
        self.take_in(&mut changed, plan, "Delete", asked, |step| step.to.is_none());
        changed
    }

    fn take_in(
        &self,
        changed: &mut ChangedOffsets,
        plan: &ResetPlan,
        operation: &str,
        asked: Asked<Vec<ChangedOffset>>,
        is_meant: impl Fn(&ResetStep) -> bool,
    ) {
        let (group, broker) = (&plan.group, self.broker());
        let what = format!("cannot change what group {group} committed");
        let failed = |place: Option<&Place>, error: Error| {
            let topic = place.map(|(topic, _)| topic);
            let refused_topic =
                matches!(error, Error::Refused { code: Code::TopicAuthorizationFailed, .. });
            match topic {
                Some(topic) if refused_topic => error.needs(format!("Read on topic {topic}")),
                _ => error.needs(format!("{operation} on group {group}")),
            }
        };
        match asked.answer {
            Ok(answers) => {
                for answer in answers {
                    let place = (answer.topic, answer.partition);
                    let (topic, partition) = &place;
                    match answer.result {
                        Ok(()) => {
                            changed.done.insert(place);
                        }
                        Err(error) if is_joined(error.code) => {
                            changed.failures.push(Error::InUse(vec![format!(
                                "{what} of partition {partition} of topic {topic} on {broker}: \
                                 a member joined meanwhile; stop it, and try again"
                            )]));
                        }
                        Err(error) => {
                            let what = format!("{what} of partition {partition} of topic {topic}");
                            let error = failed(Some(&place), self.refused(&what, error));
                            changed.failures.push(error);
                        }
                    }
                }
            }
            Err(error) if is_joined(error.code()) => {
                let line = format!(
                    "{what} on {broker}: a member joined meanwhile; stop it, and try again"
                );
                changed.failures.push(Error::InUse(vec![line]));
            }
            Err(error) => {
                let first = plan.steps.iter().find(|step| step.is_change() && is_meant(step));
                let place = first.map(ResetStep::place);
                changed.failures.push(failed(place.as_ref(), self.failed(&what, error)));
            }
        }
    }

    /// Whether there is such a group, and what it has committed; an error where it has members.
    fn resting(&self, group: &str, operation: &str) -> Result<(bool, Committed), Error> {
        let state = self.states(&[group], operation)?.pop().unwrap_or(Ok(None))?;
        if let Some(state) = &state
            && !state.members.is_empty()
        {
            return Err(self.in_use(group, &state.members));
        }
        let committed = self.committed(&[group]).pop().unwrap_or_else(|| Ok(Committed::new()))?;
        Ok((state.is_some(), committed))
    }

    /// A group that has to be without members.
    pub(super) fn in_use(&self, group: &str, members: &[Member]) -> Error {
        let (count, them) = match members.len() {
            1 => ("1 member".to_owned(), "it"),
            count => (format!("{count} members"), "them"),
        };
        let head = format!(
            "group {group} on {} has {count}, and nothing was changed; stop {them}, and try again:",
            self.broker()
        );
        let line = |member: &Member| {
            let instance = member.instance_id.as_ref();
            let instance = instance.map_or_else(String::new, |id| format!(", instance id {id}"));
            format!(
                "  client {} at {}, member id {}{instance}",
                member.client_id, member.host, member.id
            )
        };
        Error::InUse(std::iter::once(head).chain(members.iter().map(line)).collect())
    }

    fn nothing_to_count_from(&self, group: &str, (topic, partition): &Place) -> Error {
        Error::NoPartition(format!(
            "group {group} on {} has committed nothing for partition {partition} of topic {topic}, \
             so that there is nothing to count from; --to earliest, latest or an offset works",
            self.broker()
        ))
    }

    fn chosen(&self, chosen: &[Chosen], operation: &str) -> Result<BTreeSet<Place>, Error> {
        let mut places = BTreeSet::new();
        for one in chosen {
            let all = || {
                let count = partition_count(&self.metadata, &one.topic).unwrap_or_default();
                (0..i32::try_from(count).unwrap_or(i32::MAX)).collect()
            };
            let numbers = one.partitions.clone().unwrap_or_else(all);
            // One at least, so that a topic that is not there is noticed.
            let first = numbers.is_empty().then_some(0);
            places.extend(numbers.into_iter().chain(first).map(|id| (one.topic.clone(), id)));
        }
        self.check_places(places.iter(), operation)?;
        Ok(places)
    }

    fn check_places<'p>(
        &self,
        places: impl Iterator<Item = &'p Place>,
        operation: &str,
    ) -> Result<(), Error> {
        let (mut absent, mut failures) = (BTreeSet::new(), Vec::new());
        for (topic, partition) in places {
            match partition_count(&self.metadata, topic) {
                None => {
                    absent.insert(topic.as_str());
                }
                Some(count) if usize::try_from(*partition).is_ok_and(|id| id < count) => {}
                Some(count) => failures.push(Error::NoPartition(format!(
                    "topic {topic} on {} has no partition {partition}: they go from 0 to {}",
                    self.broker(),
                    count.saturating_sub(1)
                ))),
            }
        }
        failures.extend(self.no_topics(&absent.into_iter().collect::<Vec<_>>(), operation));
        if failures.is_empty() { Ok(()) } else { Err(Error::one_of(failures)) }
    }

    fn check_led(&self, places: &BTreeSet<Place>) -> Result<(), Error> {
        let led: BTreeSet<Place> = self.led(places).into_iter().collect();
        let without = places.difference(&led).map(|(topic, partition)| {
            Error::NoPartition(format!(
                "partition {partition} of topic {topic} on {} has no leader now, so that nobody \
                 tells where it begins and ends; try again once it has one, or leave it out \
                 by --topic",
                self.broker()
            ))
        });
        let failures: Vec<_> = without.collect();
        if failures.is_empty() { Ok(()) } else { Err(Error::one_of(failures)) }
    }

    fn edges(&self, places: &BTreeSet<Place>) -> Result<(Told, Told), Error> {
        let starts = self.told(places, OffsetQuery::Earliest)?;
        Ok((starts, self.told(places, OffsetQuery::Latest)?))
    }

    fn told(&self, places: &BTreeSet<Place>, query: OffsetQuery) -> Result<Told, Error> {
        let places: Vec<Place> = places.iter().cloned().collect();
        let told = self.each_listed(&places, query)?.into_iter();
        Ok(told.map(|(place, offset, _)| (place, offset)).collect())
    }
}

type Told = HashMap<Place, Option<i64>>;

fn edge(told: &Told, place: &Place) -> Option<i64> {
    told.get(place).copied().flatten()
}

impl ResetStep {
    fn new(
        place: &Place,
        now: Option<i64>,
        wanted: Option<i64>,
        (start, end): (Option<i64>, Option<i64>),
    ) -> Self {
        let (to, clamped) = wanted
            .map(|wanted| clamp(wanted, start, end))
            .map_or((None, None), |(to, side)| (Some(to), side));
        let (topic, partition) = place.clone();
        Self { topic, partition, now, to, start, end, clamped }
    }
}

/// An answer of which no part is to be asked for again.
fn whole(answers: Vec<ChangedOffset>) -> Result<Vec<ChangedOffset>, AdminError> {
    complete(answers, |one: &ChangedOffset| -> Option<&ItemError> { one.result.as_ref().err() })
}

/// Whether the broker refuses because the group has a member by now.
fn is_joined(code: Code) -> bool {
    matches!(
        code,
        Code::UnknownMemberId
            | Code::IllegalGeneration
            | Code::RebalanceInProgress
            | Code::NonEmptyGroup
            | Code::GroupSubscribedToTopic
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(now: Option<i64>, wanted: Option<i64>) -> ResetStep {
        ResetStep::new(&("t".to_owned(), 0), now, wanted, (Some(10), Some(20)))
    }

    #[test]
    fn an_offset_that_is_not_kept_becomes_the_nearest_that_is() {
        let to = |wanted| {
            let step = step(Some(15), Some(wanted));
            (step.to, step.clamped)
        };
        assert_eq!(to(3), (Some(10), Some(OutOfRange::BeforeStart)));
        assert_eq!(to(-1), (Some(10), Some(OutOfRange::BeforeStart)));
        assert_eq!(to(21), (Some(20), Some(OutOfRange::PastEnd)));
        for kept in [10, 15, 20] {
            assert_eq!(to(kept), (Some(kept), None));
        }
        let unknown = ResetStep::new(&("t".to_owned(), 0), None, Some(99), (None, None));
        assert_eq!((unknown.to, unknown.clamped), (Some(99), None));
    }

    #[test]
    fn what_is_read_again_or_left_out_is_counted_from_where_a_reader_goes_on() {
        let skipped = |now, to| step(now, to).skipped();
        assert_eq!(skipped(Some(12), Some(20)), Some(8));
        assert_eq!(skipped(Some(20), Some(12)), Some(-8));
        assert_eq!(skipped(Some(12), Some(12)), Some(0));
        // What lay before the earliest is gone, whatever was committed.
        assert_eq!(skipped(Some(3), Some(20)), Some(10));
        assert_eq!(skipped(Some(20), Some(3)), Some(-10));
        // Past the end a reader goes on at the earliest.
        assert_eq!(skipped(Some(99), Some(12)), Some(2));
        assert_eq!(skipped(None, Some(12)), None);
        assert_eq!(skipped(Some(12), None), None);
    }

    #[test]
    fn a_step_that_changes_nothing_is_none() {
        assert!(!step(Some(12), Some(12)).is_change());
        assert!(!step(None, None).is_change());
        assert!(step(None, Some(12)).is_change() && step(Some(12), None).is_change());
    }

    #[test]
    fn a_topic_is_chosen_whole_or_by_its_partitions() {
        let topic = "t".to_owned();
        let all = Chosen { topic: topic.clone(), partitions: None };
        let some = Chosen { topic, partitions: Some(vec![1]) };
        assert!(all.has("t", 7) && some.has("t", 1));
        assert!(!all.has("u", 7) && !some.has("t", 7));
    }
}
