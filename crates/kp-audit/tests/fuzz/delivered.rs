//! A list of what a consumer has delivered, as `kp-admin audit` reads it, and as the next process
//! goes on with it.

use kp_audit::{Comparison, DeliveredList, Entry, JournalError, RunId, read_delivered};

use crate::{Scratch, cuts, is_told, whole_lines};

pub(crate) const HEAD: &str = "kp-delivered/1\n";

pub(crate) const WORDS: &[&str] = &[
    "\n",
    "\n",
    " ",
    "0",
    "-1",
    "-",
    "?",
    "start test-group 4058 1795456838464\n",
    "start - 1 1\n",
    "start ",
    "got ",
    "got orders 2 1234 5f3c9a0b1c2d4e6f 17 8f3c2a11\n",
    "got orders 2 1235 - - 8f3c2a11\n",
    "got a -1 -1 1 18446744073709551615 0\n",
    "got a 2147483648 0 - - 0\n",
    "got a 0 0 - 7 ffffffff\n",
    "got orders 2 12",
    "5f3c9a0b1c2d4e6f",
    "17",
    "8f3c2a11",
];

/// An entry of which everything is owned, with the number of its process.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owned {
    part: u32,
    topic: String,
    place: (i32, i64),
    record: Option<(RunId, u64)>,
    checksum: u32,
}

pub(crate) fn check(list: &[u8], scratch: &Scratch) {
    let path = scratch.with(list);
    let entries = match read(list, scratch) {
        Ok(entries) => entries,
        Err(error) => return is_told(&error, &path, list),
    };
    stand_in_the_list(&entries, list);
    for cut in cuts(list) {
        let cut = &list[..cut];
        let left = read(whole_lines(cut), scratch).expect("a list that was cut off");
        let torn = read(cut, scratch).expect("a list that was cut off");
        assert_eq!(torn, left, "a torn line was taken");
        assert!(entries.starts_with(&left));
        goes_on(cut, &left, scratch);
    }
    is_written_as_it_was_read(&entries, scratch);
    is_compared(list, entries.len(), scratch);
}

fn read(list: &[u8], scratch: &Scratch) -> Result<Vec<Owned>, JournalError> {
    let mut entries = Vec::new();
    read_delivered(&scratch.with(list), |part, entry| {
        entries.push(Owned {
            part,
            topic: entry.topic.to_owned(),
            place: (entry.partition, entry.offset),
            record: entry.record,
            checksum: entry.checksum,
        });
    })?;
    Ok(entries)
}

/// Each entry says what its line says, read in the plainest way.
fn stand_in_the_list(entries: &[Owned], list: &[u8]) {
    let list = String::from_utf8_lossy(list);
    let mut lines = list.lines().map(str::trim_end);
    for entry in entries {
        let found = lines.any(|line| {
            let words: Vec<_> = line.split(' ').collect();
            let ["got", topic, partition, offset, run, number, checksum] = words[..] else {
                return false;
            };
            let record = run.parse().ok().zip(number.parse().ok());
            entry.topic == topic
                && partition.parse().ok().zip(offset.parse().ok()) == Some(entry.place)
                && entry.record == record.filter(|_| run != "-")
                && u32::from_str_radix(checksum, 16) == Ok(entry.checksum)
        });
        assert!(found, "{entry:?} stands in no line");
    }
}

/// The next process writes behind the torn line, and changes nothing of what was there.
fn goes_on(cut: &[u8], left: &[Owned], scratch: &Scratch) {
    let path = scratch.with(cut);
    let list = DeliveredList::open(&path, Some("a group")).expect("a list");
    list.write(b"got next 0 7 - - 00000001\n").expect("a line");
    drop(list);
    let content = std::fs::read(&path).expect("the list");
    let entries = read(&content, scratch).expect("a list that goes on");
    let (last, before) = entries.split_last().expect("the entry that was added");
    assert_eq!(before, left);
    assert_eq!((last.topic.as_str(), last.place), ("next", (0, 7)));
    assert!(left.iter().all(|entry| entry.part < last.part));
}

fn is_written_as_it_was_read(entries: &[Owned], scratch: &Scratch) {
    let mut lines = HEAD.as_bytes().to_vec();
    let mut begun = 0;
    for entry in entries {
        for _ in begun..=entry.part {
            lines.extend_from_slice(b"start - 1 1\n");
        }
        begun = entry.part + 1;
        let (partition, offset) = entry.place;
        Entry {
            topic: &entry.topic,
            partition,
            offset,
            record: entry.record,
            checksum: entry.checksum,
        }
        .write(&mut lines);
    }
    assert_eq!(read(&lines, scratch).expect("what was written"), entries);
}

fn is_compared(list: &[u8], entries: usize, scratch: &Scratch) {
    let mut comparison = Comparison::new(Vec::new(), false);
    comparison.begin_list();
    read_delivered(&scratch.with(list), |part, entry| comparison.delivered(part, &entry))
        .expect("a list that was read before");
    let found = comparison.finish().delivered.expect("a list was given");
    assert_eq!(found.records, entries as u64);
}
