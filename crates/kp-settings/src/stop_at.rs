//! Where reading stops.

use std::fmt;
use std::str::FromStr;

use crate::start_at::{InvalidStartAt, StartAt};
use crate::zone::LocalZone;

/// `consumer.until`: where reading stops in each partition. It stops at the end as it is when
/// reading begins, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopAt {
    /// After the last message that is there when reading begins.
    End,
    /// Before this offset, in every partition.
    Offset(i64),
    /// Before so many messages, the last ones of all partitions together by their time.
    Last(u64),
    /// Before the first message with this timestamp or a later one, in milliseconds since
    /// 1970-01-01 UTC.
    Time(i64),
}

impl StopAt {
    pub(crate) const EXPECTED: &'static str = "end, an offset such as 42, -N (but for the last N \
        messages of all partitions), or @TIME such as @2026-11-23T10:00, @-1h or @now";

    /// Reads a text; `here` is the zone of a time without one.
    ///
    /// # Errors
    /// No place to stop at, or a time that is none.
    pub fn read(text: &str, here: &LocalZone) -> Result<Self, InvalidStartAt> {
        match StartAt::read(text, here)? {
            StartAt::Latest => Ok(Self::End),
            StartAt::Offset(offset) => Ok(Self::Offset(offset)),
            StartAt::Last(count) => Ok(Self::Last(count)),
            StartAt::Time(time) => Ok(Self::Time(time)),
            StartAt::Stored | StartAt::Earliest => Err(InvalidStartAt::default()),
        }
    }
}

impl FromStr for StopAt {
    type Err = InvalidStartAt;

    /// Reads a text without knowing the local zone, so that a time has to name its own.
    fn from_str(text: &str) -> Result<Self, InvalidStartAt> {
        Self::read(text, &LocalZone::Unknown)
    }
}

impl fmt::Display for StopAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::End => f.write_str("end"),
            Self::Offset(offset) => StartAt::Offset(offset).fmt(f),
            Self::Last(count) => StartAt::Last(count).fmt(f),
            Self::Time(time) => StartAt::Time(time).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_reads_back_as_the_same() {
        for stop in
            [StopAt::End, StopAt::Offset(0), StopAt::Last(10), StopAt::Time(1_732_300_000_123)]
        {
            assert_eq!(stop.to_string().parse(), Ok(stop));
        }
    }

    #[test]
    fn a_beginning_is_no_place_to_stop_at() {
        for text in ["stored", "earliest", "beginning", "", "-0", "@yesterday"] {
            assert!(text.parse::<StopAt>().is_err(), "{text}");
        }
        assert_eq!("latest".parse(), Ok(StopAt::End));
        assert!(matches!("@now".parse(), Ok(StopAt::Time(_))));
    }
}
