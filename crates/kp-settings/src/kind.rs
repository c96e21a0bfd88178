//! What the value of a setting looks like, and whether a given one does.

use std::time::Duration;

use config::ValueKind;

use crate::bad_message::OnBadMessage;
use crate::choice::Acks;
use crate::duration;
use crate::from::From;
use crate::given::Given;
use crate::names::{check_header, check_servers, check_topic_name};

/// What the value of a setting looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Any text, also an empty one.
    Text,
    /// A text that is not empty.
    Name,
    /// The path of a file.
    Path,
    /// The path of a file whose content is a secret.
    SecretFile,
    /// `HOST:PORT`, several separated by commas.
    Servers,
    /// A topic's name.
    Topic,
    /// A list of topics' names.
    Topics,
    /// A list of `KEY=VALUE`.
    Headers,
    /// A whole number in this range.
    Integer {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// `true` or `false`.
    Boolean,
    /// A duration in this range.
    Duration {
        /// The shortest.
        min: Duration,
        /// The longest.
        max: Duration,
    },
    /// A duration in this range, or `never`.
    DurationOrNever {
        /// The shortest.
        min: Duration,
        /// The longest.
        max: Duration,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `all` (or -1), 0 or 1.
    Acks,
    /// Where reading starts.
    From,
    /// What becomes of a message that cannot be shown.
    OnBadMessage,
}

impl Kind {
    /// The value in its one right form: a text, a whole number, a boolean or a list of texts.
    /// `Err` says in words what is wrong, and quotes the value.
    pub(crate) fn read(&self, given: &Given) -> Result<ValueKind, String> {
        let not = || format!("{} is not {}", given.quoted(), self.noun());
        let text = || {
            given
                .text()
                .filter(|text| !text.contains('\0'))
                .ok_or_else(not)
        };
        match *self {
            Self::Text => Ok(text()?.into()),
            Self::Name | Self::Path | Self::SecretFile => match text()? {
                "" => Err("the value is empty".to_owned()),
                text => Ok(text.into()),
            },
            Self::Servers => check_servers(text()?).map(ValueKind::from),
            Self::Topic => topic(text()?).map(ValueKind::from),
            Self::Topics => {
                let topics = given.list().ok_or_else(not)?;
                let topics: Vec<_> = topics
                    .iter()
                    .flat_map(|item| item.split(','))
                    .map(|name| topic(name.trim()))
                    .collect::<Result<_, _>>()?;
                if topics.is_empty() {
                    Err("the list is empty".to_owned())
                } else {
                    Ok(topics.into())
                }
            }
            Self::Headers => {
                let headers = given.list().ok_or_else(not)?;
                headers
                    .iter()
                    .map(|header| check_header(header))
                    .collect::<Result<Vec<_>, _>>()
                    .map(ValueKind::from)
            }
            Self::Integer { min, max } => {
                let number = given.integer().ok_or_else(not)?;
                in_range(number, min, max, given).map(ValueKind::from)
            }
            Self::Boolean => given.boolean().map(ValueKind::from).ok_or_else(not),
            Self::DurationOrNever { .. } if given.text() == Some("never") => Ok("never".into()),
            Self::Duration { min, max } | Self::DurationOrNever { min, max } => {
                let read = given.text().and_then(duration::parse).ok_or_else(not)?;
                in_range(read, min, max, given).map(|inside| duration::format(inside).into())
            }
            Self::Choice(words) => {
                let text = text()?;
                words
                    .iter()
                    .find(|word| **word == text)
                    .map(|word| (*word).into())
                    .ok_or_else(not)
            }
            Self::Acks => {
                let text = given.scalar().ok_or_else(not)?;
                let acks = if text == "-1" {
                    Acks::All
                } else {
                    text.parse().map_err(|_| not())?
                };
                Ok(acks.as_str().into())
            }
            Self::From => {
                let from: From = given.scalar().ok_or_else(not)?.parse().map_err(|_| not())?;
                Ok(from.to_string().into())
            }
            Self::OnBadMessage => {
                let way: OnBadMessage = text()?.parse().map_err(|_| not())?;
                Ok(way.to_string().into())
            }
        }
    }

    fn noun(&self) -> &'static str {
        match self {
            Self::Text | Self::Name => "a text",
            Self::Path | Self::SecretFile => "a path",
            Self::Servers => "a broker's address",
            Self::Topic => "a topic's name",
            Self::Topics => "a list of topics",
            Self::Headers => "a list of headers",
            Self::Integer { .. } => "a whole number",
            Self::Boolean => "a boolean",
            Self::Duration { .. } | Self::DurationOrNever { .. } => "a duration",
            Self::Choice(_) | Self::Acks => "one of the choices",
            Self::From => "a place to start from",
            Self::OnBadMessage => "a way to treat a bad message",
        }
    }

    /// What would be right: type, unit and range, or the choices.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Name => "a text that is not empty".to_owned(),
            Self::Path => "the path of a file".to_owned(),
            Self::SecretFile => "the path of a file that holds the secret".to_owned(),
            Self::Servers => "HOST:PORT without spaces, several separated by commas, such as localhost:9092".to_owned(),
            Self::Topic => "a topic's name: 1 to 249 letters, digits, dots, underscores or dashes".to_owned(),
            Self::Topics => {
                "topics' names, each 1 to 249 letters, digits, dots, underscores or dashes, such as [\"topic1\"]"
                    .to_owned()
            }
            Self::Headers => "KEY=VALUE, such as trace=1 (in a file: [\"trace=1\"])".to_owned(),
            Self::Integer { min, max: i64::MAX } => format!("a whole number, {min} or more"),
            Self::Integer { min, max } => format!("a whole number between {min} and {max}"),
            Self::Boolean => "true or false".to_owned(),
            Self::Duration { min, max } => format!(
                "a number with a unit such as \"5ms\", between {} and {}",
                duration::format(*min),
                duration::format(*max)
            ),
            Self::DurationOrNever { min, max } => {
                format!("{}, or \"never\"", Self::Duration { min: *min, max: *max }.expected())
            }
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Acks => format!("one of {} (-1 is all)", Acks::WORDS.join(", ")),
            Self::From => From::EXPECTED.to_owned(),
            Self::OnBadMessage => OnBadMessage::EXPECTED.to_owned(),
        }
    }
}

fn in_range<T: PartialOrd>(value: T, min: T, max: T, given: &Given) -> Result<T, String> {
    if (min..=max).contains(&value) {
        Ok(value)
    } else {
        Err(format!("{} is out of range", given.quoted()))
    }
}

fn topic(name: &str) -> Result<&str, String> {
    check_topic_name(name)
        .map(|()| name)
        .map_err(|reason| format!("{name:?}: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toml(text: &str) -> Given {
        let mut table: toml::Table = format!("value = {text}").parse().unwrap();
        Given::Toml(table.remove("value").unwrap())
    }

    #[test]
    fn a_file_gives_types_and_the_environment_gives_text() {
        let count = Kind::Integer { min: 0, max: 10 };
        assert_eq!(count.read(&toml("7")), Ok(ValueKind::I64(7)));
        assert_eq!(
            count.read(&Given::Variable("7".to_owned())),
            Ok(ValueKind::I64(7))
        );
        assert_eq!(
            count.read(&toml("\"7\"")),
            Err("\"7\" is not a whole number".to_owned())
        );
        assert_eq!(
            count.read(&toml("11")),
            Err("11 is out of range".to_owned())
        );
        assert_eq!(
            Kind::Boolean.read(&toml("true")),
            Ok(ValueKind::Boolean(true))
        );
        assert_eq!(
            Kind::Boolean.read(&toml("\"true\"")),
            Err("\"true\" is not a boolean".to_owned())
        );
    }

    #[test]
    fn a_bare_number_is_no_duration_and_the_message_shows_one() {
        let linger = Kind::Duration {
            min: Duration::ZERO,
            max: Duration::from_secs(900),
        };
        assert_eq!(
            linger.read(&toml("5")),
            Err("5 is not a duration".to_owned())
        );
        assert_eq!(
            linger.expected(),
            "a number with a unit such as \"5ms\", between 0ms and 900s"
        );
        assert_eq!(linger.read(&toml("\"2m\"")), Ok("120s".into()));
    }

    #[test]
    fn acks_are_words_or_numbers() {
        for (written, read) in [
            ("0", "0"),
            ("1", "1"),
            ("-1", "all"),
            ("\"all\"", "all"),
            ("\"1\"", "1"),
        ] {
            assert_eq!(
                Kind::Acks.read(&toml(written)),
                Ok(read.into()),
                "{written}"
            );
        }
        assert!(Kind::Acks.read(&toml("2")).is_err());
    }

    #[test]
    fn topics_are_a_list_a_text_or_separated_by_commas() {
        let both: ValueKind = vec!["a", "b"].into();
        assert_eq!(Kind::Topics.read(&toml("[\"a\", \"b\"]")), Ok(both.clone()));
        assert_eq!(Kind::Topics.read(&toml("\"a, b\"")), Ok(both.clone()));
        assert_eq!(
            Kind::Topics.read(&Given::Words(vec!["a".to_owned(), "b".to_owned()])),
            Ok(both)
        );
        assert!(Kind::Topics.read(&toml("[]")).is_err());
        assert!(Kind::Topics.read(&toml("[1]")).is_err());
    }

    #[test]
    fn headers_typed_by_flags_may_hold_commas() {
        let words = Given::Words(vec!["a=1,2".to_owned(), "a=".to_owned()]);
        assert_eq!(Kind::Headers.read(&words), Ok(vec!["a=1,2", "a="].into()));
        assert_eq!(
            Kind::Headers.read(&Given::Variable("a=1,b=2".to_owned())),
            Ok(vec!["a=1", "b=2"].into())
        );
        assert_eq!(
            Kind::Headers.read(&Given::Variable(String::new())),
            Ok(Vec::<String>::new().into())
        );
    }
}
