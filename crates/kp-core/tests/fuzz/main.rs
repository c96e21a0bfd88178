//! Every parser of outside bytes in this crate, fuzzed: with the committed corpus and a short
//! random run by `cargo test`, guided by coverage by `cargo xtask fuzz`. CONTRIBUTING.md says how,
//! and what to do with a finding.

mod document;
mod json_record;
mod python;
mod target;
mod template;

use bolero::check;
use kp_core::{Format, Record};

use crate::target::{replay, spelled};

/// How many random inputs follow the corpus in `cargo test`: a count, since a limit of time would
/// cut the corpus short as well.
const RANDOM_INPUTS: usize = 4_000;
/// Long enough for anything that these parsers tell apart.
const LONGEST_INPUT: usize = 512;

/// What a format shows of a record. Whatever stood in the buffer before must still stand there, and
/// nothing more after an error.
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
    let check = |input: &[u8]| json_record::check(&spelled(input, json_record::WORDS));
    replay(include!("__fuzz__/json_records/found.in"), check);
    check!().with_iterations(RANDOM_INPUTS).with_max_len(LONGEST_INPUT).for_each(check);
}

#[test]
fn json_documents() {
    let check = |input: &[u8]| document::check(&spelled(input, document::WORDS));
    replay(include!("__fuzz__/json_documents/found.in"), check);
    check!().with_iterations(RANDOM_INPUTS).with_max_len(LONGEST_INPUT).for_each(check);
}

#[test]
fn templates() {
    let check = |input: &[u8]| template::check(&spelled(input, template::WORDS));
    replay(include!("__fuzz__/templates/found.in"), check);
    check!().with_iterations(RANDOM_INPUTS).with_max_len(LONGEST_INPUT).for_each(check);
}

#[test]
fn every_target_has_its_corpus() {
    target::assert_corpora(
        env!("CARGO_MANIFEST_DIR"),
        &["json_documents", "json_records", "templates"],
    );
}

#[test]
fn a_text_is_taken_as_it_is_and_other_bytes_choose_words() {
    assert_eq!(spelled(b"{}", &["a"]).as_ref(), b"{}");
    assert_eq!(spelled(&[0x80, 0, 1, 2], &["no", "yes"]).as_ref(), b"noyesno");
    assert_eq!(spelled(b"", &["a"]).as_ref(), b"");
}
