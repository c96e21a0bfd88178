//! Whatever stands in a file or a header: read, or refused with its line, never a panic.
//! `PROPTEST_CASES` says how many are tried.

use kp_audit::{Comparison, Stamp, Stored, read_delivered, read_ledger};
use proptest::prelude::*;

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "(run|try|ack|fail|begin|commit|abort|start|got)( [0-9a-z-]{0,20}){0,7}",
        "run [0-9a-f]{16} (idempotent|acks-1|transactional) 1",
        "try [0-3] [a-z]{1,3} [0-9a-f]{8}",
        "(ack [0-3] -?[0-9]{1,11} -?[0-9]{1,20}|fail [0-3] .{0,10})",
        "got [a-z]{1,2} [0-9]{1,10} -?[0-9]{1,19} ([0-9a-f]{16}|-) ([0-9]{1,20}|-) [0-9a-f]{8}",
        ".{0,40}",
    ]
}

fn file(head: &str, lines: &[String], tail: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    let mut text = format!("{head}\n{}\n", lines.join("\n")).into_bytes();
    text.extend(tail);
    std::fs::write(&path, text).expect("a file");
    (folder, path)
}

proptest! {
    #[test]
    fn any_ledger(lines in proptest::collection::vec(line(), 0..12), tail: Vec<u8>) {
        let (_folder, path) = file("kp-ledger/1", &lines, &tail);
        if let Ok(runs) = read_ledger(&path) {
            let ids: Vec<_> = runs.iter().map(|run| run.id).collect();
            let mut comparison = Comparison::new(runs, false);
            for (offset, run) in (0..).zip(ids) {
                for sequence in [0, 1, u64::MAX] {
                    comparison.stored(&Stored {
                        topic: "a",
                        partition: 0,
                        offset,
                        stamp: Some(Stamp { run, sequence, checksum: 0 }),
                        checksum: 0,
                    });
                }
            }
            comparison.finish();
        }
    }

    #[test]
    fn any_list(lines in proptest::collection::vec(line(), 0..12), tail: Vec<u8>) {
        let (_folder, path) = file("kp-delivered/1", &lines, &tail);
        let mut comparison = Comparison::new(Vec::new(), false);
        comparison.begin_list();
        let _ = read_delivered(&path, |part, entry| comparison.delivered(part, &entry));
        comparison.finish();
    }

    #[test]
    fn any_file(bytes: Vec<u8>) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        std::fs::write(&path, bytes).expect("a file");
        let _ = read_ledger(&path);
        let _ = read_delivered(&path, |_, _| ());
    }
}
