//! A ledger, as `kp-admin audit` reads it, and as the next run goes on with it.

use kp_audit::{Comparison, Ledger, Promise, Run, Stamp, Stored, read_ledger};

use crate::{Scratch, cuts, is_told, whole_lines};

pub(crate) const HEAD: &str = "kp-ledger/1\n";

pub(crate) const WORDS: &[&str] = &[
    "\n",
    "\n",
    " ",
    "0",
    "1",
    "-1",
    "?",
    "a",
    "\u{feff}",
    "run 5f3c9a0b1c2d4e6f idempotent 1795456838464\n",
    "run 1 transactional 1\n",
    "run 2 acks-0 1\n",
    "run 3 acks-",
    "run ",
    "try ",
    "try 0 orders 8f3c2a11\n",
    "try 0 orders 8f3c2a11\n",
    "try 1 others 0b1c2d4e\n",
    "try 2 orders 00000000\n",
    "try 3 or",
    "ack 0 2 1234\n",
    "ack 1 0 -1\n",
    "ack 2 0 9223372036854775808\n",
    "fail 1 not in time\n",
    "fail 0 ",
    "begin\n",
    "begin\n",
    "commit\n",
    "abort\n",
    "comm",
];

pub(crate) fn check(ledger: &[u8], scratch: &Scratch) {
    let path = scratch.with(ledger);
    let runs = match read_ledger(&path) {
        Ok(runs) => runs,
        Err(error) => return is_told(&error, &path, ledger),
    };
    assert!(ledger.starts_with(HEAD.trim_end().as_bytes()));
    // What was cut off stands in no line any more, so that all of these are read as well.
    for cut in cuts(ledger) {
        let cut = &ledger[..cut];
        let left = read(whole_lines(cut), scratch);
        assert_eq!(read(cut, scratch), left, "a torn line was taken");
        assert_is_beginning(&left, &runs);
        goes_on(cut, &left, scratch);
    }
    is_compared(runs);
}

fn read(ledger: &[u8], scratch: &Scratch) -> Vec<Run> {
    read_ledger(&scratch.with(ledger)).expect("a ledger that was cut off")
}

fn assert_is_beginning(left: &[Run], runs: &[Run]) {
    assert!(left.len() <= runs.len());
    for (left, run) in left.iter().zip(runs) {
        assert_eq!((left.id, left.promise), (run.id, run.promise));
        assert!(run.topics.starts_with(&left.topics));
    }
}

/// The next run writes behind the torn line, and changes nothing of what was there.
fn goes_on(cut: &[u8], left: &[Run], scratch: &Scratch) {
    let path = scratch.with(cut);
    let mut ledger = Ledger::open(&path, Promise::Leader).expect("a ledger");
    let stamp = ledger.attempt("next", None, Some(b"x")).expect("a line");
    ledger.attempt("next", Some(b"k"), None).expect("a line");
    ledger.acknowledged(1, 0, 7);
    ledger.failed(0, "not in time");
    ledger.write_out().expect("lines");
    drop(ledger);
    let torn = &cut[whole_lines(cut).len()..];
    // Where so much of them is there that they say all, they count.
    if torn.starts_with(b"fail ") || torn.starts_with(b"run ") {
        read_ledger(&path).expect("a ledger that goes on");
        return;
    }
    let runs = read_ledger(&path).expect("a ledger that goes on");
    let (last, before) = runs.split_last().expect("the run that goes on");
    assert_eq!(before, left);
    assert_eq!((last.id, &last.topics[..]), (stamp.run, &["next".to_owned()][..]));
}

/// Whatever a ledger says, and whatever is stored of it, comes to an end in the comparison.
fn is_compared(runs: Vec<Run>) {
    let ids: Vec<_> = runs.iter().map(|run| run.id).collect();
    let mut comparison = Comparison::new(runs, false);
    for (offset, run) in (0..).zip(ids) {
        for sequence in [0, 1, u64::MAX] {
            comparison.stored(&Stored {
                topic: "orders",
                partition: 0,
                offset,
                stamp: Some(Stamp { run, sequence, checksum: 0 }),
                checksum: 0,
            });
        }
    }
    let found = comparison.finish();
    let fates = found.acknowledged + found.failed + found.unknown + found.aborted;
    assert_eq!(found.attempted, fates);
    assert_eq!(found.acknowledged, found.stored + found.lost + found.expired);
}
