//! Events as librdkafka queues them: messages, ends of partitions, delivery reports, rebalances, errors, log lines.
#![expect(
    unsafe_code,
    reason = "each call into librdkafka states why it is sound"
)]

use std::ffi::{CStr, c_char};
use std::ptr;
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::topic_partition_list::Offset;
use sys::rd_kafka_resp_err_t as Code;

use crate::client::Client;
use crate::message::Message;
use crate::owned::Owned;
use crate::queue::Queue;

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A message was fetched.
    Message(Message),
    /// Reading reached the end of a partition. It is told once each time the end is reached.
    EndOfPartition {
        /// The partition's topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset that the next message will have.
        offset: i64,
    },
    /// Messages were acknowledged, or failed.
    Deliveries(Deliveries),
    /// The group gives this member partitions: [`Client::accept`] must follow.
    Assign(TopicPartitionList),
    /// The group takes partitions away: [`Client::give_up`] must follow.
    Revoke(TopicPartitionList),
    /// A rebalance failed; the assignment is lost.
    RebalanceFailed(Failure),
    /// Offsets were committed in the background, or could not be.
    Committed {
        /// The offsets.
        offsets: TopicPartitionList,
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

/// One line of librdkafka's log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// Severity as in syslog: 3 is an error, 7 is debug.
    pub level: i32,
    /// librdkafka's short name for the source of the line, such as `FAIL`.
    pub facility: String,
    /// The line.
    pub text: String,
}

impl Client {
    /// The next event, at the latest after `timeout`.
    pub fn poll(&self, timeout: Duration) -> Option<Event> {
        next_event(self, self.queue(), timeout)
    }
}

/// The next event of a queue of this client.
pub(crate) fn next_event(client: &Client, queue: &Queue, timeout: Duration) -> Option<Event> {
    let event = Owned::poll(client, queue, timeout)?;
    // SAFETY: the event is alive in each of the calls below.
    match unsafe { sys::rd_kafka_event_type(event.raw()) } {
        sys::RD_KAFKA_EVENT_FETCH => Message::of(event).map(Event::Message),
        sys::RD_KAFKA_EVENT_DR => Some(Event::Deliveries(Deliveries::of(event))),
        sys::RD_KAFKA_EVENT_REBALANCE => Some(rebalance(&event)),
        sys::RD_KAFKA_EVENT_OFFSET_COMMIT => Some(Event::Committed {
            offsets: partitions_of(&event),
            result: checked(event.error()),
        }),
        sys::RD_KAFKA_EVENT_ERROR => Some(failed(&event)),
        sys::RD_KAFKA_EVENT_LOG => Some(log_line(&event)),
        sys::RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH => {
            if let Some(tokens) = client.tokens() {
                client.renew_token(tokens);
            }
            None
        }
        _ => None,
    }
}

/// librdkafka's result as Rust's.
pub(crate) fn checked(code: Code) -> Result<(), RDKafkaErrorCode> {
    match code {
        Code::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        code => Err(code.into()),
    }
}

/// The end of a partition comes as an error, too.
fn failed(event: &Owned) -> Event {
    if event.error() == Code::RD_KAFKA_RESP_ERR__PARTITION_EOF {
        // SAFETY: the event is alive; what it returns is ours to destroy, after its name was copied.
        unsafe {
            let partition = sys::rd_kafka_event_topic_partition(event.raw());
            if let Some(end) = partition.as_ref() {
                let reached = Event::EndOfPartition {
                    topic: text(end.topic),
                    partition: end.partition,
                    offset: end.offset,
                };
                sys::rd_kafka_topic_partition_destroy(partition);
                return reached;
            }
        }
    }
    Event::Error(failure(event))
}

fn rebalance(event: &Owned) -> Event {
    match event.error() {
        Code::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Event::Assign(partitions_of(event)),
        Code::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => Event::Revoke(partitions_of(event)),
        _ => Event::RebalanceFailed(failure(event)),
    }
}

fn failure(event: &Owned) -> Failure {
    // SAFETY: the event is alive; its text is copied.
    unsafe {
        Failure {
            code: event.error().into(),
            text: text(sys::rd_kafka_event_error_string(event.raw())),
            fatal: sys::rd_kafka_event_error_is_fatal(event.raw()) != 0,
        }
    }
}

fn partitions_of(event: &Owned) -> TopicPartitionList {
    // SAFETY: the list belongs to the event, which is alive, and is copied.
    unsafe { copy_partitions(sys::rd_kafka_event_topic_partition_list(event.raw())) }
}

fn log_line(event: &Owned) -> Event {
    let (mut facility, mut line, mut level) = (ptr::null::<c_char>(), ptr::null::<c_char>(), 0);
    // SAFETY: the three out-pointers are valid; the strings belong to the event and are copied.
    unsafe {
        sys::rd_kafka_event_log(
            event.raw(),
            &raw mut facility,
            &raw mut line,
            &raw mut level,
        );
        Event::Log(LogLine {
            level,
            facility: text(facility),
            text: text(line),
        })
    }
}

/// # Safety
/// `list` is null or a valid list.
unsafe fn copy_partitions(list: *const sys::rd_kafka_topic_partition_list_t) -> TopicPartitionList {
    let mut copy = TopicPartitionList::new();
    // SAFETY: by this function's contract.
    let Some(list) = (unsafe { list.as_ref() }) else {
        return copy;
    };
    for index in 0..usize::try_from(list.cnt).unwrap_or(0) {
        // SAFETY: `elems` holds `cnt` elements.
        let element = unsafe { &*list.elems.add(index) };
        // SAFETY: a topic's name ends with NUL.
        let topic = unsafe { text(element.topic) };
        // An offset that the list cannot hold would be librdkafka's own mistake; the partition counts all the same.
        let _ =
            copy.add_partition_offset(&topic, element.partition, Offset::from_raw(element.offset));
    }
    copy
}

/// # Safety
/// `raw` is null or ends with NUL.
pub(crate) unsafe fn text(raw: *const c_char) -> String {
    if raw.is_null() {
        return String::new();
    }
    // SAFETY: by this function's contract.
    unsafe { CStr::from_ptr(raw) }
        .to_string_lossy()
        .trim()
        .to_owned()
}

/// Delivery reports of several messages.
#[derive(Debug)]
pub struct Deliveries {
    event: Owned,
    /// How many neighbours share the latency of their first, the oldest: to tell one librdkafka reads the clock.
    sharing: usize,
    handed_out: usize,
    latency_micros: u64,
}

/// A shared latency is wrong by this part of the time that it took to make up the batch, at most.
const PARTS: usize = 64;
const MOST_SHARING: usize = 16;

impl Deliveries {
    fn of(event: Owned) -> Self {
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
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    /// The number that was given when the message was enqueued.
    pub opaque: usize,
    /// Why it failed, if it did. A failed message may have been stored all the same.
    pub error: Option<RDKafkaErrorCode>,
    /// The partition it went to.
    pub partition: i32,
    /// Its offset, where the broker told it (not with acks=0).
    pub offset: i64,
    /// Bytes of key and value.
    pub size: usize,
    /// From enqueueing to this report, in microseconds; in a large batch that of a message just before it, which is no less.
    pub latency_micros: u64,
}

impl Iterator for Deliveries {
    type Item = Delivery;

    fn next(&mut self) -> Option<Delivery> {
        // SAFETY: the event is alive, and each message of it is looked at before the next is asked for.
        let message = unsafe { sys::rd_kafka_event_message_next(self.event.raw()).as_ref()? };
        if self.handed_out.is_multiple_of(self.sharing) {
            // SAFETY: the message is alive. It is -1 only for a message that was never enqueued.
            let latency = unsafe { sys::rd_kafka_message_latency(message) };
            self.latency_micros = u64::try_from(latency).unwrap_or(0);
        }
        self.handed_out += 1;
        Some(Delivery {
            opaque: message._private.addr(),
            error: checked(message.err).err(),
            partition: message.partition,
            offset: message.offset,
            size: message.len + message.key_len,
            latency_micros: self.latency_micros,
        })
    }
}
