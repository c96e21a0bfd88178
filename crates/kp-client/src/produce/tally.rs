//! What became of the messages.

use hdrhistogram::Histogram;

/// What became of the messages so far.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Messages that the producer took.
    pub sent: u64,
    /// Messages that the broker acknowledged; with acks=0 those that left, which confirms nothing.
    pub acknowledged: u64,
    /// Messages that failed. Some of them may have been stored all the same.
    pub failed: u64,
    /// Bytes of key and value that were acknowledged.
    pub bytes: u64,
    /// From taking a message to its acknowledgement, in microseconds.
    pub latency: Histogram<u64>,
    /// The kinds of failure in words, each with its count, in the order in which they came.
    pub failures: Vec<(String, u64)>,
}

impl Tally {
    pub(super) fn new() -> Self {
        // From 1 µs to 10 min with three digits; the bounds are constants that the histogram takes.
        let latency = Histogram::new_with_bounds(1, 600_000_000, 3)
            .unwrap_or_else(|_| unreachable!("valid histogram bounds"));
        Self {
            sent: 0,
            acknowledged: 0,
            failed: 0,
            bytes: 0,
            latency,
            failures: Vec::new(),
        }
    }

    /// Messages that were taken and of which nothing is known yet.
    pub fn open(&self) -> u64 {
        self.sent - self.acknowledged - self.failed
    }

    pub(super) fn fail(&mut self, reason: String) {
        self.failed += 1;
        match self.failures.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => self.failures.push((reason, 1)),
        }
    }
}
