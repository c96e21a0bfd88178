//! Events as librdkafka queues them: messages, ends of partitions, delivery reports, rebalances,
//! errors, log lines.
#![expect(unsafe_code, reason = "each call into librdkafka states why it is sound")]

use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use crate::client::Client;
use crate::fetched::Fetched;
use crate::log::LogLine;
use crate::native::{self, Queue, checked, text, words};
use crate::partitions::{Offsets, Place, offsets, places};
use crate::raw_event::RawEvent;

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A message was fetched.
    Message(Fetched),
    /// Reading reached the end of a partition. It is told once each time the end is reached.
    EndOfPartition {
        /// The partition's topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset that the next message will have.
        offset: i64,
    },
    /// With `auto.offset.reset=error`: reading a partition has stopped, because the offset that is
    /// next is not there. [`Client::restart`] must follow.
    NoOffset {
        /// The partition's topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset that is not there; none when the group has committed none, or where the log
        /// was cut off.
        offset: Option<i64>,
        /// librdkafka's words.
        text: String,
    },
    /// Messages were acknowledged, or failed.
    Deliveries(Deliveries),
    /// The group gives this member partitions: [`Client::accept`] must follow.
    Assign(Vec<Place>),
    /// The group takes partitions away: [`Client::give_up`] must follow.
    Revoke(Vec<Place>),
    /// A rebalance failed; the assignment is lost.
    RebalanceFailed(Failure),
    /// Offsets were committed in the background, or could not be.
    Committed {
        /// The offsets.
        offsets: Offsets,
        /// Whether the group took them.
        result: Result<(), RDKafkaErrorCode>,
    },
    /// Something went wrong; unless it is fatal, librdkafka goes on trying.
    Error(Failure),
    /// A log line.
    Log(LogLine),
}

/// An error of the client as a whole, or of one of its brokers or topics.
#[derive(Clone, Debug)]
pub struct Failure {
    /// librdkafka's code.
    pub code: RDKafkaErrorCode,
    /// librdkafka's words: a host name, an address, the operating system's reason.
    pub text: String,
    /// Whether the client can do nothing more.
    pub fatal: bool,
}

impl Client {
    /// The next event, at the latest after `timeout`.
    pub fn poll(&self, timeout: Duration) -> Option<Event> {
        next_event(self, self.queue(), timeout)
    }
}

/// The next event of a queue of this client.
pub(crate) fn next_event(client: &Client, queue: &Queue, timeout: Duration) -> Option<Event> {
    let event = RawEvent::poll(client, queue, timeout)?;
    match event.kind() {
        sys::RD_KAFKA_EVENT_FETCH => Fetched::of(event).map(Event::Message),
        sys::RD_KAFKA_EVENT_DR => Some(Event::Deliveries(Deliveries::of(event))),
        sys::RD_KAFKA_EVENT_REBALANCE => Some(rebalance(&event)),
        sys::RD_KAFKA_EVENT_OFFSET_COMMIT => {
            Some(Event::Committed {
                // SAFETY: the list belongs to the event, which is alive, and is copied.
                offsets: unsafe { offsets(sys::rd_kafka_event_topic_partition_list(event.raw())) },
                result: event.result(),
            })
        }
        sys::RD_KAFKA_EVENT_ERROR => Some(failed(&event)),
        // SAFETY: the event is alive, and a log event.
        sys::RD_KAFKA_EVENT_LOG => Some(Event::Log(unsafe { LogLine::of(event.raw()) })),
        sys::RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH => {
            client.renew_token();
            None
        }
        _ => None,
    }
}

/// An error event.
fn failed(event: &RawEvent) -> Event {
    let failure = failure(event);
    of_partition(failure.code, || failure.text.clone(), || place_of(event))
        .unwrap_or(Event::Error(failure))
}

/// What happened to a partition comes as an error, too.
fn of_partition(
    code: RDKafkaErrorCode,
    text: impl FnOnce() -> String,
    place: impl FnOnce() -> Option<(String, i32, i64)>,
) -> Option<Event> {
    match code {
        RDKafkaErrorCode::PartitionEOF => place()
            .map(|(topic, partition, offset)| Event::EndOfPartition { topic, partition, offset }),
        RDKafkaErrorCode::AutoOffsetReset => {
            place().map(|(topic, partition, offset)| Event::NoOffset {
                topic,
                partition,
                offset: (offset >= 0).then_some(offset),
                text: text(),
            })
        }
        _ => None,
    }
}

impl Fetched {
    /// What it tells: a message, or what happened to a partition.
    pub(crate) fn into_event(self) -> Event {
        let code = match self.error() {
            0 => return Event::Message(self),
            number => native::code(number),
        };
        let place = || Some((self.topic().to_owned(), self.partition(), self.offset()));
        of_partition(code, || self.error_text(), place).unwrap_or_else(|| {
            let fatal = code == RDKafkaErrorCode::Fatal;
            Event::Error(Failure { code, text: self.error_text(), fatal })
        })
    }
}

/// The topic, the partition and the offset that an error is about.
fn place_of(event: &RawEvent) -> Option<(String, i32, i64)> {
    // SAFETY: the event is alive; what it returns is ours to destroy, after its name was copied.
    unsafe {
        let raw = sys::rd_kafka_event_topic_partition(event.raw());
        let place = raw
            .as_ref()
            .map(|place| (text(place.topic).unwrap_or_default(), place.partition, place.offset));
        if place.is_some() {
            sys::rd_kafka_topic_partition_destroy(raw);
        }
        place
    }
}

fn rebalance(event: &RawEvent) -> Event {
    // SAFETY: the list belongs to the event, which is alive, and is copied.
    let partitions = || unsafe { places(sys::rd_kafka_event_topic_partition_list(event.raw())) };
    match event.result() {
        Err(RDKafkaErrorCode::AssignPartitions) => Event::Assign(partitions()),
        Err(RDKafkaErrorCode::RevokePartitions) => Event::Revoke(partitions()),
        _ => Event::RebalanceFailed(failure(event)),
    }
}

fn failure(event: &RawEvent) -> Failure {
    // SAFETY: the event is alive; its text is copied.
    unsafe {
        Failure {
            code: event.result().err().unwrap_or(RDKafkaErrorCode::NoError),
            text: words(sys::rd_kafka_event_error_string(event.raw())),
            fatal: sys::rd_kafka_event_error_is_fatal(event.raw()) != 0,
        }
    }
}

/// Delivery reports of several messages.
#[derive(Debug)]
pub struct Deliveries {
    event: RawEvent,
    /// How many neighbours share the latency of their first, the oldest: to tell one librdkafka
    /// reads the clock.
    sharing: usize,
    handed_out: usize,
    latency_micros: u64,
}

/// A shared latency is wrong by this part of the time that it took to make up the batch, at most.
const PARTS: usize = 64;
const MOST_SHARING: usize = 16;

impl Deliveries {
    fn of(event: RawEvent) -> Self {
        // SAFETY: the event is alive.
        let count = unsafe { sys::rd_kafka_event_message_count(event.raw()) };
        Self {
            event,
            sharing: (count / PARTS).clamp(1, MOST_SHARING),
            handed_out: 0,
            latency_micros: 0,
        }
    }
}

/// What became of one message.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The number that was given when the message was enqueued.
    pub opaque: usize,
    /// Why it failed, if it did. A failed message may have been stored all the same.
    pub error: Option<RDKafkaErrorCode>,
    /// The topic of one that failed.
    pub topic: Option<String>,
    /// Whether it has a key. The broker's words for a single message are not here, because
    /// librdkafka 2.12 frees them before it hands them out. It does not tell a message's own code
    /// either.
    pub has_key: bool,
    /// Whether a message that failed may be stored: it was sent, and what became of it is not
    /// known.
    pub is_maybe_stored: bool,
    /// The partition it went to.
    pub partition: i32,
    /// Its offset, where the broker told it (not with acks=0).
    pub offset: i64,
    /// Bytes of key and value.
    pub size: usize,
    /// From enqueueing to this report, in microseconds; in a large batch that of a message just
    /// before it, which is no less.
    pub latency_micros: u64,
}

impl Iterator for Deliveries {
    type Item = Delivery;

    fn next(&mut self) -> Option<Delivery> {
        // SAFETY: the event is alive, and each message of it is looked at before the next is asked
        // for.
        let message = unsafe { sys::rd_kafka_event_message_next(self.event.raw()).as_ref()? };
        if self.handed_out.is_multiple_of(self.sharing) {
            // SAFETY: the message is alive. It is -1 only for a message that was never enqueued.
            let latency = unsafe { sys::rd_kafka_message_latency(message) };
            self.latency_micros = u64::try_from(latency).unwrap_or(0);
        }
        self.handed_out += 1;
        let error = checked(message.err).err();
        let (topic, is_maybe_stored) = match error {
            None => (None, false),
            // SAFETY: the message is alive; its topic as well, and its name is copied.
            Some(_) => unsafe {
                let status = sys::rd_kafka_message_status(message);
                (
                    text(sys::rd_kafka_topic_name(message.rkt)),
                    status != sys::rd_kafka_msg_status_t::RD_KAFKA_MSG_STATUS_NOT_PERSISTED,
                )
            },
        };
        Some(Delivery {
            opaque: message._private.addr(),
            error,
            topic,
            has_key: !message.key.is_null(),
            is_maybe_stored,
            partition: message.partition,
            offset: message.offset,
            size: message.len + message.key_len,
            latency_micros: self.latency_micros,
        })
    }
}
