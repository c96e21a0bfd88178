//! Every parser of outside bytes in this crate, fuzzed: with the committed corpus and a short
//! random run by `cargo test`, guided by coverage by `cargo xtask fuzz`. CONTRIBUTING.md says how,
//! and what to do with a finding.

mod file;
mod layers;
mod scene;
#[path = "../../../kp-core/tests/fuzz/target.rs"]
mod target;
mod value;
mod word;

use bolero::check;

use crate::scene::Scene;
use crate::target::replay;

/// How many random inputs follow the corpus in `cargo test`: a count, since a limit of time would
/// cut the corpus short as well.
const RANDOM_INPUTS: usize = 200;
/// Long enough for anything that these parsers tell apart.
const LONGEST_INPUT: usize = 256;

/// The input as the text, or the words, that it stands for.
fn spelled(input: &[u8], words: &[&str]) -> String {
    String::from_utf8_lossy(&target::spelled(input, words)).into_owned()
}

#[test]
fn files() {
    let scene = Scene::new();
    let check = |input: &[u8]| file::check(&spelled(input, file::WORDS), &scene);
    replay(include!("__fuzz__/files/found.in"), check);
    check!().with_iterations(RANDOM_INPUTS).with_max_len(LONGEST_INPUT).for_each(check);
}

#[test]
fn values() {
    let scene = Scene::new();
    let check = |input: &[u8]| value::check(input, &scene);
    replay(include!("__fuzz__/values/found.in"), check);
    check!().with_iterations(RANDOM_INPUTS).with_max_len(LONGEST_INPUT).for_each(check);
}

#[test]
fn layers() {
    let scene = Scene::new();
    let check = |input: &[u8]| layers::check(&spelled(input, layers::WORDS), &scene);
    replay(include!("__fuzz__/layers/found.in"), check);
    check!().with_iterations(RANDOM_INPUTS).with_max_len(LONGEST_INPUT).for_each(check);
}

#[test]
fn words() {
    let check = |input: &[u8]| word::check(&spelled(input, word::WORDS));
    replay(include!("__fuzz__/words/found.in"), check);
    check!().with_iterations(RANDOM_INPUTS).with_max_len(LONGEST_INPUT).for_each(check);
}

#[test]
fn every_target_has_its_corpus() {
    target::assert_corpora(env!("CARGO_MANIFEST_DIR"), &["files", "layers", "values", "words"]);
}
