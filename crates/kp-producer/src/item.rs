//! What a source gives.

use kp_core::OwnedRecord;

/// What the next message is.
pub(crate) enum Item {
    /// The bytes in the buffer are its value.
    Value,
    /// A whole record with key, headers and time of its own.
    Record(OwnedRecord),
}

/// What a source answers.
pub(crate) enum Next {
    /// The next message.
    Item(Item),
    /// Nothing yet.
    Waiting,
    /// A line that is no message.
    Blank,
    /// There is nothing more.
    End,
}

/// What bounds the next message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes that the producer takes of one message.
    pub(crate) message: usize,
    /// Messages that were sent before it.
    pub(crate) sent: u64,
}
