//! One run of a producer, as its ledger tells it.

use crate::promise::Promise;
use crate::stamp::RunId;

/// What a ledger says of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Which one.
    pub id: RunId,
    /// What its settings promise.
    pub promise: Promise,
    /// The topics it sent to.
    pub topics: Vec<String>,
    /// By sequence number.
    pub(crate) attempts: Vec<Attempt>,
    /// In their order.
    pub(crate) transactions: Vec<Fate>,
}

/// One record that was to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// Its topic, as a place in [`Run::topics`].
    pub(crate) topic: u32,
    pub(crate) checksum: u32,
    /// Its transaction, as a place in `Run::transactions`.
    pub(crate) transaction: Option<u32>,
    pub(crate) outcome: Outcome,
}

/// What was reported of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing: the process ended before.
    Unknown,
    /// It has this place; the offset is negative where the broker did not tell.
    Acknowledged { partition: i32, offset: i64 },
    /// It failed, and may be stored all the same.
    Failed,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The process ended before that was known.
    Unknown,
    Committed,
    Aborted,
}

/// The final outcome of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Unknown,
    Acknowledged,
    Failed,
    /// Its transaction was aborted: nobody who reads committed messages may see it.
    Aborted,
}

impl Run {
    pub(crate) fn new(id: RunId, promise: Promise) -> Self {
        Self { id, promise, topics: Vec::new(), attempts: Vec::new(), transactions: Vec::new() }
    }

    /// The place of a topic in [`Run::topics`].
    pub(crate) fn topic_number(&mut self, name: &str) -> u32 {
        let known = self.topics.iter().position(|topic| topic == name);
        known.unwrap_or_else(|| {
            self.topics.push(name.to_owned());
            self.topics.len() - 1
        }) as u32
    }

    pub(crate) fn topic(&self, attempt: &Attempt) -> &str {
        &self.topics[attempt.topic as usize]
    }

    pub(crate) fn status(&self, attempt: &Attempt) -> Status {
        let fate = attempt.transaction.map(|transaction| self.transactions[transaction as usize]);
        match (fate, attempt.outcome) {
            (Some(Fate::Committed), Outcome::Failed) => Status::Failed,
            (Some(Fate::Committed), _) => Status::Acknowledged,
            (Some(Fate::Aborted), _) => Status::Aborted,
            (Some(Fate::Unknown), _) | (None, Outcome::Unknown) => Status::Unknown,
            (None, Outcome::Acknowledged { .. }) => Status::Acknowledged,
            (None, Outcome::Failed) => Status::Failed,
        }
    }
}
