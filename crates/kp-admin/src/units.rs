//! Times and sizes of Kafka's configs, as people read them.

use jiff::Timestamp;

use crate::answer::counted;

/// A config's value as people write it; any other text as it is.
pub(crate) fn human(config: &str, value: &str) -> String {
    match value.parse::<i64>() {
        Ok(number) if config.ends_with(".ms") => short_span(number),
        Ok(number) if config.ends_with(".bytes") => size(number),
        _ if value.is_empty() => "\"\"".to_owned(),
        _ => value.to_owned(),
    }
}

const UNITS: [(i64, &str, &str); 4] = [
    (86_400_000, "d", "day"),
    (3_600_000, "h", "hour"),
    (60_000, "min", "minute"),
    (1_000, "s", "second"),
];

/// The largest unit of which it is a whole number.
fn whole(millis: i64) -> Option<(i64, &'static str, &'static str)> {
    let unit = UNITS.iter().find(|(unit, ..)| millis > 0 && millis % unit == 0)?;
    Some((millis / unit.0, unit.1, unit.2))
}

fn short_span(millis: i64) -> String {
    match whole(millis) {
        _ if millis < 0 || millis == i64::MAX => "unlimited".to_owned(),
        Some((count, short, _)) => format!("{count}{short}"),
        None => format!("{millis}ms"),
    }
}

pub(crate) fn span(millis: i64) -> String {
    match whole(millis) {
        Some((count, _, unit)) => counted(count, unit),
        None => format!("{millis} ms"),
    }
}

pub(crate) fn size(bytes: i64) -> String {
    const SIZES: [(i64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    if bytes < 0 || bytes == i64::MAX {
        return "unlimited".to_owned();
    }
    match SIZES.iter().find(|(unit, _)| bytes > 0 && bytes % unit == 0) {
        Some((unit, name)) => format!("{}{name}", bytes / unit),
        None => format!("{bytes}B"),
    }
}

/// A time in milliseconds since 1970, in UTC.
pub(crate) fn date(milliseconds: i64) -> String {
    let time = Timestamp::from_millisecond(milliseconds);
    time.map_or_else(|_| milliseconds.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_utc() {
        assert_eq!(date(1_732_300_000_123), "2024-11-22T18:26:40.123Z");
        assert_eq!(date(i64::MAX), i64::MAX.to_string(), "no time that there is");
    }

    #[test]
    fn a_configs_value_is_told_as_people_read_it() {
        for (config, value, read) in [
            ("retention.ms", "604800000", "7d"),
            ("retention.ms", "5400000", "90min"),
            ("retention.ms", "1500", "1500ms"),
            ("retention.ms", "-1", "unlimited"),
            ("flush.ms", "9223372036854775807", "unlimited"),
            ("segment.bytes", "1073741824", "1GiB"),
            ("min.insync.replicas", "2", "2"),
            ("cleanup.policy", "delete", "delete"),
        ] {
            assert_eq!(human(config, value), read, "{config}={value}");
        }
    }
}
