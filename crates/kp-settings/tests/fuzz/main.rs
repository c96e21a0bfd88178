//! Every parser of outside bytes in this crate, fuzzed: with the committed corpus and a short random run by `cargo test`, guided by
//! coverage by `cargo xtask fuzz`. CONTRIBUTING.md says how, and what to do with a finding.

mod file;
mod layers;
mod scene;
mod value;
mod word;

use std::borrow::Cow;

use bolero::check;

use crate::scene::Scene;

/// How many random inputs follow the corpus in `cargo test`: a count, since a limit of time would cut the corpus short as well.
const RANDOM_INPUTS: usize = 200;
/// Long enough for anything that these parsers tell apart.
const LONGEST_INPUT: usize = 256;

/// The input as it is when it begins like a text; otherwise the words that its bytes stand for.
///
/// Bytes by chance hardly ever get past a parser's first character; words by chance do.
fn spelled<'a>(input: &'a [u8], words: &[&str]) -> Cow<'a, str> {
    match input {
        [0x80..=0xff, rest @ ..] => rest
            .iter()
            .map(|&byte| words[usize::from(byte) % words.len()])
            .collect(),
        _ => String::from_utf8_lossy(input),
    }
}

#[test]
fn files() {
    let scene = Scene::new();
    check!()
        .with_iterations(RANDOM_INPUTS)
        .with_max_len(LONGEST_INPUT)
        .for_each(|input: &[u8]| file::check(&spelled(input, file::WORDS), &scene));
}

#[test]
fn values() {
    let scene = Scene::new();
    check!()
        .with_iterations(RANDOM_INPUTS)
        .with_max_len(LONGEST_INPUT)
        .for_each(|input: &[u8]| value::check(input, &scene));
}

#[test]
fn layers() {
    let scene = Scene::new();
    check!()
        .with_iterations(RANDOM_INPUTS)
        .with_max_len(LONGEST_INPUT)
        .for_each(|input: &[u8]| layers::check(&spelled(input, layers::WORDS), &scene));
}

#[test]
fn words() {
    check!()
        .with_iterations(RANDOM_INPUTS)
        .with_max_len(LONGEST_INPUT)
        .for_each(|input: &[u8]| word::check(&spelled(input, word::WORDS)));
}

#[test]
fn every_target_has_its_corpus() {
    kp_fuzz::assert_corpora(
        env!("CARGO_MANIFEST_DIR"),
        &["files", "layers", "values", "words"],
    );
}
