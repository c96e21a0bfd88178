//! Messages by the batch. librdkafka takes its locks and reads its clock for each event; for a
//! batch of messages it does so once.
//!
//! ```text
//!  partitions --> their own queue ---- a batch -----> Feed::next -> Message, EndOfPartition, ...
//!                   `- wakes the poll below             ^
//!  group, errors, log --> the client's queue -- poll ---'
//! ```
//! librdkafka hands batches out of a queue only where nothing else is in it: so the partitions get
//! a queue of their own. Whatever comes on the client's queue is told between two batches.
//!
//! There is one exception. In a batch an end of a partition moves librdkafka's own position one
//! too far (`rd_kafka_q_serve_rkmessages`). In a cooperative rebalance librdkafka goes on from
//! there. So in such a group all comes on the client's queue, one by one.
#![expect(unsafe_code, reason = "each call into librdkafka states why it is sound")]

use std::collections::{BTreeMap, VecDeque};
use std::ffi::{CString, c_void};
use std::ptr::NonNull;
use std::time::{Duration, Instant};

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use crate::client::Client;
use crate::event::Event;
use crate::fetched::Fetched;
use crate::native::Queue;
use crate::partitions::Place;

/// So many messages are taken at once.
const BATCH: usize = 256;
/// While a batch is handed out, the client's queue is looked at after so many messages, if that
/// took so long: a member of a group must not be silent for `max.poll.interval.ms`.
const LOOK_EVERY: usize = 16;
const SILENCE: Duration = Duration::from_secs(1);
/// How often partitions are forwarded to their queue again. When one stops and starts anew,
/// librdkafka forgets that, and at a moment that nobody is told. What came meanwhile waits in the
/// partition, and comes along.
const SOON: Duration = Duration::from_millis(20);
const LATER: Duration = Duration::from_secs(1);
/// For so long after a start it is soon.
const SETTLED: Duration = Duration::from_secs(3);
/// librdkafka's shortest wait; what is shorter is none.
const SHORTEST: Duration = Duration::from_millis(1);

/// What a consumer reads: messages by the batch, and the client's other events.
pub struct Feed {
    /// Messages that were taken from the queue and not handed out.
    batch: VecDeque<Fetched>,
    /// Room for a batch.
    room: Vec<*mut sys::rd_kafka_message_t>,
    /// Events that came while a batch was handed out.
    events: VecDeque<Event>,
    /// The offset behind the last message that was taken, since a partition was started.
    positions: BTreeMap<Place, i64>,
    handed_out: usize,
    looked: Instant,
    /// Until when partitions are forwarded soon again, and when next.
    settled: Instant,
    due: Instant,
    queue: PartitionQueue,
}

// SAFETY: the room is empty but within a call.
unsafe impl Send for Feed {}

impl Feed {
    /// Messages of this client. [`Feed::starts`] has to be told of each partition.
    ///
    /// # Errors
    /// librdkafka's, when it makes no queue.
    pub fn new(client: &Client) -> Result<Self, RDKafkaErrorCode> {
        let now = Instant::now();
        Ok(Self {
            batch: VecDeque::with_capacity(BATCH),
            room: Vec::with_capacity(BATCH),
            events: VecDeque::new(),
            positions: BTreeMap::new(),
            handed_out: 0,
            looked: now,
            settled: now,
            due: now,
            queue: PartitionQueue::new(client)?,
        })
    }

    /// Whether nothing is left of a batch. Only then may reading begin anew elsewhere, but for
    /// partitions that are given to [`Feed::starts`] or [`Feed::forget`].
    pub fn is_between_batches(&self) -> bool {
        self.batch.is_empty()
    }

    /// These partitions are about to be read, from wherever: what was taken of them before is not
    /// handed out.
    pub fn starts<'p>(&mut self, places: impl IntoIterator<Item = &'p Place>) {
        let is_by_the_batch = self.is_by_the_batch();
        for place in places {
            self.forget([place]);
            if is_by_the_batch {
                self.queue.forward(place);
            }
        }
        let now = Instant::now();
        (self.settled, self.due) = (now + SETTLED, now);
    }

    /// What was taken of these partitions is not handed out: they go on elsewhere.
    pub fn forget<'p>(&mut self, places: impl IntoIterator<Item = &'p Place>) {
        for place in places {
            let (topic, partition) = place;
            let is_other = |one: &Fetched| one.partition() != *partition || one.topic() != topic;
            self.positions.remove(place);
            self.batch.retain(is_other);
            self.events.retain(|event| !matches!(event, Event::Message(one) if !is_other(one)));
        }
    }

    /// The offset behind the last message of a partition that was taken; none where none was since
    /// reading began.
    pub fn position(&self, place: &Place) -> Option<i64> {
        self.positions.get(place).copied()
    }

    /// The next event, at the latest after `wait`. `held` are the partitions that are read.
    pub fn next(&mut self, wait: Duration, held: impl Fn() -> Vec<Place>) -> Option<Event> {
        if let Some(next) = self.batch.pop_front() {
            self.handed_out += 1;
            if self.handed_out.is_multiple_of(LOOK_EVERY) && self.looked.elapsed() >= SILENCE {
                let event = self.look();
                self.events.extend(event);
            }
            return Some(next.into_event());
        }
        if let Some(event) = self.events.pop_front().or_else(|| self.look()) {
            return Some(event);
        }
        let deadline = self.looked + wait;
        let mut now = self.looked;
        loop {
            if now >= self.due {
                if self.is_by_the_batch() {
                    held().iter().for_each(|place| self.queue.forward(place));
                }
                self.due = now + if now < self.settled { SOON } else { LATER };
            }
            self.take_batch();
            if let Some(first) = self.batch.pop_front() {
                return Some(first.into_event());
            }
            if now >= deadline {
                return None;
            }
            // What comes for the partitions ends this early.
            let event = self.poll((deadline.min(self.due) - now).max(SHORTEST));
            if event.is_some() {
                return event;
            }
            now = Instant::now();
        }
    }

    /// Whether the group, if there is one, moves only whole assignments.
    fn is_by_the_batch(&self) -> bool {
        !self.queue.client.is_cooperative()
    }

    /// What is on the client's queue.
    fn look(&mut self) -> Option<Event> {
        self.looked = Instant::now();
        self.poll(Duration::ZERO)
    }

    fn poll(&mut self, wait: Duration) -> Option<Event> {
        let event = self.queue.client.poll(wait);
        if let Some(Event::Message(message)) = &event {
            let place = (message.topic().to_owned(), message.partition());
            self.positions.insert(place, message.offset() + 1);
        }
        event
    }

    fn take_batch(&mut self) {
        // SAFETY: queue and room are alive, and the room is as large as is said. librdkafka fills
        // in as many messages as it returns, which are ours to destroy.
        let count = unsafe {
            sys::rd_kafka_consume_batch_queue(
                self.queue.raw(),
                0,
                self.room.as_mut_ptr(),
                self.room.capacity(),
            )
        };
        let count = usize::try_from(count).unwrap_or(0).min(self.room.capacity());
        // SAFETY: so many were filled in.
        unsafe { self.room.set_len(count) };
        let client = &self.queue.client;
        self.batch.extend(self.room.drain(..).filter_map(|raw| {
            // SAFETY: the message is ours, and of this client.
            NonNull::new(raw).map(|raw| unsafe { Fetched::own(raw, client.clone()) })
        }));
        self.note_positions();
    }

    /// Notes where each partition of the batch stands behind it.
    fn note_positions(&mut self) {
        let mut messages = self.batch.iter().filter(|one| one.is_message()).peekable();
        while let Some(one) = messages.next() {
            // Most often the next is of the same partition, and only the last of them counts.
            if !messages.peek().is_some_and(|next| next.is_of_same_partition(one)) {
                let place = (one.topic().to_owned(), one.partition());
                self.positions.insert(place, one.offset() + 1);
            }
        }
    }
}

/// The queue of all partitions. While something comes there, it ends the poll of the client's
/// queue.
struct PartitionQueue {
    queue: Queue,
    /// It goes last.
    client: Client,
}

impl PartitionQueue {
    fn new(client: &Client) -> Result<Self, RDKafkaErrorCode> {
        // SAFETY: the client is alive, and is kept beside the queue, which goes first.
        let queue = unsafe { Queue::new(client.raw()) }.ok_or(RDKafkaErrorCode::Fail)?;
        // SAFETY: both queues are alive. The client's queue lives as long as the client, and so
        // longer than this one, which calls for it.
        unsafe {
            sys::rd_kafka_queue_cb_event_enable(
                queue.raw(),
                Some(wake),
                client.queue().raw().cast::<c_void>(),
            );
        }
        Ok(Self { queue, client: client.clone() })
    }

    fn raw(&self) -> *mut sys::rd_kafka_queue_t {
        self.queue.raw()
    }

    /// Forwards what a partition brings to this queue. One that librdkafka does not know is not
    /// read either.
    fn forward(&self, (topic, partition): &Place) {
        let Ok(topic) = CString::new(topic.as_str()) else {
            return;
        };
        // SAFETY: the client is alive and the name ends with NUL; the partition's queue is a
        // reference of ours, or null.
        let from = unsafe {
            Queue::from_raw(sys::rd_kafka_queue_get_partition(
                self.client.raw(),
                topic.as_ptr(),
                *partition,
            ))
        };
        if let Some(from) = from {
            // SAFETY: both queues are alive; librdkafka keeps what it needs of this one.
            unsafe { sys::rd_kafka_queue_forward(from.raw(), self.raw()) }
        }
    }
}

impl Drop for PartitionQueue {
    fn drop(&mut self) {
        // SAFETY: the queue is alive; nobody is called any more.
        unsafe {
            sys::rd_kafka_queue_cb_event_enable(self.raw(), None, std::ptr::null_mut());
        }
    }
}

/// Ends the poll of the client's queue, or the next one.
unsafe extern "C" fn wake(_: *mut sys::rd_kafka_t, queue: *mut c_void) {
    // SAFETY: librdkafka hands back what `PartitionQueue::new` gave it, a queue that is alive.
    unsafe { sys::rd_kafka_queue_yield(queue.cast()) }
}
