//! Enqueueing a single message, which may have headers and a timestamp.
#![expect(unsafe_code, reason = "each call into librdkafka states why it is sound")]

use std::ffi::{CString, c_void};
use std::ptr::{self, NonNull};
use std::time::Duration;

use kp_core::{Header, Record, Timestamp};
use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;
use sys::rd_kafka_resp_err_t as Code;

use crate::client::Client;
use crate::native::{checked, millis};
use crate::partitioner::Sticky;

/// A topic as a producer holds it. It keeps its client alive.
pub struct TopicHandle {
    raw: NonNull<sys::rd_kafka_topic_t>,
    sticky: Option<Sticky>,
    client: Client,
}

// SAFETY: librdkafka's topic handles may be used from any thread.
unsafe impl Send for TopicHandle {}
// SAFETY: as above.
unsafe impl Sync for TopicHandle {}

impl Drop for TopicHandle {
    fn drop(&mut self) {
        // SAFETY: the handle is ours, and the client is still alive.
        unsafe { sys::rd_kafka_topic_destroy(self.raw.as_ptr()) }
    }
}

/// librdkafka's `RD_KAFKA_PARTITION_UA`, a macro that the bindings leave out.
pub(crate) const PARTITIONER_CHOOSES: i32 = -1;

pub(crate) fn partition_of(chosen: Option<i32>) -> i32 {
    chosen.unwrap_or(PARTITIONER_CHOOSES)
}

impl TopicHandle {
    /// A handle on the topic of this name.
    ///
    /// # Errors
    /// librdkafka's code for a name it does not take.
    pub fn new(client: &Client, name: &str) -> Result<Self, RDKafkaErrorCode> {
        let name = CString::new(name).map_err(|_| RDKafkaErrorCode::InvalidTopic)?;
        // SAFETY: the name ends with NUL and the client is alive; the default topic configuration
        // is used.
        let raw = unsafe { sys::rd_kafka_topic_new(client.raw(), name.as_ptr(), ptr::null_mut()) };
        NonNull::new(raw)
            .map(|raw| Self {
                raw,
                sticky: client.sticky().map(Sticky::new),
                client: client.clone(),
            })
            .ok_or(RDKafkaErrorCode::InvalidTopic)
    }

    /// Enqueues messages that leave the partition to kp; the partition that those without a key
    /// went to, where kp chooses it.
    pub(crate) fn choosing<T>(&self, enqueue: impl FnOnce() -> T) -> (T, Option<i32>) {
        match &self.sticky {
            Some(sticky) => sticky.choosing(enqueue),
            None => (enqueue(), None),
        }
    }

    pub(crate) fn raw(&self) -> *mut sys::rd_kafka_topic_t {
        self.raw.as_ptr()
    }

    /// Copies a record of any kind into the producer's queue; never waits. `opaque` comes back in
    /// its delivery report. A record that a [`Batch`](crate::Batch) takes is queued faster in one.
    ///
    /// The handle decides on the topic. Only a time that the producer set is the record's own; 0 is
    /// librdkafka's word for "now".
    ///
    /// # Errors
    /// `QueueFull` when the queue has no room, `MessageSizeTooLarge`, `UnknownPartition`, or a
    /// fatal state's code.
    pub fn enqueue(&self, record: &Record<'_>, opaque: usize) -> Result<(), RDKafkaErrorCode> {
        let (value, value_len) = parts(record.value);
        let (key, key_len) = parts(record.key);
        let opaque = ptr::without_provenance_mut::<c_void>(opaque);
        let headers = NativeHeaders::new(record.headers)?;
        let time = match record.timestamp {
            Timestamp::CreateTime(millis) => millis,
            Timestamp::NotAvailable | Timestamp::LogAppendTime(_) => 0,
        };
        let enqueue = || {
            use sys::rd_kafka_vtype_t as Field;
            // SAFETY: pointers and lengths belong together, and F_COPY copies the bytes before the
            // call returns; the opaque is a number that nobody dereferences. The varargs come in
            // the pairs and types that librdkafka's vtypes ask for.
            unsafe {
                sys::rd_kafka_producev(
                    self.client.raw(),
                    Field::RD_KAFKA_VTYPE_RKT,
                    self.raw(),
                    Field::RD_KAFKA_VTYPE_PARTITION,
                    partition_of(record.partition),
                    Field::RD_KAFKA_VTYPE_MSGFLAGS,
                    sys::RD_KAFKA_MSG_F_COPY,
                    Field::RD_KAFKA_VTYPE_VALUE,
                    value,
                    value_len,
                    Field::RD_KAFKA_VTYPE_KEY,
                    key,
                    key_len,
                    Field::RD_KAFKA_VTYPE_OPAQUE,
                    opaque,
                    Field::RD_KAFKA_VTYPE_TIMESTAMP,
                    time,
                    Field::RD_KAFKA_VTYPE_HEADERS,
                    headers.raw(),
                    Field::RD_KAFKA_VTYPE_END,
                )
            }
        };
        let code = match record.partition {
            Some(_) => enqueue(),
            None => self.choosing(enqueue).0,
        };
        if code == Code::RD_KAFKA_RESP_ERR_NO_ERROR {
            headers.given_away();
        }
        checked(code)
    }
}

impl Client {
    /// For so long, messages are sent without waiting for the linger time. It returns early once
    /// all delivery reports were polled, by another thread.
    pub fn flush(&self, timeout: Duration) {
        // SAFETY: the client is alive. The caller sees by its count of reports whether the time was
        // over first.
        unsafe {
            sys::rd_kafka_flush(self.raw(), millis(timeout));
        }
    }
}

impl Client {
    /// Takes back all messages that wait and gives up all that are under way. Each of them fails
    /// with `PurgeQueue` or `PurgeInflight`, and none is sent any more. It does not wait for that.
    pub fn purge(&self) {
        let flags = sys::RD_KAFKA_PURGE_F_QUEUE
            | sys::RD_KAFKA_PURGE_F_INFLIGHT
            | sys::RD_KAFKA_PURGE_F_NON_BLOCKING;
        // SAFETY: the client is alive. It refuses only flags that it does not know, and consumers,
        // which have nothing to purge.
        unsafe {
            sys::rd_kafka_purge(self.raw(), flags);
        }
    }
}

/// librdkafka tells null from empty by the pointer.
fn parts(bytes: Option<&[u8]>) -> (*mut c_void, usize) {
    bytes.map_or((ptr::null_mut(), 0), |bytes| (bytes.as_ptr().cast_mut().cast(), bytes.len()))
}

struct NativeHeaders(*mut sys::rd_kafka_headers_t);

impl NativeHeaders {
    fn new(headers: &[Header<'_>]) -> Result<Self, RDKafkaErrorCode> {
        // SAFETY: makes a list that `Drop` destroys unless it was given away.
        let list = Self(unsafe { sys::rd_kafka_headers_new(headers.len()) });
        for Header { key, value } in headers {
            let too_long = |_| RDKafkaErrorCode::MessageSizeTooLarge;
            let (value, value_len) = parts(*value);
            // SAFETY: pointers and lengths belong together; librdkafka copies both.
            let code = unsafe {
                sys::rd_kafka_header_add(
                    list.0,
                    key.as_ptr().cast(),
                    isize::try_from(key.len()).map_err(too_long)?,
                    value,
                    isize::try_from(value_len).map_err(too_long)?,
                )
            };
            checked(code)?;
        }
        Ok(list)
    }

    fn raw(&self) -> *mut sys::rd_kafka_headers_t {
        self.0
    }

    /// The message owns the headers now.
    fn given_away(self) {
        std::mem::forget(self);
    }
}

impl Drop for NativeHeaders {
    fn drop(&mut self) {
        // SAFETY: the list is ours: `given_away` forgets it.
        unsafe { sys::rd_kafka_headers_destroy(self.0) }
    }
}
