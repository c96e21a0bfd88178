//! Where a consumer starts to read.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

/// `consumer.from`: where reading starts in each partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// At the group's committed offset; where there is none, at the earliest message that is kept.
    Stored,
    /// At the earliest message that the broker still keeps.
    Earliest,
    /// Behind the last message: only what comes from now on.
    Latest,
    /// At this offset, in every partition.
    Offset(i64),
    /// At the first message with this timestamp or a later one, in milliseconds since 1970-01-01 UTC.
    Time(i64),
}

/// A text that names no place to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", From::EXPECTED)]
pub struct InvalidFrom;

impl From {
    pub(crate) const EXPECTED: &'static str = "stored, earliest, latest, an offset such as 42, or @TIME \
        such as @2026-11-23T10:00:00Z or @1732300000000 (milliseconds since 1970)";
}

impl FromStr for From {
    type Err = InvalidFrom;

    fn from_str(text: &str) -> Result<Self, InvalidFrom> {
        match text {
            "stored" => return Ok(Self::Stored),
            "earliest" => return Ok(Self::Earliest),
            "latest" => return Ok(Self::Latest),
            _ => {}
        }
        if let Some(time) = text.strip_prefix('@') {
            if let Some(milliseconds) = digits(time) {
                return Ok(Self::Time(milliseconds));
            }
            let time: Timestamp = time.parse().map_err(|_| InvalidFrom)?;
            return match time.as_millisecond() {
                // Kafka takes negative times for "earliest" and "latest".
                milliseconds @ 0.. => Ok(Self::Time(milliseconds)),
                _ => Err(InvalidFrom),
            };
        }
        digits(text).map(Self::Offset).ok_or(InvalidFrom)
    }
}

/// A number of plain digits: `i64::from_str` would also take a sign.
fn digits(text: &str) -> Option<i64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

impl fmt::Display for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored => f.write_str("stored"),
            Self::Earliest => f.write_str("earliest"),
            Self::Latest => f.write_str("latest"),
            Self::Offset(offset) => write!(f, "{offset}"),
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
        assert_eq!("stored".parse(), Ok(From::Stored));
        assert_eq!("earliest".parse(), Ok(From::Earliest));
        assert_eq!("latest".parse(), Ok(From::Latest));
        assert_eq!("0".parse(), Ok(From::Offset(0)));
        assert_eq!("42".parse(), Ok(From::Offset(42)));
        assert_eq!("@1732300000000".parse(), Ok(From::Time(1_732_300_000_000)));
        assert_eq!(
            "@2024-11-22T18:26:40Z".parse(),
            Ok(From::Time(1_732_300_000_000))
        );
        assert_eq!(
            "@2024-11-22T19:26:40+01:00".parse(),
            Ok(From::Time(1_732_300_000_000))
        );
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "@",
            "-1",
            "+1",
            "first",
            "1.5",
            "@yesterday",
            "@-5",
            "@1960-01-01T00:00:00Z",
            "99999999999999999999",
        ] {
            assert_eq!(text.parse::<From>(), Err(InvalidFrom), "{text:?}");
        }
    }

    #[test]
    fn what_is_shown_reads_back_as_the_same() {
        for from in [
            From::Stored,
            From::Earliest,
            From::Latest,
            From::Offset(7),
            From::Time(1_732_300_000_123),
        ] {
            assert_eq!(from.to_string().parse(), Ok(from));
        }
    }
}
