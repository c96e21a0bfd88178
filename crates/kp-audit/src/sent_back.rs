//! The notes of a redrive: which records of a file were sent back, so that none is sent twice.
//!
//! ```text
//! kp-sent/1
//! run e8e869d85bb5d371 4058 1795456838464
//! cluster 5L6g3nShT-eMCtK--X86sw
//! from orders 0 1234
//! try 12 orders
//! ack 12 2 1240 orders
//! try 13 orders
//! not 13 orders
//! ```
//! `run` has the file's id, the process and the time in milliseconds since 1970. `cluster` has the
//! id of the cluster that the records go to. `from` has a topic, a partition and its end before the
//! first record went there. `try` has a record's number and the topic that it is about to be sent
//! to. `ack` has its number, its partition, its offset and the topic. `not` says that it is not
//! stored.
//!
//! A record with `try` alone was under way when its process ended. It is looked for in its topic,
//! behind what `from` says of a partition.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use crate::journal::{self, Form, Journal, JournalError, Words};
use crate::ledger::millis_now;
use crate::stamp::RunId;

const FORM: Form = Form { kind: "file of notes on what was sent back", head: "kp-sent/1" };

/// What was noted so far: records by topic and number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentBack {
    /// The ids of the files that the notes are on; there should be one.
    pub files: BTreeSet<RunId>,
    /// The ids of the clusters that they are on; there should be one.
    pub clusters: BTreeSet<String>,
    /// Records that are stored.
    pub done: BTreeMap<String, BTreeSet<u64>>,
    /// Records that were under way when their process ended.
    pub open: BTreeMap<String, BTreeSet<u64>>,
    /// From which offset on those may stand, by topic and partition.
    pub from: BTreeMap<String, BTreeMap<i32, i64>>,
}

impl SentBack {
    /// Reads the notes; a file that is not there has none.
    ///
    /// # Errors
    /// The file cannot be read, is something else, or has a line that no version of kp has written.
    pub fn read(path: &Path) -> Result<Self, JournalError> {
        let mut notes = Self::default();
        // One that is empty was just made when its process ended.
        if path.metadata().map_or(true, |about| about.len() == 0) {
            return Ok(notes);
        }
        journal::read_lines(path, FORM, "run ", |line| notes.take(line))?;
        Ok(notes)
    }

    /// Whether this record is stored in this topic.
    #[must_use]
    pub fn has(&self, topic: &str, number: u64) -> bool {
        self.done.get(topic).is_some_and(|numbers| numbers.contains(&number))
    }

    fn take(&mut self, line: &str) -> Result<(), &'static str> {
        let (what, rest) = line.split_once(' ').ok_or("no line of such notes")?;
        match what {
            "run" => {
                let id = Words::of(rest, 3).text()?.parse().map_err(|_| "no file's id")?;
                self.files.insert(id);
            }
            "cluster" => {
                self.clusters.insert(rest.to_owned());
            }
            "from" => {
                let mut words = Words::of(rest, 3);
                let (topic, partition) = (words.text()?, words.number()?);
                let partitions = self.from.entry(topic.to_owned()).or_default();
                // What was noted first was before all records.
                partitions.entry(partition).or_insert(words.number()?);
            }
            "try" | "not" => {
                let mut words = Words::of(rest, 2);
                let (number, topic) = (words.number()?, words.text()?);
                let open = self.open.entry(topic.to_owned()).or_default();
                if what == "try" {
                    open.insert(number);
                } else {
                    open.remove(&number);
                }
            }
            "ack" => {
                let mut words = Words::of(rest, 4);
                let number = words.number()?;
                let (_, _): (i32, i64) = (words.number()?, words.number()?);
                let topic = words.text()?;
                self.open.entry(topic.to_owned()).or_default().remove(&number);
                self.done.entry(topic.to_owned()).or_default().insert(number);
            }
            _ => return Err("no line of such notes"),
        }
        Ok(())
    }
}

/// Notes that are being written, by one process.
#[derive(Debug)]
pub struct SentBackNotes {
    journal: Journal,
    lines: Vec<u8>,
}

impl SentBackNotes {
    /// Begins a process's part of this file, which is made when it is not there. `file` is the id
    /// of the file of records.
    ///
    /// # Errors
    /// The file cannot be written, is something else, or is written by another process.
    pub fn open(path: &Path, file: RunId) -> Result<Self, JournalError> {
        let journal = Journal::open(path, FORM)?;
        let process = std::process::id();
        journal.write(format!("run {file} {process} {}\n", millis_now()).as_bytes())?;
        Ok(Self { journal, lines: Vec::new() })
    }

    /// Notes the cluster that the records go to; [`SentBackNotes::write_out`] follows.
    pub fn cluster(&mut self, id: &str) {
        self.note(format_args!("cluster {id}"));
    }

    /// Notes where a partition ends before a record goes there; [`SentBackNotes::write_out`]
    /// follows.
    pub fn from(&mut self, topic: &str, partition: i32, end: i64) {
        self.note(format_args!("from {topic} {partition} {end}"));
    }

    /// Notes that a record is about to be sent; [`SentBackNotes::write_out`] must follow before it
    /// is.
    pub fn attempt(&mut self, topic: &str, number: u64) {
        self.note(format_args!("try {number} {topic}"));
    }

    /// Notes where a record is stored; [`SentBackNotes::write_out`] follows.
    pub fn stored(&mut self, topic: &str, number: u64, partition: i32, offset: i64) {
        self.note(format_args!("ack {number} {partition} {offset} {topic}"));
    }

    /// Notes that a record is not stored; [`SentBackNotes::write_out`] follows.
    pub fn not_stored(&mut self, topic: &str, number: u64) {
        self.note(format_args!("not {number} {topic}"));
    }

    fn note(&mut self, line: std::fmt::Arguments<'_>) {
        // A vector takes everything.
        let _ = writeln!(self.lines, "{line}");
    }

    /// Hands all that was noted to the system: a SIGKILL loses nothing of it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_out(&mut self) -> Result<(), JournalError> {
        let written = self.journal.write(&self.lines);
        self.lines.clear();
        written
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_under_way_is_known_after_a_kill_at_any_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.kp.sent");
        let id = RunId::new();
        let mut notes = SentBackNotes::open(&path, id).unwrap();
        notes.cluster("a b");
        notes.from("orders", 0, 10);
        for number in [2, 3, 4] {
            notes.attempt("orders", number);
        }
        notes.stored("orders", 2, 0, 17);
        notes.not_stored("orders", 4);
        notes.close().unwrap();
        drop(notes);
        let read = SentBack::read(&path).unwrap();
        assert_eq!(read.files, BTreeSet::from([id]));
        assert_eq!(read.clusters, BTreeSet::from(["a b".to_owned()]));
        assert!(read.has("orders", 2) && !read.has("orders", 3) && !read.has("others", 2));
        assert_eq!(read.open["orders"], BTreeSet::from([3]));
        assert_eq!(read.from["orders"], BTreeMap::from([(0, 10)]));
        let whole = std::fs::read(&path).unwrap();
        for length in std::iter::once(0).chain("kp-sent/1\n".len()..whole.len()) {
            std::fs::write(&path, &whole[..length]).unwrap();
            let cut = SentBack::read(&path).unwrap();
            // Nothing is known to be stored that is not noted.
            assert!(cut.done.values().flatten().all(|number| *number == 2), "{length}");
            drop(SentBackNotes::open(&path, id).unwrap());
            SentBack::read(&path).unwrap();
        }
    }

    #[test]
    fn a_file_that_is_not_there_has_no_notes() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(SentBack::read(&folder.path().join("x")).unwrap(), SentBack::default());
    }
}
