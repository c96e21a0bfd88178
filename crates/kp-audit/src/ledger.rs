//! The ledger: a line for each attempt before it is made, and a line for what became of it.
//!
//! ```text
//! kp-ledger/1
//! run 5f3c9a0b1c2d4e6f idempotent 1795456838464
//! try 0 orders 8f3c2a11
//! ack 0 2 1234
//! try 1 orders 0b1c2d4e
//! fail 1 not acknowledged within 30s
//! ```
//! `run` has the run, its [`Promise`] and when it began in milliseconds since 1970; `try` has the
//! record's number, its topic and its checksum; `ack` the record, its partition and its offset (-1
//! where the broker did not tell); `fail` the record and why. With transactions `begin`, `commit`
//! and `abort` stand around them. `promise` has another [`Promise`], which counts for the whole run
//! in place of the first. Several runs may stand in one ledger, one after the other.

use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::journal::{self, Form, Journal, JournalError, Words};
use crate::promise::Promise;
use crate::run::{Attempt, Fate, Outcome, Run};
use crate::stamp::{RunId, Stamp, checksum};

const FORM: Form = Form { kind: "ledger", head: "kp-ledger/1" };

/// A ledger that is being written, by one run.
///
/// An attempt is with the system before [`Ledger::attempt`] returns. Outcomes are with the system
/// after [`Ledger::write_out`]. A process that is killed in between leaves a record whose fate is
/// unknown, never one that is missing from the ledger.
#[derive(Debug)]
pub struct Ledger {
    journal: Journal,
    run: RunId,
    next: u64,
    /// Lines that the system does not have yet.
    lines: Vec<u8>,
}

impl Ledger {
    /// Begins a run in this file, which is made when it is not there.
    ///
    /// # Errors
    /// The file cannot be written, is no ledger, or is written by another process.
    pub fn open(path: &Path, promise: Promise) -> Result<Self, JournalError> {
        let journal = Journal::open(path, FORM)?;
        let run = RunId::new();
        journal.write(format!("run {run} {promise} {}\n", millis_now()).as_bytes())?;
        Ok(Self { journal, run, next: 0, lines: Vec::new() })
    }

    /// Notes that a record is about to be sent, and returns the stamp that it is to carry.
    ///
    /// # Errors
    /// The file cannot be written: the record must not be sent.
    pub fn attempt(
        &mut self,
        topic: &str,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<Stamp, JournalError> {
        let stamp = Stamp { run: self.run, sequence: self.next, checksum: checksum(key, value) };
        self.note(format_args!("try {} {topic} {:08x}", stamp.sequence, stamp.checksum));
        self.next += 1;
        self.write_out()?;
        Ok(stamp)
    }

    /// Notes that a record was acknowledged; [`Ledger::write_out`] follows.
    pub fn acknowledged(&mut self, sequence: u64, partition: i32, offset: i64) {
        self.note(format_args!("ack {sequence} {partition} {offset}"));
    }

    /// Notes that a record failed; [`Ledger::write_out`] follows.
    pub fn failed(&mut self, sequence: u64, reason: &str) {
        let reason = reason.lines().next().unwrap_or_default();
        self.note(format_args!("fail {sequence} {reason}"));
    }

    /// Notes that this is the run's promise, also for what came before; [`Ledger::write_out`]
    /// follows.
    pub fn promise(&mut self, promise: Promise) {
        self.note(format_args!("promise {promise}"));
    }

    /// Notes that a transaction begins, with the attempts that follow.
    pub fn begin(&mut self) {
        self.note(format_args!("begin"));
    }

    /// Notes that the transaction was committed.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn committed(&mut self) -> Result<(), JournalError> {
        self.note(format_args!("commit"));
        self.write_out()
    }

    /// Notes that the transaction was aborted.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn aborted(&mut self) -> Result<(), JournalError> {
        self.note(format_args!("abort"));
        self.write_out()
    }

    fn note(&mut self, line: std::fmt::Arguments<'_>) {
        // A vector takes everything.
        let _ = writeln!(self.lines, "{line}");
    }

    /// Hands all that was noted to the system.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_out(&mut self) -> Result<(), JournalError> {
        if !self.lines.is_empty() {
            let written = self.journal.write(&self.lines);
            self.lines.clear();
            written?;
        }
        Ok(())
    }

    /// Hands all to the system and makes sure that it is on the disk.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn close(&mut self) -> Result<(), JournalError> {
        self.write_out()?;
        self.journal.close()
    }
}

pub(crate) fn millis_now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis())
}

/// The runs of a ledger, in their order.
///
/// # Errors
/// The file cannot be read, is no ledger, or has a line that no version of kp has written.
pub fn read_ledger(path: &Path) -> Result<Vec<Run>, JournalError> {
    let mut runs: Vec<Run> = Vec::new();
    let mut in_transaction = false;
    journal::read_lines(path, FORM, "run ", |line| {
        if let Some(rest) = line.strip_prefix("run ") {
            in_transaction = false;
            let mut words = Words::of(rest, 3);
            let id = words.text()?.parse().map_err(|_| "no run's number")?;
            let promise = words.text()?.parse().map_err(|_| "no promise of kp's")?;
            runs.push(Run::new(id, promise));
            return Ok(());
        }
        let run = runs.last_mut().ok_or("a line before the first run")?;
        take(run, line, &mut in_transaction)
    })?;
    Ok(runs)
}

fn take(run: &mut Run, line: &str, in_transaction: &mut bool) -> Result<(), &'static str> {
    let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
    match what {
        "try" => {
            let mut words = Words::of(rest, 3);
            if words.number::<usize>()? != run.attempts.len() {
                return Err("an attempt out of its order");
            }
            // The whole line is read first: nothing of a torn line may stay, such as half a topic's
            // name.
            let (topic, checksum) = (words.text()?, words.hexadecimal()?);
            let topic = run.topic_number(topic);
            let transaction = in_transaction.then(|| run.transactions.len() as u32 - 1);
            run.attempts.push(Attempt { topic, checksum, transaction, outcome: Outcome::Unknown });
        }
        "ack" => {
            let mut words = Words::of(rest, 3);
            let attempt = attempt(run, &mut words)?;
            attempt.outcome =
                Outcome::Acknowledged { partition: words.number()?, offset: words.number()? };
        }
        "fail" => attempt(run, &mut Words::of(rest, 2))?.outcome = Outcome::Failed,
        "promise" => {
            run.promise = Words::of(rest, 1).text()?.parse().map_err(|_| "no promise of kp's")?;
        }
        "begin" => {
            *in_transaction = true;
            run.transactions.push(Fate::Unknown);
        }
        "commit" | "abort" => {
            let fate = run.transactions.last_mut().ok_or("no transaction began")?;
            *fate = if what == "commit" { Fate::Committed } else { Fate::Aborted };
            *in_transaction = false;
        }
        _ => return Err("no line of a ledger"),
    }
    Ok(())
}

fn attempt<'r>(run: &'r mut Run, words: &mut Words<'_>) -> Result<&'r mut Attempt, &'static str> {
    let sequence: usize = words.number()?;
    run.attempts.get_mut(sequence).ok_or("an outcome of something that was never tried")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Status;

    fn path() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.ledger");
        (folder, path)
    }

    #[test]
    fn what_was_noted_is_read_by_run() {
        let (_folder, path) = path();
        let mut ledger = Ledger::open(&path, Promise::Once).unwrap();
        for value in [&b"a"[..], b"b", b"c"] {
            ledger.attempt("orders", None, Some(value)).unwrap();
        }
        ledger.acknowledged(0, 2, 1234);
        ledger.failed(1, "not in time\nand more");
        ledger.close().unwrap();
        drop(ledger);
        let mut second = Ledger::open(&path, Promise::Leader).unwrap();
        let stamp = second.attempt("others", Some(b"k"), None).unwrap();
        assert_eq!(stamp.sequence, 0);
        drop(second);

        let runs = read_ledger(&path).unwrap();
        assert_eq!(
            runs.iter().map(|run| (run.promise, run.topics.join(","))).collect::<Vec<_>>(),
            [(Promise::Once, "orders".to_owned()), (Promise::Leader, "others".to_owned())]
        );
        let statuses = |run: &Run| {
            let attempts = run.attempts.iter();
            attempts.map(|attempt| run.status(attempt)).collect::<Vec<_>>()
        };
        assert_eq!(statuses(&runs[0]), [Status::Acknowledged, Status::Failed, Status::Unknown]);
        assert_eq!(statuses(&runs[1]), [Status::Unknown]);
        assert_eq!(runs[1].attempts[0].checksum, checksum(Some(b"k"), None));
    }

    #[test]
    fn a_promise_that_became_another_counts_for_the_whole_run() {
        let (_folder, path) = path();
        let mut ledger = Ledger::open(&path, Promise::Once).unwrap();
        ledger.attempt("orders", None, Some(b"x")).unwrap();
        ledger.promise(Promise::Stored);
        ledger.close().unwrap();
        assert_eq!(read_ledger(&path).unwrap()[0].promise, Promise::Stored);
    }

    #[test]
    fn a_transaction_counts_by_its_end() {
        let (_folder, path) = path();
        let mut ledger = Ledger::open(&path, Promise::Transactions).unwrap();
        for end in ["commit", "abort", ""] {
            ledger.begin();
            let stamp = ledger.attempt("orders", None, Some(b"x")).unwrap();
            ledger.acknowledged(stamp.sequence, 0, 5);
            match end {
                "commit" => ledger.committed().unwrap(),
                "abort" => ledger.aborted().unwrap(),
                _ => ledger.write_out().unwrap(),
            }
        }
        let run = read_ledger(&path).unwrap().remove(0);
        let statuses: Vec<_> = run.attempts.iter().map(|one| run.status(one)).collect();
        assert_eq!(statuses, [Status::Acknowledged, Status::Aborted, Status::Unknown]);
    }

    #[test]
    fn an_attempt_is_with_the_system_before_it_is_made() {
        let (_folder, path) = path();
        let mut ledger = Ledger::open(&path, Promise::Once).unwrap();
        ledger.attempt("orders", None, Some(b"x")).unwrap();
        ledger.acknowledged(0, 0, 0);
        // As after a SIGKILL, nothing more is written.
        std::mem::forget(ledger);
        let run = read_ledger(&path).unwrap().remove(0);
        assert_eq!(run.status(&run.attempts[0]), Status::Unknown);
    }

    #[test]
    fn half_a_name_in_a_torn_line_is_no_topic() {
        let (_folder, path) = path();
        let torn = "kp-ledger/1\nrun 1 idempotent 0\ntry 0 orders 8f3c2a11\ntry 1 oth";
        std::fs::write(&path, torn).unwrap();
        drop(Ledger::open(&path, Promise::Once).unwrap());
        let runs = read_ledger(&path).unwrap();
        assert_eq!(runs.len(), 2);
        assert_eq!(runs[0].topics, ["orders"]);
    }

    #[test]
    fn a_line_that_makes_no_sense_is_named() {
        let (_folder, path) = path();
        std::fs::write(&path, "kp-ledger/1\nrun 1 idempotent 0\nack 7 0 0\nbegin\n").unwrap();
        let error = read_ledger(&path).unwrap_err().to_string();
        assert!(error.ends_with("line 3: an outcome of something that was never tried"), "{error}");
    }
}
