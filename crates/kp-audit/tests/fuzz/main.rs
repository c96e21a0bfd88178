//! Every parser of outside bytes in this crate, fuzzed: with the committed corpus and a short
//! random run by `cargo test`, guided by coverage by `cargo xtask fuzz`. CONTRIBUTING.md says how,
//! and what to do with a finding.

mod delivered;
mod ledger;
mod stamp;
#[path = "../../../kp-core/tests/fuzz/target.rs"]
mod target;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use bolero::check;
use kp_audit::JournalError;
use tempfile::TempDir;

use crate::target::{replay, spelled};

/// How many random inputs follow the corpus in `cargo test`: a count, since a limit of time would
/// cut the corpus short as well.
const RANDOM_INPUTS: usize = 200;
/// Long enough for anything that these parsers tell apart.
const LONGEST_INPUT: usize = 512;

/// A file that each input is written to anew.
struct Scratch {
    folder: TempDir,
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder }
    }

    fn with(&self, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join("journal");
        std::fs::write(&path, content).expect("a file");
        path
    }
}

/// A whole journal: as it is when it has the first line of one, otherwise the lines behind that
/// first line.
fn journal<'a>(input: Cow<'a, [u8]>, head: &str) -> Cow<'a, [u8]> {
    if input.starts_with(b"kp-") { input } else { Cow::Owned([head.as_bytes(), &input].concat()) }
}

/// Where a SIGKILL may have cut the file after its first line. Some places are in the beginnings of
/// its last lines, the others depend on nothing but the file.
fn cuts(journal: &[u8]) -> Vec<usize> {
    const OF_EACH_KIND: usize = 4;
    let mut starts = (1..=journal.len()).filter(|&at| journal[at - 1] == b'\n');
    let Some(first) = starts.next() else {
        return Vec::new();
    };
    let length = journal.len();
    let in_beginnings = starts.rev().map(|start| (start + 2).min(length));
    let sum = journal.iter().fold(7, |sum, &byte| (sum * 31 + usize::from(byte)) % 65_521);
    let anywhere =
        (0..OF_EACH_KIND).map(|number| first + (sum + number * 7_919) % (length + 1 - first));
    in_beginnings.take(OF_EACH_KIND).chain(anywhere).collect()
}

/// The lines that the cut has left whole.
fn whole_lines(cut: &[u8]) -> &[u8] {
    let end = cut.iter().rposition(|&byte| byte == b'\n');
    &cut[..end.map_or(0, |newline| newline + 1)]
}

/// An error names the file, and the line where there is one.
fn is_told(error: &JournalError, path: &Path, journal: &[u8]) {
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()), "{text}");
    assert!(!text.contains(char::is_control), "{text:?}");
    match error {
        JournalError::Line { line, .. } => {
            let lines = journal.split(|&byte| byte == b'\n').count();
            assert!(*line >= 2 && *line <= lines as u64, "{text}");
        }
        error => assert!(matches!(error, JournalError::Other { .. }), "{text}"),
    }
}

#[test]
fn ledgers() {
    let scratch = Scratch::new();
    let check = |input: &[u8]| {
        ledger::check(&journal(spelled(input, ledger::WORDS), ledger::HEAD), &scratch);
    };
    replay(include!("__fuzz__/ledgers/found.in"), check);
    check!().with_iterations(RANDOM_INPUTS).with_max_len(LONGEST_INPUT).for_each(check);
}

#[test]
fn lists_of_delivered_messages() {
    let scratch = Scratch::new();
    let check = |input: &[u8]| {
        delivered::check(&journal(spelled(input, delivered::WORDS), delivered::HEAD), &scratch);
    };
    replay(include!("__fuzz__/lists_of_delivered_messages/found.in"), check);
    check!().with_iterations(RANDOM_INPUTS).with_max_len(LONGEST_INPUT).for_each(check);
}

#[test]
fn stamps() {
    let check = |input: &[u8]| stamp::check(&spelled(input, stamp::WORDS));
    replay(include!("__fuzz__/stamps/found.in"), check);
    check!().with_iterations(RANDOM_INPUTS).with_max_len(LONGEST_INPUT).for_each(check);
}

#[test]
fn every_target_has_its_corpus() {
    target::assert_corpora(
        env!("CARGO_MANIFEST_DIR"),
        &["ledgers", "lists_of_delivered_messages", "stamps"],
    );
}
