//! What a producer counts, for somebody who watches it.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::kind::FailureKind;
use super::tally::Tally;

/// The counts of a producer. Those of messages only grow: messages of a transaction count once it
/// is committed.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Messages that were handed to librdkafka.
    pub sent: u64,
    /// Messages that the broker acknowledged; where it is asked for no answer, none.
    pub acknowledged: u64,
    /// Messages that left, where the broker is asked for no answer (acks=0).
    pub unconfirmed: u64,
    /// Messages that failed, by the kind of failure.
    pub failed: Vec<(FailureKind, u64)>,
    /// Messages that were under way when they were given up.
    pub unknown: u64,
    /// Bytes of key and value of those that were acknowledged, or left.
    pub bytes: u64,
    /// Messages that were taken and of which nothing is known yet.
    pub queued: u64,
    /// The latencies in microseconds, as in [`Tally::latency`]. Those of aborted transactions are
    /// among them.
    pub latency: Histogram<u64>,
    /// How long sending has waited for room in the queue.
    pub waited_for_room: Duration,
    /// Committed transactions.
    pub committed: u64,
    /// Aborted transactions.
    pub aborted: u64,
}

impl Default for Figures {
    fn default() -> Self {
        let latency = Tally::new().latency;
        Self {
            sent: 0,
            acknowledged: 0,
            unconfirmed: 0,
            failed: FailureKind::ALL.map(|kind| (kind, 0)).into(),
            unknown: 0,
            bytes: 0,
            queued: 0,
            latency,
            waited_for_room: Duration::ZERO,
            committed: 0,
            aborted: 0,
        }
    }
}

/// How many transactions a producer has ended, and how.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    pub(super) committed: u64,
    pub(super) aborted: u64,
}
