//! The list of what a consumer has delivered: a line for each message, after it was written out and
//! before its offset is stored.
//!
//! ```text
//! kp-delivered/1
//! start test-group 4058 1795456838464
//! got orders 2 1234 5f3c9a0b1c2d4e6f 17 8f3c2a11
//! ```
//! `start` has the group (`-` without one), the process and the time in milliseconds since 1970.
//! `got` has the topic, the partition and the offset, then the record's run and number (`- -` where
//! it has no stamp). Last comes the checksum of what was delivered.

use std::io::Write;
use std::path::Path;

use crate::journal::{self, Form, Journal, JournalError, Words};
use crate::ledger::millis_now;
use crate::stamp::RunId;

const FORM: Form = Form { kind: "list of delivered messages", head: "kp-delivered/1" };

/// A list that is being written, by one process.
#[derive(Debug)]
pub struct DeliveredList(Journal);

impl DeliveredList {
    /// Begins a process's part of this file, which is made when it is not there.
    ///
    /// # Errors
    /// The file cannot be written, is something else, or is written by another process.
    pub fn open(path: &Path, group: Option<&str>) -> Result<Self, JournalError> {
        let journal = Journal::open(path, FORM)?;
        let process = std::process::id();
        // A group's name may have spaces; here it is one word.
        let group = group.unwrap_or("-").replace(char::is_whitespace, "_");
        journal.write(format!("start {group} {process} {}\n", millis_now()).as_bytes())?;
        Ok(Self(journal))
    }

    /// Hands the lines of messages that were delivered to the system.
    ///
    /// # Errors
    /// The file cannot be written: the messages do not count as delivered.
    pub fn write(&self, lines: &[u8]) -> Result<(), JournalError> {
        self.0.write(lines)
    }

    /// Makes sure that all is on the disk.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn close(&self) -> Result<(), JournalError> {
        self.0.close()
    }
}

/// A message that was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its topic.
    pub topic: &'a str,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// The run and the number of its stamp.
    pub record: Option<(RunId, u64)>,
    /// The checksum of the key and the value that were delivered.
    pub checksum: u32,
}

impl Entry<'_> {
    /// Appends its line.
    pub fn write(&self, lines: &mut Vec<u8>) {
        let Self { topic, partition, offset, record, checksum } = self;
        // A vector takes everything.
        let _ = match record {
            Some((run, number)) => {
                writeln!(lines, "got {topic} {partition} {offset} {run} {number} {checksum:08x}")
            }
            None => writeln!(lines, "got {topic} {partition} {offset} - - {checksum:08x}"),
        };
    }

    fn read<'a>(words: &mut Words<'a>) -> Result<Entry<'a>, &'static str> {
        let (topic, partition, offset) = (words.text()?, words.number()?, words.number()?);
        let (run, number) = (words.text()?, words.text()?);
        let record = if run == "-" {
            None
        } else {
            let run = run.parse().map_err(|_| "no run's number")?;
            Some((run, number.parse().map_err(|_| "no record's number")?))
        };
        Ok(Entry { topic, partition, offset, record, checksum: words.hexadecimal()? })
    }
}

/// Reads a list. `take` gets each entry with the number of the process's part that it stands in,
/// from 0.
///
/// # Errors
/// The file cannot be read, is something else, or has a line that no version of kp has written.
pub fn read_delivered(
    path: &Path,
    mut take: impl FnMut(u32, Entry<'_>),
) -> Result<(), JournalError> {
    let mut parts = 0;
    journal::read_lines(path, FORM, "start ", |line| {
        match line.split_once(' ') {
            Some(("start", _)) => parts += 1,
            Some(("got", rest)) if parts > 0 => {
                take(parts - 1, Entry::read(&mut Words::of(rest, 6))?);
            }
            _ => return Err("no line of a list of delivered messages"),
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_delivered_is_read_by_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("delivered");
        let run = RunId::new();
        let entry = |offset, record| Entry {
            topic: "orders",
            partition: 2,
            offset,
            record,
            checksum: 0x0b1c_2d4e,
        };
        let written = [entry(7, Some((run, 17))), entry(8, None)];
        for entry in &written {
            let list = DeliveredList::open(&path, Some("my group")).unwrap();
            let mut lines = Vec::new();
            entry.write(&mut lines);
            list.write(&lines).unwrap();
            list.close().unwrap();
        }
        let mut read = Vec::new();
        read_delivered(&path, |part, entry| {
            read.push((part, entry.offset, entry.record, entry.checksum));
        })
        .unwrap();
        let expected: Vec<_> = (0..)
            .zip(&written)
            .map(|(part, entry)| (part, entry.offset, entry.record, entry.checksum))
            .collect();
        assert_eq!(read, expected);
    }
}
