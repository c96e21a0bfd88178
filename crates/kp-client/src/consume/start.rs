//! Where a consumer starts: which topics there are, and at which offsets.

use std::time::{Duration, Instant};

use kp_rdkafka::admin::{self, OffsetQuery};
use kp_rdkafka::{Place, Start, Starts};
use kp_settings::StartAt;
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::metadata::Metadata;

use super::gap::{self, Gap};
use super::pending::Starting;
use super::{Consumer, Membership};
use crate::admin::again;
use crate::connect;
use crate::error::Error;
use crate::offsets::{Answer, Question, may_pass};

/// How long the first question for offsets may take; each one after it gets twice as long.
const FIRST_TRY: Duration = Duration::from_secs(1);
const ASK_AGAIN: Duration = Duration::from_millis(50);
const GLANCE: Duration = Duration::from_millis(100);
/// How long a look for partitions without a leader may take, to name them.
const LOOK: Duration = Duration::from_secs(1);

impl Consumer {
    /// Topics that do not exist are an error, unless they are waited for or others are there to be
    /// read. Returns metadata with all that exist.
    pub(super) fn check_topics(&mut self, first: Metadata, wait: bool) -> Result<Metadata, Error> {
        let missing_in = |metadata: &Metadata| -> Vec<String> {
            let names = self.asked_for.names();
            let missing = names.filter(|name| connect::topic(metadata, name).is_none());
            missing.map(str::to_owned).collect()
        };
        // A pattern that matches nothing may do so because a topic was just made.
        let lacks = |metadata: &Metadata| {
            !missing_in(metadata).is_empty()
                || connect::topics(metadata, &self.asked_for).is_empty()
        };
        let metadata = if lacks(&first) {
            connect::once_metadata_settled(self.brokers, || self.metadata(), lacks)?
        } else {
            first
        };
        let missing = missing_in(&metadata);
        self.check_allowed(&metadata, &missing)?;
        self.topics = connect::topics(&metadata, &self.asked_for);
        self.tell_matches(wait)?;
        let all = missing.len() == self.topics.len();
        for topic in missing {
            if all && !wait {
                return Err(Error::NoTopic {
                    topic,
                    broker: self.connection.broker.clone(),
                    advice: "a consumer never makes one; `kp-producer` does on its first message, and so does \
                             `kp-admin topics create`. To wait for it: --idle-exit never --stall-timeout 1h"
                        .to_owned(),
                });
            }
            tracing::warn!("topic {topic} does not exist yet on {}", self.connection.broker);
        }
        Ok(metadata)
    }

    /// Says which topics patterns match.
    ///
    /// # Errors
    /// None of them matches any, there is no other topic, and none is waited for.
    fn tell_matches(&self, wait: bool) -> Result<(), Error> {
        if !self.asked_for.has_patterns() {
            return Ok(());
        }
        let advice = self.asked_for.advice().map_or_else(String::new, |text| format!("; {text}"));
        if !self.topics.is_empty() {
            if self.topics.iter().all(|topic| self.asked_for.names().any(|name| name == topic)) {
                tracing::warn!("no topic matches {} yet{advice}", self.asked_for);
            }
            tracing::info!("{} is {}", self.asked_for, self.topics.join(", "));
            return Ok(());
        }
        let (topics, broker) = (&self.asked_for, &self.connection.broker);
        if !wait {
            return Err(Error::NoMatch(format!(
                "no topic on {broker} matches {topics}{advice}; `kp-admin topics list` shows all, and --idle-exit \
                 never waits for one"
            )));
        }
        tracing::warn!("no topic on {broker} matches {topics} yet: waiting for one{advice}");
        Ok(())
    }

    /// Metadata of the topics to read, in one request: of several as a part of that of all topics.
    fn metadata(&self) -> Result<Metadata, Error> {
        let topic = self.asked_for.single();
        let asked = self.connection.client.metadata(topic, self.connection.patience);
        asked.map_err(|error| {
            let broker = &self.connection.broker;
            Error::of(format!("cannot ask {broker} about topic {}", self.asked_for), &error)
        })
    }

    /// Tells a topic that this user may not read from one that does not exist. Brokers say so only
    /// where the topic is asked for by its name.
    fn check_allowed(&self, metadata: &Metadata, missing: &[String]) -> Result<(), Error> {
        let refused = match self.asked_for.single() {
            Some(name) => metadata
                .topics()
                .iter()
                .find(|topic| topic.name() == name)
                .and_then(|topic| topic.error())
                .is_some_and(|error| Code::from(error) == Code::TopicAuthorizationFailed)
                .then(|| name.to_owned()),
            _ if missing.is_empty() || self.connection.is_embedded() => None,
            _ => {
                let names: Vec<&str> = missing.iter().map(String::as_str).collect();
                let client = &self.connection.client;
                let described = again::ask(self.connection.patience, |left| {
                    admin::describe_topics(client, &names, left)
                });
                let topics = described.answer.unwrap_or_default().into_iter();
                let mut refused = topics.filter(|topic| {
                    let error = topic.result.as_ref().err();
                    error.is_some_and(|error| error.code == Code::TopicAuthorizationFailed)
                });
                refused.next().map(|topic| topic.name)
            }
        };
        match refused {
            None => Ok(()),
            Some(topic) => Err(Error::at(format!("topic {topic}"), Code::TopicAuthorizationFailed)
                .needs(format!("Read on topic {topic}"))),
        }
    }

    /// The partitions to read, of all that there are.
    ///
    /// # Errors
    /// One of those that are named does not exist.
    pub(super) fn wanted_of(&self, metadata: &Metadata) -> Result<Vec<Place>, Error> {
        let mut all = connect::partitions(metadata, &self.topics);
        let Some(named) = &self.wanted else { return Ok(all) };
        for topic in &self.topics {
            let count = all.iter().filter(|(name, _)| name == topic).count();
            let has = |id: i32| all.iter().any(|(name, there)| (name, *there) == (topic, id));
            // Topics that a pattern matches may have fewer; of each one is read what it has.
            let is_named = self.asked_for.names().any(|name| name == topic);
            if let Some(absent) = named.numbers().find(|id| is_named && count > 0 && !has(*id)) {
                return Err(Error::NoPartition(format!(
                    "topic {topic} on {} has no partition {absent}: they go from 0 to {}; change \
                     --partition",
                    self.connection.broker,
                    count - 1
                )));
            }
        }
        let any_there = !all.is_empty();
        all.retain(|(_, id)| named.has(*id));
        if any_there && all.is_empty() {
            return Err(Error::NoPartition(format!(
                "no topic on {} that matches {} has partition {named}; change --partition",
                self.connection.broker, self.asked_for
            )));
        }
        Ok(all)
    }

    /// Whether this partition is to be read.
    pub(super) fn is_wanted(&self, partition: i32) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.has(partition))
    }

    pub(super) fn start(&mut self) -> Result<(), Error> {
        if self.membership != Membership::Alone {
            self.follows_group = self.from != StartAt::Stored && self.group_is_live();
            if self.follows_group {
                tracing::warn!(
                    "group {} has other members: reading goes on where they stand, not as --from says",
                    self.group
                );
            }
            return self.subscribe();
        }
        self.assign(self.all.clone())?;
        while !self.go_on_starting(GLANCE)? {
            // A login by tokens waits for one.
            self.connection.drain();
        }
        Ok(())
    }

    /// Subscribes to all topics that are known, instead of those before. A subscription to none is
    /// refused by librdkafka: then it waits until there is one, which is read from its beginning.
    ///
    /// # Errors
    /// librdkafka's.
    pub(super) fn subscribe(&mut self) -> Result<(), Error> {
        if self.topics.is_empty() {
            self.follows_group = true;
            return Ok(());
        }
        self.connection.client.subscribe(&self.topics).map_err(|code| {
            let (topics, broker) = (&self.asked_for, &self.connection.broker);
            Error::at(format!("cannot subscribe to {topics} on {broker}"), code)
        })
    }

    /// Whether the group has members now. A consumer that joins them goes on where they stand. If
    /// `--from` counted there, partitions that they had begun would be read twice, or in part by
    /// nobody.
    pub(super) fn group_is_live(&self) -> bool {
        let client = &self.connection.client;
        // The embedded broker cannot tell.
        let described = again::ask(self.connection.patience, |left| {
            let described = admin::describe_groups(client, &[&self.group], left)?;
            again::complete(described, |one| one.result.as_ref().err())
        });
        described
            .answer
            .ok()
            .and_then(|groups| groups.into_iter().next())
            .and_then(|group| group.result.ok())
            .is_some_and(|group| !group.members.is_empty())
    }

    /// Starts reading partitions: each one that this consumer did not hold before at the place that
    /// was asked for. What has to be asked for first is waited for in [`Consumer::go_on_starting`].
    pub(super) fn assign(&mut self, partitions: Vec<Place>) -> Result<(), Error> {
        let stored = self.membership != Membership::Alone
            && (self.from == StartAt::Stored || self.follows_group);
        let is_chosen = |(topic, partition): &&Place| {
            !stored
                && self.assignment.unknown_to_group(topic, *partition).is_none()
                && !self.assignment.was_held(topic, *partition)
        };
        let chosen: Vec<Place> = partitions.iter().filter(is_chosen).cloned().collect();
        if chosen.is_empty() {
            return self.begin(&partitions, &Answer::default());
        }
        let now = Instant::now();
        self.starting = Some(Starting {
            partitions,
            chosen,
            question: None,
            deadline: now + self.connection.patience,
            next_try: now,
            patience: FIRST_TRY,
        });
        Ok(())
    }

    /// Waits for the answer where assigned partitions start, at most for `wait`. Returns whether
    /// nothing is waited for any more. A partition may just be getting its leader, so it is asked
    /// for as long as a first contact may take.
    ///
    /// # Errors
    /// A refusal, or no leader for too long.
    pub(super) fn go_on_starting(&mut self, wait: Duration) -> Result<bool, Error> {
        let Some(starting) = &mut self.starting else {
            return Ok(true);
        };
        let now = Instant::now();
        if starting.question.is_none() {
            if now < starting.next_try {
                std::thread::sleep(wait.min(starting.next_try - now));
                return Ok(false);
            }
            let queries: &[OffsetQuery] = match self.from {
                StartAt::Stored | StartAt::Earliest => &[OffsetQuery::Earliest],
                StartAt::Latest | StartAt::Last(_) => &[OffsetQuery::Latest],
                StartAt::Offset(_) => &[OffsetQuery::Earliest, OffsetQuery::Latest],
                StartAt::Time(millis) => &[OffsetQuery::At(millis), OffsetQuery::Latest],
            };
            let left = starting.deadline.saturating_duration_since(now);
            starting.question = Some(Question::ask(
                &self.connection.client,
                &starting.chosen,
                queries,
                self.isolation,
                starting.patience.min(left),
            ));
            starting.patience *= 2;
        }
        let Some(answer) = starting.question.as_mut().and_then(|question| question.answer(wait))
        else {
            return Ok(false);
        };
        starting.question = None;
        match answer.failure() {
            None => {
                let starting = self.starting.take();
                let partitions = starting.map(|starting| starting.partitions).unwrap_or_default();
                self.begin(&partitions, &answer)?;
                Ok(true)
            }
            Some((_, code)) if may_pass(code) && Instant::now() < starting.deadline => {
                starting.next_try = Instant::now() + ASK_AGAIN;
                Ok(false)
            }
            Some((place, code)) => Err(self.cannot_start(place, code)),
        }
    }

    fn cannot_start(&self, place: Option<&Place>, code: Code) -> Error {
        let chosen = self.starting.as_ref().map_or(&[][..], |starting| &starting.chosen);
        self.cannot_ask(chosen, place, code)
    }

    /// The leaders of these partitions do not tell their offsets.
    pub(super) fn cannot_ask(&self, chosen: &[Place], place: Option<&Place>, code: Code) -> Error {
        let topics = self.asked_for.to_string();
        let name = |place: &Place| format!("{} [{}]", place.0, place.1);
        if !may_pass(code) {
            let place = place.or(chosen.first().filter(|_| chosen.len() == 1));
            let place = place.map_or_else(|| topics.clone(), name);
            return Error::at(format!("cannot ask for the offsets of {place}"), code);
        }
        let patience = self.connection.patience;
        let metadata = self.connection.client.metadata(None, LOOK).ok();
        let is_unled = |(topic, partition): &Place| {
            let found = metadata.as_ref().and_then(|all| connect::topic(all, topic));
            let partitions = found.map_or(&[][..], |topic| topic.partitions());
            let mut led = partitions.iter().filter(|one| one.leader() >= 0);
            !led.any(|one| one.id() == *partition)
        };
        let unled: Vec<String> = chosen.iter().filter(|place| is_unled(place)).map(name).collect();
        let Some(first) = chosen.iter().find(|place| is_unled(place)) else {
            return Error::Stalled(format!(
                "no answer about the offsets of {topics} within {patience:?} (kafka.connect_timeout): is a broker down, or \
                 busy? ({code:?})"
            ));
        };
        let have = if unled.len() == 1 { "has" } else { "have" };
        Error::Stalled(format!(
            "{} {have} had no leader for {patience:?} (kafka.connect_timeout): its brokers are down, or \
             are still choosing one; `kp-admin topics describe {}` shows whom it belongs to",
            unled.join(", "),
            first.0
        ))
    }

    /// Begins to read partitions, once it is known where.
    fn begin(&mut self, partitions: &[Place], answer: &Answer) -> Result<(), Error> {
        let mut chosen = Vec::new();
        for (topic, partition) in partitions {
            let unknown = self.assignment.unknown_to_group(topic, *partition);
            let start = unknown.or_else(|| self.chosen_start(topic, *partition, answer));
            chosen.push((topic.clone(), *partition, start));
        }
        let missed = gap::lines(&self.gaps.take_asked_for());
        self.tell_gaps(&missed)?;
        self.tell_moves(&chosen);
        let mut starts = Starts::new();
        for (topic, partition, start) in chosen {
            self.assignment.hold(&topic, partition, start);
            if let Some(limit) = self.range.limit(&topic, partition) {
                self.assignment.limit(&topic, partition, limit);
            }
            self.gaps.forget(&topic, partition);
            let is_new = self.comes_back_new(&topic, partition);
            let start = match start {
                Some(start) => Start::At(start),
                None if is_new => {
                    self.assignment.begin_at_beginning(&topic, partition);
                    Start::Beginning
                }
                None => Start::Committed,
            };
            starts.insert((topic, partition), start);
        }
        // What is read from now on is to be told from what came before.
        self.doubts_topics();
        self.holds(&starts)
    }

    /// Where a partition starts that was asked about; none at the group's committed offset.
    fn chosen_start(&mut self, topic: &str, partition: i32, answer: &Answer) -> Option<i64> {
        let bounds = answer.of(topic, partition);
        match self.from {
            StartAt::Stored | StartAt::Earliest => bounds.low,
            StartAt::Latest => bounds.end,
            StartAt::Last(_) => self.range.start(topic, partition).or(bounds.end),
            StartAt::Offset(wanted) => {
                let (low, end) = bounds.low.zip(bounds.end)?;
                if let Some(gap) = Gap::asked_for((topic, partition), wanted, (low, end)) {
                    self.gaps.add_asked_for(gap);
                }
                Some(wanted.clamp(low, end))
            }
            StartAt::Time(_) => bounds.at.or(bounds.end),
        }
    }
}
