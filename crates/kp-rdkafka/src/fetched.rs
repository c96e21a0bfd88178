//! A message as it was fetched.
#![expect(unsafe_code, reason = "each call into librdkafka states why it is sound")]

use std::ffi::{CStr, c_int, c_void};
use std::ptr::{self, NonNull};
use std::slice;

use kp_core::{Header, Record, Timestamp};
use rdkafka::bindings as sys;
use sys::rd_kafka_resp_err_t as Code;

use crate::client::Client;
use crate::native::words;
use crate::raw_event::RawEvent;

/// A message as it was fetched; its bytes are librdkafka's own buffer.
#[derive(Debug)]
pub struct Fetched {
    raw: NonNull<sys::rd_kafka_message_t>,
    owner: Owner,
}

/// What keeps a message alive.
#[derive(Debug)]
enum Owner {
    /// It belongs to this event.
    Event { _event: RawEvent },
    /// It is ours to destroy, before its client.
    Us { _client: Client },
}

impl Drop for Fetched {
    fn drop(&mut self) {
        if matches!(self.owner, Owner::Us { .. }) {
            // SAFETY: it is ours, and nobody else destroys it.
            unsafe { sys::rd_kafka_message_destroy(self.raw.as_ptr()) }
        }
    }
}

impl Fetched {
    /// The message that this event carries.
    pub(crate) fn of(event: RawEvent) -> Option<Self> {
        // SAFETY: the message belongs to the event and lives as long; both are kept together.
        let raw = unsafe { sys::rd_kafka_event_message_next(event.raw()) };
        let raw = NonNull::new(raw.cast_mut())?;
        Some(Self { raw, owner: Owner::Event { _event: event } })
    }

    /// A message that the caller gives away.
    ///
    /// # Safety
    /// It is of this client, and nobody else destroys it.
    pub(crate) unsafe fn own(raw: NonNull<sys::rd_kafka_message_t>, client: Client) -> Self {
        Self { raw, owner: Owner::Us { _client: client } }
    }

    /// Whether it is a message, and not what happened to a partition.
    pub(crate) fn is_message(&self) -> bool {
        self.error() == 0
    }

    pub(crate) fn is_of_same_partition(&self, other: &Self) -> bool {
        self.native().rkt == other.native().rkt && self.partition() == other.partition()
    }

    /// The number of the error that librdkafka tells in the place of a message; 0 for a message.
    pub(crate) fn error(&self) -> c_int {
        // SAFETY: the message is alive. The error is read as a number, because a broker may send
        // one that the bindings do not know.
        unsafe { (&raw const (*self.raw.as_ptr()).err).cast::<c_int>().read() }
    }

    /// librdkafka's words for that error.
    pub(crate) fn error_text(&self) -> String {
        // SAFETY: the message is alive, and the text lives as long.
        unsafe { words(sys::rd_kafka_message_errstr(self.raw.as_ptr())) }
    }

    fn native(&self) -> &sys::rd_kafka_message_t {
        // SAFETY: the message lives as long as its owner.
        unsafe { self.raw.as_ref() }
    }

    /// The topic.
    pub fn topic(&self) -> &str {
        if self.native().rkt.is_null() {
            return "";
        }
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

    /// Bytes of key and value.
    pub fn size(&self) -> u64 {
        (self.native().key_len + self.native().len) as u64
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
    pub fn timestamp(&self) -> Timestamp {
        let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is alive, the out-pointer is valid.
        let millis = unsafe { sys::rd_kafka_message_timestamp(self.raw.as_ptr(), &raw mut kind) };
        match kind {
            _ if millis == -1 => Timestamp::NotAvailable,
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_CREATE_TIME => {
                Timestamp::CreateTime(millis)
            }
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => {
                Timestamp::LogAppendTime(millis)
            }
            sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE => {
                Timestamp::NotAvailable
            }
        }
    }

    /// The headers in order, repeats included. A key need not be UTF-8.
    pub fn headers(&self) -> impl Iterator<Item = Header<'_>> {
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
                (code == Code::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| Header {
                    key: CStr::from_ptr(name).to_bytes(),
                    value: bytes(value.cast_mut(), size),
                })
            }
        })
    }

    /// The message as a record with these headers: its own, others, or none where they do not
    /// matter, because reading them costs.
    pub fn record<'a>(&'a self, headers: &'a [Header<'a>]) -> Record<'a> {
        Record {
            topic: self.topic(),
            partition: Some(self.partition()),
            offset: Some(self.offset()),
            timestamp: self.timestamp(),
            key: self.key(),
            value: self.value(),
            headers,
        }
    }
}

/// # Safety
/// `pointer` is null or points at `length` bytes that live for `'a`.
unsafe fn bytes<'a>(pointer: *mut c_void, length: usize) -> Option<&'a [u8]> {
    // SAFETY: by this function's contract.
    (!pointer.is_null()).then(|| unsafe { slice::from_raw_parts(pointer.cast::<u8>(), length) })
}
