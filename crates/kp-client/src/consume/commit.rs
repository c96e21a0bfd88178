//! What is done with, and what of it the group knows: storing, committing, going back, giving up,
//! leaving.

use std::time::{Duration, Instant};

use kp_rdkafka::{Offsets, Start};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::pending::Remade;
use super::{Consumer, Membership, Next, Revoked};
use crate::error::{self, Error};

/// How long a rebalance is served before a commit is tried again.
const REBALANCE_STEP: Duration = Duration::from_millis(100);

/// How long the commit of ends may take on leaving, where no message is in front of them.
const ENDS: Duration = Duration::from_secs(1);

/// How long a commit before anything is done with the messages may take.
const FIRST: Duration = Duration::from_secs(10);

/// How much of the time for leaving is kept for the request to leave.
const CLOSE: Duration = Duration::from_secs(1);

impl Consumer {
    /// Says that the messages of a partition are done with, up to and without `next_offset`. The
    /// offset is committed in the background, at [`Consumer::release`] and at [`Consumer::leave`].
    pub fn done(&mut self, topic: &str, partition: i32, next_offset: i64) {
        self.assignment.done(topic, partition, next_offset);
        self.store(&Offsets::from([((topic.to_owned(), partition), next_offset)]));
    }

    /// Says that all messages that were handed out are done with. Where a partition's end was
    /// reached, that end is committed. Behind the last message there may be marks of transactions,
    /// or what was aborted or compacted away.
    pub fn all_done(&mut self) {
        let ends = self.assignment.pass_ends();
        self.store(&ends);
    }

    /// The places where reading started, and the ends that were reached, which the group does not
    /// know yet. A copy's transactions take them along, so that the next reader of such a partition
    /// begins there, too.
    pub fn other_offsets(&self) -> Offsets {
        self.assignment.uncommitted()
    }

    /// Says that these offsets are committed already by another client.
    pub fn committed_elsewhere(&mut self, offsets: &Offsets) {
        for ((topic, partition), next_offset) in offsets {
            self.assignment.done(topic, *partition, *next_offset);
        }
        self.assignment.committed(offsets);
    }

    /// Commits these offsets before anything is done with the messages in front of them. Alone
    /// there is nothing to commit.
    ///
    /// # Errors
    /// The group did not take them, or it is not known whether it did: nothing may be done with the
    /// messages.
    pub fn commit_first(&mut self, offsets: &Offsets) -> Result<(), Error> {
        if self.membership == Membership::Alone {
            return Ok(());
        }
        let timeout = FIRST.min((self.time_left)());
        let committed = self.connection.client.commit(offsets, timeout);
        committed.map_err(|code| {
            let Self { group, connection, .. } = &*self;
            let broker = &connection.broker;
            Error::at(format!("cannot commit the offsets of group {group} on {broker}"), code)
        })?;
        self.committed_elsewhere(offsets);
        Ok(())
    }

    /// Goes back to these offsets, in those partitions that are still held.
    ///
    /// # Errors
    /// librdkafka's, in a fatal state.
    pub fn go_back(&mut self, offsets: &Offsets) -> Result<(), Error> {
        let mut held = Offsets::new();
        for ((topic, partition), offset) in offsets {
            if self.assignment.holds(topic, *partition)
                && !self.gaps.go_back(topic, *partition, *offset)
            {
                held.insert((topic.clone(), *partition), *offset);
                self.assignment.moved(topic, *partition);
            }
        }
        if held.is_empty() {
            return Ok(());
        }
        // No broker has to do with it: what is wrong with them stays known.
        self.progress.moved_on(Instant::now());
        self.resumes(held.keys());
        self.feed.forget(held.keys());
        match self.connection.client.seek(&held, self.connection.patience) {
            // Reading has just stopped there, for want of the next offset.
            Err(Code::State) => {
                let starts = held.into_iter().map(|(place, offset)| (place, Start::At(offset)));
                self.restart(&starts.collect())
            }
            sought => sought.map_err(|code| {
                Error::at("cannot go back to messages that are to be read again", code)
            }),
        }
    }

    /// Answers [`Next::Revoking`]: commits what was done, then lets the partitions go.
    ///
    /// # Errors
    /// librdkafka's, in a fatal state. A commit that fails is only noted: the next reader repeats
    /// some messages.
    pub fn release(&mut self, revoked: Revoked) -> Result<(), Error> {
        let timeout = (self.time_left)();
        self.release_within(revoked, timeout)
    }

    fn release_within(&mut self, revoked: Revoked, timeout: Duration) -> Result<(), Error> {
        let Revoked(partitions) = revoked;
        self.check_topics_before_commit(timeout);
        match self.try_commit(timeout) {
            Ok(()) => {}
            // Without the ends alone nothing is read again.
            Err(_) if !self.assignment.owes() => {}
            Err(Code::RebalanceInProgress) => self.commit_again = true,
            Err(code) => tracing::warn!("{}", self.cannot_commit(code)),
        }
        self.leaves_new(&partitions, timeout);
        for (topic, partition) in &partitions {
            self.assignment.let_go(topic, *partition);
            self.gaps.forget(topic, *partition);
        }
        // It happens without a broker, too: what is wrong with them stays known.
        self.progress.moved_on(Instant::now());
        self.connection
            .client
            .give_up(&partitions)
            .map_err(|code| Error::at("cannot give up partitions", code))
    }

    pub(super) fn cannot_commit(&self, code: Code) -> Error {
        Error::at(
            format!(
                "cannot commit the offsets of group {} on {}, which reads again what was printed since its last commit",
                self.group, self.connection.broker
            ),
            code,
        )
    }

    fn try_commit(&mut self, timeout: Duration) -> Result<(), Code> {
        // For a copy these are only the places where reading starts: the others are committed in
        // transactions.
        let offsets = self.assignment.uncommitted();
        if self.membership == Membership::Alone || offsets.is_empty() {
            return Ok(());
        }
        self.connection.client.commit(&offsets, timeout)?;
        self.assignment.committed(&offsets);
        Ok(())
    }

    /// Commits what was done and leaves the group, within the time that is left.
    ///
    /// # Errors
    /// The commit did not succeed: the group reads some messages again.
    pub fn leave(mut self) -> Result<(), Error> {
        let timeout = (self.time_left)();
        self.check_topics_before_commit(timeout / 4);
        // Nothing more is read: no gap matters, and no topic that changes.
        self.gaps.give_up();
        self.remade = Remade::default();
        let deadline = Instant::now() + timeout;
        if self.starting.take().is_some() {
            // librdkafka waits for an answer to what it assigned.
            let _ = self.connection.client.unassign();
        }
        let to_close = CLOSE.min(timeout / 4);
        let left = || deadline.saturating_duration_since(Instant::now());
        let to_commit = || left().saturating_sub(to_close);
        let owes = self.assignment.owes();
        let patience = if owes { to_commit() } else { ENDS.min(to_commit()) };
        let mut committed = self.try_commit(patience);
        // While a group shares out its partitions anew it may take no commits; what comes back is
        // committed then.
        while ((owes && committed.is_err_and(is_being_shared_out)) || self.commit_again)
            && !to_commit().is_zero()
        {
            match self.next(REBALANCE_STEP.min(to_commit()))? {
                Next::Revoking(revoked) => self.release_within(revoked, to_commit())?,
                Next::Gap(_) => self.gaps.give_up(),
                Next::Message(_) | Next::Nothing => {}
            }
            committed = self.try_commit(to_commit());
        }
        if self.commit_again && self.assignment.left_uncommitted() {
            committed = Err(Code::RebalanceInProgress);
        }
        // A coordinator that did not answer the commit will not take leave either, and librdkafka
        // before 2.14.2 may crash on it.
        let answers = committed.as_ref().err().is_none_or(|code| !error::is_unreachable(*code));
        if !answers || !self.connection.client.close(left()) {
            tracing::info!(
                "the group was not left in time; it notices by itself when the session times out"
            );
        }
        match committed {
            Err(code) if owes || self.commit_again => Err(self.cannot_commit(code)),
            _ => Ok(()),
        }
    }

    /// A commit in the background was answered.
    pub(super) fn was_committed(&mut self, offsets: &Offsets, result: Result<(), Code>) {
        match result {
            Ok(()) => self.assignment.committed(offsets),
            // There was nothing to commit, or it is tried again after the rebalance.
            Err(Code::NoOffset | Code::RebalanceInProgress) => {}
            Err(code) => tracing::warn!(
                "{}; it is tried again",
                Error::at(
                    format!(
                        "cannot commit the offsets of group {} on {}",
                        self.group, self.connection.broker
                    ),
                    code
                )
            ),
        }
    }

    pub(super) fn store(&self, offsets: &Offsets) {
        if self.membership == Membership::Group && !offsets.is_empty() {
            // It fails only for a partition that was taken away: then its next reader starts at the
            // last commit.
            let _ = self.connection.client.store_offsets(offsets);
        }
    }
}

/// Whether the group is sharing out its partitions anew: it may already have a generation that
/// librdkafka has not heard of.
fn is_being_shared_out(code: Code) -> bool {
    matches!(code, Code::RebalanceInProgress | Code::IllegalGeneration | Code::StaleMemberEpoch)
}
