//! What `--metrics` shows of a producer.

use std::fmt;

use kp_cli::Stop;
use kp_cli::metrics::{Board, Sheet};
use kp_client::produce::Figures;
use kp_settings::Settings;

const KEY: &str = "producer.metrics";

/// The bounds of latencies, in microseconds: from what a broker nearby takes to the longest
/// delivery timeout that is usual.
const BOUNDS: [u64; 16] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000,
];

/// The figures of the producer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics(Figures);

impl From<Figures> for Metrics {
    fn from(figures: Figures) -> Self {
        Self(figures)
    }
}

/// Answers metrics, if that is set.
///
/// # Errors
/// Nothing can listen there.
pub(crate) fn serve(settings: &Settings) -> Result<Option<Board<Metrics>>, Stop> {
    kp_cli::metrics::serve("kp-producer", settings, KEY, settings.producer.metrics)
}

impl kp_cli::metrics::Figures for Metrics {
    fn write(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        let Figures { failed, latency, .. } = &self.0;
        sheet.counter("kp_producer_messages_sent", "Messages handed to librdkafka", self.0.sent)?;
        sheet.counter(
            "kp_producer_messages_acknowledged",
            "Messages that the broker acknowledged",
            self.0.acknowledged,
        )?;
        sheet.counter(
            "kp_producer_messages_unconfirmed",
            "Messages that left with acks=0, which confirms nothing",
            self.0.unconfirmed,
        )?;
        sheet.counters(
            "kp_producer_messages_failed",
            "Messages that failed, by reason",
            |add| {
                failed
                    .iter()
                    .try_for_each(|(kind, count)| add(&[("reason", kind.as_str())], *count))
            },
        )?;
        sheet.counter(
            "kp_producer_messages_unknown",
            "Messages that were given up under way: each may be stored or not",
            self.0.unknown,
        )?;
        sheet.counter(
            "kp_producer_bytes",
            "Bytes of key and value that were acknowledged, or left with acks=0",
            self.0.bytes,
        )?;
        sheet.histogram(
            "kp_producer_delivery_latency_seconds",
            "From taking a message to its acknowledgement; with a rate, from when it was due",
            latency.mean() * latency.len() as f64 / 1e6,
            &buckets(&self.0),
        )?;
        sheet.gauge(
            "kp_producer_queue_messages",
            "Messages that were taken and of which nothing is known yet",
            self.0.queued,
        )?;
        sheet.counter(
            "kp_producer_queue_full_seconds",
            "How long sending has waited for room in the queue",
            self.0.waited_for_room.as_secs_f64(),
        )?;
        sheet.counter(
            "kp_producer_transactions_committed",
            "Transactions that were committed",
            self.0.committed,
        )?;
        sheet.counter(
            "kp_producer_transactions_aborted",
            "Transactions that were aborted",
            self.0.aborted,
        )
    }
}

/// How many latencies there are up to each bound, and above the one before it.
fn buckets(figures: &Figures) -> Vec<(f64, u64)> {
    let mut buckets: Vec<(f64, u64)> =
        BOUNDS.iter().map(|bound| (*bound as f64 / 1e6, 0)).collect();
    buckets.push((f64::INFINITY, 0));
    for recorded in figures.latency.iter_recorded() {
        let value = recorded.value_iterated_to();
        let bucket = BOUNDS.partition_point(|bound| *bound < value);
        buckets[bucket].1 += recorded.count_since_last_iteration();
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_latency_is_in_one_bucket() {
        let mut figures = Figures::default();
        for micros in [1, 500, 900, 700_000, 599_000_000] {
            figures.latency.saturating_record(micros);
        }
        let buckets = buckets(&figures);
        let filled: Vec<_> = buckets.iter().filter(|(_, count)| *count > 0).copied().collect();
        assert_eq!(filled, [(0.0005, 2), (0.001, 1), (1.0, 1), (f64::INFINITY, 1)]);
    }
}
