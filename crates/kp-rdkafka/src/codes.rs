//! The error codes that the librdkafka which is linked knows.
#![expect(unsafe_code, reason = "each call into librdkafka states why it is sound")]

use std::ptr;

use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;

use crate::native::words;

/// Every code, librdkafka's own and Kafka's, with librdkafka's few words for it.
pub fn error_codes() -> Vec<(RDKafkaErrorCode, String)> {
    let (mut list, mut count) = (ptr::null(), 0);
    // SAFETY: both out-pointers are valid; the list is a constant.
    unsafe { sys::rd_kafka_get_err_descs(&raw mut list, &raw mut count) };
    (0..count)
        // SAFETY: the list has `count` entries. A number that is no code has no text.
        .map(|place| unsafe { &*list.add(place) })
        .filter(|entry| !entry.desc.is_null())
        // SAFETY: a constant text that ends with NUL.
        .map(|entry| (entry.code.into(), unsafe { words(entry.desc) }))
        .collect()
}
