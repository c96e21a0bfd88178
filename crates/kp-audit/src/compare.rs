//! Comparing what was sent with what is stored, and with what was delivered.

use std::collections::HashMap;

use crate::delivered::Entry;
use crate::findings::Findings;
use crate::run::{Attempt, Fate, Outcome, Run, Status};
use crate::stamp::{RunId, Stamp};

/// A record as it was read back.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// Its topic.
    pub topic: &'a str,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// The stamp in its headers.
    pub stamp: Option<Stamp>,
    /// The checksum of its key and value.
    pub checksum: u32,
}

/// What is being compared. Stored records come in the order of their offsets in each partition.
#[derive(Debug)]
pub struct Comparison {
    runs: Vec<Compared>,
    by_id: HashMap<RunId, usize>,
    /// Whether a copy is looked at: then places are not compared.
    is_copy: bool,
    /// The latest record of a run in a partition.
    latest: HashMap<(usize, String, i32), u64>,
    /// The earliest offset that a partition still keeps.
    kept_from: HashMap<(String, i32), i64>,
    /// The highest offset that a process's part of a list has of a partition.
    reached: HashMap<(u32, String, i32), i64>,
    /// Parts of lists that were read before.
    parts: u32,
    findings: Findings,
}

#[derive(Debug)]
struct Compared {
    run: Run,
    /// By sequence number.
    seen: Vec<Seen>,
}

/// What was seen of a record.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    stored: u32,
    delivered: u32,
    /// Whether it stands where it was acknowledged.
    in_place: bool,
    /// The last part of a list that it was delivered in, from 1.
    part: u32,
}

impl Comparison {
    /// Of these runs; `is_copy` when other topics are read than the ledger's.
    pub fn new(runs: Vec<Run>, is_copy: bool) -> Self {
        let by_id = runs.iter().enumerate().map(|(place, run)| (run.id, place));
        Self {
            by_id: by_id.collect(),
            findings: Findings {
                runs: runs.len() as u64,
                ..Findings::default()
            },
            runs: runs
                .into_iter()
                .map(|run| Compared {
                    seen: vec![Seen::default(); run.attempts.len()],
                    run,
                })
                .collect(),
            is_copy,
            latest: HashMap::new(),
            kept_from: HashMap::new(),
            reached: HashMap::new(),
            parts: 0,
        }
    }

    /// Says from where on a partition is kept.
    pub fn kept_from(&mut self, topic: &str, partition: i32, offset: i64) {
        self.kept_from.insert((topic.to_owned(), partition), offset);
    }

    /// Takes a record that is stored.
    pub fn stored(&mut self, record: &Stored<'_>) {
        let Some((stamp, place)) = record
            .stamp
            .and_then(|stamp| Some((stamp, *self.by_id.get(&stamp.run)?)))
        else {
            self.findings.others += 1;
            return;
        };
        let Compared { run, seen } = &mut self.runs[place];
        let number = usize::try_from(stamp.sequence).unwrap_or(usize::MAX);
        let attempt = run
            .attempts
            .get(number)
            .filter(|attempt| self.is_copy || run.topic(attempt) == record.topic);
        let Some(attempt) = attempt else {
            self.findings.never_sent += 1;
            let count = self.findings.never_sent;
            self.findings
                .example(count, || format!("never sent: {}", named(record, stamp)));
            return;
        };
        if record.checksum != attempt.checksum || stamp.checksum != attempt.checksum {
            self.findings.corrupted += 1;
            let count = self.findings.corrupted;
            self.findings
                .example(count, || format!("corrupted: {}", named(record, stamp)));
        }
        let seen = &mut seen[number];
        seen.stored += 1;
        seen.in_place |= attempt.outcome
            == Outcome::Acknowledged {
                partition: record.partition,
                offset: record.offset,
            };
        if seen.stored > 1 {
            self.findings.twice += 1;
            let count = self.findings.twice;
            self.findings
                .example(count, || format!("stored again: {}", named(record, stamp)));
        } else {
            self.check_order(place, record, stamp);
        }
    }

    fn check_order(&mut self, run: usize, record: &Stored<'_>, stamp: Stamp) {
        let key = (run, record.topic.to_owned(), record.partition);
        let latest = self.latest.entry(key).or_insert(stamp.sequence);
        if stamp.sequence < *latest {
            let latest = *latest;
            self.findings.out_of_order += 1;
            let count = self.findings.out_of_order;
            self.findings.example(count, || {
                format!(
                    "out of order: {}, behind record {latest}",
                    named(record, stamp)
                )
            });
        } else {
            *latest = stamp.sequence;
        }
    }

    /// Begins with a list of what was delivered; [`Comparison::delivered`] follows.
    pub fn begin_list(&mut self) {
        self.parts = self
            .reached
            .keys()
            .map(|(part, ..)| part + 1)
            .max()
            .unwrap_or(0);
        self.findings.delivered.get_or_insert_default();
    }

    /// Takes a message that was delivered, in this part of its list. All that is stored was taken before.
    pub fn delivered(&mut self, part: u32, entry: &Entry<'_>) {
        let part = self.parts + part;
        let found = self.findings.delivered.get_or_insert_default();
        found.records += 1;
        let key = (part, entry.topic.to_owned(), entry.partition);
        let reached = self.reached.entry(key).or_insert(entry.offset);
        let is_behind = entry.offset < *reached;
        *reached = entry.offset.max(*reached);
        let Some((number, compared)) = entry.record.and_then(|(run, number)| {
            let number = usize::try_from(number).ok()?;
            Some((number, &mut self.runs[*self.by_id.get(&run)?]))
        }) else {
            return;
        };
        let Some(seen) = compared.seen.get_mut(number).filter(|seen| seen.stored > 0) else {
            let kept = self
                .kept_from
                .get(&(entry.topic.to_owned(), entry.partition));
            // What retention has removed since was stored.
            if kept.is_none_or(|kept| entry.offset >= *kept) {
                found.never_stored += 1;
            }
            return;
        };
        if entry.checksum != compared.run.attempts[number].checksum {
            found.corrupted += 1;
        }
        if is_behind && seen.part != part + 1 {
            found.out_of_order += 1;
        }
        seen.part = part + 1;
        seen.delivered += 1;
        if seen.delivered > 1 {
            found.repeated += 1;
        } else {
            found.distinct += 1;
        }
    }

    /// What it comes to.
    pub fn finish(self) -> Findings {
        let Self {
            runs,
            kept_from,
            is_copy,
            mut findings,
            ..
        } = self;
        for Compared { run, seen } in &runs {
            let mut visible = vec![(0_u64, 0_u64); run.transactions.len()];
            for (number, (attempt, seen)) in run.attempts.iter().zip(seen).enumerate() {
                findings.attempted += 1;
                let is_stored = u64::from(seen.stored > 0);
                let place = place(attempt).filter(|_| !is_copy);
                let is_expired = place.is_some_and(|(partition, offset)| {
                    let kept = kept_from.get(&(run.topic(attempt).to_owned(), partition));
                    kept.is_some_and(|kept| offset < *kept)
                });
                // What was never sent, and what retention has removed, is no part of a transaction that is to be seen.
                if let Some(transaction) = attempt.transaction
                    && attempt.outcome != Outcome::Failed
                    && !is_expired
                {
                    let (all, there) = &mut visible[transaction as usize];
                    *all += 1;
                    *there += is_stored;
                }
                match run.status(attempt) {
                    Status::Acknowledged => {
                        findings.acknowledged += 1;
                        findings.acknowledged_twice += u64::from(seen.stored.saturating_sub(1));
                        match *seen {
                            Seen {
                                stored: 1..,
                                in_place,
                                ..
                            } => {
                                findings.stored += 1;
                                findings.misplaced += u64::from(place.is_some() && !in_place);
                            }
                            _ if is_expired => findings.expired += 1,
                            _ => lost(run, number, attempt, place, &mut findings),
                        }
                    }
                    Status::Failed => {
                        findings.failed += 1;
                        findings.failed_stored += is_stored;
                    }
                    Status::Unknown => {
                        findings.unknown += 1;
                        findings.unknown_stored += is_stored;
                    }
                    Status::Aborted => {
                        findings.aborted += 1;
                        findings.aborted_stored += is_stored;
                    }
                }
                if let Some(delivered) = &mut findings.delivered
                    && seen.stored > 0
                    && seen.delivered == 0
                {
                    delivered.missing += 1;
                    let count = delivered.missing;
                    findings.example(count, || {
                        format!("not delivered: record {number} of run {}", run.id)
                    });
                }
            }
            findings.torn_transactions += run
                .transactions
                .iter()
                .zip(&visible)
                .filter(|(fate, (all, there))| **fate != Fate::Aborted && *there > 0 && there < all)
                .count() as u64;
        }
        findings
    }
}

/// Where a record was acknowledged, where the broker told it.
fn place(attempt: &Attempt) -> Option<(i32, i64)> {
    match attempt.outcome {
        Outcome::Acknowledged { partition, offset } if offset >= 0 => Some((partition, offset)),
        _ => None,
    }
}

fn lost(
    run: &Run,
    number: usize,
    attempt: &Attempt,
    place: Option<(i32, i64)>,
    findings: &mut Findings,
) {
    findings.lost += 1;
    let count = findings.lost;
    findings.example(count, || {
        let topic = run.topic(attempt);
        let at = place.map_or_else(String::new, |(partition, offset)| {
            format!(" as {topic} [{partition}] @ {offset}")
        });
        format!("lost: record {number} of run {}, acknowledged{at}", run.id)
    });
}

fn named(record: &Stored<'_>, stamp: Stamp) -> String {
    let Stored {
        topic,
        partition,
        offset,
        ..
    } = record;
    let Stamp { run, sequence, .. } = stamp;
    format!("record {sequence} of run {run} at {topic} [{partition}] @ {offset}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Delivered;
    use crate::promise::Promise;

    const TOPIC: &str = "orders";

    /// A run with so many records, all acknowledged at their number in partition 0.
    fn run(count: u64) -> Run {
        let mut run = Run::new(RunId::new(), Promise::Once);
        let topic = run.topic_number(TOPIC);
        run.attempts = (0..count)
            .map(|number| Attempt {
                topic,
                checksum: number as u32,
                transaction: None,
                outcome: Outcome::Acknowledged {
                    partition: 0,
                    offset: number as i64,
                },
            })
            .collect();
        run
    }

    fn record(run: RunId, number: u64, offset: i64) -> Stored<'static> {
        Stored {
            topic: TOPIC,
            partition: 0,
            offset,
            stamp: Some(Stamp {
                run,
                sequence: number,
                checksum: number as u32,
            }),
            checksum: number as u32,
        }
    }

    /// What a run comes to when its records of these numbers stand one after the other.
    fn found(run: Run, stored: &[u64]) -> Findings {
        let id = run.id;
        let mut comparison = Comparison::new(vec![run], false);
        for (offset, number) in (0..).zip(stored) {
            comparison.stored(&record(id, *number, offset));
        }
        comparison.finish()
    }

    #[test]
    fn all_as_promised() {
        let findings = found(run(5), &[0, 1, 2, 3, 4]);
        assert_eq!((findings.acknowledged, findings.stored), (5, 5));
        assert_eq!(findings.broken(Promise::Transactions), [""; 0]);
        assert!(findings.examples.is_empty());
    }

    #[test]
    fn a_lost_record_is_counted_and_named_with_its_place() {
        let findings = found(run(3), &[0, 1]);
        assert_eq!((findings.stored, findings.lost), (2, 1));
        assert!(findings.examples[0].ends_with("acknowledged as orders [0] @ 2"));
    }

    #[test]
    fn what_retention_removed_is_not_lost() {
        let run = run(3);
        let id = run.id;
        let mut comparison = Comparison::new(vec![run], false);
        comparison.kept_from(TOPIC, 0, 2);
        comparison.stored(&record(id, 2, 2));
        let findings = comparison.finish();
        assert_eq!(
            (findings.stored, findings.lost, findings.expired),
            (1, 0, 2)
        );
    }

    #[test]
    fn a_repeat_is_twice_and_not_out_of_order() {
        let findings = found(run(3), &[0, 1, 0, 2]);
        assert_eq!((findings.twice, findings.out_of_order), (1, 0));
        // The third stands one place behind the one that was acknowledged.
        assert_eq!(findings.misplaced, 1);
    }

    #[test]
    fn an_earlier_record_behind_a_later_one_is_out_of_order() {
        let findings = found(run(4), &[0, 2, 1, 3]);
        assert_eq!((findings.twice, findings.out_of_order), (0, 1));
    }

    #[test]
    fn other_contents_are_corrupted_whoever_changed_them() {
        let run = run(2);
        let id = run.id;
        let mut comparison = Comparison::new(vec![run], false);
        let mut value_changed = record(id, 0, 0);
        value_changed.checksum = 77;
        let mut both_changed = record(id, 1, 1);
        both_changed.checksum = 77;
        both_changed.stamp.as_mut().unwrap().checksum = 77;
        comparison.stored(&value_changed);
        comparison.stored(&both_changed);
        assert_eq!(comparison.finish().corrupted, 2);
    }

    #[test]
    fn invented_records_are_told_from_those_of_others() {
        let run = run(1);
        let id = run.id;
        let mut comparison = Comparison::new(vec![run], false);
        comparison.stored(&record(id, 9, 0));
        comparison.stored(&record(RunId::new(), 0, 1));
        comparison.stored(&Stored {
            stamp: None,
            ..record(id, 0, 2)
        });
        let findings = comparison.finish();
        assert_eq!((findings.never_sent, findings.others), (1, 2));
    }

    #[test]
    fn failed_and_unknown_records_may_be_stored() {
        let mut run = run(4);
        run.attempts[0].outcome = Outcome::Failed;
        run.attempts[1].outcome = Outcome::Failed;
        run.attempts[2].outcome = Outcome::Unknown;
        let findings = found(run, &[0, 2, 3]);
        assert_eq!((findings.failed, findings.failed_stored), (2, 1));
        assert_eq!((findings.unknown, findings.unknown_stored), (1, 1));
        assert_eq!(
            findings.broken(Promise::Stored).len(),
            1,
            "the offset differs"
        );
    }

    #[test]
    fn a_transaction_is_there_as_a_whole_or_not_at_all() {
        let with_fates = |fates: [Fate; 3]| {
            let mut run = run(6);
            run.promise = Promise::Transactions;
            run.transactions = fates.to_vec();
            for (number, attempt) in run.attempts.iter_mut().enumerate() {
                attempt.transaction = Some(number as u32 / 2);
            }
            run
        };
        let run = with_fates([Fate::Committed, Fate::Aborted, Fate::Unknown]);
        let findings = found(run.clone(), &[0, 1, 4, 5]);
        assert_eq!(findings.torn_transactions, 0);
        assert_eq!(
            (findings.acknowledged, findings.aborted, findings.unknown),
            (2, 2, 2)
        );
        let torn = found(run.clone(), &[0, 1, 4]);
        assert_eq!(torn.torn_transactions, 1);
        let seen = found(run, &[0, 1, 2, 3]);
        assert_eq!((seen.aborted_stored, seen.torn_transactions), (2, 0));
    }

    #[test]
    fn what_retention_removed_of_a_transaction_does_not_tear_it() {
        let mut run = run(4);
        run.promise = Promise::Transactions;
        run.transactions = vec![Fate::Committed];
        for attempt in &mut run.attempts {
            attempt.transaction = Some(0);
        }
        run.attempts[3].outcome = Outcome::Failed;
        let id = run.id;
        let mut comparison = Comparison::new(vec![run], false);
        comparison.kept_from(TOPIC, 0, 2);
        comparison.stored(&record(id, 2, 2));
        comparison.begin_list();
        for (offset, number) in [(1, 1), (2, 2)] {
            comparison.delivered(
                0,
                &Entry {
                    topic: TOPIC,
                    partition: 0,
                    offset,
                    record: Some((id, number)),
                    checksum: number as u32,
                },
            );
        }
        let findings = comparison.finish();
        assert_eq!(
            (findings.stored, findings.expired, findings.failed),
            (1, 2, 1)
        );
        assert_eq!((findings.torn_transactions, findings.lost), (0, 0));
        assert_eq!(findings.delivered.unwrap().never_stored, 0);
    }

    #[test]
    fn only_acknowledged_records_are_promised_to_be_stored_once() {
        let mut run = run(2);
        run.attempts[1].outcome = Outcome::Failed;
        let findings = found(run, &[0, 1, 1]);
        assert_eq!((findings.twice, findings.acknowledged_twice), (1, 0));
        assert_eq!(findings.broken(Promise::Once), [""; 0]);
    }

    #[test]
    fn a_copy_is_compared_without_places() {
        let run = run(2);
        let id = run.id;
        let mut comparison = Comparison::new(vec![run], true);
        for (number, offset) in [(0, 10), (1, 11)] {
            comparison.stored(&Stored {
                topic: "copy",
                ..record(id, number, offset)
            });
        }
        let findings = comparison.finish();
        assert_eq!(
            (findings.stored, findings.misplaced, findings.never_sent),
            (2, 0, 0)
        );
    }

    #[test]
    fn what_was_delivered_is_held_against_what_is_stored() {
        let run = run(5);
        let id = run.id;
        let mut comparison = Comparison::new(vec![run], false);
        for number in 0..4 {
            comparison.stored(&record(id, number, number as i64));
        }
        let entry = |number: u64| Entry {
            topic: TOPIC,
            partition: 0,
            offset: number as i64,
            record: Some((id, number)),
            checksum: number as u32,
        };
        comparison.begin_list();
        // One process read 0, 2, then 1 too late; the next one read 2 again, and 4, which is not stored.
        for (part, number) in [(0, 0), (0, 2), (0, 1), (1, 2), (1, 4)] {
            comparison.delivered(part, &entry(number));
        }
        let delivered = comparison.finish().delivered.unwrap();
        assert_eq!(
            delivered,
            Delivered {
                records: 5,
                distinct: 3,
                missing: 1,
                repeated: 1,
                corrupted: 0,
                never_stored: 1,
                out_of_order: 1,
            }
        );
    }

    #[test]
    fn going_back_to_read_again_is_a_repeat_and_not_out_of_order() {
        let run = run(3);
        let id = run.id;
        let mut comparison = Comparison::new(vec![run], false);
        for number in 0..3 {
            comparison.stored(&record(id, number, number as i64));
        }
        comparison.begin_list();
        for number in [0, 1, 0, 1, 2] {
            comparison.delivered(
                0,
                &Entry {
                    topic: TOPIC,
                    partition: 0,
                    offset: number as i64,
                    record: Some((id, number)),
                    checksum: number as u32,
                },
            );
        }
        let delivered = comparison.finish().delivered.unwrap();
        assert_eq!(
            (
                delivered.repeated,
                delivered.out_of_order,
                delivered.missing
            ),
            (2, 0, 0)
        );
    }
}
