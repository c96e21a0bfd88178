//! What a comparison found, and which of it breaks a promise.

use serde::Serialize;

use crate::promise::Promise;

/// How many examples of each kind are named.
pub(crate) const EXAMPLES: usize = 3;

/// How many records met each fate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Runs in the ledger.
    pub runs: u64,
    /// Records that were to be sent.
    pub attempted: u64,
    /// Of these, acknowledged, and their transaction committed where there was one.
    pub acknowledged: u64,
    /// Acknowledged and stored.
    pub stored: u64,
    /// Acknowledged and not stored, although nothing was removed from there.
    pub lost: u64,
    /// Acknowledged, and removed since by the topic's retention.
    pub expired: u64,
    /// Acknowledged at a place where something else stands.
    pub misplaced: u64,
    /// Failed.
    pub failed: u64,
    /// Failed and stored all the same.
    pub failed_stored: u64,
    /// Without a report, because the process ended before it came.
    pub unknown: u64,
    /// Without a report, and stored.
    pub unknown_stored: u64,
    /// Of an aborted transaction.
    pub aborted: u64,
    /// Of an aborted transaction, and visible to a reader of committed messages all the same.
    pub aborted_stored: u64,
    /// Repeats: each time that a record is stored after the first.
    pub twice: u64,
    /// Repeats of records that were acknowledged.
    pub acknowledged_twice: u64,
    /// Stored behind a record of the same partition that was sent later.
    pub out_of_order: u64,
    /// Stored with another key or value than were sent.
    pub corrupted: u64,
    /// Stored with the stamp of a run that never sent such a record.
    pub never_sent: u64,
    /// Transactions of which a reader of committed messages sees only a part.
    pub torn_transactions: u64,
    /// Records of others.
    pub others: u64,
    /// What was delivered, where there is a list of it.
    pub delivered: Option<Delivered>,
    /// Some of what is wrong, by record, in words.
    pub examples: Vec<String>,
}

/// What consumers delivered of what is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// Messages that were delivered, repeats included.
    pub records: u64,
    /// Records of the ledger among them, each once.
    pub distinct: u64,
    /// Stored and not delivered.
    pub missing: u64,
    /// Repeats: each time that a record is delivered after the first.
    pub repeated: u64,
    /// Delivered with another key or value than were sent.
    pub corrupted: u64,
    /// Delivered and not stored.
    pub never_stored: u64,
    /// Delivered for the first time behind a later one of its partition, by the same process.
    pub out_of_order: u64,
}

impl Findings {
    /// What breaks this promise, in words; nothing where it was kept.
    pub fn broken(&self, promise: Promise) -> Vec<String> {
        use Promise::{Once, Stored, Transactions};
        let rules = [
            (self.corrupted, Promise::Nothing, "stored with another key or value than were sent"),
            (self.never_sent, Promise::Nothing, "stored that were never sent"),
            (self.lost, Stored, "acknowledged and lost"),
            (self.misplaced, Stored, "acknowledged at a place where something else stands"),
            (self.acknowledged_twice, Once, "acknowledged and stored more than once"),
            (self.out_of_order, Once, "stored out of order"),
            (
                self.aborted_stored,
                Transactions,
                "to be seen although their transaction was aborted",
            ),
        ];
        let mut broken: Vec<_> = rules
            .into_iter()
            .filter(|(count, since, _)| *count > 0 && promise >= *since)
            .map(|(count, _, what)| {
                format!("{count} {} {what}", if count == 1 { "record" } else { "records" })
            })
            .collect();
        if self.torn_transactions > 0 && promise == Transactions {
            broken.push(format!("{} transactions to be seen in part", self.torn_transactions));
        }
        if let Some(delivered) = &self.delivered {
            let rules = [
                (delivered.missing, "stored and not delivered"),
                (delivered.corrupted, "delivered with another key or value than were sent"),
                (delivered.never_stored, "delivered that are not stored"),
            ];
            broken.extend(rules.into_iter().filter(|(count, _)| *count > 0).map(
                |(count, what)| {
                    format!("{count} {} {what}", if count == 1 { "record" } else { "records" })
                },
            ));
        }
        broken
    }

    /// Keeps a few examples of what is wrong.
    pub(crate) fn example(&mut self, count: u64, words: impl FnOnce() -> String) {
        if count <= EXAMPLES as u64 {
            self.examples.push(words());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_promise_is_broken_by_all_that_breaks_a_weaker_one() {
        let bad = Findings {
            corrupted: 1,
            lost: 2,
            acknowledged_twice: 1,
            aborted_stored: 1,
            torn_transactions: 1,
            ..Findings::default()
        };
        let broken = Promise::ALL.map(|promise| bad.broken(promise).len());
        assert_eq!(broken, [1, 1, 2, 3, 5]);
        assert_eq!(Findings::default().broken(Promise::Transactions), [""; 0]);
        assert_eq!(bad.broken(Promise::Stored)[1], "2 records acknowledged and lost");
    }

    #[test]
    fn what_was_not_delivered_breaks_any_promise() {
        let findings = Findings {
            delivered: Some(Delivered { missing: 1, repeated: 5, ..Delivered::default() }),
            ..Findings::default()
        };
        assert_eq!(findings.broken(Promise::Nothing), ["1 record stored and not delivered"]);
    }
}
