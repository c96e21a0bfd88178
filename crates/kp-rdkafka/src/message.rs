//! A message as it was fetched.
#![expect(
    unsafe_code,
    reason = "each call into librdkafka states why it is sound"
)]

use std::ffi::{CStr, c_void};
use std::ptr::{self, NonNull};
use std::slice;

use rdkafka::bindings as sys;
use sys::rd_kafka_resp_err_t as Code;

use crate::owned::Owned;

/// A fetched message; its bytes are librdkafka's own buffer.
#[derive(Debug)]
pub struct Message {
    raw: NonNull<sys::rd_kafka_message_t>,
    _event: Owned,
}

/// When a message was made, or stored, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageTime {
    /// The broker keeps no time for it.
    NotAvailable,
    /// Set by the producer.
    Create(i64),
    /// Set by the broker when it stored the message.
    LogAppend(i64),
}

impl Message {
    /// The message that this event carries.
    pub(crate) fn of(event: Owned) -> Option<Self> {
        // SAFETY: the message belongs to the event and lives as long; both are kept together.
        let raw = unsafe { sys::rd_kafka_event_message_next(event.raw()) };
        NonNull::new(raw.cast_mut()).map(|raw| Self { raw, _event: event })
    }

    fn native(&self) -> &sys::rd_kafka_message_t {
        // SAFETY: the message lives as long as its event, which we own.
        unsafe { self.raw.as_ref() }
    }

    /// The topic.
    pub fn topic(&self) -> &str {
        // SAFETY: the name lives as long as the message holds its topic, and ends with NUL.
        let name = unsafe { CStr::from_ptr(sys::rd_kafka_topic_name(self.native().rkt)) };
        // Kafka allows ASCII names only, so this never falls back.
        name.to_str().unwrap_or_default()
    }

    /// The partition.
    pub fn partition(&self) -> i32 {
        self.native().partition
    }

    /// The offset in its partition.
    pub fn offset(&self) -> i64 {
        self.native().offset
    }

    /// The key; an empty key is not the same as none.
    pub fn key(&self) -> Option<&[u8]> {
        // SAFETY: librdkafka's pointer and length belong together and live as long as the message.
        unsafe { bytes(self.native().key, self.native().key_len) }
    }

    /// The value; none is a tombstone.
    pub fn value(&self) -> Option<&[u8]> {
        // SAFETY: as for the key.
        unsafe { bytes(self.native().payload, self.native().len) }
    }

    /// When the message was made or stored.
    pub fn time(&self) -> MessageTime {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is alive, the out-pointer is valid.
        let millis = unsafe { sys::rd_kafka_message_timestamp(self.raw.as_ptr(), &raw mut kind) };
        match kind {
            _ if millis == -1 => MessageTime::NotAvailable,
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_CREATE_TIME => {
                MessageTime::Create(millis)
            }
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => {
                MessageTime::LogAppend(millis)
            }
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE => {
                MessageTime::NotAvailable
            }
        }
    }

    /// The headers in order, repeats included. A key need not be UTF-8.
    pub fn headers(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let mut headers = ptr::null_mut();
        // SAFETY: the message is alive and keeps the headers; an error means that there are none.
        let found = unsafe { sys::rd_kafka_message_headers(self.raw.as_ptr(), &raw mut headers) };
        let count = match found {
            // SAFETY: librdkafka filled the pointer.
            Code::RD_KAFKA_RESP_ERR_NO_ERROR => unsafe { sys::rd_kafka_header_cnt(headers) },
            _ => 0,
        };
        (0..count).map_while(move |index| {
            let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
            // SAFETY: the out-pointers are valid; name and value live as long as the message.
            unsafe {
                let code = sys::rd_kafka_header_get_all(
                    headers,
                    index,
                    &raw mut name,
                    &raw mut value,
                    &raw mut size,
                );
                (code == Code::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| {
                    (
                        CStr::from_ptr(name).to_bytes(),
                        bytes(value.cast_mut(), size),
                    )
                })
            }
        })
    }
}

/// # Safety
/// `pointer` is null or points at `length` bytes that live for `'a`.
unsafe fn bytes<'a>(pointer: *mut c_void, length: usize) -> Option<&'a [u8]> {
    // SAFETY: by this function's contract.
    (!pointer.is_null()).then(|| unsafe { slice::from_raw_parts(pointer.cast::<u8>(), length) })
}
