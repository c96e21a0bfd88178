//! What `kp-producer` says at its end, read from the lines that a reader sees.

use std::time::Duration;

use anyhow::{Context, Result};
use kp_process::Finished;

/// What became of the messages, and how fast.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Report {
    pub(crate) sent: u64,
    /// Confirmed by a broker; none with acks=0.
    pub(crate) acknowledged: u64,
    pub(crate) failed: u64,
    /// Neither confirmed nor failed when they were given up.
    pub(crate) unknown: u64,
    /// Absent where nothing was acknowledged.
    pub(crate) speed: Option<Speed>,
}

/// How fast messages went, and how long one took until it was acknowledged.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Speed {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) max: Duration,
}

impl Report {
    /// # Errors
    /// It said something else, or nothing.
    pub(crate) fn said_by(producer: &Finished) -> Result<Self> {
        let read = Self::read(&producer.stderr);
        read.with_context(|| format!("kp-producer gave no report: {}", producer.stderr.trim()))
    }

    fn read(said: &str) -> Option<Self> {
        let mut lines = said.lines().skip_while(|line| !is_summary(line));
        let (sent, became) = lines.next()?.split_once(": ")?;
        let mut report = Self { sent: first_number(sent)?, ..Self::default() };
        let became = became.split(" (").next()?;
        for part in became.split(", ") {
            let number = first_number(part)?;
            match part.rsplit(' ').next()? {
                "acknowledged" => report.acknowledged = number,
                "failed" => report.failed = number,
                "unknown" => report.unknown = number,
                _ => {}
            }
        }
        report.speed = lines.next().and_then(speed);
        Some(report)
    }

    /// # Errors
    /// No message was acknowledged.
    pub(crate) fn speed(&self) -> Result<&Speed> {
        self.speed.as_ref().context("no message was acknowledged")
    }
}

/// `1000 messages for topic1: 998 acknowledged, 2 failed`
fn is_summary(line: &str) -> bool {
    line.contains(" for ") && (line.contains(" acknowledged, ") || line.contains(" confirmed, "))
}

/// `  14085 msg/s, 0.27 MB/s; delivery latency p50 62.0 ms, p99 62.3 ms, max 62.3 ms`
fn speed(line: &str) -> Option<Speed> {
    let (rate, latency) = line.trim().split_once(';')?;
    let per_second = rate.split_once(" msg/s")?.0.parse().ok()?;
    let after = |name: &str| {
        let (_, figure) = latency.split_once(name)?;
        let milliseconds: f64 = figure.trim().split_once(" ms")?.0.parse().ok()?;
        Some(Duration::from_secs_f64(milliseconds / 1e3))
    };
    Some(Speed { per_second, p50: after("p50")?, p99: after("p99")?, max: after("max")? })
}

fn first_number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_is_shown() {
        let said = "kp-producer: a warning\n\
            1000 messages for topic1: 997 acknowledged, 2 failed, 1 unknown\n  \
            14085 msg/s, 0.27 MB/s; delivery latency p50 62.0 ms, p99 62.3 ms, max 1262.5 ms\n";
        let report = Report::read(said).unwrap();
        let counts = (report.sent, report.acknowledged, report.failed, report.unknown);
        assert_eq!(counts, (1000, 997, 2, 1));
        let speed = report.speed().unwrap();
        assert_eq!(speed.per_second, 14_085.0);
        assert_eq!(speed.p50, Duration::from_millis(62));
        assert_eq!(speed.max, Duration::from_micros(1_262_500));
    }

    #[test]
    fn without_answers_nothing_is_acknowledged() {
        let said =
            "500 messages for t: 0 confirmed, 3 failed (acks=0 asks the broker for no answer)";
        let report = Report::read(said).unwrap();
        assert_eq!((report.sent, report.acknowledged, report.failed), (500, 0, 3));
        assert!(report.speed().is_err());
        assert_eq!(Report::read("kp-producer: cannot reach Kafka"), None);
    }
}
