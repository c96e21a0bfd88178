//! A message that was read, on its way to another topic.

use kp_client::{Message, MessageTime, Outgoing, OutgoingHeader};

/// The message with the same key, value and time, and these headers; the key decides on its partition.
pub(crate) fn as_it_is<'m>(
    message: &'m Message,
    headers: &'m [OutgoingHeader<'m>],
) -> Outgoing<'m> {
    Outgoing {
        partition: None,
        key: message.key(),
        value: message.value(),
        headers,
        // A time that the broker set is not the message's own, and 0 is librdkafka's word for "now".
        timestamp: match message.time() {
            MessageTime::Create(millis) if millis > 0 => Some(millis),
            _ => None,
        },
    }
}
