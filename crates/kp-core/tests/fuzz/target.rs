//! What the fuzz targets of `kp-core`, `kp-audit` and `kp-settings` share.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::{env, fs};

/// The input as it is when it begins like a text; otherwise the words that its bytes stand for.
///
/// Bytes by chance hardly ever get past a parser's first character; words by chance do.
pub(crate) fn spelled<'a>(input: &'a [u8], words: &[&str]) -> Cow<'a, [u8]> {
    match input {
        [0x80..=0xff, rest @ ..] => {
            rest.iter().flat_map(|&byte| words[usize::from(byte) % words.len()].bytes()).collect()
        }
        _ => Cow::Borrowed(input),
    }
}

/// Checks each input that libFuzzer found, the content of a target's `found.in`.
///
/// For `cargo xtask fuzz` they are written to the folder `FUZZ_UNPACK` instead, where libFuzzer
/// reads them.
#[expect(clippy::print_stderr, reason = "the harness shows it with the panic")]
pub(crate) fn replay(found: &[&[u8]], check: impl Fn(&[u8])) {
    assert!(found.len() > 10, "a corpus that has lost its inputs");
    if let Some(folder) = env::var_os("FUZZ_UNPACK") {
        for (number, input) in found.iter().enumerate() {
            let path = Path::new(&folder).join(format!("found-{number}"));
            fs::write(path, input).expect("a file for libFuzzer");
        }
        return;
    }
    for input in found {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(input))) {
            eprintln!("The input in found.in: b\"{}\"", input.escape_ascii());
            resume_unwind(panic);
        }
    }
}

/// Makes sure that these targets of the crate in this folder, in alphabetical order, have their
/// named inputs, and no others. A target that was renamed would run without them unnoticed.
pub(crate) fn assert_corpora(crate_folder: &str, expected: &[&str]) {
    let folder = Path::new(crate_folder).join("tests/fuzz/__fuzz__");
    let targets = fs::read_dir(&folder).expect("the corpora");
    let mut targets: Vec<_> = targets.map(|target| target.expect("a folder").file_name()).collect();
    targets.sort();
    assert_eq!(targets, expected);
    for target in targets {
        let corpus = folder.join(target).join("corpus");
        assert!(fs::read_dir(corpus).expect("a corpus").count() > 10);
    }
}
