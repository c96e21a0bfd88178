//! What the fuzz targets of `kp-core`, `kp-audit` and `kp-settings` share; for their tests only.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::fs;
use std::path::Path;

/// The input as it is when it begins like a text; otherwise the words that its bytes stand for.
///
/// Bytes by chance hardly ever get past a parser's first character; words by chance do.
pub fn spelled<'a>(input: &'a [u8], words: &[&str]) -> Cow<'a, [u8]> {
    match input {
        [0x80..=0xff, rest @ ..] => rest
            .iter()
            .flat_map(|&byte| words[usize::from(byte) % words.len()].bytes())
            .collect(),
        _ => Cow::Borrowed(input),
    }
}

/// Makes sure that these targets of the crate in this folder, in the order of the alphabet, have their corpora, and no others: a target
/// that was renamed would run without its corpus, and nobody would notice.
///
/// # Panics
/// When one has none, or nearly none.
pub fn assert_corpora(crate_folder: &str, expected: &[&str]) {
    let folder = Path::new(crate_folder).join("tests/fuzz/__fuzz__");
    let targets = fs::read_dir(&folder).expect("the corpora");
    let mut targets: Vec<_> = targets
        .map(|target| target.expect("a folder").file_name())
        .collect();
    targets.sort();
    assert_eq!(targets, expected);
    for target in targets {
        let corpus = folder.join(target).join("corpus");
        assert!(fs::read_dir(corpus).expect("a corpus").count() > 10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_as_it_is_and_other_bytes_choose_words() {
        assert_eq!(spelled(b"{}", &["a"]).as_ref(), b"{}");
        assert_eq!(
            spelled(&[0x80, 0, 1, 2], &["no", "yes"]).as_ref(),
            b"noyesno"
        );
        assert_eq!(spelled(b"", &["a"]).as_ref(), b"");
    }
}
