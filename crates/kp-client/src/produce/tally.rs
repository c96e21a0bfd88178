//! What became of the messages.

use hdrhistogram::Histogram;

use super::kind::FailureKind;

/// So many messages of one kind are named.
const NAMED: usize = 10;
/// The longest latency that is told from a longer one: ten minutes.
pub(super) const LONGEST_MICROS: u64 = 600_000_000;

/// What became of the messages so far.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Messages that the producer took.
    pub sent: u64,
    /// Messages that the broker acknowledged; with acks=0 those that left, which confirms nothing.
    pub acknowledged: u64,
    /// Messages that failed. Some of them may have been stored all the same.
    pub failed: u64,
    /// Messages that were under way when they were given up: each may be stored or not.
    pub unknown: u64,
    /// The first of them, by the numbers that they were sent with.
    pub first_unknown: Vec<u64>,
    /// Bytes of key and value that were acknowledged.
    pub bytes: u64,
    /// From taking a message to its acknowledgement, in microseconds; with a schedule, from when it
    /// was due.
    pub latency: Histogram<u64>,
    /// The kinds of failure, in the order in which they came.
    pub failures: Vec<Failures>,
}

/// Messages that failed for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failures {
    /// The reason, in words.
    pub reason: String,
    /// The same in a word.
    pub kind: FailureKind,
    /// How many.
    pub count: u64,
    /// The first of them, by the numbers that they were sent with.
    pub first: Vec<u64>,
}

impl Tally {
    pub(super) fn new() -> Self {
        // From 1 µs to 10 min with three digits; the bounds are constants that the histogram takes.
        let latency = Histogram::new_with_bounds(1, LONGEST_MICROS, 3)
            .unwrap_or_else(|_| unreachable!("valid histogram bounds"));
        Self {
            sent: 0,
            acknowledged: 0,
            failed: 0,
            unknown: 0,
            first_unknown: Vec::new(),
            bytes: 0,
            latency,
            failures: Vec::new(),
        }
    }

    /// Messages that were taken and of which nothing is known yet.
    pub fn open(&self) -> u64 {
        self.sent - self.acknowledged - self.failed - self.unknown
    }

    pub(super) fn fail(&mut self, reason: String, kind: FailureKind, number: u64) {
        self.failed += 1;
        let same = self.failures.iter_mut().find(|same| same.kind == kind && same.reason == reason);
        match same {
            Some(same) => {
                same.count += 1;
                note(&mut same.first, number);
            }
            None => {
                self.failures.push(Failures { reason, kind, count: 1, first: vec![number] });
            }
        }
    }

    pub(super) fn lose(&mut self, number: u64) {
        self.unknown += 1;
        note(&mut self.first_unknown, number);
    }
}

fn note(first: &mut Vec<u64>, number: u64) {
    if first.len() < NAMED {
        first.push(number);
    }
}
