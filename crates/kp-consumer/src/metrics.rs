//! What `--metrics` shows of a consumer.

use std::collections::BTreeMap;
use std::fmt;

use kp_cli::Stop;
use kp_cli::metrics::{Board, Sheet};
use kp_client::consume::{Consumer, Figures, PartitionFigures};
use kp_settings::Settings;

const KEY: &str = "consumer.metrics";

/// What became of messages of one topic. The counts only grow: what is read again counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Messages that are done with, in whatever way.
    pub(crate) read: u64,
    /// Their bytes of key and value.
    pub(crate) bytes: u64,
    /// Those that were printed, saved or copied.
    pub(crate) delivered: u64,
    /// Those that the format cannot show.
    pub(crate) bad: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.read += other.read;
        self.bytes += other.bytes;
        self.delivered += other.delivered;
        self.bad += other.bad;
    }
}

/// The figures of the consumer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    /// By topic.
    counts: BTreeMap<String, Counts>,
    /// Committed and aborted transactions of a copy.
    transactions: (u64, u64),
    consumer: Figures,
}

/// Answers metrics, if that is set.
///
/// # Errors
/// Nothing can listen there.
pub(crate) fn serve(settings: &Settings) -> Result<Option<Board<Metrics>>, Stop> {
    kp_cli::metrics::serve("kp-consumer", settings, KEY, settings.consumer.metrics)
}

/// Says that the consumer has connected, whether or not somebody waits for it: the loop may be held
/// up before it looks for the first time.
pub(crate) fn begin(board: Option<&Board<Metrics>>, consumer: &Consumer) {
    if let Some(board) = board {
        let metrics = Metrics { consumer: consumer.figures(), ..Metrics::default() };
        board.give(metrics, consumer.health());
    }
}

/// Gives figures, if somebody waits for them.
pub(crate) fn give<'c>(
    board: Option<&Board<Metrics>>,
    consumer: &Consumer,
    counts: impl IntoIterator<Item = (&'c str, Counts)>,
    transactions: (u64, u64),
) {
    let Some(board) = board.filter(|board| board.is_wanted()) else {
        return;
    };
    let counts = counts.into_iter().map(|(topic, counts)| (topic.to_owned(), counts)).collect();
    let metrics = Metrics { counts, transactions, consumer: consumer.figures() };
    board.give(metrics, consumer.health());
}

impl kp_cli::metrics::Figures for Metrics {
    fn write(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        self.write_counts(sheet)?;
        self.write_partitions(sheet)?;
        sheet.gauge(
            "kp_consumer_partitions",
            "Partitions that this consumer holds",
            self.consumer.partitions.len() as u64,
        )?;
        sheet.counter(
            "kp_consumer_rebalances",
            "How often the group has shared the partitions out anew",
            self.consumer.rebalances,
        )?;
        sheet.counter(
            "kp_consumer_gaps",
            "Places where messages were gone before they were read, or a topic was made again",
            self.consumer.gaps,
        )?;
        sheet.counter(
            "kp_consumer_gap_messages",
            "Messages that were gone there for certain",
            self.consumer.gone,
        )?;
        sheet.counter(
            "kp_consumer_transactions_committed",
            "Transactions of --copy-to that were committed with messages",
            self.transactions.0,
        )?;
        sheet.counter(
            "kp_consumer_transactions_aborted",
            "Transactions of --copy-to that were aborted",
            self.transactions.1,
        )
    }
}

impl Metrics {
    fn write_counts(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        type Of = fn(&Counts) -> u64;
        let of_each: [(&str, &str, Of); 4] = [
            (
                "kp_consumer_messages",
                "Messages that were read and are done with, those that filters leave out included",
                |counts| counts.read,
            ),
            ("kp_consumer_bytes", "Their bytes of key and value", |counts| counts.bytes),
            (
                "kp_consumer_messages_delivered",
                "Messages that were printed, saved or copied",
                |counts| counts.delivered,
            ),
            (
                "kp_consumer_bad_messages",
                "Messages that the format cannot show, passed over or sent to a topic",
                |counts| counts.bad,
            ),
        ];
        for (name, help, of) in of_each {
            sheet.counters(name, help, |add| {
                self.counts.iter().try_for_each(|(topic, one)| add(&[("topic", topic)], of(one)))
            })?;
        }
        Ok(())
    }

    fn write_partitions(&self, sheet: &mut Sheet<'_>) -> fmt::Result {
        type Of = fn(&PartitionFigures) -> Option<i64>;
        let of_each: [(&str, &str, Of); 3] = [
            (
                "kp_consumer_lag_messages",
                "How far reading is from the end of a partition, in offsets",
                |one| one.lag.map(|lag| i64::try_from(lag).unwrap_or(i64::MAX)),
            ),
            ("kp_consumer_position_offset", "The offset that is read next", |one| one.position),
            ("kp_consumer_committed_offset", "The offset that the group knows", |one| {
                one.committed
            }),
        ];
        for (name, help, of) in of_each {
            sheet.gauges(name, help, |add| {
                self.consumer.partitions.iter().try_for_each(|one| match of(one) {
                    Some(value) => {
                        let partition = one.partition.to_string();
                        add(&[("topic", &one.topic), ("partition", &partition)], value)
                    }
                    None => Ok(()),
                })
            })?;
        }
        Ok(())
    }
}
