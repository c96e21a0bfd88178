//! What the programs say of their own runs.

use serde_json::Value;

/// kp-producer's report as JSON: the seconds from the first message to the last acknowledgement.
pub(super) fn seconds_of_kp_report(said: &str, _messages: u64) -> Option<f64> {
    let report: Value = serde_json::from_str(said.trim()).ok()?;
    report.get("seconds")?.as_f64()
}

/// The original's `[Done]: 0.5606689453125`.
pub(super) fn seconds_of_done(said: &str, _messages: u64) -> Option<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix("[Done]:"))?;
    line.trim().parse().ok()
}

/// kafka-producer-perf-test's last line:
/// `2000000 records sent, 389105.1 records/sec (9.28 MB/sec), ...`.
///
/// Its clock starts when the JVM is up.
pub(super) fn seconds_of_producer_perf_test(said: &str, messages: u64) -> Option<f64> {
    let line = said.lines().rev().find(|line| line.contains(" records sent, "))?;
    let rate = line.split(", ").find_map(|part| {
        let (rate, _) = part.split_once(" records/sec")?;
        rate.trim().parse::<f64>().ok()
    })?;
    Some(messages as f64 / rate)
}

/// kafka-consumer-perf-test's line of figures, whose eighth is the milliseconds spent fetching.
///
/// Its clock starts when the JVM is up and the group has formed.
pub(super) fn seconds_of_consumer_perf_test(said: &str, _messages: u64) -> Option<f64> {
    let milliseconds: f64 = figures_of_consumer_perf_test(said)?.get(7)?.parse().ok()?;
    Some(milliseconds / 1000.0)
}

/// The messages that kafka-consumer-perf-test says it read.
pub(super) fn messages_of_consumer_perf_test(said: &str) -> Option<u64> {
    figures_of_consumer_perf_test(said)?.get(4)?.parse().ok()
}

fn figures_of_consumer_perf_test(said: &str) -> Option<Vec<&str>> {
    let line = said.lines().rev().find(|line| {
        line.starts_with(|first: char| first.is_ascii_digit()) && line.contains(", ")
    })?;
    Some(line.split(',').map(str::trim).collect())
}

/// A number and nothing else, as `wc -l` prints it.
pub(super) fn number(said: &str) -> Option<u64> {
    said.trim().parse().ok()
}

/// The last line that a failed program printed.
pub(super) fn last_line(said: &str) -> &str {
    said.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it gave no reason")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_report() {
        let said = r#"{"schema":"kp.producer.report/1","sent":2,"seconds":0.054,"failures":[]}"#;
        assert_eq!(seconds_of_kp_report(said, 2), Some(0.054));
        assert_eq!(seconds_of_kp_report("Sent 2 messages", 2), None);
    }

    #[test]
    fn the_originals_line() {
        let said = "some warning\n[Done]: 0.5606689453125\n";
        assert_eq!(seconds_of_done(said, 1000), Some(0.560_668_945_312_5));
        assert_eq!(seconds_of_done("Traceback", 1000), None);
    }

    #[test]
    fn the_java_producers_last_line_counts() {
        let said = "\
            1000000 records sent, 199960.0 records/sec (19.07 MB/sec), 1.1 ms avg latency, 2.0 ms max latency.\n\
            2000000 records sent, 400000.0 records/sec (38.15 MB/sec), 1.0 ms avg latency, 300.00 ms max latency, 1 ms 50th.\n";
        assert_eq!(seconds_of_producer_perf_test(said, 2_000_000), Some(5.0));
        assert_eq!(seconds_of_producer_perf_test("no broker", 1), None);
    }

    #[test]
    fn the_java_consumers_figures() {
        let said = "WARNING: an option is deprecated\n\
            2026-11-23 18:00:00:000, 2026-11-23 18:00:02:000, 44.1, 22.0, 2000000, 1000000.0, 500, 1250, 35.3, 1600000.0\n";
        assert_eq!(seconds_of_consumer_perf_test(said, 0), Some(1.25));
        assert_eq!(messages_of_consumer_perf_test(said), Some(2_000_000));
        assert_eq!(messages_of_consumer_perf_test("WARNING: nothing, then"), None);
    }

    #[test]
    fn the_reason_is_the_last_line() {
        assert_eq!(last_line("a\n\nb: no broker\n \n"), "b: no broker");
        assert_eq!(last_line(""), "it gave no reason");
    }
}
