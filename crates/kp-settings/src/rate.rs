//! A pace as people write it: `5000`, `5k/s`, `30/m`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

const HOUR: u64 = 3_600;
const NANOS_PER_SECOND: u128 = 1_000_000_000;
const NANOS_PER_HOUR: u128 = HOUR as u128 * NANOS_PER_SECOND;

/// How many messages go in a time, or that there is no limit. It is kept in whole messages per
/// hour, so that the time of each message is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rate {
    per_hour: u64,
}

/// A text that is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", Rate::EXPECTED)]
pub struct InvalidRate;

impl Rate {
    /// No limit, written `0`.
    pub const UNLIMITED: Self = Self { per_hour: 0 };
    /// A thousand million messages a second.
    const MOST: u64 = 1_000_000_000 * HOUR;
    pub(crate) const EXPECTED: &'static str = "messages per second such as 5000, 5k/s, 2.5k/s or \
        1M/s, or per minute or hour such as 30/m, up to 1000M/s; 0 is no limit";

    /// So many messages a second, a thousand million at most.
    #[must_use]
    pub fn per_second(messages: u64) -> Self {
        Self { per_hour: messages.saturating_mul(HOUR).min(Self::MOST) }
    }

    /// Whether there is no limit.
    #[must_use]
    pub fn is_unlimited(self) -> bool {
        self.per_hour == 0
    }

    /// Messages per second.
    #[must_use]
    pub fn messages_per_second(self) -> f64 {
        self.per_hour as f64 / HOUR as f64
    }

    /// When message `number`, counted from 0, is due after the first one. Without a limit all are
    /// due at once.
    #[must_use]
    pub fn due(self, number: u64) -> Duration {
        if self.is_unlimited() {
            return Duration::ZERO;
        }
        let nanos = u128::from(number) * NANOS_PER_HOUR / u128::from(self.per_hour);
        let seconds = u64::try_from(nanos / NANOS_PER_SECOND).unwrap_or(u64::MAX);
        Duration::new(seconds, (nanos % NANOS_PER_SECOND) as u32)
    }

    /// How many messages are due before `end`. Without a limit all are.
    #[must_use]
    pub fn due_before(self, end: Duration) -> u64 {
        if self.is_unlimited() {
            return u64::MAX;
        }
        let due = end.as_nanos().saturating_mul(self.per_hour.into()).div_ceil(NANOS_PER_HOUR);
        u64::try_from(due).unwrap_or(u64::MAX)
    }
}

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let (count, per_hour) = match text.trim().rsplit_once('/') {
            None => (text.trim(), HOUR),
            Some((count, "s")) => (count, HOUR),
            Some((count, "m")) => (count, 60),
            Some((count, "h")) => (count, 1),
            Some(_) => return Err(InvalidRate),
        };
        let (digits, thousands) = match count.strip_suffix(['k', 'M']) {
            Some(digits) if count.ends_with('k') => (digits, 1_000),
            Some(digits) => (digits, 1_000_000),
            None => (count, 1),
        };
        let per_hour = decimal(digits, thousands * per_hour).ok_or(InvalidRate)?;
        if per_hour > Self::MOST { Err(InvalidRate) } else { Ok(Self { per_hour }) }
    }
}

/// A decimal number times `unit`; none where that is not a whole number.
pub(crate) fn decimal(text: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u64>().ok().filter(|_| is_number)
    };
    let parts = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let fraction = number(fraction)?.checked_mul(unit)?;
    let whole = number(whole)?.checked_mul(unit)?;
    fraction.is_multiple_of(parts).then(|| whole.checked_add(fraction / parts))?
}

/// As a bare number of messages per second where that is whole, else per minute or hour.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.per_hour.is_multiple_of(HOUR) {
            (self.per_hour / HOUR).fmt(f)
        } else if self.per_hour.is_multiple_of(60) {
            write!(f, "{}/m", self.per_hour / 60)
        } else {
            write!(f, "{}/h", self.per_hour)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rate_is_a_number_with_a_factor_and_a_time() {
        for (text, shown) in [
            ("0", "0"),
            ("5000", "5000"),
            ("5000/s", "5000"),
            ("5k/s", "5000"),
            ("5k", "5000"),
            ("2.5k/s", "2500"),
            ("1M/s", "1000000"),
            ("1000M/s", "1000000000"),
            ("30/m", "30/m"),
            ("60/m", "1"),
            ("0.5/s", "30/m"),
            ("7/h", "7/h"),
        ] {
            assert_eq!(text.parse::<Rate>().map(|rate| rate.to_string()), Ok(shown.to_owned()));
        }
    }

    #[test]
    fn everything_else_is_none() {
        for text in [
            "",
            "/s",
            "k",
            "k/s",
            "-1",
            "+1",
            "1/d",
            "1 /s",
            "1.5/h",
            ".5/s",
            "1./s",
            "5K",
            "1e3",
            "1001M/s",
            "99999999999999999999",
            "0.00000000000000000000001",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(InvalidRate), "{text:?}");
        }
    }

    #[test]
    fn each_message_has_its_time() {
        let third = "3/s".parse::<Rate>().unwrap();
        assert_eq!(third.due(0), Duration::ZERO);
        assert_eq!(third.due(1), Duration::from_nanos(333_333_333));
        assert_eq!(third.due(3_000_000), Duration::from_secs(1_000_000));
        assert_eq!("30/m".parse::<Rate>().unwrap().due(3), Duration::from_secs(6));
        assert_eq!(Rate::UNLIMITED.due(u64::MAX), Duration::ZERO);
        assert!("1/h".parse::<Rate>().unwrap().due(u64::MAX) > Duration::from_secs(u64::MAX / 2));
    }

    proptest! {
        #[test]
        fn as_many_are_due_before_a_time_as_have_their_time_before_it(
            per_hour in 1..=Rate::MOST,
            millis in 1_u64..1_000_000,
        ) {
            let rate = Rate { per_hour };
            let end = Duration::from_millis(millis);
            let count = rate.due_before(end);
            prop_assert!(count > 0 && rate.due(count - 1) < end && rate.due(count) >= end);
        }

        #[test]
        fn what_is_shown_reads_back(per_hour in 0..=Rate::MOST) {
            let rate = Rate { per_hour };
            prop_assert_eq!(rate.to_string().parse(), Ok(rate));
        }
    }
}
