//! `NAME=GLOB`: a header by its name, and its value by a glob.

use regex::bytes::{Regex, RegexBuilder};

use super::error::FilterError;
use crate::record::Header;

/// A header of this name whose value is as the glob says.
#[derive(Debug, Clone)]
pub(super) struct HeaderGlob {
    name: Vec<u8>,
    value: Regex,
}

impl HeaderGlob {
    /// Reads `NAME=GLOB`. In the glob `*` is any run of bytes, `?` one character, and all else is
    /// itself. `\*`, `\?` and `\\` are the signs themselves.
    ///
    /// # Errors
    /// There is no name or no `=`, or a backslash stands before something else.
    pub(super) fn new(given: &str) -> Result<Self, FilterError> {
        let missing = |missing| FilterError::Header { given: given.to_owned(), missing };
        let (name, glob) = given.split_once('=').ok_or_else(|| missing("="))?;
        if name.is_empty() {
            return Err(missing("name before the ="));
        }
        // A newline is a byte like any other.
        let value = RegexBuilder::new(&expression(glob)?)
            .dot_matches_new_line(true)
            .build()
            .map_err(|_| FilterError::TooLarge { given: glob.to_owned() })?;
        Ok(Self { name: name.as_bytes().to_vec(), value })
    }

    /// Whether any of the headers is such a one. A null value is no value.
    pub(super) fn is_among(&self, headers: &[Header<'_>]) -> bool {
        let mut named = headers.iter().filter(|header| header.key == self.name);
        named.any(|header| header.value.is_some_and(|value| self.value.is_match(value)))
    }
}

/// The glob as a regular expression for the whole value.
fn expression(glob: &str) -> Result<String, FilterError> {
    let mut expression = r"\A".to_owned();
    let mut letters = glob.chars().enumerate();
    while let Some((at, letter)) = letters.next() {
        let literal = match letter {
            '*' => {
                // Any bytes, UTF-8 or not.
                expression.push_str("(?-u:.)*");
                continue;
            }
            '?' => {
                expression.push('.');
                continue;
            }
            '\\' => match letters.next() {
                Some((_, escaped @ ('*' | '?' | '\\'))) => escaped,
                _ => {
                    let glob = glob.to_owned();
                    return Err(FilterError::Escape { glob, character: at + 1 });
                }
            },
            other => other,
        };
        expression.push_str(&regex_syntax::escape(literal.encode_utf8(&mut [0; 4])));
    }
    Ok(expression + r"\z")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(glob: &str, value: &[u8]) -> bool {
        let header = Header { key: b"h", value: Some(value) };
        HeaderGlob::new(&format!("h={glob}")).unwrap().is_among(&[header])
    }

    #[test]
    fn the_whole_value_is_as_the_glob_says() {
        for (glob, value, expected) in [
            ("prod", &b"prod"[..], true),
            ("prod", b"production", false),
            ("prod", b"PROD", false),
            ("prod*", b"production", true),
            ("*duct*", b"production", true),
            ("pr?d", b"prod", true),
            ("pr?d", b"prd", false),
            ("?", "\u{d55c}".as_bytes(), true),
            ("*", b"", true),
            ("", b"", true),
            ("", b"x", false),
            ("a*z", b"a\n\xff\0z", true),
            ("a=b", b"a=b", true),
            (r"\*", b"*", true),
            (r"\*", b"x", false),
            (r"\?\\", br"?\", true),
            ("[a-z].+", b"[a-z].+", true),
            ("[a-z].+", b"b.b", false),
        ] {
            assert_eq!(fits(glob, value), expected, "{glob} {value:?}");
        }
    }

    #[test]
    fn any_header_of_the_name_will_do_and_null_is_no_value() {
        let glob = HeaderGlob::new("env=prod").unwrap();
        let header = |key, value| Header { key, value };
        let test: Header<'_> = header(b"env", Some(b"test"));
        let prod = header(b"env", Some(b"prod"));
        assert!(glob.is_among(&[test, prod]));
        assert!(glob.is_among(&[prod, test]));
        assert!(!glob.is_among(&[test]));
        assert!(!glob.is_among(&[header(b"environment", Some(b"prod")), header(b"env", None)]));
        assert!(!HeaderGlob::new("env=*").unwrap().is_among(&[header(b"env", None)]));
        assert!(!HeaderGlob::new("env=*").unwrap().is_among(&[]));
    }

    #[test]
    fn what_is_no_header_and_glob_is_refused_in_words() {
        let said = |given: &str| HeaderGlob::new(given).unwrap_err().to_string();
        assert!(said("env").starts_with("`env` has no =;"), "{}", said("env"));
        assert!(said("=prod").contains("no name before the ="), "{}", said("=prod"));
        assert!(said(r"env=a\d").contains("at character 2"), "{}", said(r"env=a\d"));
        assert!(said(r"env=a\").contains("at character 2"), "{}", said(r"env=a\"));
    }

    proptest! {
        /// The signs of a value escaped, it is the only one that fits.
        #[test]
        fn an_escaped_value_fits_itself_alone(value in "\\PC{0,12}", other in "\\PC{0,12}") {
            let escaped = value.replace('\\', r"\\").replace('*', r"\*").replace('?', r"\?");
            prop_assert!(fits(&escaped, value.as_bytes()));
            prop_assert_eq!(fits(&escaped, other.as_bytes()), value == other);
        }

        #[test]
        fn a_star_takes_any_bytes(
            start in "[a-z]{0,3}",
            end in "[a-z]{0,3}",
            bytes in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let value = [start.as_bytes(), &bytes, end.as_bytes()].concat();
            let glob = format!("{start}*{end}");
            prop_assert!(fits(&glob, &value));
        }
    }
}
