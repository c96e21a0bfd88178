//! What librdkafka logs.
#![expect(unsafe_code, reason = "reads librdkafka's events")]

use std::ptr;

use rdkafka::bindings as sys;

use crate::native::words;

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

impl LogLine {
    /// # Safety
    /// `event` is a log event that lives during this call.
    pub(crate) unsafe fn of(event: *mut sys::rd_kafka_event_t) -> Self {
        let (mut facility, mut line, mut level) = (ptr::null(), ptr::null(), 0);
        // SAFETY: by this function's contract, and the three out-pointers are valid; the texts
        // belong to the event and are copied.
        unsafe {
            sys::rd_kafka_event_log(event, &raw mut facility, &raw mut line, &raw mut level);
            Self { level, facility: words(facility), text: words(line) }
        }
    }
}
