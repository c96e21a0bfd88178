//! Topics that are deleted, or deleted and made again, while they are read.

use std::time::{Duration, Instant};

use kp_rdkafka::{Offsets, Place, Start, Starts};

use super::gap::Stopped;
use super::watch::Change;
use super::{Consumer, Membership};
use crate::error::Error;

/// How long a deleted topic may stay away until there is nothing to wait for. A topic that is made
/// again is usually made at once.
const STAYS_AWAY: Duration = Duration::from_secs(5);
/// How long kp waits to hear whether a topic is still the same, before a gap in it is told.
const CONFIRM: Duration = Duration::from_secs(3);

/// How long a commit waits to hear whether the topics are still the same.
const BEFORE_COMMIT: Duration = Duration::from_millis(300);
const GLANCE: Duration = Duration::from_millis(2);

impl Consumer {
    /// Whether topics have changed, so that the caller must write out what it holds, and then
    /// [`Consumer::pass_gaps`].
    pub(super) fn notes_changes(&mut self) -> bool {
        if let Some(watch) = self.remade.watch.as_ref().filter(|watch| watch.has_changes()) {
            self.remade.changes.extend(watch.changes());
        }
        !self.remade.changes.is_empty()
    }

    /// A broker does not know a topic or a partition: perhaps it was deleted.
    pub(super) fn doubts_topics(&mut self) {
        if let Some(watch) = &mut self.remade.watch {
            watch.ask_now();
        }
    }

    /// Whether it is known by now whether the topics are still the same; it is asked once.
    pub(super) fn knows_topics(&mut self, now: Instant) -> bool {
        let Some(watch) = &mut self.remade.watch else {
            return true;
        };
        let confirming = &mut self.remade.confirming;
        let (call, deadline) = *confirming.get_or_insert_with(|| (watch.ask_now(), now + CONFIRM));
        let known = watch.has_answered(call) || now >= deadline;
        if known {
            *confirming = None;
        }
        known
    }

    /// Says what became of topics, and goes on with those of the same name.
    ///
    /// # Errors
    /// [`Error::Gap`] with `consumer.on_gap=fail`.
    pub(super) fn pass_changes(&mut self) -> Result<(), Error> {
        let changes = std::mem::take(&mut self.remade.changes);
        let broker = &self.connection.broker;
        let lines: Vec<String> = changes
            .iter()
            .filter_map(|change| words(change, broker, &self.remade.deleted))
            .collect();
        for _ in &lines {
            self.gaps.count_topic();
        }
        if let Err(failed) = self.tell_gaps(&lines) {
            self.give_back(&changes);
            return Err(failed);
        }
        for change in changes {
            match change {
                Change::Deleted(topic) => self.was_deleted(topic)?,
                Change::MadeAgain { topic, partitions, after } => {
                    self.was_made_again(&topic, partitions, after)?
                }
                Change::Back(topic) => {
                    self.remade.deleted.retain(|deleted| *deleted != topic);
                    let places = self.assignment.past_of(&topic);
                    self.add(&topic, &places)?;
                }
            }
        }
        Ok(())
    }

    /// Nothing of a new topic counts as done, also where some of it was read before it was known to
    /// be new.
    fn give_back(&mut self, changes: &[Change]) {
        for change in changes {
            if let Change::MadeAgain { topic, after, .. } = change {
                for partition in self.assignment.to_begin_again(topic, *after) {
                    self.assignment.begin_at(topic, partition, 0);
                }
            }
        }
    }

    fn was_deleted(&mut self, topic: String) -> Result<(), Error> {
        self.progress.left_end();
        if self.membership == Membership::Alone {
            self.remove(&topic)?;
        }
        self.remade.since = Some(Instant::now());
        self.remade.deleted.push(topic);
        Ok(())
    }

    fn was_made_again(
        &mut self,
        topic: &str,
        partitions: i32,
        after: Instant,
    ) -> Result<(), Error> {
        self.remade.deleted.retain(|deleted| deleted != topic);
        self.all.retain(|(name, _)| name != topic);
        let wanted: Vec<i32> = (0..partitions).filter(|id| self.is_wanted(*id)).collect();
        self.all.extend(wanted.iter().map(|partition| (topic.to_owned(), *partition)));
        if self.membership == Membership::Alone {
            self.remove(topic)?;
            let places: Vec<_> =
                wanted.into_iter().map(|partition| (partition, Start::Beginning)).collect();
            return self.add(topic, &places);
        }
        let mut again = self.assignment.to_begin_again(topic, after);
        // What stands at an offset that is not there has been read from the old topic.
        let stopped = self.assignment.partitions_of(topic).into_iter();
        again.extend(stopped.filter(|partition| self.gaps.is_open(topic, *partition)));
        self.forget_done(topic);
        let taken = self.assignment.past_of(topic).into_iter();
        self.remade.taken.extend(taken.map(|(partition, _)| (topic.to_owned(), partition)));
        // The group takes those away that are there no more.
        again.retain(|partition| *partition < partitions);
        for partition in &again {
            self.stopped(topic, *partition, Stopped::MadeAgain);
        }
        let again = again.into_iter().map(|partition| (topic.to_owned(), partition));
        let beginnings: Offsets = again.map(|place| (place, 0)).collect();
        if self.membership == Membership::Group && !beginnings.is_empty() {
            // Another member may get them before they begin anew here. It must not go on where the
            // old topic was read.
            let _ = self.connection.client.commit_in_background(&beginnings);
        }
        Ok(())
    }

    /// Of the partitions that the group takes away, those that were to begin anew: the next reader
    /// begins there, whoever it is.
    pub(super) fn leaves_new(&mut self, partitions: &[Place], timeout: Duration) {
        let again = partitions
            .iter()
            .filter(|(topic, partition)| self.gaps.begins_again(topic, *partition));
        let beginnings: Offsets = again.map(|place| (place.clone(), 0)).collect();
        if self.membership != Membership::Group || beginnings.is_empty() {
            return;
        }
        self.remade.taken.extend(beginnings.keys().cloned());
        if let Err(code) = self.connection.client.commit(&beginnings, timeout) {
            tracing::warn!("{}", self.cannot_commit(code));
        }
    }

    /// Whether a partition that comes back is one of a new topic, and is read from its beginning.
    pub(super) fn comes_back_new(&mut self, topic: &str, partition: i32) -> bool {
        self.remade.taken.remove(&(topic.to_owned(), partition))
    }

    /// Makes sure, as far as a short while allows, that what was done in a topic is not committed
    /// for another one of its name.
    pub(super) fn check_topics_before_commit(&mut self, timeout: Duration) {
        let Some(watch) = &mut self.remade.watch else {
            return;
        };
        if self.membership == Membership::Alone {
            return;
        }
        let call = watch.ask_now();
        let deadline = Instant::now() + timeout.min(BEFORE_COMMIT);
        while !watch.has_answered(call) && Instant::now() < deadline {
            std::thread::sleep(GLANCE);
        }
        self.notes_changes();
        for change in self.remade.changes.clone() {
            match change {
                Change::Deleted(topic) => self.forget_done(&topic),
                // What is read from the beginning of the new one already counts.
                Change::MadeAgain { topic, after, .. } => {
                    if !self.assignment.to_begin_again(&topic, after).is_empty() {
                        self.forget_done(&topic);
                    }
                }
                Change::Back(_) => {}
            }
        }
    }

    /// What was done in a topic counts no more, neither here nor in what librdkafka commits by
    /// itself.
    fn forget_done(&mut self, topic: &str) {
        let places = self.places_of(topic);
        if self.membership == Membership::Group && !places.is_empty() {
            // It fails only for a partition that was taken away.
            let _ = self.connection.client.forget_offsets(&places);
        }
        self.assignment.forget_done(topic);
    }

    fn places_of(&self, topic: &str) -> Vec<Place> {
        let partitions = self.assignment.partitions_of(topic).into_iter();
        partitions.map(|partition| (topic.to_owned(), partition)).collect()
    }

    /// Reads a topic no more.
    fn remove(&mut self, topic: &str) -> Result<(), Error> {
        let places = self.places_of(topic);
        if places.is_empty() {
            return Ok(());
        }
        for (_, partition) in &places {
            self.assignment.let_go(topic, *partition);
            self.gaps.forget(topic, *partition);
        }
        self.moved_on();
        self.connection
            .client
            .remove(&places)
            .map_err(|code| Error::at(format!("cannot stop reading topic {topic}"), code))
    }

    /// Reads a topic of which nothing is read, from these places on.
    fn add(&mut self, topic: &str, places: &[(i32, Start)]) -> Result<(), Error> {
        let mut starts = Starts::new();
        for (partition, start) in places {
            starts.insert((topic.to_owned(), *partition), *start);
            match start {
                Start::At(offset) => self.assignment.hold(topic, *partition, Some(*offset)),
                Start::Beginning | Start::Committed => {
                    self.assignment.hold(topic, *partition, None);
                    self.assignment.begin_at_beginning(topic, *partition);
                }
            }
        }
        if starts.is_empty() || self.membership != Membership::Alone {
            return Ok(());
        }
        self.moved_on();
        self.resumes(starts.keys());
        self.feed.starts(starts.keys());
        self.connection
            .client
            .add(&starts)
            .map_err(|code| Error::at(format!("cannot read topic {topic}, which is new"), code))
    }

    /// What follows where all topics are deleted. That is nothing where they are waited for, else
    /// an error after a while.
    pub(super) fn all_deleted(&self) -> Option<Result<(), Error>> {
        let deleted = &self.remade.deleted;
        if deleted.is_empty() || self.topics.iter().any(|topic| !deleted.contains(topic)) {
            return None;
        }
        let stays_away = self.remade.since.is_some_and(|since| since.elapsed() >= STAYS_AWAY);
        if self.waits || !stays_away {
            return Some(Ok(()));
        }
        Some(Err(Error::NoTopic {
            topic: deleted.join(", "),
            broker: self.connection.broker.clone(),
            advice: "it was deleted while it was read, and nothing is left to be read. A reader with --idle-exit never waits until \
                     it is made again"
                .to_owned(),
        }))
    }
}

fn words(change: &Change, broker: &str, deleted: &[String]) -> Option<String> {
    Some(match change {
        Change::Deleted(topic) => format!(
            "topic {topic} was deleted on {broker} while it was read; what nobody had read is gone"
        ),
        Change::MadeAgain { topic, .. } if deleted.contains(topic) => {
            format!("topic {topic} was made again: the new one is read from its beginning")
        }
        Change::MadeAgain { topic, .. } => format!(
            "topic {topic} was deleted and made again on {broker} while it was read: what nobody had read is gone, and the new one is \
             read from its beginning"
        ),
        Change::Back(_) => return None,
    })
}
