//! Numbers, times and rebalances as they are read on a screen.

use std::collections::BTreeMap;
use std::time::Duration;

use kp_cli::Column;
use kp_client::admin::OutOfRange;

use super::state::{Clear, Move, Rebalance, Row, Who};
use crate::answer::NONE;

/// From this width on, owner and host are columns of their own.
pub(super) const WIDE: usize = 110;

const NARROW_COLUMNS: [Column; 8] = [
    Column::Left("TOPIC"),
    Column::Right("P"),
    Column::Right("LAG"),
    Column::Right("BEHIND"),
    Column::Right("IN/s"),
    Column::Right("OUT/s"),
    Column::Right("CLEAR IN"),
    Column::Left("RETENTION USED"),
];

pub(super) fn columns(is_wide: bool) -> Vec<Column> {
    let mut columns = NARROW_COLUMNS.to_vec();
    if is_wide {
        columns.extend([Column::Left("OWNER"), Column::Left("HOST")]);
    }
    columns
}

pub(super) fn cells(row: &Row, is_wide: bool) -> Vec<String> {
    let rate = |rate: Option<f64>| rate.map_or_else(|| NONE.to_owned(), count);
    let mut last =
        row.used.map_or_else(|| NONE.to_owned(), |used| format!("{:.0} %", used * 100.0));
    if row.out_of_range == Some(OutOfRange::BeforeStart) {
        last = "messages lost".to_owned();
    } else if row.out_of_range == Some(OutOfRange::PastEnd) {
        last = "past the end".to_owned();
    } else if let Some(lost) = row.lost_in {
        last = format!("{last}  lost in {}", time(lost));
    }
    if row.owner.is_none() && !is_wide {
        let no_owner = "no owner";
        last = if last == NONE || last == "0 %" {
            no_owner.to_owned()
        } else {
            format!("{last}  {no_owner}")
        };
    }
    if row.old_since.is_some() {
        last += "  old";
    }
    let mut cells = vec![
        row.topic.clone(),
        row.partition.to_string(),
        row.lag.map_or_else(|| NONE.to_owned(), |lag| count(lag as f64)),
        row.behind_ms.map_or_else(|| NONE.to_owned(), |behind| time(behind as f64 / 1000.0)),
        rate(row.rate_in),
        rate(row.rate_out),
        match row.clear {
            Clear::Unknown | Clear::Idle => NONE.to_owned(),
            Clear::In(seconds) => time(seconds),
            Clear::Never => "NEVER".to_owned(),
        },
        last,
    ];
    if is_wide {
        cells.push(row.owner.as_ref().map_or("no owner", |who| &who.label).to_owned());
        cells.push(row.owner.as_ref().map_or(NONE, |who| &who.host).to_owned());
    }
    cells
}

/// `120`, `0.4`, `48k`, `1.2M`.
pub(super) fn count(number: f64) -> String {
    let rounded = number.round();
    match number.abs() {
        small if small > 0.0 && small < 9.95 && (number - rounded).abs() > 0.05 => {
            format!("{number:.1}")
        }
        small if small < 9_999.5 => format!("{rounded:.0}"),
        some if some < 999_500.0 => format!("{:.0}k", number / 1e3),
        many if many < 9.95e6 => format!("{:.1}M", number / 1e6),
        many if many < 999.5e6 => format!("{:.0}M", number / 1e6),
        _ => format!("{:.1}G", number / 1e9),
    }
}

/// `0.8 s`, `12 s`, `7m 10s`, `3h 5m`, `2d 4h`.
pub(super) fn time(seconds: f64) -> String {
    if seconds < 9.95 {
        let text = format!("{seconds:.1}");
        return format!("{} s", text.strip_suffix(".0").unwrap_or(&text));
    }
    let whole = seconds.round().min(1e15) as u64;
    match whole {
        0..=59 => format!("{whole} s"),
        60..=3_599 => format!("{}m {}s", whole / 60, whole % 60),
        3_600..=86_399 => format!("{}h {}m", whole / 3_600, whole % 3_600 / 60),
        _ if whole > 86_400 * 999 => "years".to_owned(),
        _ => format!("{}d {}h", whole / 86_400, whole % 86_400 / 3_600),
    }
}

/// What happened, a line for each kind of change; partitions that went the same way share one.
pub(super) fn told(rebalance: &Rebalance) -> Vec<String> {
    let mut lines = Vec::new();
    let labels = |all: &[Who]| {
        let labels: Vec<_> = all.iter().map(|who| who.label.as_str()).collect();
        labels.join(", ")
    };
    for (what, who) in [("left", &rebalance.left), ("joined", &rebalance.joined)] {
        if !who.is_empty() {
            lines.push(format!("{} {what}", labels(who)));
        }
    }
    let label = |who: &Option<Who>| who.as_ref().map(|who| who.label.clone());
    let mut ways: BTreeMap<_, Vec<&Move>> = BTreeMap::new();
    for one in &rebalance.moves {
        let way = (one.topic.clone(), label(&one.from), label(&one.to), one.unread);
        ways.entry(way).or_default().push(one);
    }
    for ((topic, from, to, unread), moves) in ways {
        let numbers: Vec<i32> = moves.iter().map(|one| one.partition).collect();
        let what = format!("{topic} {}", ranges(&numbers));
        let nobody = |time: Duration| format!("nobody had it for up to {}", time_of(time));
        lines.push(match (from, to, unread) {
            (Some(from), Some(to), Some(unread)) if from == to => {
                format!("{what} is back at {to}; {}", nobody(unread))
            }
            (Some(from), Some(to), Some(unread)) => {
                format!("{what} went from {from} to {to}; {}", nobody(unread))
            }
            (Some(from), None, _) => format!("{what} was lost by {from}; nobody has it"),
            (_, Some(to), _) => format!("{what} went to {to}"),
            (None, None, _) => format!("{what}: nobody has it"),
        });
    }
    lines
}

pub(super) fn time_of(time: Duration) -> String {
    self::time(time.as_secs_f64())
}

/// `0-2,5`.
fn ranges(sorted: &[i32]) -> String {
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for number in sorted {
        match runs.last_mut() {
            Some((_, to)) if *to + 1 == *number => *to = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let texts: Vec<String> = runs
        .iter()
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") })
        .collect();
    texts.join(",")
}

/// The time of day here.
pub(super) fn clock(ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(time) => {
            time.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string()
        }
        Err(_) => NONE.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_stay_short() {
        let counts = [0.0, 0.4, 5.0, 120.0, 9_999.0, 48_200.0, 1_234_567.0, 5e9];
        let texts = counts.map(count);
        assert_eq!(texts, ["0", "0.4", "5", "120", "9999", "48k", "1.2M", "5.0G"]);
        let times = [0.8, 2.0, 12.4, 430.0, 11_100.0, 187_200.0, 1e12].map(time);
        assert_eq!(times, ["0.8 s", "2 s", "12 s", "7m 10s", "3h 5m", "2d 4h", "years"]);
    }

    #[test]
    fn partitions_that_follow_each_other_are_a_range() {
        assert_eq!(ranges(&[0, 1, 2, 5]), "0-2,5");
        assert_eq!(ranges(&[7]), "7");
    }
}
