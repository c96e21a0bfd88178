//! Messages that go into the producer's queue together: librdkafka takes its locks and reads its clock once for all of them.
#![expect(
    unsafe_code,
    reason = "each call into librdkafka states why it is sound"
)]

use std::ffi::c_void;
use std::ptr;

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use crate::event::checked;
use crate::produce::{Topic, partition_of};

/// So many messages, which librdkafka's count can hold, go into the queue by one call.
const AT_ONCE: usize = 1 << 16;

/// Messages for one topic, and for one partition or for the partitioner, in their order. Their keys and values lie one after the
/// other in memory that is used again and again.
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

impl Topic {
    /// Copies the batch, or its first 65,536 messages, into the producer's queue, in order and as far as there is room; never
    /// waits. `refused` is told of each message that can never be sent (`MessageSizeTooLarge`, `UnknownPartition`); it leaves the
    /// batch, too.
    ///
    /// # Errors
    /// `QueueFull` when the queue has no room for the next message, or the code of a state in which nothing can be sent. The
    /// messages from there on stay in the batch.
    pub fn enqueue_batch(
        &self,
        partition: Option<i32>,
        batch: &mut Batch,
        mut refused: impl FnMut(RDKafkaErrorCode),
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
        // SAFETY: as many messages are there as are said to be, `AT_ONCE` at most; the pointers into `bytes` belong to their lengths,
        // and nothing changes `bytes` during the call. F_COPY copies what they point to before the call returns. An opaque is a
        // number that nobody dereferences.
        unsafe {
            sys::rd_kafka_produce_batch(
                self.raw(),
                partition_of(partition),
                sys::RD_KAFKA_MSG_F_COPY,
                batch.native.as_mut_ptr(),
                batch.native.len() as i32,
            );
        }
        let mut outcome = Ok(());
        for (message, native) in waiting.iter().zip(&batch.native) {
            match checked(native.err) {
                // From the first of these on librdkafka refuses all, so that their order is kept.
                Err(code @ (RDKafkaErrorCode::QueueFull | RDKafkaErrorCode::Fatal)) => {
                    outcome = Err(code);
                    break;
                }
                Err(code) => refused(code),
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
}
