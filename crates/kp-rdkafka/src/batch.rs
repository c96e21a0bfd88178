//! Messages that go into the producer's queue together: librdkafka takes its locks and reads its
//! clock once for all of them.
#![expect(unsafe_code, reason = "each call into librdkafka states why it is sound")]

use std::ffi::c_void;
use std::ptr;

use kp_core::{Record, Timestamp};
use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use crate::native::checked;
use crate::produce::{PARTITIONER_CHOOSES, TopicHandle, partition_of};

/// So many messages, which librdkafka's count can hold, go into the queue by one call.
const AT_ONCE: usize = 1 << 16;

/// Messages for one topic, and for one partition or for the partitioner, in their order. Their keys
/// and values lie one after the other in memory that is used again and again.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    messages: Vec<Taken>,
    /// The first of them that is not in the queue yet, and where its bytes start.
    next: usize,
    next_byte: usize,
    /// As librdkafka wants them; it is filled for a call and empty otherwise.
    native: Vec<sys::rd_kafka_message_t>,
}

/// A message whose key, and after it the value, lie in the batch's bytes.
#[derive(Clone, Copy, Debug)]
struct Taken {
    key: Option<usize>,
    value: Option<usize>,
    opaque: usize,
}

impl Batch {
    /// Whether a batch can carry this record: librdkafka's batches know no headers, and no time
    /// but the present.
    pub fn takes(record: &Record<'_>) -> bool {
        record.headers.is_empty() && !matches!(record.timestamp, Timestamp::CreateTime(_))
    }

    /// Adds a message by copying its key and its value. `opaque` comes back in its delivery report.
    pub fn push(&mut self, key: Option<&[u8]>, value: Option<&[u8]>, opaque: usize) {
        for part in [key, value].into_iter().flatten() {
            self.bytes.extend_from_slice(part);
        }
        self.messages.push(Taken {
            key: key.map(<[u8]>::len),
            value: value.map(<[u8]>::len),
            opaque,
        });
    }

    /// How many messages wait in it.
    pub fn len(&self) -> usize {
        self.messages.len() - self.next
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes it holds.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.messages.clear();
        self.next = 0;
        self.next_byte = 0;
    }
}

impl TopicHandle {
    /// Copies the batch, or its first 65,536 messages, into the producer's queue, in order and as
    /// far as there is room; never waits. Without a partition it copies the first of them that all
    /// have a key, or that all have none. `refused` is told of each message that can never be sent
    /// (`MessageSizeTooLarge`, `UnknownPartition`) by its `opaque`; it leaves the batch, too.
    ///
    /// # Errors
    /// `QueueFull` when the queue has no room for the next message, or the code of a state in which
    /// nothing can be sent. The messages from there on stay in the batch.
    pub fn enqueue_batch(
        &self,
        partition: Option<i32>,
        batch: &mut Batch,
        mut refused: impl FnMut(RDKafkaErrorCode, usize),
    ) -> Result<(), RDKafkaErrorCode> {
        let mut rest = &batch.bytes[batch.next_byte..];
        let mut part = |length: Option<usize>| match length {
            None => (ptr::null_mut(), 0),
            Some(length) => {
                let (bytes, after) = rest.split_at(length);
                rest = after;
                (bytes.as_ptr().cast_mut().cast::<c_void>(), length)
            }
        };
        let waiting = &batch.messages[batch.next..];
        let waiting = &waiting[..waiting.len().min(AT_ONCE)];
        let (waiting, goes) = match (partition, waiting.first()) {
            (None, Some(first)) => {
                let is_like = |one: &Taken| one.key.is_none() == first.key.is_none();
                let run = waiting.iter().position(|one| !is_like(one)).unwrap_or(waiting.len());
                (&waiting[..run], if first.key.is_none() { Goes::Together } else { Goes::Alone })
            }
            _ => (waiting, Goes::To(partition_of(partition))),
        };
        batch.native.extend(waiting.iter().map(|message| {
            let (key, key_len) = part(message.key);
            let (payload, len) = part(message.value);
            sys::rd_kafka_message_t {
                err: sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR,
                rkt: ptr::null_mut(),
                partition: 0,
                payload,
                len,
                key,
                key_len,
                offset: 0,
                _private: ptr::without_provenance_mut(message.opaque),
            }
        }));
        match goes {
            Goes::To(partition) => self.enqueue_to(partition, &mut batch.native),
            Goes::Alone => {
                self.enqueue_to_any(&mut batch.native);
            }
            Goes::Together => self.enqueue_together(&mut batch.native),
        }
        let mut outcome = Ok(());
        for (message, native) in waiting.iter().zip(&batch.native) {
            match checked(native.err) {
                // From the first of these on librdkafka refuses all, so that their order is kept.
                Err(code @ (RDKafkaErrorCode::QueueFull | RDKafkaErrorCode::Fatal)) => {
                    outcome = Err(code);
                    break;
                }
                Err(code) => refused(code, message.opaque),
                Ok(()) => {}
            }
            batch.next += 1;
            batch.next_byte += message.key.unwrap_or(0) + message.value.unwrap_or(0);
        }
        batch.native.clear();
        if batch.is_empty() {
            batch.clear();
        }
        outcome
    }

    /// The first message of a run leads, and the others follow it.
    fn enqueue_together(&self, messages: &mut [sys::rd_kafka_message_t]) {
        let Some((first, others)) = messages.split_first_mut() else {
            return;
        };
        let chosen = self.enqueue_to_any(std::slice::from_mut(first));
        match (chosen, checked(first.err)) {
            (Some(partition), Ok(())) => self.enqueue_to(partition, others),
            // There may be room for them by now, but not before it.
            (_, Err(RDKafkaErrorCode::QueueFull | RDKafkaErrorCode::Fatal)) => {}
            _ => {
                self.enqueue_to_any(others);
            }
        }
    }

    /// The partition that messages without a key went to, where kp chooses it.
    fn enqueue_to_any(&self, messages: &mut [sys::rd_kafka_message_t]) -> Option<i32> {
        self.choosing(|| self.enqueue_to(PARTITIONER_CHOOSES, messages)).1
    }

    /// Each message gets its own error.
    fn enqueue_to(&self, partition: i32, messages: &mut [sys::rd_kafka_message_t]) {
        // SAFETY: the count is that of the messages, `AT_ONCE` at most. Their pointers belong to
        // their lengths, and nothing changes what they point to during the call. F_COPY copies it
        // before the call returns. An opaque is a number that nobody dereferences.
        unsafe {
            sys::rd_kafka_produce_batch(
                self.raw(),
                partition,
                sys::RD_KAFKA_MSG_F_COPY,
                messages.as_mut_ptr(),
                messages.len() as i32,
            );
        }
    }
}

/// How messages of a batch get to their partitions.
enum Goes {
    /// To this one.
    To(i32),
    /// Each by its key.
    Alone,
    /// Without a key, to the one that the first of them goes to.
    Together,
}
