//! Which topics are wanted: names, and patterns that topics' names match.
//!
//! What has one of the signs `*+?|()[]{}^$\` is a pattern, for no topic's name can have one. It is
//! a regular expression that must match the whole name. One that begins with `^` may match a part,
//! as in librdkafka. A name that begins with `__` is Kafka's own, and is matched only by a pattern
//! that begins so.

use std::{collections::BTreeSet, fmt, str::FromStr};

use regex::Regex;

use crate::{regex_error::place_of, topic_name::check_topic_name};

/// The signs that make a pattern of a topic.
const SIGNS: &str = r"*+?|()[]{}^$\";
/// What the names of Kafka's own topics begin with.
const INTERNAL: &str = "__";

/// Names of topics and patterns, in the order in which they were given.
#[derive(Debug, Clone, Default)]
pub struct WantedTopics(Vec<Wanted>);

#[derive(Debug, Clone)]
enum Wanted {
    Name(String),
    Pattern { source: String, regex: Regex, is_internal: bool },
}

impl Wanted {
    fn read(given: &str) -> Result<Self, String> {
        if !given.contains(|sign| SIGNS.contains(sign)) {
            check_topic_name(given)?;
            return Ok(Self::Name(given.to_owned()));
        }
        if let Err(error) = regex_syntax::parse(given) {
            let (before, problem) = place_of(&error, given);
            let advice = match given.starts_with('*') {
                true => "; a topic with such a sign is a regular expression: .* is anything",
                false => "; a topic with such a sign is a regular expression",
            };
            return Err(format!("{problem} at character {}{advice}", before + 1));
        }
        let whole = match given.starts_with('^') {
            true => given.to_owned(),
            false => format!("^(?:{given})$"),
        };
        let regex = Regex::new(&whole)
            .map_err(|_| "the regular expression takes too much memory".to_owned())?;
        let is_internal = given.trim_start_matches('^').starts_with(INTERNAL);
        Ok(Self::Pattern { source: given.to_owned(), regex, is_internal })
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Pattern { source, .. } => source,
        }
    }

    fn has(&self, topic: &str) -> bool {
        match self {
            Self::Name(name) => name == topic,
            Self::Pattern { regex, is_internal, .. } => {
                (*is_internal || !topic.starts_with(INTERNAL)) && regex.is_match(topic)
            }
        }
    }
}

impl WantedTopics {
    /// Reads names and patterns; an item may have several, separated by commas. A comma within
    /// braces, as in `a{1,3}`, separates nothing.
    ///
    /// # Errors
    /// What is wrong with one of them, in words, behind what was given.
    pub fn read<'t>(items: impl IntoIterator<Item = &'t str>) -> Result<Self, String> {
        let read =
            |given: &str| Wanted::read(given).map_err(|problem| format!("{given:?}: {problem}"));
        items.into_iter().flat_map(separated).map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Exactly these topics, whose names nobody checks.
    #[must_use]
    pub fn named(names: &[String]) -> Self {
        Self(names.iter().cloned().map(Wanted::Name).collect())
    }

    /// Whether there are none at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this topic is one of them.
    #[must_use]
    pub fn has(&self, topic: &str) -> bool {
        self.0.iter().any(|wanted| wanted.has(topic))
    }

    /// Those that are names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|wanted| matches!(wanted, Wanted::Name(_))).map(Wanted::as_str)
    }

    /// Whether there is a pattern, so that topics may come to be wanted that do not exist yet.
    #[must_use]
    pub fn has_patterns(&self) -> bool {
        self.0.iter().any(|wanted| matches!(wanted, Wanted::Pattern { .. }))
    }

    /// The only one, if it is a name.
    #[must_use]
    pub fn single(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Wanted::Name(name)] => Some(name),
            _ => None,
        }
    }

    /// All names, and behind them what the patterns match of the topics that exist, by name.
    pub fn among<'t>(&self, exist: impl Iterator<Item = &'t str>) -> Vec<String> {
        let mut topics: Vec<String> = self.names().map(str::to_owned).collect();
        if self.has_patterns() {
            let matching: BTreeSet<&str> = exist
                .filter(|topic| self.has(topic) && self.names().all(|n| n != *topic))
                .collect();
            topics.extend(matching.into_iter().map(str::to_owned));
        }
        topics
    }

    /// What to write instead of a pattern that reads like one of a shell, if there is one.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        self.0.iter().find_map(|wanted| {
            let Wanted::Pattern { source, .. } = wanted else { return None };
            let (before, behind) = source.split_once('*')?;
            let repeated = before.chars().next_back()?;
            let is_name = repeated.is_ascii_alphanumeric() || matches!(repeated, '-' | '_');
            is_name.then(|| {
                format!(
                    "{source} is a regular expression, in which * repeats the sign before it; for anything write \
                     {before}.*{behind}"
                )
            })
        })
    }
}

/// For sentences: `a, orders.*`.
impl fmt::Display for WantedTopics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<&str> = self.0.iter().map(Wanted::as_str).collect();
        f.write_str(&all.join(if f.alternate() { "," } else { ", " }))
    }
}

impl FromStr for WantedTopics {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::read([text])
    }
}

impl PartialEq for WantedTopics {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().map(Wanted::as_str).eq(other.0.iter().map(Wanted::as_str))
    }
}

impl Eq for WantedTopics {}

fn separated(item: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    item.split(move |sign| {
        match sign {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        sign == ',' && depth == 0
    })
    .map(str::trim)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> WantedTopics {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    const THERE: [&str; 8] = [
        "orders",
        "orders.eu",
        "orders.us",
        "orders-v2",
        "reorders",
        "a.b",
        "axb",
        "__consumer_offsets",
    ];

    fn matched(text: &str) -> Vec<String> {
        read(text).among(THERE.into_iter())
    }

    #[test]
    fn a_name_is_itself_whether_it_exists_or_not() {
        assert_eq!(matched("a.b"), ["a.b"]);
        assert_eq!(matched("later, a.b"), ["later", "a.b"]);
        assert_eq!(matched("__consumer_offsets"), ["__consumer_offsets"]);
        assert!(!read("a.b").has_patterns());
        assert_eq!(read("a.b").single(), Some("a.b"));
    }

    #[test]
    fn a_pattern_matches_the_whole_name_unless_it_begins_with_a_caret() {
        for (pattern, expected) in [
            ("orders.*", &["orders", "orders-v2", "orders.eu", "orders.us"][..]),
            (r"orders\..*", &["orders.eu", "orders.us"]),
            ("orders.(eu|us)", &["orders.eu", "orders.us"]),
            ("^orders", &["orders", "orders-v2", "orders.eu", "orders.us"]),
            ("^orders$", &["orders"]),
            (".*orders", &["orders", "reorders"]),
            ("a|orders", &["orders"]),
            ("a.{1,3}", &["a.b", "axb"]),
            ("nothing.*", &[]),
        ] {
            assert_eq!(matched(pattern), expected, "{pattern}");
            assert_eq!(read(pattern).single(), None);
        }
    }

    #[test]
    fn names_come_first_and_nothing_twice() {
        assert_eq!(
            matched("orders.*,orders.us,^a"),
            ["orders.us", "a.b", "axb", "orders", "orders-v2", "orders.eu"]
        );
    }

    #[test]
    fn kafkas_own_topics_are_matched_only_by_a_pattern_that_begins_as_they_do() {
        assert!(!matched(".*").contains(&"__consumer_offsets".to_owned()));
        assert!(!matched("_.*").contains(&"__consumer_offsets".to_owned()));
        for pattern in ["__.*", "^__", "__c.*"] {
            assert_eq!(matched(pattern), ["__consumer_offsets"], "{pattern}");
        }
    }

    #[test]
    fn what_is_neither_a_name_nor_an_expression_is_refused_in_words() {
        for (given, said) in [
            ("a b", "' ' cannot stand in a topic's name"),
            ("", "empty"),
            ("a,,b", "empty"),
            ("..", "cannot be named"),
            ("주제", "cannot stand"),
            ("*", ".* is anything"),
            ("orders(", "unclosed group at character 7"),
            ("((a{1000}){1000}){1000}", "too much memory"),
        ] {
            let error = given.parse::<WantedTopics>().unwrap_err();
            assert!(error.contains(said), "{given}: {error}");
        }
    }

    #[test]
    fn a_pattern_of_a_shell_is_told_what_to_write() {
        let advice = read("a,orders-*").advice().unwrap();
        assert!(advice.ends_with("write orders-.*"), "{advice}");
        for fine in ["orders", "orders.*", "(a|b)*", "[ab]*", "^orders"] {
            assert_eq!(read(fine).advice(), None, "{fine}");
        }
    }

    #[test]
    fn it_reads_back_what_it_prints() {
        let wanted = read("a,orders.{1,2},^b");
        assert_eq!(wanted.to_string(), "a, orders.{1,2}, ^b");
        assert_eq!(read(&wanted.to_string()), wanted);
        assert_eq!(read(&format!("{wanted:#}")), wanted);
    }
}
