//! A moment as a person writes it: a date, a time of day, a zone perhaps, a number, or how long
//! ago.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan, ZonedDateTime};

use crate::duration;
use crate::zone::LocalZone;

const HOURS_A_DAY: u32 = 24;

/// In 1973: any earlier number of milliseconds is more likely one of seconds.
const FIRST: i64 = 100_000_000_000;

/// Reads what follows the `@`, in milliseconds since 1970-01-01 UTC, never negative. A time without
/// a zone is what the clock shows in `here`. `Err` says what is wrong, where there is more to say
/// than that it is no moment.
pub(crate) fn read(text: &str, here: &LocalZone) -> Result<i64, Option<String>> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map_err(|_| None).and_then(number);
    }
    if text == "now" {
        return milliseconds(Timestamp::now());
    }
    if let Some(ago) = text.strip_prefix('-') {
        return before(Timestamp::now(), ago);
    }
    let pieces = Pieces::parse(text).map_err(|_| None)?;
    let clock = DateTime::from_parts(pieces.date(), pieces.time().unwrap_or(Time::midnight()));
    let zone = pieces.to_time_zone().map_err(|error| Some(error.to_string()))?;
    let moment = match (pieces.offset(), zone) {
        (None, Some(zone)) => first(clock, &zone),
        (None, None) => Some(local(clock, here)?),
        (Some(_), None) => text.parse::<Timestamp>().ok(),
        (Some(_), Some(_)) => text.parse::<ZonedDateTime>().ok().map(|zoned| zoned.timestamp()),
    };
    milliseconds(moment.ok_or(None)?)
}

/// So long before `now`: a number with its unit, as in the settings, or of days of 24 hours.
fn before(now: Timestamp, ago: &str) -> Result<i64, Option<String>> {
    // The text itself is not repeated: it may hold anything.
    let not = || Some("@- begins a time before now, such as @-30m, @-2h or @-7d".to_owned());
    let days = ago.strip_suffix('d').filter(|days| days.bytes().all(|byte| byte.is_ascii_digit()));
    let ago = match days {
        Some(days) => {
            duration::parse(&format!("{days}h")).and_then(|hours| hours.checked_mul(HOURS_A_DAY))
        }
        None => duration::parse(ago),
    };
    let moment = now.checked_sub(ago.ok_or_else(not)?).map_err(|_| not())?;
    milliseconds(moment)
}

fn local(clock: DateTime, here: &LocalZone) -> Result<Timestamp, String> {
    let zone = here.find().ok_or_else(|| {
        format!(
            "@{clock} is local time, and which zone that is cannot be told (TZ); \
             write @{clock}Z for UTC"
        )
    })?;
    first(clock, &zone).ok_or_else(|| format!("@{clock} is no time that Kafka knows"))
}

/// The first moment at which the clock of this zone shows this time or a later one, so that no
/// message is missed. Where clocks are put back, it is the earlier of two moments. Where they skip
/// this time, it is the moment of the change.
fn first(clock: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(clock);
    if let AmbiguousOffset::Gap { .. } = ambiguous.offset() {
        let after = ambiguous.later().ok()?;
        let behind = after.checked_add(1.nanosecond()).ok()?;
        return zone.preceding(behind).next().map(|change| change.timestamp());
    }
    ambiguous.earlier().ok()
}

/// The first whole millisecond that is not before the moment.
fn milliseconds(moment: Timestamp) -> Result<i64, Option<String>> {
    let whole = moment.as_millisecond();
    let cut = Timestamp::from_millisecond(whole).is_ok_and(|whole| whole < moment);
    match whole + i64::from(cut) {
        milliseconds @ 0.. if Timestamp::from_millisecond(milliseconds).is_ok() => Ok(milliseconds),
        // jiff has no milliseconds in its last second, at the end of the year 9999.
        0.. => Err(None),
        // Kafka takes negative times for "earliest" and "latest".
        _ => Err(Some(format!("{moment} is before 1970"))),
    }
}

/// Milliseconds, unless they look like seconds, or like smaller parts of one.
fn number(number: i64) -> Result<i64, Option<String>> {
    let plausible = |milliseconds: &i64| {
        *milliseconds >= FIRST && Timestamp::from_millisecond(*milliseconds).is_ok()
    };
    if number == 0 || plausible(&number) {
        return Ok(number);
    }
    let shown = |milliseconds: i64| Timestamp::from_millisecond(milliseconds).ok();
    if number < FIRST {
        let read = shown(number).ok_or(None)?;
        let meant = Timestamp::from_second(number).map_err(|_| None)?;
        let day = day(number).map_or_else(String::new, |day| format!(", or @{day} for the day"));
        return Err(Some(format!(
            "@{number} is {read} in milliseconds and {meant} in seconds; \
             write @{meant} or @{read}{day}"
        )));
    }
    let parts = [("microseconds", 1_000), ("nanoseconds", 1_000_000)];
    let meant = parts.into_iter().find_map(|(unit, part)| {
        let milliseconds = Some(number / part).filter(plausible)?;
        Some((unit, milliseconds, shown(milliseconds)?))
    });
    Err(meant.map(|(unit, milliseconds, meant)| {
        format!(
            "@{number} is beyond the year 9999 in milliseconds, and {meant} in {unit}; \
             write @{milliseconds} for that"
        )
    }))
}

/// The day of `20261125`.
fn day(number: i64) -> Option<Date> {
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    let year = Some(year).filter(|year| (1970..=2100).contains(year))?;
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_zone(zone: &str, clock: &str) -> String {
        assert!(read(clock, &LocalZone::Unknown).is_err(), "{clock} has a zone");
        let moment = read(clock, &LocalZone::Zone(TimeZone::get(zone).unwrap())).unwrap();
        Timestamp::from_millisecond(moment).unwrap().to_string()
    }

    #[test]
    fn a_time_without_a_zone_is_what_the_clock_shows() {
        for (clock, moment) in [
            ("2026-11-25", "2026-11-24T15:00:00Z"),
            ("2026-11-25T10:00", "2026-11-25T01:00:00Z"),
            ("2026-11-25 10:00", "2026-11-25T01:00:00Z"),
            ("2026-11-25T10:00:30.5", "2026-11-25T01:00:30.5Z"),
        ] {
            assert_eq!(in_zone("Asia/Seoul", clock), moment, "{clock}");
        }
    }

    #[test]
    fn a_time_that_comes_twice_is_its_first_and_a_skipped_one_the_moment_of_the_change() {
        for (zone, clock, moment) in [
            // Put back from 3 to 2 o'clock at 01:00 UTC.
            ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00Z"),
            ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00:00Z"),
            // Put forward from 2 to 3 o'clock at 01:00 UTC.
            ("Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59:00Z"),
            ("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00:00Z"),
            ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00:00Z"),
            ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00:00Z"),
            // The day began at 1 o'clock; another was left out altogether.
            ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),
            ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
        ] {
            assert_eq!(in_zone(zone, clock), moment, "{zone} {clock}");
        }
    }

    #[test]
    fn a_zone_that_is_written_counts() {
        for (text, moment) in [
            ("2026-11-25T10:00Z", "2026-11-25T10:00:00Z"),
            ("2026-11-25 10:00:00+09:00", "2026-11-25T01:00:00Z"),
            ("2026-11-25T10:00[Asia/Seoul]", "2026-11-25T01:00:00Z"),
            ("2026-11-25T10:00+09[Asia/Seoul]", "2026-11-25T01:00:00Z"),
            ("2026-03-29T02:30[Europe/Berlin]", "2026-03-29T01:00:00Z"),
        ] {
            let moment: Timestamp = moment.parse().unwrap();
            assert_eq!(read(text, &LocalZone::Unknown), Ok(moment.as_millisecond()), "{text}");
        }
        assert!(read("2026-11-25T10:00[Nowhere/Atlantis]", &LocalZone::Unknown).is_err());
        assert!(read("2026-11-25T10:00+01:00[Asia/Seoul]", &LocalZone::Unknown).is_err());
    }

    #[test]
    fn a_number_that_is_hardly_milliseconds_is_asked_about() {
        for (number, says) in [
            ("1795602955", "write @2026-11-25T10:35:55Z or @1970-01-21T18:46:42.955Z"),
            ("1", "1970-01-01T00:00:00.001Z in milliseconds and 1970-01-01T00:00:01Z in seconds"),
            ("20261125", "or @2026-11-25 for the day"),
            ("1795602955000000", "2026-11-25T10:35:55Z in microseconds; write @1795602955000"),
            ("1795602955000000000", "2026-11-25T10:35:55Z in nanoseconds; write @1795602955000"),
        ] {
            let Err(Some(said)) = read(number, &LocalZone::Unknown) else {
                panic!("{number} is taken")
            };
            assert!(said.contains(says), "{said}");
        }
        assert_eq!(read("99999999999999999999", &LocalZone::Unknown), Err(None));
        assert_eq!(read("0", &LocalZone::Unknown), Ok(0));
        assert_eq!(read("1795602955000", &LocalZone::Unknown), Ok(1_795_602_955_000));
    }

    #[test]
    fn a_time_before_now_is_a_number_with_its_unit() {
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        for (ago, moment) in [
            ("0s", "2026-11-25T10:00:00Z"),
            ("500ms", "2026-11-25T09:59:59.5Z"),
            ("90s", "2026-11-25T09:58:30Z"),
            ("30m", "2026-11-25T09:30:00Z"),
            ("1h", "2026-11-25T09:00:00Z"),
            ("7d", "2026-11-18T10:00:00Z"),
        ] {
            let moment: Timestamp = moment.parse().unwrap();
            assert_eq!(before(now, ago), Ok(moment.as_millisecond()), "{ago}");
        }
        for not in ["", "5", "d", "1.5h", "-1h", "1w", "1h30m", "99999999d", "1dd", "+1d"] {
            assert!(before(now, not).is_err(), "{not}");
        }
        let said = before(now, "5").unwrap_err().unwrap();
        assert!(said.contains("such as @-30m, @-2h or @-7d"), "{said}");
        let earliest = Timestamp::now().as_millisecond() - 3_600_000;
        let read = read("-1h", &LocalZone::Unknown).unwrap();
        let latest = Timestamp::now().as_millisecond() - 3_600_000;
        // A millisecond that has begun counts as the next.
        assert!((earliest..=latest + 1).contains(&read), "{earliest} {read} {latest}");
    }

    #[test]
    fn no_message_before_the_moment_is_read() {
        assert_eq!(read("1970-01-01T00:00:00.0001Z", &LocalZone::Unknown), Ok(1));
    }

    #[test]
    fn a_moment_that_could_not_be_shown_again_is_none() {
        assert_eq!(read("9999-12-30T22:00:00Z", &LocalZone::Unknown), Ok(253_402_207_200_000));
        assert_eq!(read("9999-12-30T22:00:00.999999999Z", &LocalZone::Unknown), Err(None));
    }
}
