//! An archive there and back, cut at every byte, and with every byte changed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use kp_archive::{Archive, ArchiveError, Damage, Writer, encode};
use kp_core::{OwnedRecord, Timestamp};
use proptest::prelude::*;
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("orders.kp");
    (folder, path)
}

fn append(path: &Path, records: &[OwnedRecord]) -> Result<u64, ArchiveError> {
    let mut writer = Writer::open(path)?;
    let mut lines = Vec::new();
    for record in records {
        record.lend(|record| encode(record, &mut lines));
    }
    writer.append(&lines)?;
    Ok(writer.cut())
}

/// All records, the lines that are damaged, and the line that is torn.
fn read(path: &Path) -> (Vec<OwnedRecord>, Vec<u64>, Option<u64>) {
    let mut archive = Archive::open(path).unwrap();
    let (mut records, mut damaged) = (Vec::new(), Vec::new());
    loop {
        match archive.next_entry() {
            Ok(Some(entry)) => records.push(entry.record),
            Ok(None) => return (records, damaged, archive.torn_line()),
            Err(ArchiveError::Damaged { line, .. }) => damaged.push(line),
            Err(error) => panic!("{error}"),
        }
    }
}

fn some() -> Vec<OwnedRecord> {
    let record = |offset, value: Option<&[u8]>| OwnedRecord {
        topic: "orders".to_owned(),
        partition: Some(2),
        offset: Some(offset),
        timestamp: Timestamp::CreateTime(1_732_300_000_000),
        key: Some(b"k".to_vec()),
        value: value.map(<[u8]>::to_vec),
        headers: vec![(b"\xff".to_vec(), None), (b"h".to_vec(), Some(b"v\n".to_vec()))],
    };
    vec![record(7, Some(b"{\"a\":\n1}")), record(8, None), record(i64::MAX, Some(b"\xff\0"))]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![any::<Vec<u8>>(), ".*".prop_map(String::into_bytes)]
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        Just(Timestamp::NotAvailable),
        any::<i64>().prop_map(Timestamp::CreateTime),
        any::<i64>().prop_map(Timestamp::LogAppendTime),
    ]
}

prop_compose! {
    fn record()(
        topic in ".*",
        partition: Option<i32>,
        offset: Option<i64>,
        timestamp in timestamp(),
        key in proptest::option::of(bytes()),
        value in proptest::option::of(bytes()),
        headers in proptest::collection::vec((bytes(), proptest::option::of(bytes())), 0..4),
    ) -> OwnedRecord {
        OwnedRecord { topic, partition, offset, timestamp, key, value, headers }
    }
}

proptest! {
    #[test]
    fn what_is_saved_in_several_runs_is_read(
        runs in proptest::collection::vec(proptest::collection::vec(record(), 0..5), 1..4)
    ) {
        let (_folder, path) = folder();
        for run in &runs {
            prop_assert_eq!(append(&path, run).unwrap(), 0);
        }
        prop_assert_eq!(read(&path), (runs.concat(), vec![], None));
    }

    #[test]
    fn any_other_file_is_refused_and_left_as_it_is(content in bytes()) {
        prop_assume!(!b"{\"crc32\":\"".starts_with(&content));
        let (_folder, path) = folder();
        std::fs::write(&path, &content).unwrap();
        let refused = append(&path, &some());
        prop_assert!(matches!(refused, Err(ArchiveError::Other { .. })), "{:?}", refused);
        let opened = Archive::open(&path);
        prop_assert!(matches!(opened, Err(ArchiveError::Other { .. })), "{:?}", opened);
        prop_assert_eq!(std::fs::read(&path).unwrap(), content);
    }
}

#[test]
fn a_file_that_is_cut_anywhere_keeps_what_is_whole_and_can_be_appended_to() {
    let (_folder, path) = folder();
    let records = some();
    append(&path, &records).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let ends: Vec<_> =
        (1..).zip(&whole).filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).collect();
    for length in 0..=whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        // A record without its newline is whole.
        let kept = ends[1..].iter().filter(|end| **end - 1 <= length).count();
        let is_torn =
            length > ends[0] && !ends.iter().any(|end| (*end - 1..=*end).contains(&length));
        if length >= ends[0] {
            let torn = is_torn.then_some(kept as u64 + 2);
            assert_eq!(read(&path), (records[..kept].to_vec(), vec![], torn), "{length}");
        } else {
            assert!(matches!(Archive::open(&path), Err(ArchiveError::Other { .. })), "{length}");
        }
        let cut = append(&path, &records[..1]).unwrap();
        assert_eq!(cut > 0, is_torn || (0 < length && length < ends[0]), "{length}");
        let expected = [&records[..kept], &records[..1]].concat();
        assert_eq!(read(&path), (expected, vec![], None), "{length}");
    }
}

#[test]
fn a_bit_that_changes_anywhere_is_found_and_what_is_behind_it_is_read() {
    let (_folder, path) = folder();
    let records = some();
    append(&path, &records).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let head = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            std::fs::write(&path, &changed).unwrap();
            if at < head {
                let opened = Archive::open(&path);
                assert!(matches!(opened, Err(ArchiveError::Other { .. })), "{at} {bit}");
                continue;
            }
            let (read, damaged, torn) = read(&path);
            assert!(!damaged.is_empty() || torn.is_some(), "{at} {bit}: nothing was told");
            assert!(read.iter().all(|record| records.contains(record)), "{at} {bit}");
            // A newline that is gone takes two records with it, anything else takes one.
            let lost = if whole[at] == b'\n' && at + 1 < whole.len() { 2 } else { 1 };
            assert_eq!(read.len(), records.len() - lost, "{at} {bit}");
        }
    }
}

#[test]
fn a_damaged_record_is_told_with_its_line() {
    let (_folder, path) = folder();
    append(&path, &some()).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("orders", "0rders", 1)).unwrap();
    let mut archive = Archive::open(&path).unwrap();
    let error = archive.next_entry().unwrap_err();
    assert!(matches!(error, ArchiveError::Damaged { line: 2, reason: Damage::Checksum, .. }));
    let text = error.to_string();
    assert!(
        text.ends_with("orders.kp, line 2: this record is damaged: its checksum does not match"),
        "{text}"
    );
    assert_eq!(archive.next_entry().unwrap().unwrap().number, 3);
}

#[test]
fn archives_behind_each_other_are_one() {
    let (folder, path) = folder();
    let second = folder.path().join("second.kp");
    append(&path, &some()).unwrap();
    append(&second, &some()).unwrap();
    let both = [std::fs::read(&path).unwrap(), std::fs::read(&second).unwrap()].concat();
    std::fs::write(&path, both).unwrap();
    assert_eq!(read(&path), ([some(), some()].concat(), vec![], None));
}

#[test]
fn two_do_not_write_the_same_archive() {
    let (_folder, path) = folder();
    let _first = Writer::open(&path).unwrap();
    assert!(matches!(Writer::open(&path), Err(ArchiveError::Taken { .. })));
}

#[test]
fn a_full_disk_is_an_error_that_names_the_file() {
    let error = Writer::open(Path::new("/dev/full")).unwrap_err().to_string();
    assert_eq!(error, "cannot write /dev/full");
}
