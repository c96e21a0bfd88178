//! Sending in transactions: so many messages at a time, as a whole or not at all.

use kp_cli::{Exit, Stop};
use std::time::{Duration, Instant};

use kp_client::produce::{Ended, Producer};
use kp_client::{Outgoing, OutgoingHeader};

/// How often the messages of a transaction are sent until it is given up; each try may take the delivery timeout.
const TRIES: u32 = 5;
/// A transaction is open for so long at the most, however few messages come: nobody sees them before its end, and the broker aborts it
/// after `transaction.timeout.ms`, a minute by default.
const LONGEST: Duration = Duration::from_secs(1);

/// The transactions of a run, and the messages of the one that is open.
pub(crate) struct Transactions {
    /// How many messages make one; none when there are no transactions.
    per_transaction: Option<usize>,
    held: Vec<Kept>,
    /// When the open one began.
    since: Instant,
    /// Whether not all of its messages could be sent again, so that it must not be committed.
    is_partial: bool,
    pub(crate) committed: u64,
    pub(crate) aborted: u64,
}

/// A message, kept until its transaction is committed, because it may have to be sent again.
struct Kept {
    topic: String,
    partition: Option<i32>,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    timestamp: Option<i64>,
}

impl Kept {
    fn of(topic: &str, message: &Outgoing<'_>) -> Self {
        let headers = message.headers.iter();
        Self {
            topic: topic.to_owned(),
            partition: message.partition,
            key: message.key.map(<[u8]>::to_vec),
            value: message.value.map(<[u8]>::to_vec),
            headers: headers
                .map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec)))
                .collect(),
            timestamp: message.timestamp,
        }
    }

    fn send(
        &self,
        producer: &mut Producer,
        stopped: &dyn Fn() -> bool,
    ) -> Result<bool, kp_client::Error> {
        let headers: Vec<OutgoingHeader<'_>> = self
            .headers
            .iter()
            .map(|(key, value)| (key.as_slice(), value.as_deref()))
            .collect();
        let message = Outgoing {
            partition: self.partition,
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            headers: &headers,
            timestamp: self.timestamp,
        };
        producer.send(&self.topic, &message, stopped)
    }
}

impl Transactions {
    /// With so many messages each; `None` sends without.
    pub(crate) fn new(per_transaction: Option<u32>) -> Self {
        Self {
            per_transaction: per_transaction.map(|count| count as usize),
            held: Vec::new(),
            since: Instant::now(),
            is_partial: false,
            committed: 0,
            aborted: 0,
        }
    }

    /// Whether the run has any.
    pub(crate) fn are_used(&self) -> bool {
        self.per_transaction.is_some()
    }

    /// How many messages are in the open one.
    pub(crate) fn open(&self) -> u64 {
        self.held.len() as u64
    }

    /// Takes a message, in the transaction that is open or in a new one, and commits when it is full. Returns false, and has not
    /// taken the message, when `stopped` says so.
    ///
    /// # Errors
    /// As [`Producer::send`] and [`Transactions::end`].
    pub(crate) fn send(
        &mut self,
        producer: &mut Producer,
        topic: &str,
        message: &Outgoing<'_>,
        stopped: &dyn Fn() -> bool,
    ) -> anyhow::Result<bool> {
        let Some(most) = self.per_transaction else {
            return Ok(producer.send(topic, message, stopped)?);
        };
        if self.held.is_empty() {
            producer.begin()?;
            self.since = Instant::now();
        }
        if !producer.send(topic, message, stopped)? {
            return Ok(false);
        }
        self.held.push(Kept::of(topic, message));
        if self.held.len() >= most {
            self.end(producer, stopped)?;
        }
        Ok(true)
    }

    /// Commits the open transaction once it is old.
    ///
    /// # Errors
    /// As [`Transactions::end`].
    pub(crate) fn end_in_time(
        &mut self,
        producer: &mut Producer,
        stopped: &dyn Fn() -> bool,
    ) -> anyhow::Result<()> {
        if self.held.is_empty() || self.since.elapsed() < LONGEST {
            return Ok(());
        }
        self.end(producer, stopped)
    }

    /// Commits the open transaction. One that cannot be committed is aborted, and its messages are sent again in the next. When there
    /// is no time to know, it stays open.
    ///
    /// # Errors
    /// Its messages were sent in vain several times, or nothing can be sent any more.
    pub(crate) fn end(
        &mut self,
        producer: &mut Producer,
        stopped: &dyn Fn() -> bool,
    ) -> anyhow::Result<()> {
        if self.held.is_empty() || self.is_partial {
            return Ok(());
        }
        for tried in 1.. {
            let reason = match producer.commit(None, stopped)? {
                Ended::Committed => {
                    self.committed += 1;
                    self.held.clear();
                    return Ok(());
                }
                Ended::Stopped => return Ok(()),
                Ended::MustAbort(reason) => reason,
                Ended::Lost(reason) => return Err(Stop::new(Exit::Broker, reason).into()),
            };
            producer.abort(stopped)?;
            self.aborted += 1;
            let count = self.open();
            if tried == TRIES {
                producer.give_up(count, &reason);
                self.held.clear();
                return Err(Stop::new(
                    Exit::Messages,
                    format!("a transaction of {count} messages was aborted {TRIES} times, and none of them is stored: {reason}"),
                )
                .into());
            }
            tracing::warn!(
                "a transaction was aborted ({reason}); its {count} messages are sent again"
            );
            producer.begin()?;
            self.since = Instant::now();
            for kept in &self.held {
                if !kept.send(producer, stopped)? {
                    self.is_partial = true;
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}
