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

/// A comparison in progress. It takes stored records in the order of their offsets in each
/// partition.
#[derive(Debug)]
pub struct Comparison {
    runs: Vec<Compared>,
    by_id: HashMap<RunId, usize>,
    /// Whether a copy is looked at. Its partitions and offsets differ, so they are not compared.
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
    /// A comparison of these runs; `is_copy` when other topics are read than the ledger's.
    pub fn new(runs: Vec<Run>, is_copy: bool) -> Self {
        let by_id = runs.iter().enumerate().map(|(place, run)| (run.id, place));
        Self {
            by_id: by_id.collect(),
            findings: Findings { runs: runs.len() as u64, ..Findings::default() },
            runs: runs
                .into_iter()
                .map(|run| Compared { seen: vec![Seen::default(); run.attempts.len()], run })
                .collect(),
            is_copy,
            latest: HashMap::new(),
            kept_from: HashMap::new(),
            reached: HashMap::new(),
            parts: 0,
        }
    }

    /// Notes the earliest offset that a partition still keeps.
    pub fn kept_from(&mut self, topic: &str, partition: i32, offset: i64) {
        self.kept_from.insert((topic.to_owned(), partition), offset);
    }

    /// Takes a record that is stored.
    pub fn stored(&mut self, record: &Stored<'_>) {
        let Some((stamp, place)) =
            record.stamp.and_then(|stamp| Some((stamp, *self.by_id.get(&stamp.run)?)))
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
            self.findings.example(count, || format!("never sent: {}", named(record, stamp)));
            return;
        };
        if record.checksum != attempt.checksum || stamp.checksum != attempt.checksum {
            self.findings.corrupted += 1;
            let count = self.findings.corrupted;
            self.findings.example(count, || format!("corrupted: {}", named(record, stamp)));
        }
        let seen = &mut seen[number];
        seen.stored += 1;
        seen.in_place |= attempt.outcome
            == Outcome::Acknowledged { partition: record.partition, offset: record.offset };
        if seen.stored > 1 {
            self.findings.twice += 1;
            let count = self.findings.twice;
            self.findings.example(count, || format!("stored again: {}", named(record, stamp)));
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
                format!("out of order: {}, behind record {latest}", named(record, stamp))
            });
        } else {
            *latest = stamp.sequence;
        }
    }

    /// Begins with a list of what was delivered; [`Comparison::delivered`] follows.
    pub fn begin_list(&mut self) {
        self.parts = self.reached.keys().map(|(part, ..)| part + 1).max().unwrap_or(0);
        self.findings.delivered.get_or_insert_default();
    }

    /// Takes a message that was delivered, in this part of its list. All that is stored was taken
    /// before.
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
            let kept = self.kept_from.get(&(entry.topic.to_owned(), entry.partition));
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

    /// Ends the comparison, and returns what it found.
    pub fn finish(self) -> Findings {
        let Self { runs, kept_from, is_copy, mut findings, .. } = self;
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
                // A record that was never sent, or that retention has removed, cannot be expected
                // of a committed transaction.
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
                            Seen { stored: 1.., in_place, .. } => {
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
    let Stored { topic, partition, offset, .. } = record;
    let Stamp { run, sequence, .. } = stamp;
    format!("record {sequence} of run {run} at {topic} [{partition}] @ {offset}")
}

#[cfg(test)]
mod tests;
