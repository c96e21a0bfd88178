//! The queues that librdkafka puts its events into.
#![expect(
    unsafe_code,
    reason = "each call into librdkafka states why it is sound"
)]

use std::ptr::NonNull;

use rdkafka::bindings as sys;

/// A librdkafka event queue. Its owner destroys it before the client that it belongs to.
pub(crate) struct Queue(NonNull<sys::rd_kafka_queue_t>);

// SAFETY: librdkafka's queues are locked inside and may be used from any thread.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

impl Queue {
    /// # Safety
    /// `raw` is null or a queue reference that the caller gives away.
    pub(crate) unsafe fn from_raw(raw: *mut sys::rd_kafka_queue_t) -> Option<Self> {
        NonNull::new(raw).map(Self)
    }

    pub(crate) fn raw(&self) -> *mut sys::rd_kafka_queue_t {
        self.0.as_ptr()
    }

    pub(crate) fn destroy(&mut self) {
        // SAFETY: called once, by the owner, while the client is alive.
        unsafe { sys::rd_kafka_queue_destroy(self.raw()) }
    }
}
