//! How a run went.

use std::time::Duration;

use kp_client::produce::{Promise, Tally, Timeline};

use crate::pace::Kept;

/// How a run went.
pub(crate) struct Run {
    /// Where the messages went.
    pub(crate) topics: Vec<String>,
    pub(crate) tally: Tally,
    /// Messages that were taken from their source and not sent because there was no time for them.
    pub(crate) unsent: u64,
    /// What was read; none where the messages were made up.
    pub(crate) input: Option<String>,
    /// What chance started from, if anything was drawn.
    pub(crate) seed: Option<u64>,
    /// What the tally's numbers count: `message`, `line` or `record`.
    pub(crate) noun: &'static str,
    /// What an acknowledgement means, and whether that is less than the settings promise.
    pub(crate) promise: Promise,
    pub(crate) is_weaker: bool,
    /// What is to be known of the source.
    pub(crate) note: Option<&'static str>,
    /// From when the connection was ready until the last message was settled.
    pub(crate) elapsed: Duration,
    /// Whether acknowledgements mean anything.
    pub(crate) confirmed: bool,
    /// Committed and aborted transactions, and messages of one that was left open, where there were
    /// any.
    pub(crate) transactions: Option<(u64, u64, u64)>,
    /// Whether a signal ended it early.
    pub(crate) interrupted: bool,
    /// How the rate was kept, if messages were made up at one.
    pub(crate) kept: Option<Kept>,
    /// Whether latencies count from when a message was due, and not from when it was taken.
    pub(crate) is_from_due: bool,
    /// Whether each message waited for the one before it.
    pub(crate) is_flushed_each: bool,
    /// What happened in each second, if that was asked for.
    pub(crate) timeline: Option<Timeline>,
    /// Receipts that nobody took.
    pub(crate) unwritten_receipts: u64,
    /// Why it ended early otherwise.
    pub(crate) error: Option<anyhow::Error>,
}

impl Run {
    /// Whether every message that was taken was delivered.
    pub(crate) fn is_complete(&self) -> bool {
        let unsettled = self.tally.failed + self.tally.unknown + self.tally.open();
        unsettled == 0 && self.unsent == 0 && self.error.is_none()
    }
}
