//! `TEXT` or `/REGEX/`, looked for in bytes.

use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};

use super::error::FilterError;
use crate::regex_error::place_of;

/// What is looked for in a key or a value.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// These bytes, anywhere.
    Text(Box<Finder<'static>>),
    /// What this regular expression matches, anywhere. The bytes need not be UTF-8.
    Regex(Regex),
}

impl Pattern {
    /// Reads `TEXT`, `/REGEX/`, or `/REGEX/i`, which does not tell upper from lower case.
    ///
    /// # Errors
    /// It is empty, or no regular expression.
    pub(super) fn new(given: &str) -> Result<Self, FilterError> {
        let (source, case_insensitive) = match between_slashes(given) {
            _ if given.is_empty() => return Err(FilterError::Empty),
            None => return Ok(Self::Text(Box::new(Finder::new(given).into_owned()))),
            Some(("", _)) => return Err(FilterError::Empty),
            Some(found) => found,
        };
        let syntax = regex_syntax::ParserBuilder::new()
            .utf8(false)
            .case_insensitive(case_insensitive)
            .build()
            .parse(source);
        if let Err(error) = syntax {
            return Err(broken(given, source, &error));
        }
        RegexBuilder::new(source)
            .case_insensitive(case_insensitive)
            .build()
            .map(Self::Regex)
            .map_err(|_| FilterError::TooLarge { given: given.to_owned() })
    }

    /// Whether it stands in these bytes.
    pub(super) fn is_in(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Text(finder) => finder.find(bytes).is_some(),
            Self::Regex(regex) => regex.is_match(bytes),
        }
    }

    /// Whether looking for it takes no regular expression.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }
}

/// The expression in `/REGEX/` or `/REGEX/i`, and whether the `i` is there. A text such as
/// `/var/log` is neither.
fn between_slashes(given: &str) -> Option<(&str, bool)> {
    let rest = given.strip_prefix('/')?;
    let insensitive = rest.strip_suffix("/i").map(|source| (source, true));
    insensitive.or_else(|| Some((rest.strip_suffix('/')?, false)))
}

fn broken(given: &str, source: &str, error: &regex_syntax::Error) -> FilterError {
    let (before, problem) = place_of(error, source);
    // The slash stands before it.
    FilterError::Regex { expression: given.to_owned(), character: before + 2, problem }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_in(given: &str, bytes: &[u8]) -> bool {
        Pattern::new(given).unwrap().is_in(bytes)
    }

    #[test]
    fn a_text_is_looked_for_byte_by_byte() {
        assert!(is_in("a.c", b"xa.cx"));
        assert!(!is_in("a.c", b"abc"));
        assert!(!is_in("a.c", b"A.C"));
        assert!(is_in("\u{e9}", b"\xff\xc3\xa9\xff"));
        // Only what stands between slashes is a regular expression.
        for text in ["/var/log", "/", "a/", "/a.c/x", "/a.c/I"] {
            let other = text.replace('.', "b");
            assert!(is_in(text, text.as_bytes()), "{text}");
            assert!(other == text || !is_in(text, other.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_regular_expression_stands_between_slashes() {
        assert!(is_in("/^a.c$/", b"abc"));
        assert!(!is_in("/^a.c$/", b"ABC"));
        assert!(is_in("/^a.c$/i", b"ABC"));
        assert!(is_in("/a/b/", b"xa/bx"));
        assert!(is_in(r"/a\/b/", b"xa/bx"));
        assert!(is_in(r"/(?-u)\xff/", b"a\xff"));
        assert!(is_in(r"/\p{Hangul}/", "\u{d55c}".as_bytes()));
    }

    #[test]
    fn what_breaks_is_told_with_its_place() {
        let character = |given: &str| match Pattern::new(given) {
            Err(FilterError::Regex { character, .. }) => Some(character),
            _ => None,
        };
        for (given, expected) in [
            ("/ab(c/", 4),
            ("/ab(c/i", 4),
            ("/\u{d55c}\u{d55c}[a/", 4),
            ("/*/", 2),
            (r"/a\k/", 3),
            (r"/\p{Klingon}/", 2),
        ] {
            assert_eq!(character(given), Some(expected), "{given}");
        }
        let said = Pattern::new("/ab(c/").unwrap_err().to_string();
        assert!(said.contains("/ab(c/") && said.contains("unclosed group"), "{said}");
        let large = Pattern::new("/(((a{1000}){1000}){1000})/").unwrap_err();
        assert!(matches!(large, FilterError::TooLarge { .. }), "{large}");
        for empty in ["", "//", "//i"] {
            assert_eq!(Pattern::new(empty).unwrap_err(), FilterError::Empty, "{empty:?}");
        }
    }

    proptest! {
        #[test]
        fn a_text_is_found_where_it_stands_and_nowhere_else(
            text in "[a-c/.]{1,4}",
            bytes in proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'/'), any::<u8>()], 0..40),
        ) {
            prop_assume!(between_slashes(&text).is_none());
            let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            prop_assert_eq!(is_in(&text, &bytes), found);
            let around = [bytes.as_slice(), text.as_bytes(), &bytes].concat();
            prop_assert!(is_in(&text, &around));
        }

        /// As an expression every letter of which is escaped, a text means itself.
        #[test]
        fn an_escaped_text_is_the_same_as_an_expression(text in "\\PC{1,6}", bytes in "\\PC{0,20}") {
            let expression = format!("/{}/", regex_syntax::escape(&text));
            let both = [bytes.as_str(), &text].concat();
            prop_assert!(is_in(&expression, both.as_bytes()));
            let plain = Pattern::Text(Box::new(Finder::new(&text).into_owned()));
            prop_assert_eq!(is_in(&expression, bytes.as_bytes()), plain.is_in(bytes.as_bytes()));
        }

        #[test]
        fn whatever_is_given_is_understood_or_refused_in_words(given in ".{0,30}") {
            if let Err(error) = Pattern::new(&given) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
