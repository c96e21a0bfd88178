//! Reading: which partitions are held, where each stands, and what is done with.
//!
//! ```text
//!  subscribe -> Assign -> start offsets -> messages ... EndOfPartition -> at the end, confirmed by the broker
//!                  Revoke -> the caller writes out what it holds -> done() -> commit -> give up
//! ```

mod assignment;
mod commit;
mod end;
mod start;

use std::time::{Duration, Instant};

use kp_rdkafka::{Event, Message};
use kp_settings::{From, Role, Settings};
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};

use crate::connect::Connection;
use crate::error::Error;
use assignment::Assignment;

/// How the consumer takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// As a member of the group, which shares out the partitions and keeps the offsets.
    Group,
    /// As a member of the group whose offsets are committed by somebody else: by a producer, in its transactions.
    Copying,
    /// Alone: all partitions, nothing is joined and nothing committed.
    Alone,
}

/// What [`Consumer::next`] came back with.
#[derive(Debug)]
pub enum Next {
    /// A message.
    Message(Message),
    /// Partitions are being taken away: write out what was read, say [`Consumer::done`], then [`Consumer::release`].
    Revoking,
    /// Nothing within the time.
    Nothing,
}

/// A consumer that reached the broker.
pub struct Consumer {
    connection: Connection,
    membership: Membership,
    assignment: Assignment,
    group: String,
    topics: Vec<String>,
    from: From,
    /// Whether the group's committed offsets count, and `from` does not.
    follows_group: bool,
    revoked: Option<TopicPartitionList>,
    /// Whether the group took no commits when partitions were given up, because it was sharing them out anew.
    commit_again: bool,
    /// Since when all partitions stand at their end.
    ended: Option<Instant>,
    /// Since when somebody wants to know whether the end is reached.
    end_wanted: Option<Instant>,
    /// The last time that anything went forward, but for messages since then.
    progress: Instant,
    /// Whether messages came since then.
    progressed: bool,
    /// Whether a broker did not confirm the end, or knows more messages, since something last went forward.
    doubtful: bool,
    /// How many brokers the cluster has.
    brokers: usize,
    /// Whether the partitions held nothing at all when the brokers last confirmed their end.
    empty: Option<bool>,
}

impl Consumer {
    /// Connects and starts reading.
    ///
    /// # Errors
    /// Settings that librdkafka refuses, no broker, no such topic (unless `wait_for_topics`), reading by time from the
    /// embedded broker.
    pub fn connect(
        settings: &Settings,
        membership: Membership,
        wait_for_topics: bool,
    ) -> Result<Self, Error> {
        let topics = settings.consumer.topic.clone();
        let (connection, metadata) =
            Connection::open(settings, Role::Consumer, topics.first().map(String::as_str))?;
        let from = settings.consumer.from;
        if matches!(from, From::Time(_)) && connection.is_embedded() {
            return Err(Error::Embedded {
                what: "find messages by time (--from @TIME)".to_owned(),
            });
        }
        let mut consumer = Self {
            connection,
            membership,
            assignment: Assignment::default(),
            group: settings.consumer.group_id.clone(),
            topics,
            from,
            follows_group: false,
            revoked: None,
            commit_again: false,
            ended: None,
            end_wanted: None,
            progress: Instant::now(),
            progressed: false,
            doubtful: false,
            brokers: metadata.brokers().len(),
            empty: None,
        };
        consumer.check_topics(metadata, wait_for_topics)?;
        consumer.start()?;
        Ok(consumer)
    }

    /// The next message, or what else the caller must know, at the latest after `timeout`.
    ///
    /// # Errors
    /// A refusal by the broker, or a state after which nothing can be read any more.
    pub fn next(&mut self, timeout: Duration) -> Result<Next, Error> {
        let mut left = timeout;
        // The clock is read for other events only: for messages it would take a tenth of the time.
        let mut deadline = None;
        loop {
            let Some(event) = self.connection.client.poll(left) else {
                self.note_progress();
                return Ok(Next::Nothing);
            };
            match event {
                Event::Message(message) => {
                    self.has_message(&message);
                    return Ok(Next::Message(message));
                }
                Event::EndOfPartition {
                    topic,
                    partition,
                    offset,
                } => {
                    self.assignment.reached_end(&topic, partition, offset);
                    if self.assignment.all_ended() {
                        self.moved_on();
                        self.ended = Some(self.progress);
                    }
                }
                Event::Assign(partitions) => self.assign(partitions)?,
                Event::Revoke(partitions) => {
                    self.revoked = Some(partitions);
                    return Ok(Next::Revoking);
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
                Event::Error(failure) if self.is_deadly(&failure) => {
                    let what = self.what_was_refused(failure.code);
                    let acl = format!("Read on {what}");
                    return Err(Error::at(what, failure.code).needs(acl));
                }
                other => self.connection.trouble.note(&other),
            }
            let now = Instant::now();
            left = deadline
                .get_or_insert(now + timeout)
                .saturating_duration_since(now);
            if left.is_zero() {
                self.note_progress();
                return Ok(Next::Nothing);
            }
        }
    }

    fn has_message(&mut self, message: &Message) {
        self.connection.trouble.clear();
        self.progressed = true;
        self.doubtful = false;
        self.ended = None;
        if self.assignment.any_ended() {
            self.assignment.moved(message.topic(), message.partition());
        }
    }

    /// Messages came; when they came is known about only now that no more come.
    fn note_progress(&mut self) {
        if std::mem::take(&mut self.progressed) {
            self.progress = Instant::now();
        }
    }

    fn is_deadly(&self, failure: &kp_rdkafka::Failure) -> bool {
        // Alone, the group is never used; librdkafka asks for its coordinator all the same.
        let about_group = failure.code == Code::GroupAuthorizationFailed;
        (about_group && self.membership != Membership::Alone)
            || matches!(
                failure.code,
                Code::TopicAuthorizationFailed | Code::InvalidTopic
            )
    }

    fn what_was_refused(&self, code: Code) -> String {
        match code {
            Code::GroupAuthorizationFailed => format!("group {}", self.group),
            _ => format!("topic {}", self.topics.join(", ")),
        }
    }

    /// Something went forward.
    fn moved_on(&mut self) {
        self.connection.trouble.clear();
        self.progress = Instant::now();
        self.ended = None;
        self.doubtful = false;
    }

    /// Starts reading partitions: each one that this consumer did not hold before at the place that was asked for.
    fn assign(&mut self, partitions: TopicPartitionList) -> Result<(), Error> {
        let mut list = TopicPartitionList::new();
        for element in partitions.elements() {
            let (topic, partition) = (element.topic(), element.partition());
            let start = match self.assignment.unknown_to_group(topic, partition) {
                Some(offset) => Some(offset),
                None if self.assignment.was_held(topic, partition) => None,
                None => self.start_offset(topic, partition)?,
            };
            self.assignment.hold(topic, partition, start);
            let offset = start.map_or(Offset::Invalid, Offset::Offset);
            let _ = list.add_partition_offset(topic, partition, offset);
        }
        // From here on the group's own offsets count.
        self.follows_group = true;
        self.commit_again = false;
        self.assignment.forget_past_offsets();
        if self.assignment.is_empty() && self.membership != Membership::Alone {
            tracing::warn!(
                "group {} gave this consumer no partition: it has more members than there are partitions; waiting for one",
                self.group
            );
        } else {
            tracing::info!("reads {}", self.assignment);
        }
        self.moved_on();
        self.connection
            .client
            .accept(&list)
            .map_err(|code| Error::at("cannot start reading the assigned partitions", code))?;
        // What is not the group's own offset is committed in the background even if nothing more comes.
        self.store(&self.assignment.uncommitted());
        Ok(())
    }

    /// The earliest kept offset and the end offset of each partition that is held.
    ///
    /// # Errors
    /// A partition without a leader, for too long.
    pub(crate) fn bounds(&self) -> Result<Vec<(String, i32, i64, i64)>, Error> {
        let held = self.assignment.partitions();
        held.map(|(topic, partition)| {
            let (low, end) = self.ends_to_start_at(topic, partition)?;
            Ok((topic.to_owned(), partition, low, end))
        })
        .collect()
    }

    /// The partitions that are held.
    pub(crate) fn partitions(&self) -> Vec<(String, i32)> {
        let held = self.assignment.partitions();
        held.map(|(topic, partition)| (topic.to_owned(), partition))
            .collect()
    }

    pub(crate) fn client(&self) -> &kp_rdkafka::Client {
        &self.connection.client
    }
}
