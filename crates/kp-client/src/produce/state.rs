//! What a producer knows of its way besides its counts.

use std::time::Instant;

use kp_audit::Promise;
use kp_settings::Acks;

use super::tally::Failures;

/// Since when nothing was acknowledged.
#[derive(Debug)]
pub(super) struct Waiting {
    /// How many messages were by then.
    pub(super) acknowledged: u64,
    pub(super) since: Instant,
    /// Whether it was looked why.
    pub(super) looked: bool,
}

/// How the end of a transaction came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All of it is to be seen.
    Committed,
    /// It cannot be committed, for this reason: [`abort`](super::Producer::abort) must follow.
    MustAbort(String),
    /// It cannot be committed, and would not be if it were sent again: a message is refused for
    /// good. [`abort`](super::Producer::abort) must follow.
    Refused {
        /// The number of the message.
        number: u64,
        /// Why it is refused.
        reason: String,
    },
    /// A coordinator has fallen silent, and this producer can do nothing more, for this reason. A
    /// new one with the same id aborts what is open, none of which is committed.
    Lost(String),
    /// It was told to stop before that was known.
    Stopped,
}

/// The counts before a transaction, to which an abort returns.
#[derive(Clone, Debug)]
pub(super) struct Before {
    pub(super) sent: u64,
    pub(super) acknowledged: u64,
    pub(super) failed: u64,
    pub(super) bytes: u64,
    pub(super) failures: Vec<Failures>,
}

/// What is promised of a message that counts as acknowledged.
pub(super) fn promise(acks: Acks, is_idempotent: bool, is_transactional: bool) -> Promise {
    match acks {
        Acks::None => Promise::Nothing,
        Acks::Leader => Promise::Leader,
        Acks::All if is_transactional => Promise::Transactions,
        Acks::All if is_idempotent => Promise::Once,
        Acks::All => Promise::Stored,
    }
}
