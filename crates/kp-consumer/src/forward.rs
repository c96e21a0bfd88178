//! A message that was read, on its way to another topic.

use kp_client::Fetched;
use kp_core::{Header, Record, Timestamp};

/// The message with the same key, value and time, and these headers, for this topic; the key
/// decides on its partition.
pub(crate) fn as_it_is<'m>(
    message: &'m Fetched,
    topic: &'m str,
    headers: &'m [Header<'m>],
) -> Record<'m> {
    let read = message.record(headers);
    // A time that the broker set is not the message's own, and 0 is librdkafka's word for "now".
    let timestamp = match read.timestamp {
        Timestamp::CreateTime(millis) if millis > 0 => read.timestamp,
        _ => Timestamp::NotAvailable,
    };
    Record { topic, partition: None, offset: None, timestamp, ..read }
}
