//! Sending in transactions: so many messages at a time, as a whole or not at all.

use kp_cli::{Exit, Stop};
use std::time::{Duration, Instant};

use kp_client::produce::{Ended, Producer, Report};
use kp_core::{OwnedRecord, Record};

/// How often the messages of a transaction are sent until it is given up; each try may take the
/// delivery timeout.
const TRIES: u32 = 5;
/// A transaction is open for so long at most, however few messages come. Nobody sees them before
/// its end, and the broker aborts it after `transaction.timeout.ms`, a minute by default.
const LONGEST: Duration = Duration::from_secs(1);

/// The transactions of a run, and the messages of the one that is open.
pub(crate) struct Transactions {
    /// How many messages make one; none when there are no transactions.
    per_transaction: Option<usize>,
    held: Vec<Held>,
    /// When the open one began.
    since: Instant,
    /// Whether some of its messages were not sent again, so that it must not be committed.
    is_partial: bool,
    /// What became of the messages of those that are over.
    settled: Vec<Report>,
    pub(crate) committed: u64,
    pub(crate) aborted: u64,
}

/// A record, kept until its transaction is committed, because it may have to be sent again.
struct Held {
    number: u64,
    record: OwnedRecord,
}

impl Transactions {
    /// With so many messages each; `None` sends without.
    pub(crate) fn new(per_transaction: Option<u32>) -> Self {
        Self {
            per_transaction: per_transaction.map(|count| count as usize),
            held: Vec::new(),
            since: Instant::now(),
            is_partial: false,
            settled: Vec::new(),
            committed: 0,
            aborted: 0,
        }
    }

    /// Whether the run has any.
    pub(crate) fn are_used(&self) -> bool {
        self.per_transaction.is_some()
    }

    /// What became of messages since this was last asked, where the producer keeps reports. Of one
    /// in a transaction it is known when that is over.
    pub(crate) fn take_reports(&mut self, producer: &mut Producer) -> Vec<Report> {
        match self.per_transaction {
            Some(_) => std::mem::take(&mut self.settled),
            None => producer.take_reports(),
        }
    }

    /// How many messages are in the open one.
    pub(crate) fn open(&self) -> u64 {
        self.held.len() as u64
    }

    /// Takes record `number`, in the transaction that is open or in a new one, and commits when it
    /// is full. Returns false, and has not taken the record, when the producer has to stop.
    ///
    /// # Errors
    /// As [`Producer::send`] and [`Transactions::end`].
    pub(crate) fn send(
        &mut self,
        producer: &mut Producer,
        number: u64,
        record: &Record<'_>,
    ) -> anyhow::Result<bool> {
        let Some(most) = self.per_transaction else {
            return Ok(producer.send(number, record)?);
        };
        if producer.needs_smaller_batches(record.topic)? {
            self.end(producer)?;
        }
        if self.held.is_empty() {
            if !producer.make_ready(record.topic)? {
                return Ok(false);
            }
            producer.begin()?;
            self.since = Instant::now();
        }
        if !producer.send(number, record)? {
            return Ok(false);
        }
        self.held.push(Held { number, record: record.into() });
        if self.held.len() >= most {
            self.end(producer)?;
        }
        Ok(true)
    }

    /// Commits the open transaction once it is old.
    ///
    /// # Errors
    /// As [`Transactions::end`].
    pub(crate) fn end_in_time(&mut self, producer: &mut Producer) -> anyhow::Result<()> {
        if self.held.is_empty() || self.since.elapsed() < LONGEST {
            return Ok(());
        }
        self.end(producer)
    }

    /// Commits the open transaction. One that cannot be committed is aborted, and its messages are
    /// sent again in the next. When there is no time to know, it stays open.
    ///
    /// # Errors
    /// The transaction was aborted several times in a row, or nothing can be sent any more.
    pub(crate) fn end(&mut self, producer: &mut Producer) -> anyhow::Result<()> {
        if self.held.is_empty() || self.is_partial {
            return Ok(());
        }
        for tried in 1.. {
            let reason = match producer.commit(None)? {
                Ended::Committed => {
                    self.committed += 1;
                    self.held.clear();
                    self.settled.append(&mut producer.take_reports());
                    return Ok(());
                }
                Ended::Stopped => return Ok(()),
                Ended::MustAbort(reason) => reason,
                Ended::Refused { number, reason } => {
                    self.abort(producer)?;
                    return Err(self.refused(producer, number, &reason));
                }
                Ended::Lost(reason) => return Err(Stop::new(Exit::Broker, reason).into()),
            };
            self.abort(producer)?;
            let count = self.open();
            if tried == TRIES {
                for message in self.held.drain(..) {
                    producer.give_up(message.number, &reason);
                }
                self.settled.append(&mut producer.take_reports());
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
            for message in &self.held {
                let number = message.number;
                if !message.record.lend(|record| producer.send(number, record))? {
                    self.is_partial = true;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn abort(&mut self, producer: &mut Producer) -> anyhow::Result<()> {
        producer.abort()?;
        self.aborted += 1;
        // What was told of its messages is not so any more.
        producer.take_reports();
        Ok(())
    }

    /// One message is refused for good, and with it its whole transaction: a second try would be
    /// refused as well.
    fn refused(&mut self, producer: &mut Producer, number: u64, reason: &str) -> anyhow::Error {
        let count = self.open();
        let others = format!("its transaction was aborted, because message {number} was refused");
        for message in self.held.drain(..) {
            let is_it = message.number == number;
            producer.give_up(message.number, if is_it { reason } else { &others });
        }
        self.settled.append(&mut producer.take_reports());
        Stop::new(
            Exit::Messages,
            format!(
                "a transaction of {count} messages was aborted, and none of them is stored: one is refused for good: {reason}"
            ),
        )
        .into()
    }
}
