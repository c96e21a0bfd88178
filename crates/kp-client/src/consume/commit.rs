//! What is done with, and what of it the group knows: storing, committing, going back, giving up, leaving.

use std::time::{Duration, Instant};

use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};

use super::{Consumer, Membership, Next};
use crate::error::{self, Error};

/// How long a rebalance is served before a commit is tried again.
const REBALANCE_STEP: Duration = Duration::from_millis(100);

/// What is kept of the time to leave for leaving itself.
const CLOSE: Duration = Duration::from_secs(1);

impl Consumer {
    /// Says that the messages of a partition are done with, up to and without `next_offset`. The offset is committed in the
    /// background, at [`Consumer::release`] and at [`Consumer::leave`].
    pub fn done(&mut self, topic: &str, partition: i32, next_offset: i64) {
        self.assignment.done(topic, partition, next_offset);
        let mut list = TopicPartitionList::new();
        let _ = list.add_partition_offset(topic, partition, Offset::Offset(next_offset));
        self.store(&list);
    }

    /// The places where reading started, in partitions of which the group knows nothing yet: a copy's first transaction takes them
    /// along, so that whoever gets such a partition begins there, too.
    pub fn start_offsets(&self) -> TopicPartitionList {
        self.assignment.uncommitted()
    }

    /// Says that these offsets are committed already, by whomever.
    pub fn committed_elsewhere(&mut self, offsets: &TopicPartitionList) {
        for element in offsets.elements() {
            if let Offset::Offset(next_offset) = element.offset() {
                self.assignment
                    .done(element.topic(), element.partition(), next_offset);
            }
        }
        self.assignment.committed(offsets);
    }

    /// Commits these offsets before anything is done with the messages in front of them. Alone there is nothing to commit.
    ///
    /// # Errors
    /// The group did not take them, or it is not known whether it did: nothing may be done with the messages.
    pub fn commit_first(
        &mut self,
        offsets: &TopicPartitionList,
        timeout: Duration,
    ) -> Result<(), Error> {
        if self.membership == Membership::Alone {
            return Ok(());
        }
        let committed = self.connection.client.commit(offsets, timeout);
        committed.map_err(|code| {
            let step = format!("cannot commit the offsets of group {}", self.group);
            Error::at(step, code)
        })?;
        self.committed_elsewhere(offsets);
        Ok(())
    }

    /// Goes back to these offsets, in those partitions that are still held.
    ///
    /// # Errors
    /// librdkafka's, in a fatal state.
    pub fn go_back(&mut self, offsets: &TopicPartitionList) -> Result<(), Error> {
        let mut held = TopicPartitionList::new();
        for element in offsets.elements() {
            if self.assignment.holds(element.topic(), element.partition()) {
                let _ = held.add_partition_offset(
                    element.topic(),
                    element.partition(),
                    element.offset(),
                );
                self.assignment.moved(element.topic(), element.partition());
            }
        }
        if held.count() == 0 {
            return Ok(());
        }
        self.moved_on();
        self.connection
            .client
            .seek(&held, self.connection.patience)
            .map_err(|code| Error::at("cannot go back to messages that are to be read again", code))
    }

    /// Answers [`Next::Revoking`]: commits what was done, then lets the partitions go.
    ///
    /// # Errors
    /// librdkafka's, in a fatal state. A commit that fails is only noted: the next reader repeats some messages.
    pub fn release(&mut self, timeout: Duration) -> Result<(), Error> {
        let Some(partitions) = self.revoked.take() else {
            return Ok(());
        };
        match self.try_commit(timeout) {
            Ok(()) => {}
            Err(Code::RebalanceInProgress) => self.commit_again = true,
            Err(code) => tracing::warn!("{}", self.cannot_commit(code)),
        }
        for element in partitions.elements() {
            self.assignment.let_go(element.topic(), element.partition());
        }
        self.moved_on();
        self.connection
            .client
            .give_up(&partitions)
            .map_err(|code| Error::at("cannot give up partitions", code))
    }

    fn cannot_commit(&self, code: Code) -> Error {
        Error::at(
            format!(
                "cannot commit the offsets of group {}, which reads again what was printed since its last commit",
                self.group
            ),
            code,
        )
    }

    fn try_commit(&mut self, timeout: Duration) -> Result<(), Code> {
        // Of who copies these are only the places where reading starts: the others are committed elsewhere.
        let offsets = self.assignment.uncommitted();
        if self.membership == Membership::Alone || offsets.count() == 0 {
            return Ok(());
        }
        self.connection.client.commit(&offsets, timeout)?;
        self.assignment.committed(&offsets);
        Ok(())
    }

    /// Commits what was done and leaves the group, within `timeout`.
    ///
    /// # Errors
    /// The commit did not succeed: the group reads some messages again.
    pub fn leave(mut self, timeout: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + timeout;
        let to_close = CLOSE.min(timeout / 4);
        let left = || deadline.saturating_duration_since(Instant::now());
        let to_commit = || left().saturating_sub(to_close);
        let mut committed = self.try_commit(to_commit());
        // While a group shares out its partitions anew it may take no commits; what comes back is committed then.
        while (committed.is_err_and(is_being_shared_out) || self.commit_again)
            && !to_commit().is_zero()
        {
            if let Next::Revoking = self.next(REBALANCE_STEP.min(to_commit()))? {
                self.release(to_commit())?;
            }
            committed = self.try_commit(to_commit());
        }
        if self.commit_again && self.assignment.left_uncommitted() {
            committed = Err(Code::RebalanceInProgress);
        }
        // A coordinator that did not answer the commit will not take leave either, and librdkafka before 2.14.2 may crash on it.
        let answers = committed
            .as_ref()
            .err()
            .is_none_or(|code| !error::is_unreachable(*code));
        if !answers || !self.connection.client.close(left()) {
            tracing::info!(
                "the group was not left in time; it notices by itself when the session times out"
            );
        }
        committed.map_err(|code| self.cannot_commit(code))
    }

    /// A commit in the background was answered.
    pub(super) fn was_committed(&mut self, offsets: &TopicPartitionList, result: Result<(), Code>) {
        match result {
            Ok(()) => self.assignment.committed(offsets),
            // There was nothing to commit, or it is tried again after the rebalance.
            Err(Code::NoOffset | Code::RebalanceInProgress) => {}
            Err(code) => tracing::warn!(
                "{}; it is tried again",
                Error::at(
                    format!("cannot commit the offsets of group {}", self.group),
                    code
                )
            ),
        }
    }

    pub(super) fn store(&self, offsets: &TopicPartitionList) {
        if self.membership == Membership::Group && offsets.count() > 0 {
            // It fails only for a partition that was taken away: then its next reader starts at the last commit.
            let _ = self.connection.client.store_offsets(offsets);
        }
    }
}

/// Whether the group is sharing out its partitions anew: it may already have a generation that librdkafka has not heard of.
fn is_being_shared_out(code: Code) -> bool {
    matches!(
        code,
        Code::RebalanceInProgress | Code::IllegalGeneration | Code::StaleMemberEpoch
    )
}
