//! What the value of a setting looks like, and whether a given one does.

use std::time::Duration;

use kp_core::{WantedTopics, check_topic_name};

use crate::address::InvalidAddress;
use crate::bad_message::OnBadMessage;
use crate::choice::Acks;
use crate::delimiter::Delimiter;
use crate::duration;
use crate::exponent::Exponent;
use crate::given::Given;
use crate::listen::Listen;
use crate::names::header;
use crate::partitions::Partitions;
use crate::rate::Rate;
use crate::size;
use crate::start_at::StartAt;
use crate::stop_at::StopAt;
use crate::value::Value;
use crate::zone::LocalZone;

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
    /// A program and its arguments, as a list or as one text.
    Command,
    /// `HOST:PORT`, several separated by commas.
    Servers,
    /// A topic's name.
    Topic,
    /// A list of topics' names, and of patterns for them.
    Topics,
    /// A list of `KEY=VALUE`.
    Headers,
    /// A whole number from the first to the second.
    Integer(i64, i64),
    /// Messages in a time.
    Rate,
    /// A number of bytes from the first to the second.
    Size(u64, u64),
    /// The exponent of a distribution.
    Exponent,
    /// `true` or `false`.
    Boolean,
    /// A duration from the first to the second.
    Duration(Duration, Duration),
    /// A duration from the first to the second, or `never`.
    DurationOrNever(Duration, Duration),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `all` (or -1), 0 or 1.
    Acks,
    /// Where reading starts.
    StartAt,
    /// Where reading stops.
    StopAt,
    /// Numbers of partitions.
    Partitions,
    /// What stands between two parts; a text with escapes.
    Delimiter,
    /// An address to listen on.
    Listen,
    /// What becomes of a message that cannot be shown.
    OnBadMessage,
}

impl Kind {
    /// Reads a value; `here` is the zone of a time without one. `Err` says in words what is wrong,
    /// and quotes it.
    pub(crate) fn read(&self, given: &Given, here: &LocalZone) -> Result<Value, String> {
        let not = || format!("{} is not {}", given.quoted(), self.noun());
        let text = || given.text().filter(|text| !text.contains('\0')).ok_or_else(not);
        Ok(match *self {
            Self::Text => Value::Text(text()?.to_owned()),
            Self::Name | Self::Path | Self::SecretFile => match text()? {
                "" => return Err("the value is empty".to_owned()),
                text => Value::Text(text.to_owned()),
            },
            Self::Command => {
                let words = match given.text() {
                    // Quotes are those of a shell, and nothing else of it.
                    Some(_) => shlex::split(text()?).ok_or("a quote in it does not end")?,
                    None => given.list().ok_or_else(not)?,
                };
                if words.first().is_none_or(String::is_empty)
                    || words.iter().any(|word| word.contains('\0'))
                {
                    return Err("no program is named".to_owned());
                }
                Value::Command(words)
            }
            Self::Servers => {
                // A file may have a list of them, too.
                let text = match given.text() {
                    Some(_) => text()?.to_owned(),
                    None => given.list().ok_or_else(not)?.join(","),
                };
                Value::Servers(text.parse().map_err(|error: InvalidAddress| error.to_string())?)
            }
            Self::Topic => Value::Text(topic(text()?)?),
            Self::Topics => {
                let items = given.list().ok_or_else(not)?;
                let topics = WantedTopics::read(items.iter().map(String::as_str))?;
                if topics.is_empty() {
                    return Err("the list is empty".to_owned());
                }
                Value::Topics(topics)
            }
            Self::Headers => {
                let items = given.list().ok_or_else(not)?;
                Value::Headers(items.iter().map(|item| header(item)).collect::<Result<_, _>>()?)
            }
            Self::Integer(min, max) => {
                Value::Integer(in_range(given.integer().ok_or_else(not)?, min, max, given)?)
            }
            Self::Rate => Value::Rate(given.scalar().ok_or_else(not)?.parse().map_err(|_| not())?),
            Self::Size(min, max) => {
                let read = given.scalar().and_then(|text| size::parse(&text)).ok_or_else(not)?;
                Value::Size(in_range(read, min, max, given)?)
            }
            Self::Exponent => {
                Value::Exponent(given.scalar().ok_or_else(not)?.parse().map_err(|_| not())?)
            }
            Self::Boolean => Value::Boolean(given.boolean().ok_or_else(not)?),
            Self::DurationOrNever(..) if given.text() == Some("never") => Value::Never,
            Self::Duration(min, max) | Self::DurationOrNever(min, max) => {
                let read = given.text().and_then(duration::parse).ok_or_else(not)?;
                Value::Duration(in_range(read, min, max, given)?)
            }
            Self::Choice(words) => {
                let text = text()?;
                Value::Word(words.iter().copied().find(|word| *word == text).ok_or_else(not)?)
            }
            Self::Acks => match given.scalar().ok_or_else(not)?.as_str() {
                "-1" => Value::Word(Acks::All.as_str()),
                text => Value::Word(text.parse().map(Acks::as_str).map_err(|_| not())?),
            },
            Self::StartAt => {
                let read = StartAt::read(&given.scalar().ok_or_else(not)?, here);
                Value::StartAt(read.map_err(|error| error.reason().unwrap_or_else(not))?)
            }
            Self::StopAt => {
                let read = StopAt::read(&given.scalar().ok_or_else(not)?, here);
                Value::StopAt(read.map_err(|error| error.reason().unwrap_or_else(not))?)
            }
            Self::Partitions => {
                let read = given.scalar().ok_or_else(not)?.parse();
                Value::Partitions(read.map_err(|_| not())?)
            }
            Self::Listen => {
                Value::Listen(given.scalar().ok_or_else(not)?.parse().map_err(|_| not())?)
            }
            Self::Delimiter => match (text()?, text()?.parse::<Delimiter>()) {
                ("", _) => return Err("the value is empty".to_owned()),
                (text, Ok(_)) => Value::Text(text.to_owned()),
                (_, Err(_)) => return Err(format!("{} has an unknown escape", given.quoted())),
            },
            Self::OnBadMessage => Value::OnBadMessage(text()?.parse().map_err(|_| not())?),
        })
    }

    /// Reads what librdkafka has as the text of a property, in its unit. `Err` says what is wrong,
    /// and what would be right.
    pub(crate) fn read_property(&self, text: String) -> Result<Value, (String, String)> {
        if let Self::Duration(min, max) = *self {
            let read = duration::from_milliseconds(&text);
            return match read.filter(|read| (min..=max).contains(read)) {
                Some(inside) => Ok(Value::Duration(inside)),
                None => Err((
                    format!("{text} is out of range"),
                    format!("between {} and {} milliseconds", min.as_millis(), max.as_millis()),
                )),
            };
        }
        self.read(&Given::Variable(text), &LocalZone::Unknown)
            .map_err(|problem| (problem, self.expected()))
    }

    fn noun(&self) -> &'static str {
        match self {
            Self::Text | Self::Name => "a text",
            Self::Path | Self::SecretFile => "a path",
            Self::Command => "a command",
            Self::Servers => "a broker's address",
            Self::Topic => "a topic's name",
            Self::Topics => "a list of topics",
            Self::Headers => "a list of headers",
            Self::Integer(..) => "a whole number",
            Self::Rate => "a rate",
            Self::Size(..) => "a size",
            Self::Exponent => "an exponent",
            Self::Boolean => "a boolean",
            Self::Duration(..) | Self::DurationOrNever(..) => "a duration",
            Self::Choice(_) | Self::Acks => "one of the choices",
            Self::StartAt => "a place to start from",
            Self::StopAt => "a place to stop at",
            Self::Partitions => "a list of partitions",
            Self::Delimiter => "a delimiter",
            Self::Listen => "an address to listen on",
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
            Self::Command => {
                "a program with its arguments, such as \"pass show kafka\" or [\"pass\", \"show\", \"kafka\"]".to_owned()
            }
            Self::Servers => "HOST:PORT, several separated by commas, such as localhost:9092".to_owned(),
            Self::Topic => "a topic's name: 1 to 249 letters, digits, dots, underscores or dashes".to_owned(),
            Self::Topics => {
                "topics' names, each 1 to 249 letters, digits, dots, underscores or dashes, such as [\"topic1\"], or patterns \
                 such as 'orders.*'"
                    .to_owned()
            }
            Self::Headers => "KEY=VALUE, such as trace=1 (in a file: [\"trace=1\"])".to_owned(),
            Self::Integer(min, i64::MAX) => format!("a whole number, {min} or more"),
            Self::Integer(min, max) => format!("a whole number between {min} and {max}"),
            Self::Rate => Rate::EXPECTED.to_owned(),
            Self::Size(min, max) => format!(
                "a number of bytes such as 100, \"1KiB\" or \"10kB\", between {} and {}",
                size::format(*min),
                size::format(*max)
            ),
            Self::Exponent => Exponent::EXPECTED.to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Duration(min, max) => format!(
                "a number with a unit such as \"5ms\", between {} and {}",
                duration::format(*min),
                duration::format(*max)
            ),
            Self::DurationOrNever(min, max) => {
                format!("{}, or \"never\"", Self::Duration(*min, *max).expected())
            }
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Acks => format!("one of {} (-1 is all)", Acks::WORDS.join(", ")),
            Self::StartAt => StartAt::EXPECTED.to_owned(),
            Self::StopAt => StopAt::EXPECTED.to_owned(),
            Self::Partitions => Partitions::EXPECTED.to_owned(),
            Self::Delimiter => Delimiter::EXPECTED.to_owned(),
            Self::Listen => Listen::EXPECTED.to_owned(),
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

fn topic(name: &str) -> Result<String, String> {
    let checked = check_topic_name(name).map(|()| name.to_owned());
    checked.map_err(|reason| format!("{name:?}: {reason}"))
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
        let count = Kind::Integer(0, 10);
        assert_eq!(count.read(&toml("7"), &LocalZone::Unknown), Ok(Value::Integer(7)));
        assert_eq!(
            count.read(&Given::Variable("7".to_owned()), &LocalZone::Unknown),
            Ok(Value::Integer(7))
        );
        assert_eq!(
            count.read(&toml("\"7\""), &LocalZone::Unknown),
            Err("\"7\" is not a whole number".to_owned())
        );
        assert_eq!(
            count.read(&toml("11"), &LocalZone::Unknown),
            Err("11 is out of range".to_owned())
        );
        assert_eq!(
            Kind::Boolean.read(&toml("true"), &LocalZone::Unknown),
            Ok(Value::Boolean(true))
        );
        assert_eq!(
            Kind::Boolean.read(&toml("\"true\""), &LocalZone::Unknown),
            Err("\"true\" is not a boolean".to_owned())
        );
    }

    #[test]
    fn a_bare_number_is_no_duration_and_the_message_shows_one() {
        let linger = Kind::Duration(Duration::ZERO, Duration::from_secs(900));
        assert_eq!(
            linger.read(&toml("5"), &LocalZone::Unknown),
            Err("5 is not a duration".to_owned())
        );
        assert_eq!(linger.expected(), "a number with a unit such as \"5ms\", between 0ms and 900s");
        assert_eq!(
            linger.read(&toml("\"2m\""), &LocalZone::Unknown),
            Ok(Value::Duration(Duration::from_secs(120)))
        );
    }

    #[test]
    fn acks_are_words_or_numbers() {
        for (written, read) in
            [("0", "0"), ("1", "1"), ("-1", "all"), ("\"all\"", "all"), ("\"1\"", "1")]
        {
            assert_eq!(
                Kind::Acks.read(&toml(written), &LocalZone::Unknown),
                Ok(Value::Word(read)),
                "{written}"
            );
        }
        assert!(Kind::Acks.read(&toml("2"), &LocalZone::Unknown).is_err());
    }

    #[test]
    fn topics_are_a_list_a_text_or_separated_by_commas() {
        let both = Value::Topics("a,b".parse().unwrap());
        assert_eq!(
            Kind::Topics.read(&toml("[\"a\", \"b\"]"), &LocalZone::Unknown),
            Ok(both.clone())
        );
        assert_eq!(Kind::Topics.read(&toml("\"a, b\""), &LocalZone::Unknown), Ok(both.clone()));
        assert_eq!(
            Kind::Topics
                .read(&Given::Words(vec!["a".to_owned(), "b".to_owned()]), &LocalZone::Unknown),
            Ok(both)
        );
        assert!(Kind::Topics.read(&toml("[]"), &LocalZone::Unknown).is_err());
        assert!(Kind::Topics.read(&toml("[1]"), &LocalZone::Unknown).is_err());
    }

    #[test]
    fn headers_typed_by_flags_may_hold_commas() {
        let headers = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            Ok(Value::Headers(pairs.collect()))
        };
        let words = Given::Words(vec!["a=1,2".to_owned(), "a=".to_owned()]);
        assert_eq!(
            Kind::Headers.read(&words, &LocalZone::Unknown),
            headers(&[("a", "1,2"), ("a", "")])
        );
        let variable =
            |text: &str| Kind::Headers.read(&Given::Variable(text.to_owned()), &LocalZone::Unknown);
        assert_eq!(variable("a=1,b=2"), headers(&[("a", "1"), ("b", "2")]));
        assert_eq!(variable(""), headers(&[]));
    }
}
