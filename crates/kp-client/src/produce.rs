//! Sending: a queue in front, delivery reports behind, and no thread between. The reports are
//! served in each wait.
//!
//! ```text
//!  send -> pending (a batch of one partition) -> librdkafka's queue -> reports.rs -> tally
//!             pushed when it is full, when another topic comes, and before anything is waited for
//!   |- clock.rs: how old the oldest open message is; too old, and all of them are given up
//!   |- with a ledger (audit.rs): noted there, stamped, and queued alone; so is each report
//!   |- in a transaction (transaction.rs): begin, send, commit or abort
//! ```

mod audit;
mod clock;
mod connecting;
mod destination;
mod figures;
mod kind;
mod limits;
mod measuring;
mod obstacle;
mod opening;
mod reports;
mod schedule;
mod state;
mod tally;
mod timeline;
mod transaction;
mod watching;
mod why;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use kp_audit::Ledger;
use kp_core::Record;
use kp_rdkafka::{Batch, Client};
use kp_settings::{Acks, Property, Role, Settings};
use rdkafka::error::RDKafkaErrorCode as Code;

use crate::error::Error;
use crate::trouble::Trouble;
use crate::watcher::Watcher;

use clock::Clock;
use destination::{Batches, Destination};
use schedule::Schedule;
use state::{Before, Waiting};

pub use figures::Figures;
pub use kind::FailureKind;
pub use kp_audit::Promise;
pub use reports::{Fate, Report};
pub use state::Ended;
pub use tally::{Failures, Tally};
pub use timeline::{Counts, Interval, Timeline};

/// How long a wait goes on before it looks whether it was asked to stop.
const GLANCE: Duration = Duration::from_millis(50);
/// librdkafka forgets the linger time only while it is in a flush, which itself waits for the
/// reports to be served.
const SHORTEST_FLUSH: Duration = Duration::from_millis(1);
/// A batch is full with so many messages, or with so many bytes.
const BATCH_MESSAGES: usize = 256;
const BATCH_BYTES: usize = 256 * 1024;

/// A producer that reached the broker.
pub struct Producer {
    topics: Vec<Destination>,
    /// Where each topic stands in `topics`.
    indices: HashMap<String, usize>,
    /// Messages that were taken and are not in librdkafka's queue yet, all for the same topic and
    /// partition.
    pending: Batch,
    /// Where they go: an index into `topics`, and the partition.
    to: (usize, Option<i32>),
    client: Client,
    tally: Tally,
    trouble: Trouble,
    /// Since when nothing was acknowledged, and why, where that was found.
    waiting: Option<Waiting>,
    obstacle: Option<String>,
    acks: Acks,
    delivery_timeout: Duration,
    /// Where messages have to be given up before librdkafka sends them again.
    clock: Option<Clock>,
    /// Why nothing is sent any more.
    overdue: Option<String>,
    /// What an acknowledgement means.
    promise: Promise,
    broker: String,
    create_topics: bool,
    patience: Duration,
    role: Role,
    settings: Settings,
    /// What the client was made with.
    properties: Vec<Property>,
    batches: Batches,
    /// Bytes that librdkafka takes of one message.
    largest_message: usize,
    ledger: Option<Ledger>,
    /// What became of each message, where somebody wants to know.
    reports: Option<Vec<Report>>,
    /// When each message was due, where there is a rate.
    schedule: Option<Schedule>,
    /// What happened in each second, where somebody wants to know.
    timeline: Option<Timeline>,
    waited_for_room: Duration,
    /// Whether the client has taken over its transactional id.
    is_initialised: bool,
    /// For sentences; empty without transactions.
    transactional_id: String,
    /// Whether the broker refused to take a message from this user, and that as an error until it
    /// is told.
    was_refused: bool,
    refusal: Option<Error>,
    /// The first message of the open transaction that would be refused again, and why.
    refused_for_good: Option<(u64, String)>,
    is_keyless_noted: bool,
    /// What the open transaction began with.
    transaction: Option<Before>,
    /// How many ended.
    transactions: figures::Transactions,
    watcher: Option<Box<dyn Watcher<Figures>>>,
    /// Whether to stop waiting.
    stopped: Box<dyn Fn() -> bool + Send>,
}

impl Producer {
    /// From here on every wait looks whether `stopped` says so, and ends then.
    pub fn stop_when(&mut self, stopped: impl Fn() -> bool + Send + 'static) {
        self.stopped = Box::new(stopped);
    }

    /// Whether to stop waiting.
    fn is_stopped(&self) -> bool {
        (self.stopped)()
    }

    /// Takes a record, and queues it with those that come right after it; while the queue is full
    /// it waits, so that nothing is dropped. Returns false, and has not taken the record, when it
    /// has to stop while it waits. The record's offset is not looked at.
    ///
    /// A record that can never be sent (too large, no such partition) counts as failed, and the
    /// next may follow. `number` is what the tally names it by, unless there is a ledger, whose
    /// numbers count then.
    ///
    /// # Errors
    /// A topic that cannot be opened, or a state after which nothing can be sent any more.
    pub fn send(&mut self, number: u64, record: &Record<'_>) -> Result<bool, Error> {
        self.check_overdue()?;
        let to = (self.topic(record.topic)?, record.partition);
        if !self.topics[to.0].is_ready() && !self.check_limit(to.0)? {
            return Ok(false);
        }
        if self.ledger.is_some() {
            return self.send_stamped(to.0, record);
        }
        let goes_alone = !Batch::takes(record);
        if to != self.to || goes_alone {
            if !self.push()? {
                return Ok(false);
            }
            self.to = to;
        }
        if goes_alone {
            return self.push_single(to.0, record, number);
        }
        if self.is_full() && !self.push()? {
            return Ok(false);
        }
        let tag = self.tag(number);
        self.pending.push(record.key, record.value, tag);
        if self.is_full() {
            self.serve(Duration::ZERO)?;
        }
        Ok(true)
    }

    fn is_full(&self) -> bool {
        self.pending.len() >= BATCH_MESSAGES || self.pending.bytes() >= BATCH_BYTES
    }

    /// Queues what is pending; false when it has to stop while there is no room.
    fn push(&mut self) -> Result<bool, Error> {
        while !self.enqueue()? {
            if self.is_stopped() {
                return Ok(false);
            }
            self.wait_for_room()?;
        }
        Ok(true)
    }

    fn wait_for_room(&mut self) -> Result<(), Error> {
        let since = Instant::now();
        self.count_reports(GLANCE)?;
        self.waited_for_room += since.elapsed();
        Ok(())
    }

    /// Queues what is pending as far as there is room; whether that was all.
    fn enqueue(&mut self) -> Result<bool, Error> {
        // Once all was given up, nothing may follow: there would be a gap before it.
        if self.overdue.is_some() {
            return Ok(true);
        }
        while !self.pending.is_empty() {
            let (index, partition) = self.to;
            let topic = &self.topics[index].topic;
            let before = self.pending.len();
            let mut refused = Vec::new();
            let outcome = topic.enqueue_batch(partition, &mut self.pending, |code, tag| {
                refused.push((code, tag));
            });
            self.tally.sent += (before - self.pending.len()) as u64;
            for (code, tag) in refused {
                let number = self.untag(tag);
                self.refuse(index, code, number);
            }
            match outcome {
                Ok(()) => {}
                Err(Code::QueueFull) => return Ok(false),
                Err(code) => return Err(self.fatal(code)),
            }
        }
        Ok(true)
    }

    /// Queues a record with headers or a time of its own; `number` comes back in its report, for
    /// the ledger.
    fn push_single(
        &mut self,
        index: usize,
        record: &Record<'_>,
        number: u64,
    ) -> Result<bool, Error> {
        loop {
            let tag = self.tag(number);
            let Err(code) = self.topics[index].topic.enqueue(record, tag) else {
                break;
            };
            self.untag(tag);
            match code {
                Code::QueueFull if self.is_stopped() => return Ok(false),
                Code::QueueFull => self.wait_for_room()?,
                Code::Fatal => return Err(self.fatal(code)),
                _ => {
                    self.refuse(index, code, number);
                    break;
                }
            }
        }
        self.tally.sent += 1;
        if self.tally.sent.is_multiple_of(BATCH_MESSAGES as u64) {
            self.count_reports(Duration::ZERO)?;
        }
        Ok(true)
    }

    fn fatal(&self, code: Code) -> Error {
        match self.client.fatal_error() {
            Some((code, text)) => Error::at(format!("the producer cannot go on: {text}"), code),
            None => Error::at("the producer cannot go on", code),
        }
    }

    /// Queues what is pending and counts the reports that are there; where there are none, waits
    /// for the first one at most for `timeout`.
    ///
    /// # Errors
    /// A state after which nothing can be sent any more.
    pub fn serve(&mut self, timeout: Duration) -> Result<(), Error> {
        self.enqueue()?;
        self.count_reports(timeout)
    }

    /// Waits until each message taken so far is acknowledged or has failed, or until it has to
    /// stop.
    ///
    /// # Errors
    /// A state after which nothing can be sent any more.
    pub fn settle(&mut self) -> Result<(), Error> {
        self.serve(Duration::ZERO)?;
        while self.is_busy() && !self.is_stopped() {
            self.serve(GLANCE)?;
        }
        Ok(())
    }

    /// Sends what was taken without waiting for the linger time, and waits for the reports, at most
    /// for `timeout`. Each message has its own limit besides, the delivery timeout. Ends early when
    /// it has to stop.
    ///
    /// # Errors
    /// A state after which nothing can be sent any more.
    pub fn flush(&mut self, timeout: Duration) -> Result<(), Error> {
        let deadline = Instant::now() + timeout;
        loop {
            self.serve(Duration::ZERO)?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !self.is_busy() || left.is_zero() || self.is_stopped() {
                return Ok(());
            }
            self.client.flush(SHORTEST_FLUSH);
            self.serve(left.min(GLANCE))?;
        }
    }

    /// Whether there are messages that were taken and of which nothing is known yet.
    pub fn is_busy(&self) -> bool {
        let may_follow = self.overdue.is_none() && !self.pending.is_empty();
        self.tally.open() > 0 || may_follow
    }

    /// How many messages were taken so far, those included that are not queued yet.
    pub fn taken(&self) -> u64 {
        self.tally.sent + self.pending()
    }

    /// What an acknowledgement means: what the settings promise, or less once librdkafka has begun
    /// a new sequence.
    pub fn promise(&self) -> Promise {
        self.promise
    }

    /// How many messages were taken and are not queued yet.
    pub fn pending(&self) -> u64 {
        self.pending.len() as u64
    }

    /// How many bytes a message may have here; its topic may take fewer.
    pub fn largest_message(&self) -> usize {
        self.largest_message
    }

    /// What became of the messages so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The topics that were opened to send to, by name.
    pub fn topics(&self) -> Vec<String> {
        let mut names: Vec<String> = self.topics.iter().map(|one| one.name.clone()).collect();
        names.sort();
        names
    }

    /// Whether an acknowledgement means that the broker has the message.
    pub fn confirms(&self) -> bool {
        self.acks != Acks::None
    }
}
