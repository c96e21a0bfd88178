//! Where a consumer starts to read.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::moment;
use crate::zone::LocalZone;

/// `consumer.from`: where reading starts in each partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAt {
    /// At the group's committed offset; where there is none, at the earliest message that is kept.
    Stored,
    /// At the earliest message that the broker still keeps.
    Earliest,
    /// After the last message: only messages that come from now on are read.
    Latest,
    /// At this offset, in every partition.
    Offset(i64),
    /// Before so many messages, the last ones of all partitions together by their time. It is one
    /// at least.
    Last(u64),
    /// At the first message with this timestamp or a later one, in milliseconds since 1970-01-01
    /// UTC.
    Time(i64),
}

/// A text that names no place to start, with the reason where there is more to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.as_deref().unwrap_or("no place to start from"))]
pub struct InvalidStartAt(Option<String>);

impl InvalidStartAt {
    /// What is wrong, in words.
    pub(crate) fn reason(self) -> Option<String> {
        self.0
    }
}

impl StartAt {
    pub(crate) const EXPECTED: &'static str = "stored, earliest, latest (or end), an offset such as \
        42, -N (the last N messages of all partitions), or @TIME such as @2026-11-23T10:00:00Z, @2026-11-23T10:00 or @2026-11-23 (local time), @-1h (an hour \
        ago), @now, or @1732300000000 (milliseconds since 1970)";

    /// Reads a text; `here` is the zone of a time without one. A time before now, as `@-1h`,
    /// becomes the moment that it is.
    ///
    /// # Errors
    /// No place to start from, or a time that is none.
    pub fn read(text: &str, here: &LocalZone) -> Result<Self, InvalidStartAt> {
        match (text, text.strip_prefix('@')) {
            ("stored", _) => Ok(Self::Stored),
            ("earliest" | "beginning", _) => Ok(Self::Earliest),
            ("latest" | "end", _) => Ok(Self::Latest),
            (_, Some(time)) => moment::read(time, here).map(Self::Time).map_err(InvalidStartAt),
            (_, None) => match text.strip_prefix('-') {
                Some(count) => last(count),
                None => digits(text).map(Self::Offset).ok_or(InvalidStartAt(None)),
            },
        }
    }
}

impl FromStr for StartAt {
    type Err = InvalidStartAt;

    /// Reads a text without knowing the local zone, so that a time has to name its own.
    fn from_str(text: &str) -> Result<Self, InvalidStartAt> {
        Self::read(text, &LocalZone::Unknown)
    }
}

fn last(count: &str) -> Result<StartAt, InvalidStartAt> {
    let count = digits(count).and_then(|count| u64::try_from(count).ok());
    count.filter(|count| *count > 0).map(StartAt::Last).ok_or(InvalidStartAt(None))
}

/// A number of plain digits: `i64::from_str` would also take a sign.
fn digits(text: &str) -> Option<i64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

impl fmt::Display for StartAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored => f.write_str("stored"),
            Self::Earliest => f.write_str("earliest"),
            Self::Latest => f.write_str("latest"),
            Self::Offset(offset) => write!(f, "{offset}"),
            Self::Last(count) => write!(f, "-{count}"),
            Self::Time(milliseconds) => match Timestamp::from_millisecond(*milliseconds) {
                Ok(time) => write!(f, "@{time}"),
                Err(_) => write!(f, "@{milliseconds}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_offsets_and_times_are_understood() {
        assert_eq!("stored".parse(), Ok(StartAt::Stored));
        assert_eq!("earliest".parse(), Ok(StartAt::Earliest));
        assert_eq!("latest".parse(), Ok(StartAt::Latest));
        assert_eq!("0".parse(), Ok(StartAt::Offset(0)));
        assert_eq!("42".parse(), Ok(StartAt::Offset(42)));
        assert_eq!("-42".parse(), Ok(StartAt::Last(42)));
        assert_eq!("beginning".parse(), Ok(StartAt::Earliest));
        assert_eq!("end".parse(), Ok(StartAt::Latest));
        assert_eq!("@1732300000000".parse(), Ok(StartAt::Time(1_732_300_000_000)));
        assert_eq!("@2024-11-22T18:26:40Z".parse(), Ok(StartAt::Time(1_732_300_000_000)));
        assert_eq!("@2024-11-22T19:26:40+01:00".parse(), Ok(StartAt::Time(1_732_300_000_000)));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "@",
            "-0",
            "-",
            "--1",
            "+1",
            "first",
            "1.5",
            "@yesterday",
            "@-5",
            "@-",
            "@--1h",
            "@1960-01-01T00:00:00Z",
            "@2026-11-25",
            "99999999999999999999",
        ] {
            assert!(text.parse::<StartAt>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_shown_reads_back_as_the_same() {
        for from in [
            StartAt::Stored,
            StartAt::Earliest,
            StartAt::Latest,
            StartAt::Offset(7),
            StartAt::Last(7),
            StartAt::Time(1_732_300_000_123),
        ] {
            assert_eq!(from.to_string().parse(), Ok(from));
        }
    }
}
