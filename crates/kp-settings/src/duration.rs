//! Durations as people write them: `5ms`, `30s`, `2m`.

use std::time::Duration;

/// Reads a whole number with its unit: `us`, `ms`, `s`, `m` or `h`.
pub fn parse(text: &str) -> Option<Duration> {
    let unit_starts = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_starts);
    let microseconds_per_unit: u64 = match unit.trim_start() {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60 * 1_000_000,
        "h" => 3_600 * 1_000_000,
        _ => return None,
    };
    let number: u64 = number.parse().ok()?;
    number.checked_mul(microseconds_per_unit).map(Duration::from_micros)
}

/// Writes a duration in the largest of `s`, `ms` and `us` that keeps it whole.
pub(crate) fn format(duration: Duration) -> String {
    let microseconds = duration.as_micros();
    if microseconds == 0 {
        "0ms".to_owned()
    } else if microseconds.is_multiple_of(1_000_000) {
        format!("{}s", microseconds / 1_000_000)
    } else if microseconds.is_multiple_of(1_000) {
        format!("{}ms", microseconds / 1_000)
    } else {
        format!("{microseconds}us")
    }
}

/// Reads a number of milliseconds, fractions allowed, as librdkafka has it, in whole microseconds.
pub(crate) fn from_milliseconds(text: &str) -> Option<Duration> {
    let milliseconds: f64 = text.parse().ok()?;
    let read = Duration::try_from_secs_f64(milliseconds / 1_000.0).ok()?;
    read.as_micros().try_into().map(Duration::from_micros).ok()
}

/// Writes a duration in milliseconds as librdkafka reads it; only `linger.ms` takes a fraction.
pub(crate) fn to_milliseconds(duration: Duration) -> String {
    let microseconds = duration.as_micros();
    if microseconds.is_multiple_of(1_000) {
        (microseconds / 1_000).to_string()
    } else {
        let text = format!("{}.{:03}", microseconds / 1_000, microseconds % 1_000);
        text.trim_end_matches('0').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_with_a_unit_is_a_duration() {
        assert_eq!(parse("500us"), Some(Duration::from_micros(500)));
        assert_eq!(parse("5ms"), Some(Duration::from_millis(5)));
        assert_eq!(parse("30 s"), Some(Duration::from_secs(30)));
        assert_eq!(parse("2m"), Some(Duration::from_secs(120)));
        assert_eq!(parse("1h"), Some(Duration::from_secs(3600)));
    }

    #[test]
    fn a_bare_number_and_everything_else_is_none() {
        for text in [
            "",
            "5",
            "ms",
            "-5ms",
            "1.5s",
            "5 min",
            "5MS",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn librdkafka_gets_milliseconds() {
        assert_eq!(to_milliseconds(Duration::from_secs(30)), "30000");
        assert_eq!(to_milliseconds(Duration::from_micros(1_250)), "1.25");
        assert_eq!(from_milliseconds("0.5"), Some(Duration::from_micros(500)));
        assert_eq!(from_milliseconds("-1"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(microseconds in 0_u64..10_000_000_000_000) {
            let duration = Duration::from_micros(microseconds);
            prop_assert_eq!(parse(&format(duration)), Some(duration));
        }
    }
}
