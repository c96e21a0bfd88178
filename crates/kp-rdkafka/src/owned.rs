//! An event of librdkafka's and who owns it.
#![expect(
    unsafe_code,
    reason = "each call into librdkafka states why it is sound"
)]

use std::ptr::NonNull;
use std::time::Duration;

use rdkafka::bindings as sys;
use sys::rd_kafka_resp_err_t as Code;

use crate::client::Client;
use crate::queue::Queue;

/// A timeout as librdkafka takes it; waiting for ever is never meant.
pub(crate) fn millis(timeout: Duration) -> i32 {
    i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX)
}

/// An event that is destroyed with its owner, and all that hangs on it. It keeps its client alive, which must go last.
#[derive(Debug)]
pub(crate) struct Owned {
    raw: NonNull<sys::rd_kafka_event_t>,
    _client: Client,
}

impl Owned {
    /// The next event of a queue of this client.
    pub(crate) fn poll(client: &Client, queue: &Queue, timeout: Duration) -> Option<Self> {
        // SAFETY: the queue is alive; who takes an event owns it.
        let raw = unsafe { sys::rd_kafka_queue_poll(queue.raw(), millis(timeout)) };
        NonNull::new(raw).map(|raw| Self {
            raw,
            _client: client.clone(),
        })
    }

    pub(crate) fn raw(&self) -> *mut sys::rd_kafka_event_t {
        self.raw.as_ptr()
    }

    pub(crate) fn error(&self) -> Code {
        // SAFETY: the event is alive.
        unsafe { sys::rd_kafka_event_error(self.raw()) }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: the event is ours alone.
        unsafe { sys::rd_kafka_event_destroy(self.raw()) }
    }
}
