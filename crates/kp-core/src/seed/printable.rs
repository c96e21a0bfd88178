//! Which characters Python prints as they are.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, ClassUnicodeRange, HirKind};

/// What Python 3.11 calls printable: assigned by Unicode 14, and neither control, format, surrogate
/// and private use characters (C) nor separators (Z). The space is added below.
const PRINTABLE: &str = r"[\p{Age=14.0}&&[^\p{C}\p{Z}]]";

static RANGES: LazyLock<Vec<ClassUnicodeRange>> = LazyLock::new(|| {
    match regex_syntax::parse(PRINTABLE).map(regex_syntax::hir::Hir::into_kind) {
        Ok(HirKind::Class(Class::Unicode(class))) => class.ranges().to_vec(),
        // Not reached with this pattern, as the tests show; everything would be escaped.
        _ => Vec::new(),
    }
});

/// Python's `str.isprintable` of one character.
pub(super) fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    let ranges = &*RANGES;
    let following = ranges.partition_point(|range| range.start() <= character);
    following.checked_sub(1).is_some_and(|at| character <= ranges[at].end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_each_category_are_judged_as_python_does() {
        for printable in [' ', '~', 'é', '한', '\u{301}', '\u{1f600}', '\u{fffd}', '\u{ac00}'] {
            assert!(is_printable(printable), "{printable:?}");
        }
        let control = ['\n', '\u{7f}', '\u{85}'];
        let format = ['\u{ad}', '\u{200b}', '\u{202e}', '\u{feff}'];
        let private = ['\u{e000}', '\u{10fffd}'];
        let unassigned = ['\u{378}', '\u{ffff}'];
        let newer_than_unicode_14 = ['\u{1fa77}', '\u{31350}'];
        let separators = ['\u{a0}', '\u{2028}', '\u{2029}', '\u{3000}'];
        for hidden in
            [&control[..], &format, &private, &unassigned, &newer_than_unicode_14, &separators]
                .concat()
        {
            assert!(!is_printable(hidden), "{hidden:?}");
        }
    }

    /// One number over all code points, as `tests/record_seed_cases.py` computes it by
    /// `str.isprintable`.
    #[test]
    fn every_code_point_is_judged_as_python_does() {
        let recorded: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/seed_cases.json")).unwrap();
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for code_point in 0..=0x10_ffff {
            let printable = char::from_u32(code_point).is_some_and(is_printable);
            hash = (hash ^ u64::from(printable)).wrapping_mul(0x100_0000_01b3);
        }
        assert_eq!(recorded["printable_fnv1a"].as_str(), Some(format!("{hash:016x}").as_str()));
    }
}
