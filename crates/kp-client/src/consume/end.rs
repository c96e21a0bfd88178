//! When a consumer is at the end, when it goes no further, and what is told then.

use std::time::{Duration, Instant};

use kp_rdkafka::admin::{self, Isolation, OffsetQuery};
use kp_settings::From;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use super::{Consumer, Membership};
use crate::error::Error;

/// How long one partition's leader is asked for its end offset before the partition counts as unknown.
const CONFIRM: Duration = Duration::from_secs(2);
/// How long the end of a partition that grows is chased.
const CHASE: Duration = Duration::from_secs(1);
const ASK_AGAIN: Duration = Duration::from_millis(50);

impl Consumer {
    /// Whether every assigned partition has stood at its end for `idle`, and the brokers confirm it now. A partition without a
    /// leader confirms nothing, so that an election is not taken for the end.
    pub fn is_idle(&mut self, idle: Duration) -> bool {
        let Some(since) = self.ended else {
            return false;
        };
        if since.elapsed() < idle {
            return false;
        }
        let now = Instant::now();
        self.empty = self.confirm_ends();
        if self.empty.is_none() {
            self.ended = Some(now);
            if !self.doubtful {
                self.doubtful = true;
                self.progress = now;
            }
        }
        self.empty.is_some()
    }

    /// Asks the leaders whether each partition still ends where reading stands: whether all of them are empty, or none where
    /// one has grown or does not answer.
    fn confirm_ends(&self) -> Option<bool> {
        let mut empty = true;
        for (topic, partition, offset) in self.assignment.ends() {
            let (low, end) = self.ends(topic, partition, CONFIRM).ok()?;
            if end > offset {
                return None;
            }
            empty &= low == end;
        }
        Some(empty)
    }

    /// Whether every assigned partition stands at its end.
    ///
    /// librdkafka tells so once a broker has answered that there is nothing more, for which the broker takes its time. What is
    /// done up to the end that the last messages brought with them is known earlier. A partition to which somebody writes all the
    /// time has no end: it counts once all is read that was there when this was asked for a while in vain.
    pub fn is_at_end(&mut self) -> bool {
        if self.ended.is_none() && !self.is_enough() {
            let client = &self.connection.client;
            self.assignment
                .note_ends(|topic, partition| client.last_known_end(topic, partition));
            if self.assignment.all_ended() {
                self.ended = Some(Instant::now());
            }
        }
        self.ended.is_some() || self.assignment.all_read()
    }

    /// Whether all is read that was there a while after the end was asked for first.
    fn is_enough(&mut self) -> bool {
        let asked = *self.end_wanted.get_or_insert_with(Instant::now);
        if asked.elapsed() < CHASE {
            return false;
        }
        let of: Vec<_> = self
            .assignment
            .endless()
            .map(|(topic, partition)| (topic.to_owned(), partition))
            .collect();
        let queries: Vec<_> = of
            .iter()
            .map(|(topic, partition)| (topic.as_str(), *partition, OffsetQuery::Latest))
            .collect();
        // What belongs to an open transaction is not there yet.
        let ends = admin::list_offsets(
            self.connection.client.native(),
            &queries,
            Isolation::ReadCommitted,
            CONFIRM,
        );
        for end in ends.into_iter().flatten() {
            if let Ok(Some(offset)) = end.result {
                self.assignment.enough(&end.topic, end.partition, offset);
            }
        }
        self.assignment.all_read()
    }

    /// An error that says why nothing went forward for `limit`, if so it was.
    ///
    /// # Errors
    /// [`Error::Stalled`].
    pub fn check_progress(&self, limit: Duration) -> Result<(), Error> {
        let rests_at_end = self.ended.is_some() && !self.doubtful;
        if rests_at_end || self.progress.elapsed() < limit {
            return Ok(());
        }
        let cause = self
            .connection
            .trouble
            .brief()
            .map_or_else(String::new, |cause| format!("; last heard: {cause}"));
        Err(Error::Stalled(if self.assignment.is_empty() {
            format!(
                "group {} gave this consumer no partition of {} within {limit:?} (--stall-timeout): more members than \
                 partitions, or the topic does not exist{cause}",
                self.group,
                self.topics.join(", ")
            )
        } else {
            format!(
                "no progress for {limit:?} (--stall-timeout) although messages may be left in {}{cause}",
                self.assignment
            )
        }))
    }

    /// Why a run that came to its end printed nothing, for the user.
    pub fn why_nothing(&self) -> String {
        let topics = self.topics.join(", ");
        if self.empty.or_else(|| self.confirm_ends()) == Some(true) {
            return format!("{topics} holds no messages");
        }
        match (self.membership, self.from) {
            (_, From::Latest) => {
                format!("nothing new came to {topics} (--from latest skips what was there before)")
            }
            (_, From::Offset(_) | From::Time(_)) => {
                format!("{topics} has no messages from there on (--from)")
            }
            (Membership::Alone, _) | (_, From::Earliest) => {
                format!("{topics} has no messages that can be read")
            }
            (Membership::Group | Membership::Copying, From::Stored) => format!(
                "group {} has read all of {topics} already; to read it again: --from earliest, or another --group",
                self.group
            ),
        }
    }

    /// The earliest kept offset and the end offset of a partition.
    fn ends(
        &self,
        topic: &str,
        partition: i32,
        timeout: Duration,
    ) -> Result<(i64, i64), KafkaError> {
        self.connection.client.watermarks(topic, partition, timeout)
    }

    /// The same for a partition that may just be getting its leader: asked for as long as a first contact may take.
    ///
    /// # Errors
    /// Those of the last answer.
    pub(super) fn ends_to_start_at(
        &self,
        topic: &str,
        partition: i32,
    ) -> Result<(i64, i64), Error> {
        self.until_led(topic, partition, |left| self.ends(topic, partition, left))
    }

    /// Asks a partition's leader, again while it is only not known, for as long as a first contact may take.
    pub(super) fn until_led<T>(
        &self,
        topic: &str,
        partition: i32,
        ask: impl Fn(Duration) -> Result<T, KafkaError>,
    ) -> Result<T, Error> {
        let patience = self.connection.patience;
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match ask(left) {
                Ok(answer) => return Ok(answer),
                Err(error) if !lacks_leader(&error) => {
                    let step = format!("cannot ask for the offsets of {topic} [{partition}]");
                    return Err(Error::of(step, &error));
                }
                Err(_) if left.is_zero() => {
                    return Err(Error::Stalled(format!(
                        "{topic} [{partition}] has had no leader for {patience:?} (kafka.connect_timeout): its brokers are down, or \
                         are still choosing one; `kp-admin topics describe {topic}` shows whom it belongs to"
                    )));
                }
                Err(_) => std::thread::sleep(ASK_AGAIN.min(left)),
            }
        }
    }
}

/// Whether a partition's leader is not known, which may pass: `UnknownPartition` is librdkafka's own word for it.
fn lacks_leader(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::UnknownPartition
                | Code::UnknownTopicOrPartition
                | Code::LeaderNotAvailable
                | Code::NotLeaderForPartition
                | Code::ReplicaNotAvailable
                | Code::OffsetNotAvailable
                | Code::FencedLeaderEpoch
                | Code::UnknownLeaderEpoch
                | Code::BrokerTransportFailure
                | Code::DestroyBroker
        )
    )
}
