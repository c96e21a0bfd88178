//! An event of librdkafka's, as it comes out of a queue.
#![expect(unsafe_code, reason = "each call into librdkafka states why it is sound")]

use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use crate::client::Client;
use crate::native::{self, Owned, Queue, millis};

/// An event with all that hangs on it. It keeps its client alive, which goes after it.
#[derive(Debug)]
pub(crate) struct RawEvent {
    raw: Owned<sys::rd_kafka_event_t>,
    _client: Client,
}

impl RawEvent {
    /// The next event of a queue of this client.
    pub(crate) fn poll(client: &Client, queue: &Queue, timeout: Duration) -> Option<Self> {
        // SAFETY: the queue is alive; the event is the caller's, and is null when none came.
        let raw = unsafe {
            Owned::new(
                sys::rd_kafka_queue_poll(queue.raw(), millis(timeout)),
                sys::rd_kafka_event_destroy,
            )
        };
        raw.map(|raw| Self { raw, _client: client.clone() })
    }

    pub(crate) fn raw(&self) -> *mut sys::rd_kafka_event_t {
        self.raw.raw()
    }

    /// Which kind of event it is.
    pub(crate) fn kind(&self) -> sys::rd_kafka_event_type_t {
        // SAFETY: the event is alive.
        unsafe { sys::rd_kafka_event_type(self.raw()) }
    }

    /// The error that it tells of, if it does.
    pub(crate) fn result(&self) -> Result<(), RDKafkaErrorCode> {
        // SAFETY: the event is alive.
        match unsafe { native::rd_kafka_event_error(self.raw()) } {
            0 => Ok(()),
            number => Err(native::code(number)),
        }
    }
}
