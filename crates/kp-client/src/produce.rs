//! Sending: a queue in front, delivery reports behind, and no thread between: whoever waits serves the reports.
//!
//! ```text
//!  send -> pending (a batch of one topic and partition) -> librdkafka's queue -> reports -> tally
//!             pushed when it is full, when another topic comes, and before anything is waited for
//!   |- with a ledger (audit.rs): noted there, stamped, and queued alone; each report is noted as well
//!   |- in a transaction (transaction.rs): begin, send, commit or abort
//! ```

mod audit;
mod opening;
mod tally;
mod transaction;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use kp_audit::Ledger;
use kp_rdkafka::{Batch, Client, Delivery, Event, Outgoing, Topic};
use kp_settings::{Acks, Role, Settings};
use rdkafka::error::RDKafkaErrorCode as Code;

use crate::connect::Connection;
use crate::error::{Error, is_refusal};
use crate::trouble::Trouble;

use transaction::Before;

pub use tally::Tally;
pub use transaction::Ended;

/// How long a wait goes on before it looks whether it was asked to stop.
const GLANCE: Duration = Duration::from_millis(50);
/// librdkafka forgets the linger time only while it is in a flush, which itself waits for the reports to be served.
const NUDGE: Duration = Duration::from_millis(1);
/// A batch is full with so many messages, or with so many bytes.
const BATCH_MESSAGES: usize = 256;
const BATCH_BYTES: usize = 256 * 1024;

/// A producer that reached the broker.
pub struct Producer {
    topics: Vec<(String, Topic)>,
    /// Where each topic stands in `topics`.
    indices: HashMap<String, usize>,
    /// Messages that were taken and are not in librdkafka's queue yet, all for the same topic and partition.
    pending: Batch,
    /// Where they go: an index into `topics`, and the partition.
    to: (usize, Option<i32>),
    client: Client,
    tally: Tally,
    trouble: Trouble,
    acks: Acks,
    delivery_timeout: Duration,
    broker: String,
    create_topics: bool,
    patience: Duration,
    ledger: Option<Ledger>,
    /// For sentences; empty without transactions.
    transactional_id: String,
    /// Whether the broker refused to take a message from this user, and that as an error until it is told.
    was_refused: bool,
    refusal: Option<Error>,
    /// What the open transaction began with.
    transaction: Option<Before>,
}

impl Producer {
    /// Connects, and makes sure that this topic is there to send to; without one, each topic is looked for when the first
    /// message for it comes.
    ///
    /// # Errors
    /// Settings that librdkafka refuses, no broker, or no such topic where `producer.create_topics` is off.
    pub fn connect(settings: &Settings, topic: Option<&str>) -> Result<Self, Error> {
        let acks = settings.producer.acks;
        let id = settings.producer.transactional_id.clone();
        Self::open(settings, Role::Producer, topic, acks, id)
    }

    /// Connects to send on what a consumer has read: acks=all and idempotent whatever `[producer]` says, and in transactions when
    /// the consumer copies.
    ///
    /// # Errors
    /// As [`Producer::connect`].
    pub fn connect_forwarder(settings: &Settings, topic: &str) -> Result<Self, Error> {
        let copies = settings.consumer.copy_to.is_some();
        let id = settings.consumer.transactional_id.clone();
        Self::open(
            settings,
            Role::Forwarder,
            Some(topic),
            Acks::All,
            id.filter(|_| copies),
        )
    }

    fn open(
        settings: &Settings,
        role: Role,
        topic: Option<&str>,
        acks: Acks,
        transactional_id: Option<String>,
    ) -> Result<Self, Error> {
        let is_transactional = transactional_id.is_some();
        let (connection, _) = Connection::open(settings, role, topic)?;
        if is_transactional && connection.is_embedded() {
            return Err(Error::Embedded {
                what: "keep transactions (it shows what was aborted, and lets two producers have the same name)"
                    .to_owned(),
            });
        }
        let mut producer = Self {
            topics: Vec::new(),
            indices: HashMap::new(),
            pending: Batch::default(),
            to: (0, None),
            client: connection.client,
            tally: Tally::new(),
            trouble: connection.trouble,
            acks,
            delivery_timeout: settings.producer.delivery_timeout,
            broker: connection.broker,
            create_topics: settings.producer.create_topics,
            patience: connection.patience,
            ledger: None,
            transactional_id: transactional_id.unwrap_or_default(),
            was_refused: false,
            refusal: None,
            transaction: None,
        };
        if let Some(topic) = topic {
            producer.open_topic(topic)?;
        }
        if is_transactional {
            producer.init_transactions()?;
        }
        Ok(producer)
    }

    /// Takes a message, and queues it with those that come right after it; while the queue is full it waits, so that nothing is
    /// dropped. Returns false, and has not taken the message, when `stopped` says so while it waits.
    ///
    /// A message that can never be sent (too large, no such partition) counts as failed, and the next may follow.
    ///
    /// # Errors
    /// A topic that cannot be opened, or a state after which nothing can be sent any more.
    pub fn send(
        &mut self,
        topic: &str,
        message: &Outgoing<'_>,
        stopped: &dyn Fn() -> bool,
    ) -> Result<bool, Error> {
        let to = (self.topic(topic)?, message.partition);
        if self.ledger.is_some() {
            return self.send_stamped(to.0, message, stopped);
        }
        if to != self.to || !message.is_plain() {
            if !self.push(stopped)? {
                return Ok(false);
            }
            self.to = to;
        }
        if !message.is_plain() {
            return self.push_single(to.0, message, 0, stopped);
        }
        if self.is_full() && !self.push(stopped)? {
            return Ok(false);
        }
        self.pending.push(message.key, message.value, 0);
        if self.is_full() {
            self.serve(Duration::ZERO)?;
        }
        Ok(true)
    }

    fn is_full(&self) -> bool {
        self.pending.len() >= BATCH_MESSAGES || self.pending.bytes() >= BATCH_BYTES
    }

    /// Queues what is pending; false when `stopped` says so while there is no room.
    fn push(&mut self, stopped: &dyn Fn() -> bool) -> Result<bool, Error> {
        while !self.enqueue()? {
            if stopped() {
                return Ok(false);
            }
            self.count_reports(GLANCE)?;
        }
        Ok(true)
    }

    /// Queues what is pending as far as there is room; whether that was all.
    fn enqueue(&mut self) -> Result<bool, Error> {
        while !self.pending.is_empty() {
            let (index, partition) = self.to;
            let topic = &self.topics[index].1;
            let before = self.pending.len();
            let mut refused = Vec::new();
            let outcome =
                topic.enqueue_batch(partition, &mut self.pending, |code| refused.push(code));
            self.tally.sent += (before - self.pending.len()) as u64;
            for code in refused {
                self.refuse(index, code, 0);
            }
            match outcome {
                Ok(()) => {}
                Err(Code::QueueFull) => return Ok(false),
                Err(code) => return Err(self.fatal(code)),
            }
        }
        Ok(true)
    }

    /// Queues a message with headers or a time of its own; `number` comes back in its report, for the ledger.
    fn push_single(
        &mut self,
        index: usize,
        message: &Outgoing<'_>,
        number: u64,
        stopped: &dyn Fn() -> bool,
    ) -> Result<bool, Error> {
        loop {
            match self.topics[index].1.enqueue(message, number as usize) {
                Ok(()) => break,
                Err(Code::QueueFull) if stopped() => return Ok(false),
                Err(Code::QueueFull) => self.count_reports(GLANCE)?,
                Err(code @ Code::Fatal) => return Err(self.fatal(code)),
                Err(code) => {
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

    fn refuse(&mut self, index: usize, code: Code, number: u64) {
        let reason = format!("topic {}: {}", self.topics[index].0, self.why(code));
        self.fail(reason, number);
    }

    fn fail(&mut self, reason: String, number: u64) {
        if let Some(ledger) = &mut self.ledger {
            ledger.failed(number, &reason);
        }
        self.tally.fail(reason);
    }

    fn fatal(&self, code: Code) -> Error {
        match self.client.fatal_error() {
            Some((code, text)) => Error::at(format!("the producer cannot go on: {text}"), code),
            None => Error::at("the producer cannot go on", code),
        }
    }

    /// Queues what is pending and counts the reports that are there; where there are none, waits for the first one at most for
    /// `timeout`.
    ///
    /// # Errors
    /// A state after which nothing can be sent any more.
    pub fn serve(&mut self, timeout: Duration) -> Result<(), Error> {
        self.enqueue()?;
        self.count_reports(timeout)
    }

    fn count_reports(&mut self, timeout: Duration) -> Result<(), Error> {
        let mut wait = timeout;
        while let Some(event) = self.client.poll(wait) {
            match event {
                Event::Deliveries(deliveries) => {
                    deliveries.for_each(|delivery| self.count(delivery))
                }
                event => self.trouble.note(&event),
            }
            wait = Duration::ZERO;
        }
        self.write_ledger()?;
        // All that follows would be refused as well.
        self.refusal.take().map_or(Ok(()), Err)
    }

    fn count(&mut self, delivery: Delivery) {
        match delivery.error {
            Some(code) => {
                let reason = self.why(code);
                self.fail(reason, delivery.opaque as u64);
                if is_refusal(code) && !std::mem::replace(&mut self.was_refused, true) {
                    // A report does not tell its topic.
                    let topics = self.topics();
                    let what = match topics.as_slice() {
                        [one] => format!("topic {one}"),
                        several => format!("one of the topics {}", several.join(", ")),
                    };
                    let error = Error::at(what.clone(), code);
                    self.refusal = Some(match code {
                        Code::TopicAuthorizationFailed => error.needs(format!("Write on {what}")),
                        _ => error,
                    });
                }
            }
            None => {
                if let Some(ledger) = &mut self.ledger {
                    ledger.acknowledged(
                        delivery.opaque as u64,
                        delivery.partition,
                        delivery.offset,
                    );
                }
                self.trouble.clear();
                self.tally.acknowledged += 1;
                self.tally.bytes += delivery.size as u64;
                self.tally
                    .latency
                    .saturating_record(delivery.latency_micros);
            }
        }
    }

    /// Waits until each message taken so far is acknowledged or has failed, or until `stopped` says so.
    ///
    /// # Errors
    /// A state after which nothing can be sent any more.
    pub fn settle(&mut self, stopped: &dyn Fn() -> bool) -> Result<(), Error> {
        self.serve(Duration::ZERO)?;
        while self.is_busy() && !stopped() {
            self.serve(GLANCE)?;
        }
        Ok(())
    }

    /// Sends what was taken without waiting for the linger time, and waits for the reports, at most for `timeout`; each message
    /// has its own limit anyway, the delivery timeout. Ends early when `stopped` says so.
    ///
    /// # Errors
    /// A state after which nothing can be sent any more.
    pub fn flush(&mut self, timeout: Duration, stopped: &dyn Fn() -> bool) -> Result<(), Error> {
        let deadline = Instant::now() + timeout;
        loop {
            self.serve(Duration::ZERO)?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !self.is_busy() || left.is_zero() || stopped() {
                return Ok(());
            }
            self.client.flush(NUDGE);
            self.serve(left.min(GLANCE))?;
        }
    }

    /// Whether there are messages that were taken and of which nothing is known yet.
    pub fn is_busy(&self) -> bool {
        self.tally.open() > 0 || !self.pending.is_empty()
    }

    /// How many messages were taken and are not queued yet.
    pub fn pending(&self) -> u64 {
        self.pending.len() as u64
    }

    /// What became of the messages so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The topics that were opened to send to, by name.
    pub fn topics(&self) -> Vec<String> {
        let mut names: Vec<String> = self.topics.iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    }

    /// Whether an acknowledgement means that the broker has the message.
    pub fn confirms(&self) -> bool {
        self.acks != Acks::None
    }

    /// Why a message was not delivered.
    fn why(&self, code: Code) -> String {
        match code {
            Code::MessageTimedOut => {
                let cause = self.trouble.brief().map_or_else(String::new, |cause| format!(": {cause}"));
                format!("not acknowledged within {:?} (--delivery-timeout){cause}", self.delivery_timeout)
            }
            Code::PurgeQueue | Code::PurgeInflight => "its transaction was aborted".to_owned(),
            Code::UnknownPartition => "no such partition (--partition)".to_owned(),
            Code::MessageSizeTooLarge => {
                "too large for the producer or the topic; raise message.max.bytes on both (here: -X message.max.bytes=N)".to_owned()
            }
            Code::TopicAuthorizationFailed => "the broker refuses to let this user write to the topic".to_owned(),
            code => code.to_string(),
        }
    }
}
