//! Sending: a queue in front, delivery reports behind, and no thread between: whoever waits serves the reports.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use kp_rdkafka::{Client, Delivery, Event, Outgoing, Topic};
use kp_settings::{Acks, Role, Settings};
use rdkafka::error::RDKafkaErrorCode as Code;

use crate::connect::{self, Connection};
use crate::error::Error;
use crate::trouble::Trouble;

/// How long a wait goes on before it looks whether it was asked to stop.
const GLANCE: Duration = Duration::from_millis(50);
/// librdkafka forgets the linger time only while it is in a flush, which itself waits for the reports to be served.
const NUDGE: Duration = Duration::from_millis(1);
/// After how many messages the reports are served while nothing is waited for.
const SERVE_EVERY: u64 = 256;

/// What became of the messages so far.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Messages that the producer took.
    pub sent: u64,
    /// Messages that the broker acknowledged; with acks=0 those that left, which confirms nothing.
    pub acknowledged: u64,
    /// Messages that failed. Some of them may have been stored all the same.
    pub failed: u64,
    /// Bytes of key and value that were acknowledged.
    pub bytes: u64,
    /// From taking a message to its acknowledgement, in microseconds.
    pub latency: Histogram<u64>,
    /// The kinds of failure in words, each with its count, in the order in which they came.
    pub failures: Vec<(String, u64)>,
}

impl Tally {
    fn new() -> Self {
        // From 1 µs to 10 min with three digits; the bounds are constants that the histogram takes.
        let latency = Histogram::new_with_bounds(1, 600_000_000, 3)
            .unwrap_or_else(|_| unreachable!("valid histogram bounds"));
        Self {
            sent: 0,
            acknowledged: 0,
            failed: 0,
            bytes: 0,
            latency,
            failures: Vec::new(),
        }
    }

    /// Messages that were taken and of which nothing is known yet.
    pub fn open(&self) -> u64 {
        self.sent - self.acknowledged - self.failed
    }

    fn fail(&mut self, reason: String) {
        self.failed += 1;
        match self.failures.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => self.failures.push((reason, 1)),
        }
    }
}

/// A producer that reached the broker.
pub struct Producer {
    topics: HashMap<String, Arc<Topic>>,
    client: Client,
    tally: Tally,
    trouble: Trouble,
    acks: Acks,
    delivery_timeout: Duration,
    broker: String,
    create_topics: bool,
    patience: Duration,
}

impl Producer {
    /// Connects, and makes sure that this topic is there to send to; without one, each topic is looked for when the first
    /// message for it comes.
    ///
    /// # Errors
    /// Settings that librdkafka refuses, no broker, or no such topic where `producer.create_topics` is off.
    pub fn connect(settings: &Settings, topic: Option<&str>) -> Result<Self, Error> {
        let (connection, _) = Connection::open(settings, Role::Producer, topic)?;
        let mut producer = Self {
            topics: HashMap::new(),
            client: connection.client,
            tally: Tally::new(),
            trouble: connection.trouble,
            acks: settings.producer.acks,
            delivery_timeout: settings.producer.delivery_timeout,
            broker: connection.broker,
            create_topics: settings.producer.create_topics,
            patience: connection.patience,
        };
        if let Some(topic) = topic {
            producer.open_topic(topic)?;
        }
        Ok(producer)
    }

    /// The handle on a topic, which is looked for when it is first asked for.
    fn topic(&mut self, name: &str) -> Result<Arc<Topic>, Error> {
        match self.topics.get(name) {
            Some(topic) => Ok(Arc::clone(topic)),
            None => self.open_topic(name),
        }
    }

    /// Waits until the topic has partitions: a broker that makes topics on first use needs a moment.
    ///
    /// With idempotence this is also the second answer after the first contact's. librdkafka asks for its producer id when
    /// metadata comes, but at the first answer the broker's own connection is not up yet, and it would ask again on a timer of
    /// 500 ms only.
    fn open_topic(&mut self, name: &str) -> Result<Arc<Topic>, Error> {
        let start = Instant::now();
        let deadline = start + self.patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let metadata = self
                .client
                .metadata(Some(name), left.max(GLANCE))
                .map_err(|error| {
                    Error::of(
                        format!("cannot ask {} about topic {name}", self.broker),
                        &error,
                    )
                })?;
            let error = metadata
                .topics()
                .iter()
                .find(|topic| topic.name() == name)
                .and_then(|topic| topic.error())
                .map(Code::from);
            if connect::topic(&metadata, name)
                .is_some_and(|topic| topic.partitions().iter().any(|p| p.leader() >= 0))
            {
                break;
            }
            match error {
                Some(code @ (Code::TopicAuthorizationFailed | Code::InvalidTopic)) => {
                    return Err(Error::at(format!("topic {name}"), code));
                }
                Some(Code::UnknownTopicOrPartition | Code::UnknownTopic)
                    if left.is_zero()
                        || (!self.create_topics
                            && connect::is_certain(metadata.brokers().len(), start)) =>
                {
                    return Err(self.no_topic(name));
                }
                _ if left.is_zero() => {
                    return Err(Error::Stalled(format!(
                        "no partition of topic {name} on {} has a leader; is a broker down?",
                        self.broker
                    )));
                }
                _ => std::thread::sleep(GLANCE.min(left)),
            }
        }
        let topic = Topic::new(&self.client, name)
            .map(Arc::new)
            .map_err(|code| Error::at(format!("topic {name}"), code))?;
        self.topics.insert(name.to_owned(), Arc::clone(&topic));
        Ok(topic)
    }

    fn no_topic(&self, name: &str) -> Error {
        let command = if connect::is_embedded(&self.client, self.patience) {
            format!("`kp-broker --topic {name}` starts with it")
        } else {
            format!(
                "`kp-admin topics create {name} --partitions 1 --replication-factor 1` makes it"
            )
        };
        Error::NoTopic {
            topic: name.to_owned(),
            broker: self.broker.clone(),
            advice: if self.create_topics {
                format!("this broker does not make topics on first use; {command}")
            } else {
                format!("{command}, or allow it on first use: producer.create_topics = true")
            },
        }
    }

    /// Puts a message into the queue; while the queue is full it waits, so that nothing is dropped. Returns false, and has not
    /// taken the message, when `stopped` says so while it waits.
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
        let handle = self.topic(topic)?;
        loop {
            match handle.enqueue(message, 0) {
                Ok(()) => break,
                Err(Code::QueueFull) if stopped() => return Ok(false),
                Err(Code::QueueFull) => self.serve(GLANCE),
                Err(code @ Code::Fatal) => return Err(self.fatal(code)),
                Err(code) => {
                    let reason = format!("topic {topic}: {}", self.why(code));
                    self.tally.fail(reason);
                    break;
                }
            }
        }
        self.tally.sent += 1;
        if self.tally.sent.is_multiple_of(SERVE_EVERY) {
            self.serve(Duration::ZERO);
        }
        Ok(true)
    }

    fn fatal(&self, code: Code) -> Error {
        match self.client.fatal_error() {
            Some((code, text)) => Error::at(format!("the producer cannot go on: {text}"), code),
            None => Error::at("the producer cannot go on", code),
        }
    }

    /// Counts the reports that are there; where there are none, waits for the first one at most for `timeout`.
    pub fn serve(&mut self, timeout: Duration) {
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
    }

    fn count(&mut self, delivery: Delivery) {
        match delivery.error {
            Some(code) => {
                let reason = self.why(code);
                self.tally.fail(reason);
            }
            None => {
                self.trouble.clear();
                self.tally.acknowledged += 1;
                self.tally.bytes += delivery.size as u64;
                self.tally
                    .latency
                    .saturating_record(delivery.latency_micros);
            }
        }
    }

    /// Waits until each message sent so far is acknowledged or has failed, or until `stopped` says so.
    pub fn settle(&mut self, stopped: &dyn Fn() -> bool) {
        while self.tally.open() > 0 && !stopped() {
            self.serve(GLANCE);
        }
    }

    /// Sends what is queued without waiting for the linger time, and waits for the reports, at most for `timeout`; each message
    /// has its own limit anyway, the delivery timeout. Ends early when `stopped` says so.
    pub fn flush(&mut self, timeout: Duration, stopped: &dyn Fn() -> bool) {
        let deadline = Instant::now() + timeout;
        loop {
            self.serve(Duration::ZERO);
            let left = deadline.saturating_duration_since(Instant::now());
            if self.tally.open() == 0 || left.is_zero() || stopped() {
                return;
            }
            self.client.flush(NUDGE);
            self.serve(left.min(GLANCE));
        }
    }

    /// What became of the messages so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The topics that were opened to send to, by name.
    pub fn topics(&self) -> Vec<String> {
        let mut names: Vec<String> = self.topics.keys().cloned().collect();
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
            Code::UnknownPartition => "no such partition (--partition)".to_owned(),
            Code::MessageSizeTooLarge => {
                "too large for the producer or the topic; raise message.max.bytes on both (here: -X message.max.bytes=N)".to_owned()
            }
            Code::TopicAuthorizationFailed => "the broker refuses to let this user write to the topic".to_owned(),
            code => code.to_string(),
        }
    }
}
