//! Enqueueing a single message, which may have headers and a timestamp.
#![expect(
    unsafe_code,
    reason = "each call into librdkafka states why it is sound"
)]

use std::ffi::{CString, c_void};
use std::ptr::{self, NonNull};
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;
use sys::rd_kafka_resp_err_t as Code;

use crate::client::Client;
use crate::event::checked;
use crate::owned::millis;

/// A topic as a producer holds it. It keeps its client alive.
pub struct Topic {
    raw: NonNull<sys::rd_kafka_topic_t>,
    client: Client,
}

// SAFETY: librdkafka's topic handles may be used from any thread.
unsafe impl Send for Topic {}
// SAFETY: as above.
unsafe impl Sync for Topic {}

impl Drop for Topic {
    fn drop(&mut self) {
        // SAFETY: the handle is ours, and the client is still alive.
        unsafe { sys::rd_kafka_topic_destroy(self.raw.as_ptr()) }
    }
}

/// librdkafka's `RD_KAFKA_PARTITION_UA`, a macro that the bindings leave out.
const PARTITIONER_CHOOSES: i32 = -1;

pub(crate) fn partition_of(chosen: Option<i32>) -> i32 {
    chosen.unwrap_or(PARTITIONER_CHOOSES)
}

/// One header as it is sent: its key, and its value or null.
pub type OutgoingHeader<'a> = (&'a [u8], Option<&'a [u8]>);

/// One message on its way into the queue.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outgoing<'a> {
    /// The partition, or none to let the partitioner choose.
    pub partition: Option<i32>,
    /// The key; empty is not the same as none.
    pub key: Option<&'a [u8]>,
    /// The value; none is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Headers in order.
    pub headers: &'a [OutgoingHeader<'a>],
    /// Milliseconds since 1970, or none for now.
    pub timestamp: Option<i64>,
}

impl Outgoing<'_> {
    /// Whether it has neither headers nor a time of its own, so that a [`Batch`](crate::Batch) can take it.
    pub fn is_plain(&self) -> bool {
        self.headers.is_empty() && self.timestamp.is_none()
    }
}

impl Topic {
    /// A handle on the topic of this name.
    ///
    /// # Errors
    /// librdkafka's code for a name it does not take.
    pub fn new(client: &Client, name: &str) -> Result<Self, RDKafkaErrorCode> {
        let name = CString::new(name).map_err(|_| RDKafkaErrorCode::InvalidTopic)?;
        // SAFETY: the name ends with NUL and the client is alive; the default topic configuration is used.
        let raw = unsafe { sys::rd_kafka_topic_new(client.raw(), name.as_ptr(), ptr::null_mut()) };
        NonNull::new(raw)
            .map(|raw| Self {
                raw,
                client: client.clone(),
            })
            .ok_or(RDKafkaErrorCode::InvalidTopic)
    }

    pub(crate) fn raw(&self) -> *mut sys::rd_kafka_topic_t {
        self.raw.as_ptr()
    }

    /// Copies a message of any kind into the producer's queue; never waits. `opaque` comes back in its delivery report. A message
    /// without headers and time of its own is queued faster in a [`Batch`](crate::Batch).
    ///
    /// # Errors
    /// `QueueFull` when the queue has no room, `MessageSizeTooLarge`, `UnknownPartition`, or a fatal state's code.
    pub fn enqueue(&self, message: &Outgoing<'_>, opaque: usize) -> Result<(), RDKafkaErrorCode> {
        let (value, value_len) = parts(message.value);
        let (key, key_len) = parts(message.key);
        let opaque = ptr::without_provenance_mut::<c_void>(opaque);
        let headers = NativeHeaders::new(message.headers)?;
        // SAFETY: pointers and lengths belong together, and F_COPY copies the bytes before the call returns; the opaque is a number
        // that nobody dereferences. The varargs come in the pairs and types that librdkafka's vtypes ask for.
        let code = unsafe {
            use sys::rd_kafka_vtype_t as Field;
            sys::rd_kafka_producev(
                self.client.raw(),
                Field::RD_KAFKA_VTYPE_RKT,
                self.raw(),
                Field::RD_KAFKA_VTYPE_PARTITION,
                partition_of(message.partition),
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
                message.timestamp.unwrap_or(0),
                Field::RD_KAFKA_VTYPE_HEADERS,
                headers.raw(),
                Field::RD_KAFKA_VTYPE_END,
            )
        };
        if code == Code::RD_KAFKA_RESP_ERR_NO_ERROR {
            headers.given_away();
        }
        checked(code)
    }
}

impl Client {
    /// For so long, messages are sent without waiting for the linger time. It returns early once all delivery reports were
    /// polled, by another thread.
    pub fn flush(&self, timeout: Duration) {
        // SAFETY: the client is alive. That the time was over first is what the caller's count of reports tells.
        unsafe {
            sys::rd_kafka_flush(self.raw(), millis(timeout));
        }
    }
}

/// librdkafka tells null from empty by the pointer.
fn parts(bytes: Option<&[u8]>) -> (*mut c_void, usize) {
    bytes.map_or((ptr::null_mut(), 0), |bytes| {
        (bytes.as_ptr().cast_mut().cast(), bytes.len())
    })
}

struct NativeHeaders(*mut sys::rd_kafka_headers_t);

impl NativeHeaders {
    fn new(headers: &[OutgoingHeader<'_>]) -> Result<Self, RDKafkaErrorCode> {
        // SAFETY: makes a list that `Drop` destroys unless it was given away.
        let list = Self(unsafe { sys::rd_kafka_headers_new(headers.len()) });
        for (key, value) in headers {
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
