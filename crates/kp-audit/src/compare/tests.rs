//! Runs of a few records, stored and delivered in all ways that there are.

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
            outcome: Outcome::Acknowledged { partition: 0, offset: number as i64 },
        })
        .collect();
    run
}

fn record(run: RunId, number: u64, offset: i64) -> Stored<'static> {
    Stored {
        topic: TOPIC,
        partition: 0,
        offset,
        stamp: Some(Stamp { run, sequence: number, checksum: number as u32 }),
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
    assert_eq!((findings.stored, findings.lost, findings.expired), (1, 0, 2));
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
    comparison.stored(&Stored { stamp: None, ..record(id, 0, 2) });
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
    assert_eq!(findings.broken(Promise::Stored).len(), 1, "the offset differs");
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
    assert_eq!((findings.acknowledged, findings.aborted, findings.unknown), (2, 2, 2));
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
    assert_eq!((findings.stored, findings.expired, findings.failed), (1, 2, 1));
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
        comparison.stored(&Stored { topic: "copy", ..record(id, number, offset) });
    }
    let findings = comparison.finish();
    assert_eq!((findings.stored, findings.misplaced, findings.never_sent), (2, 0, 0));
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
    // One process read 0, 2, then 1 too late; the next one read 2 again, and 4, which is not
    // stored.
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
    assert_eq!((delivered.repeated, delivered.out_of_order, delivered.missing), (2, 0, 0));
}
