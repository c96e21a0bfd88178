//! Every parser of outside bytes in this crate, fuzzed: with the committed corpus and a short random run by `cargo test`, guided by
//! coverage by `cargo xtask fuzz`. CONTRIBUTING.md says how, and what to do with a finding.

mod document;
mod json_record;
mod python;
mod template;

use std::borrow::Cow;

use bolero::check;
use kp_core::{Format, Record};

/// How many random inputs follow the corpus in `cargo test`: a count, since a limit of time would cut the corpus short as well.
const RANDOM_INPUTS: usize = 4_000;
/// Long enough for anything that these parsers tell apart.
const LONGEST_INPUT: usize = 512;

/// The input as it is when it begins like a text; otherwise the words that its bytes stand for.
///
/// Bytes by chance hardly ever get past a parser's first character; words by chance do.
fn spelled<'a>(input: &'a [u8], words: &[&str]) -> Cow<'a, [u8]> {
    match input {
        [0x80..=0xff, rest @ ..] => rest
            .iter()
            .flat_map(|&byte| words[usize::from(byte) % words.len()].bytes())
            .collect(),
        _ => Cow::Borrowed(input),
    }
}

/// What a format shows of a record. Whatever stood in the buffer before must still stand there, and nothing more after an error.
fn shown(format: &Format, record: &Record<'_>) -> Result<Vec<u8>, kp_core::BadMessage> {
    const BEFORE: &[u8] = b"before";
    let mut out = BEFORE.to_vec();
    let written = format.write(record, &mut out);
    let shown = out.strip_prefix(BEFORE).expect("what stood there before");
    match written {
        Ok(()) => Ok(shown.to_vec()),
        Err(bad) => {
            assert_eq!(shown, b"", "a part of a message that cannot be shown");
            Err(bad)
        }
    }
}

fn assert_one_line(error: &str) {
    assert!(!error.is_empty());
    assert!(!error.contains(char::is_control), "{error:?}");
}

#[test]
fn json_records() {
    check!()
        .with_iterations(RANDOM_INPUTS)
        .with_max_len(LONGEST_INPUT)
        .for_each(|input: &[u8]| json_record::check(&spelled(input, json_record::WORDS)));
}

#[test]
fn json_documents() {
    check!()
        .with_iterations(RANDOM_INPUTS)
        .with_max_len(LONGEST_INPUT)
        .for_each(|input: &[u8]| document::check(&spelled(input, document::WORDS)));
}

#[test]
fn templates() {
    check!()
        .with_iterations(RANDOM_INPUTS)
        .with_max_len(LONGEST_INPUT)
        .for_each(|input: &[u8]| template::check(&spelled(input, template::WORDS)));
}

/// A target that was renamed would run without its corpus, and nobody would notice.
#[test]
fn every_target_has_its_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz/__fuzz__");
    let targets = std::fs::read_dir(folder).expect("the corpora");
    let mut targets: Vec<_> = targets
        .map(|target| target.expect("a folder").file_name())
        .collect();
    targets.sort();
    assert_eq!(targets, ["json_documents", "json_records", "templates"]);
    for target in targets {
        let corpus = std::path::Path::new(folder).join(target).join("corpus");
        assert!(std::fs::read_dir(corpus).expect("a corpus").count() > 10);
    }
}
