//! Which records are wanted: by their value, key and headers, or by an expression.
//!
//! ```
//! use kp_core::{Filter, Filters, Header, Record};
//!
//! let mut filters = Filters::new(vec![
//!     Filter::value("refund")?,
//!     Filter::header("env=prod*")?,
//!     Filter::expression(".value.total > 100")?,
//!     !Filter::key("/^test-/")?,
//! ]);
//! let record = Record { value: Some(br#"{"is":"refund","total":120}"#), ..Record::default() };
//! let headers = || vec![Header { key: b"env", value: Some(b"production") }];
//! assert!(filters.take(&record, headers));
//! # Ok::<(), kp_core::FilterError>(())
//! ```
//!
//! A record that is null where a filter looks does not match it. A filter and its inverse by `!`
//! share all records out between them: what one takes, the other does not.

mod error;
mod expression;
mod glob;
mod pattern;

use std::ops::Not;

pub use error::FilterError;

use crate::record::{Header, Record};
use expression::{Expression, Failure};
use glob::HeaderGlob;
use pattern::Pattern;

/// So many letters of what jq says are kept. It shows values whole.
const SHOWN: usize = 200;

/// One filter.
pub struct Filter {
    test: Test,
    is_inverted: bool,
}

enum Test {
    Value(Pattern),
    Key(Pattern),
    Header(HeaderGlob),
    Expression(Box<Expression>),
}

impl Filter {
    /// By the value's bytes: `TEXT` stands in them, or `/REGEX/` matches in them, which with
    /// `/REGEX/i` does not tell upper from lower case.
    ///
    /// # Errors
    /// It is empty, or no regular expression.
    pub fn value(given: &str) -> Result<Self, FilterError> {
        Pattern::new(given).map(Test::Value).map(Self::of)
    }

    /// The same by the key's bytes.
    ///
    /// # Errors
    /// As [`Filter::value`].
    pub fn key(given: &str) -> Result<Self, FilterError> {
        Pattern::new(given).map(Test::Key).map(Self::of)
    }

    /// By a header, as `NAME=GLOB`: any of that name whose whole value is as the glob says. There
    /// `*` is any bytes, `?` one character, and a backslash takes the meaning away.
    ///
    /// # Errors
    /// The name or the `=` is missing, or a backslash stands before another sign.
    pub fn header(given: &str) -> Result<Self, FilterError> {
        HeaderGlob::new(given).map(Test::Header).map(Self::of)
    }

    /// By an expression in the language of jq, whose first output is neither false nor null. Its
    /// input is an object with `value` (as JSON where it is JSON, else as text), `key`, `header`
    /// (an object of texts; the last of each name), `topic`, `partition`, `offset` and `timestamp`
    /// (in milliseconds since 1970).
    ///
    /// # Errors
    /// jq would not understand it, or it cannot be meant: it sets a field instead of comparing it,
    /// or asks for one that no record has.
    pub fn expression(given: &str) -> Result<Self, FilterError> {
        Expression::new(given).map(Box::new).map(Test::Expression).map(Self::of)
    }

    fn of(test: Test) -> Self {
        Self { test, is_inverted: false }
    }

    /// What looks at less comes first.
    fn cost(&self) -> u8 {
        match &self.test {
            Test::Value(pattern) | Test::Key(pattern) if pattern.is_text() => 0,
            Test::Value(_) | Test::Key(_) => 1,
            Test::Header(_) => 2,
            Test::Expression(_) => 3,
        }
    }

    fn needs_headers(&self) -> bool {
        matches!(self.test, Test::Header(_) | Test::Expression(_))
    }

    fn takes(&self, record: &Record<'_>) -> Result<bool, Failure> {
        Ok(match &self.test {
            Test::Value(pattern) => record.value.is_some_and(|value| pattern.is_in(value)),
            Test::Key(pattern) => record.key.is_some_and(|key| pattern.is_in(key)),
            Test::Header(glob) => glob.is_among(record.headers),
            Test::Expression(expression) => expression.holds(record)?,
        })
    }
}

impl Not for Filter {
    type Output = Self;

    /// The filter that takes what this one does not.
    fn not(self) -> Self {
        Self { is_inverted: !self.is_inverted, ..self }
    }
}

/// All filters together, each of which a record must match.
#[derive(Default)]
pub struct Filters {
    /// The cheap ones first.
    filters: Vec<Filter>,
    failed: u64,
    first_failure: Option<String>,
}

impl Filters {
    /// All of them. The order does not matter.
    #[must_use]
    pub fn new(mut filters: Vec<Filter>) -> Self {
        filters.sort_by_key(Filter::cost);
        Self { filters, ..Self::default() }
    }

    /// Whether there is none, so that every record is taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }

    /// Whether the record, which comes without its headers, matches all filters. The headers are
    /// asked for only if one of them looks there and all cheaper ones match.
    ///
    /// An expression that fails on the record does not match it. That is counted.
    pub fn take<'r>(
        &mut self,
        record: &Record<'r>,
        headers: impl FnOnce() -> Vec<Header<'r>>,
    ) -> bool {
        let with_headers = self.filters.partition_point(|filter| !filter.needs_headers());
        if !self.all_take(0..with_headers, record) {
            return false;
        }
        if with_headers == self.filters.len() {
            return true;
        }
        let headers = headers();
        let record = Record { headers: &headers, ..*record };
        self.all_take(with_headers..self.filters.len(), &record)
    }

    fn all_take(&mut self, range: std::ops::Range<usize>, record: &Record<'_>) -> bool {
        for filter in &self.filters[range] {
            let takes = filter.takes(record).unwrap_or_else(|failure| {
                self.failed += 1;
                self.first_failure.get_or_insert_with(|| told(record, &failure));
                false
            });
            if takes == filter.is_inverted {
                return false;
            }
        }
        true
    }

    /// How often an expression failed, and where and why the first time; none if it never did.
    #[must_use]
    pub fn failures(&self) -> Option<(u64, &str)> {
        self.first_failure.as_deref().map(|first| (self.failed, first))
    }
}

/// As `orders [0] @ 5: cannot index "text" with "total"`.
fn told(record: &Record<'_>, failure: &Failure) -> String {
    let why = failure.to_string();
    let shown: String = why.chars().take(SHOWN).collect();
    let cut = if shown.len() < why.len() { "..." } else { "" };
    let (partition, offset) = (record.partition_number(), record.offset_number());
    format!("{} [{partition}] @ {offset}: {shown}{cut}", record.topic)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn takes(filter: Filter, record: &Record<'_>) -> bool {
        let headers = || record.headers.to_vec();
        Filters::new(vec![filter]).take(&Record { headers: &[], ..*record }, headers)
    }

    fn of_value(value: &[u8]) -> Record<'_> {
        Record {
            topic: "t",
            partition: Some(1),
            offset: Some(7),
            value: Some(value),
            ..Record::default()
        }
    }

    #[test]
    fn each_filter_looks_at_its_own_part() {
        let headers = [Header { key: b"h", value: Some(b"in header") }];
        let record = Record { key: Some(b"in key"), headers: &headers, ..of_value(b"in value") };
        for (part, [value, key, header]) in [
            ("value", [true, false, false]),
            ("key", [false, true, false]),
            ("header", [false, false, true]),
        ] {
            assert_eq!(takes(Filter::value(part).unwrap(), &record), value, "{part}");
            assert_eq!(takes(Filter::key(part).unwrap(), &record), key, "{part}");
            assert_eq!(
                takes(Filter::header(&format!("h=*{part}")).unwrap(), &record),
                header,
                "{part}"
            );
        }
    }

    #[test]
    fn null_matches_no_filter_and_the_inverse_of_each() {
        let record = Record::default();
        for filter in [Filter::value, Filter::key] {
            for given in ["null", "/.*/", "/^$/"] {
                assert!(!takes(filter(given).unwrap(), &record), "{given}");
                assert!(takes(!filter(given).unwrap(), &record), "{given}");
            }
        }
        assert!(!takes(Filter::header("h=*").unwrap(), &record));
        assert!(takes(!Filter::header("h=*").unwrap(), &record));
    }

    #[test]
    fn all_must_match() {
        let filters = || vec![Filter::value("a").unwrap(), Filter::value("b").unwrap()];
        for (value, expected) in [("ab", true), ("a", false), ("b", false), ("", false)] {
            let mut both = Filters::new(filters());
            assert_eq!(both.take(&of_value(value.as_bytes()), Vec::new), expected, "{value}");
        }
        assert!(Filters::default().is_empty());
        assert!(Filters::default().take(&Record::default(), Vec::new));
    }

    #[test]
    fn headers_are_asked_for_only_where_they_matter() {
        let unasked = || -> Vec<Header<'static>> { panic!("they were asked for") };
        let mut plain = Filters::new(vec![Filter::value("a").unwrap()]);
        assert!(plain.take(&of_value(b"a"), unasked));
        // However they were typed, the cheap filter comes first.
        for costly in [Filter::header("h=*"), Filter::expression(".value == \"b\"")] {
            let mut filters = Filters::new(vec![costly.unwrap(), Filter::value("a").unwrap()]);
            assert!(!filters.take(&of_value(b"b"), unasked));
        }
    }

    #[test]
    fn an_expression_that_fails_does_not_match_and_is_counted() {
        let filter = || Filter::expression(".value.total > 100").unwrap();
        let mut filters = Filters::new(vec![filter()]);
        assert!(filters.take(&of_value(br#"{"total":101}"#), Vec::new));
        assert_eq!(filters.failures(), None);
        assert!(!filters.take(&of_value(b"text"), Vec::new));
        assert!(!filters.take(&of_value(b"[]"), Vec::new));
        assert_eq!(
            filters.failures(),
            Some((2, "t [1] @ 7: cannot index \"text\" with \"total\""))
        );
        // So its inverse does.
        assert!(takes(!filter(), &of_value(b"text")));
        let long = "x".repeat(5_000);
        let mut filters = Filters::new(vec![filter()]);
        filters.take(&of_value(long.as_bytes()), Vec::new);
        let (_, first) = filters.failures().unwrap();
        assert!(first.len() < 300 && first.ends_with("..."), "{first}");
    }

    /// Any of some filters, from few letters so that they often match.
    fn filter() -> impl Strategy<Value = (u8, &'static str)> {
        let patterns = ["a", "b", "/^a/", "/b$/i", "/[^a]/"];
        let globs = ["h=a*", "h=?", "g=*", "h="];
        let expressions =
            [".value == \"a\"", ".header.h", ".key | length > 1", ".value.x", "empty"];
        prop_oneof![
            (0..2_u8, proptest::sample::select(patterns.to_vec())),
            (Just(2), proptest::sample::select(globs.to_vec())),
            (Just(3), proptest::sample::select(expressions.to_vec())),
        ]
    }

    fn made((kind, given): (u8, &str)) -> Filter {
        let new =
            [Filter::value, Filter::key, Filter::header, Filter::expression][usize::from(kind)];
        new(given).unwrap()
    }

    proptest! {
        #[test]
        fn a_filter_and_its_inverse_share_all_records_out(
            chosen in filter(),
            key in proptest::option::of("[abAB]{0,3}"),
            value in proptest::option::of("[abAB]{0,3}"),
            headers in proptest::collection::vec(("[gh]", proptest::option::of("[ab]{0,2}")), 0..3),
        ) {
            let headers: Vec<Header<'_>> = headers
                .iter()
                .map(|(key, value)| Header {
                    key: key.as_bytes(),
                    value: value.as_ref().map(String::as_bytes),
                })
                .collect();
            let record = Record {
                key: key.as_ref().map(String::as_bytes),
                value: value.as_ref().map(String::as_bytes),
                headers: &headers,
                ..Record::default()
            };
            let taken = takes(made(chosen), &record);
            prop_assert_eq!(takes(!made(chosen), &record), !taken);
            prop_assert_eq!(takes(!!made(chosen), &record), taken);
        }

        #[test]
        fn all_take_what_each_takes(
            chosen in proptest::collection::vec((filter(), any::<bool>()), 0..4),
            value in proptest::option::of("[abAB]{0,3}"),
        ) {
            let record = Record { value: value.as_ref().map(String::as_bytes), ..Record::default() };
            let new = |(chosen, invert): ((u8, &'static str), bool)| match invert {
                true => !made(chosen),
                false => made(chosen),
            };
            let each = chosen.iter().all(|&chosen| takes(new(chosen), &record));
            let mut all = Filters::new(chosen.into_iter().map(new).collect());
            prop_assert_eq!(all.take(&record, Vec::new), each);
        }
    }
}
