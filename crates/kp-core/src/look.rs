//! How what is for people looks: whose clock times are shown by, and whether there are colours.

use std::io::Write as _;

use anstyle::Style;
use jiff::{Timestamp as Moment, tz::TimeZone};

use crate::record::Timestamp;

/// How a format for people looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The zone of the clock by which times are shown.
    pub zone: TimeZone,
    /// Whether there are colours, which only a terminal understands.
    pub colors: bool,
}

impl Default for Look {
    /// UTC, without colours: the same on every machine.
    fn default() -> Self {
        Self { zone: TimeZone::UTC, colors: false }
    }
}

impl Look {
    /// Appends the time as `2026-11-23T10:00:00.123+01:00`, in UTC with a `Z`, as `--from @` takes
    /// it back. Without one it is `-`; one that no calendar has is its number.
    pub(crate) fn write_time(&self, time: Timestamp, out: &mut Vec<u8>) {
        let Some(millis) = time.millis() else {
            out.push(b'-');
            return;
        };
        // Writing into memory cannot fail.
        let _ = match Moment::from_millisecond(millis) {
            Err(_) => write!(out, "{millis}"),
            Ok(moment) if self.zone == TimeZone::UTC => {
                write!(out, "{}", moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
            }
            Ok(moment) => {
                let here = moment.to_zoned_datetime(self.zone.clone());
                write!(out, "{}", here.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z"))
            }
        };
    }

    /// Appends what `write` does, in this style.
    pub(crate) fn styled(&self, style: Style, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        if !self.colors {
            return write(out);
        }
        let _ = write!(out, "{}", style.render());
        write(out);
        let _ = write!(out, "{}", style.render_reset());
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::Offset;

    use super::*;

    fn shown(zone: TimeZone, time: Timestamp) -> String {
        let mut out = Vec::new();
        Look { zone, colors: false }.write_time(time, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_time_is_that_of_the_clock_here_or_of_utc() {
        let time = Timestamp::CreateTime(1_732_300_000_007);
        assert_eq!(shown(TimeZone::UTC, time), "2024-11-22T18:26:40.007Z");
        let seoul = TimeZone::fixed(Offset::constant(9));
        assert_eq!(shown(seoul.clone(), time), "2024-11-23T03:26:40.007+09:00");
        assert_eq!(
            shown(seoul.clone(), Timestamp::LogAppendTime(0)),
            "1970-01-01T09:00:00.000+09:00"
        );
        assert_eq!(shown(seoul.clone(), Timestamp::NotAvailable), "-");
        assert_eq!(shown(seoul, Timestamp::CreateTime(i64::MAX)), "9223372036854775807");
        assert_eq!(shown(TimeZone::UTC, Timestamp::CreateTime(-1)), "1969-12-31T23:59:59.999Z");
    }
}
