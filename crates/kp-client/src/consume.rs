//! Reading: which partitions are held, where each stands, and what is done with.
//!
//! ```text
//!  subscribe -> Assign -> start offsets -> messages ... EndOfPartition
//!                                            -> at the end, confirmed by the broker
//!               Revoke -> the caller writes out what it holds -> done() -> commit -> give up
//! ```

mod assignment;
mod commit;
mod end;
mod figures;
mod find_range;
mod gap;
mod grow;
mod growth;
mod joining;
mod moves;
mod pending;
mod progress;
mod range;
mod remade;
mod resume;
mod standing;
mod start;
mod watch;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use kp_core::WantedTopics;
use kp_rdkafka::admin::Isolation;
use kp_rdkafka::{Event, Feed, Fetched, Place, Starts};
use kp_settings::{OnGap, Partitions, Role, Settings, StartAt, StopAt};
use rdkafka::error::RDKafkaErrorCode as Code;

use crate::connect::{self, Connection};
use crate::create;
use crate::error::Error;
use assignment::Assignment;
use gap::Gaps;
use growth::Growth;
use pending::{Ending, Remade, Resuming, Starting};
use progress::Progress;
use range::Range;
use watch::Watch;

pub use figures::{Figures, PartitionFigures};
pub use standing::Standing;

/// How often an open gap is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// How often it is looked whether the coordinator is to be asked again.
const SOON: Duration = Duration::from_millis(100);

/// How the consumer takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// As a member of the group, which shares out the partitions and keeps the offsets.
    Group,
    /// As a member of the group whose offsets are committed by somebody else: by a producer, in its
    /// transactions.
    Copying,
    /// Alone: all partitions, nothing is joined and nothing committed.
    Alone,
}

/// What [`Consumer::next`] came back with.
#[derive(Debug)]
#[must_use]
pub enum Next {
    /// A message.
    Message(Fetched),
    /// Partitions are being taken away: write out what was read, say [`Consumer::done`], then
    /// [`Consumer::release`].
    Revoking(Revoked),
    /// Reading cannot go on where it should: write out what was read, say [`Consumer::done`], then
    /// [`Consumer::pass_gaps`].
    Gap(OpenGap),
    /// Nothing within the time.
    Nothing,
}

/// Partitions that are being taken away; the group waits until they are let go.
#[derive(Debug)]
#[must_use = "the group waits for `Consumer::release`"]
pub struct Revoked(Vec<Place>);

/// Reading has stopped at an offset that is not there.
#[derive(Debug)]
#[must_use = "reading goes on with `Consumer::pass_gaps`"]
pub struct OpenGap(());

/// A consumer that reached the broker.
pub struct Consumer {
    connection: Connection,
    feed: Feed,
    membership: Membership,
    assignment: Assignment,
    group: String,
    /// The topics that were asked for.
    asked_for: WantedTopics,
    /// Those that are known: all names, and what the patterns have matched so far.
    topics: Vec<String>,
    /// All partitions of these topics, as they were when the consumer or the topic was made.
    all: Vec<Place>,
    from: StartAt,
    /// What had to be found before reading began.
    range: Range,
    /// The partitions that were read as far as they are to be.
    paused: BTreeSet<Place>,
    /// Those of the partitions that are to be read; none is all.
    wanted: Option<Partitions>,
    /// Whether the group's committed offsets count, and `from` does not.
    follows_group: bool,
    /// Which messages count as there, as `isolation.level` says.
    isolation: Isolation,
    /// Partitions that are assigned, while it is not known where they start.
    starting: Option<Starting>,
    /// Alone, or with patterns, and for long: what is added is looked for.
    growth: Option<Growth>,
    on_gap: OnGap,
    gaps: Gaps,
    resuming: Resuming,
    remade: Remade,
    /// Whether topics that are not there are waited for.
    waits: bool,
    /// Whether the group took no commits when partitions were given up, because it was sharing them
    /// out anew.
    commit_again: bool,
    progress: Progress,
    ending: Ending,
    /// Reading ends when nothing came for so long (`consumer.idle_exit`).
    idle_exit: Option<Duration>,
    /// Reading fails when nothing went forward for so long (`consumer.stall_timeout`).
    stall_timeout: Duration,
    /// How much time is left for ending.
    time_left: Box<dyn Fn() -> Duration + Send>,
    /// How many brokers the cluster has.
    brokers: usize,
    /// How often the group gave it partitions.
    assigned: u32,
}

impl Consumer {
    /// Connects and starts reading.
    ///
    /// # Errors
    /// Settings that librdkafka refuses, no broker, no such topic (unless `wait_for_topics`),
    /// reading by time from the embedded broker.
    pub fn connect(
        settings: &Settings,
        membership: Membership,
        wait_for_topics: bool,
    ) -> Result<Self, Error> {
        let asked_for = settings.consumer.topic.clone();
        let first = asked_for.names().next().filter(|_| !asked_for.has_patterns());
        let (connection, metadata) = Connection::open(settings, Role::Consumer, first)?;
        let (from, until) = (settings.consumer.from, settings.consumer.until);
        let by_time = match (from, until) {
            (StartAt::Time(_), _) => Some("--from"),
            (_, Some(StopAt::Time(_))) => Some("--until"),
            _ => None,
        };
        if let Some(flag) = by_time.filter(|_| connection.is_embedded()) {
            return Err(Error::Embedded { what: format!("find messages by time ({flag} @TIME)") });
        }
        let properties = create::properties(settings, Role::Consumer)?;
        let isolation = match create::value(&properties, "isolation.level").as_str() {
            "read_uncommitted" => Isolation::ReadUncommitted,
            _ => Isolation::ReadCommitted,
        };
        let shutdown_timeout = settings.consumer.shutdown_timeout;
        let feed = Feed::new(&connection.client)
            .map_err(|code| Error::at("cannot make a queue for messages", code))?;
        let mut consumer = Self {
            brokers: connection.broker_count(&metadata),
            feed,
            connection,
            membership,
            assignment: Assignment::default(),
            group: settings.consumer.group_id.clone().unwrap_or_default(),
            topics: asked_for.names().map(str::to_owned).collect(),
            asked_for,
            all: Vec::new(),
            from,
            range: Range::default(),
            paused: BTreeSet::new(),
            wanted: settings.consumer.partition.clone(),
            follows_group: false,
            isolation,
            starting: None,
            growth: None,
            on_gap: settings.consumer.on_gap,
            gaps: Gaps::default(),
            resuming: Resuming::default(),
            remade: Remade::default(),
            waits: wait_for_topics,
            commit_again: false,
            progress: Progress::new(Instant::now()),
            ending: Ending::default(),
            idle_exit: settings.consumer.idle_exit,
            stall_timeout: settings.consumer.stall_timeout,
            time_left: Box::new(move || shutdown_timeout),
            assigned: 0,
        };
        // What is read up to now is not waited for.
        let metadata = consumer.check_topics(metadata, wait_for_topics && until.is_none())?;
        consumer.all = consumer.wanted_of(&metadata)?;
        consumer.find_range(until)?;
        consumer.start()?;
        if !consumer.connection.is_embedded() {
            let client = consumer.connection.client.clone();
            let names = consumer.topics.clone();
            let there =
                names.iter().filter(|name| connect::topic(&metadata, name).is_some()).cloned();
            consumer.remade.watch = Some(Watch::start(client, names.clone(), there));
        }
        let refreshed = create::value(&properties, "topic.metadata.refresh.interval.ms");
        let interval = Growth::interval(&refreshed, consumer.asked_for.has_patterns());
        let is_long = settings.consumer.idle_exit.is_none_or(|idle| idle >= interval);
        // What comes into being later is behind each place to stop at.
        let has_to_look = membership == Membership::Alone || consumer.asked_for.has_patterns();
        if has_to_look && is_long && until.is_none() {
            let (client, topics) = (&consumer.connection.client, &consumer.asked_for);
            consumer.growth = Some(Growth::watch(client, topics, interval));
        }
        Ok(consumer)
    }

    /// From here on commits, and leaving, take no longer than `time_left` says when they begin.
    /// Without it that is `consumer.shutdown_timeout`.
    pub fn ends_within(&mut self, time_left: impl Fn() -> Duration + Send + 'static) {
        self.time_left = Box::new(time_left);
    }

    /// The next message, or what else the caller must know, at the latest after `timeout`.
    ///
    /// # Errors
    /// A refusal by the broker, or a state after which nothing can be read any more.
    pub fn next(&mut self, timeout: Duration) -> Result<Next, Error> {
        let mut left = timeout;
        // In the middle of a batch nothing is begun anew: what is left of it would be read twice.
        if self.feed.is_between_batches() {
            let Connection { client, trouble, .. } = &mut self.connection;
            trouble.look_for_return(client);
            if self.starting.is_some() && !self.go_on_starting(timeout)? {
                left = Duration::ZERO;
            }
            self.look_for_more(false)?;
        }
        // The clock is read for other events only: for messages it would take a tenth of the time.
        let mut deadline = None;
        loop {
            if self.feed.is_between_batches() {
                if self.notes_changes() {
                    return Ok(Next::Gap(OpenGap(())));
                }
                if self.gaps.any_open() {
                    if self.sees_gap()? {
                        return Ok(Next::Gap(OpenGap(())));
                    }
                    left = left.min(LOOK);
                }
                if self.asks_committed_again()? {
                    left = left.min(SOON);
                }
            }
            // What has stopped may be gone.
            let goes_on = |place: &Place| !self.gaps.is_open(&place.0, place.1);
            let read = || self.assignment.places().into_iter().filter(goes_on).collect();
            let Some(event) = self.feed.next(left, read) else {
                self.progress.is_quiet(Instant::now());
                self.look_for_more(true)?;
                return Ok(Next::Nothing);
            };
            match event {
                Event::Message(message) if self.is_beyond(&message) => {
                    self.stops_at_limit(message.topic(), message.partition());
                }
                Event::Message(message) => {
                    self.has_message(&message);
                    return Ok(Next::Message(message));
                }
                Event::EndOfPartition { topic, partition, offset } => {
                    self.has_ended(&topic, partition, offset);
                }
                Event::NoOffset { topic, partition, offset, text } => {
                    self.has_stopped(&topic, partition, offset, &text)
                }
                Event::Assign(partitions) => {
                    self.assigned = self.assigned.saturating_add(1);
                    self.assign(partitions)?;
                }
                Event::Revoke(partitions) => {
                    self.starting = None;
                    return Ok(Next::Revoking(Revoked(partitions)));
                }
                Event::Committed { offsets, result } => self.was_committed(&offsets, result),
                Event::Error(failure) if failure.fatal => {
                    let what = format!("the consumer cannot go on: {}", failure.text);
                    return Err(Error::at(what, failure.code));
                }
                Event::Error(failure) if failure.code == Code::PollExceeded => tracing::warn!(
                    "what was read was not taken for longer than max.poll.interval.ms, so that group {} gave the partitions \
                     away; joining it again",
                    self.group
                ),
                Event::Error(failure) => {
                    if let Some(error) = self.deadly(&failure) {
                        return Err(error);
                    }
                    if matches!(
                        failure.code,
                        Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition
                    ) {
                        self.doubts_topics();
                    }
                    self.notes_failure(&failure);
                    self.connection.trouble.note(&Event::Error(failure));
                }
                other => self.connection.trouble.note(&other),
            }
            let now = Instant::now();
            left = deadline.get_or_insert(now + timeout).saturating_duration_since(now);
            if left.is_zero() {
                self.progress.is_quiet(now);
                return Ok(Next::Nothing);
            }
        }
    }

    fn has_message(&mut self, message: &Fetched) {
        self.connection.trouble.clear();
        self.progress.has_message();
        if self.assignment.any_ended() {
            self.assignment.moved(message.topic(), message.partition());
        }
    }

    /// Whether reading stops before this message.
    fn is_beyond(&self, message: &Fetched) -> bool {
        let (topic, partition) = (message.topic(), message.partition());
        self.range.has_limits() && self.assignment.is_beyond(topic, partition, message.offset())
    }

    /// What comes behind the limit is not asked for any more.
    fn stops_at_limit(&mut self, topic: &str, partition: i32) {
        let place = (topic.to_owned(), partition);
        if self.paused.contains(&place) {
            return;
        }
        if let Err(code) = self.connection.client.pause(std::slice::from_ref(&place)) {
            // Then it comes for nothing.
            tracing::info!("cannot pause {topic} [{partition}]: {code:?}");
        }
        self.paused.insert(place);
        if !self.assignment.ends().any(|(name, id, _)| (name, id) == (topic, partition)) {
            self.has_ended(topic, partition, i64::MAX);
        }
    }

    /// These partitions begin anew, and what comes is wanted again.
    fn resumes<'p>(&mut self, places: impl Iterator<Item = &'p Place>) {
        let paused: Vec<Place> =
            places.filter(|place| self.paused.remove(*place)).cloned().collect();
        if !paused.is_empty() {
            self.connection.client.resume(&paused);
        }
    }

    /// A partition stands at its end, or where reading stops before.
    fn has_ended(&mut self, topic: &str, partition: i32, offset: i64) {
        self.assignment.reached_end(topic, partition, offset);
        if self.assignment.all_ended() {
            self.connection.trouble.clear();
            self.progress.reached_end(Instant::now());
        }
    }

    /// Something went forward.
    fn moved_on(&mut self) {
        self.connection.trouble.clear();
        self.progress.moved_on(Instant::now());
    }

    /// These partitions are held from here on, and are read from these offsets.
    fn holds(&mut self, starts: &Starts) -> Result<(), Error> {
        // From here on the group's own offsets count.
        self.follows_group = true;
        self.commit_again = false;
        self.assignment.forget_past_offsets();
        let has_none = self.assignment.is_empty() && self.membership != Membership::Alone;
        // Of topics that were deleted there is nothing to be had, which was told.
        if has_none && self.all_deleted().is_none() {
            tracing::warn!(
                "group {} gave this consumer no partition: it has more members than there are partitions; waiting for one",
                self.group
            );
        } else {
            tracing::info!("reads {}", self.assignment);
        }
        self.moved_on();
        self.resumes(starts.keys());
        self.feed.starts(starts.keys());
        self.connection
            .client
            .accept(starts)
            .map_err(|code| Error::at("cannot start reading the assigned partitions", code))?;
        // What is not the group's own offset is committed in the background even if nothing more
        // comes.
        self.store(&self.assignment.uncommitted());
        Ok(())
    }

    /// The partitions that are held.
    pub(crate) fn partitions(&self) -> Vec<Place> {
        self.assignment.places()
    }

    pub(crate) fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// The bootstrap addresses, for sentences.
    pub(crate) fn broker(&self) -> &str {
        &self.connection.broker
    }

    pub(crate) fn client(&self) -> &kp_rdkafka::Client {
        &self.connection.client
    }
}
