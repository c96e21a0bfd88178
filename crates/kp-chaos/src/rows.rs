//! The properties, one file for each.

mod at_least_once;
mod clean_stop;
mod copy;
mod dead_flush;
mod fencing;
mod fuzz;
mod lossless;
mod outage;
mod rebalance;
mod slow_reader;
mod soak;

use std::io::Write;

use anyhow::Result;

use super::finding::Figure;
use super::stage::Stage;

/// Runs a row and returns its figures.
pub(super) type Run = fn(&Stage<'_>, &mut dyn Write) -> Result<Vec<Figure>>;

/// A property, what is done to break it, and how it is seen.
pub(super) struct Row {
    pub(super) number: u8,
    pub(super) property: &'static str,
    pub(super) fault: &'static str,
    /// What the full run must show.
    pub(super) target: &'static str,
    pub(super) run: Run,
    pub(super) control: Option<Control>,
}

/// The same judgement on a run that must break the property: it proves that the row can see.
pub(super) struct Control {
    pub(super) how: &'static str,
    /// The figure that must be out of bounds; that others are too proves nothing.
    pub(super) must_break: &'static str,
    pub(super) run: Run,
}

pub(super) const ROWS: [Row; 11] = [
    Row {
        number: 1,
        property: "no acknowledged message lost, none stored twice, order kept (idempotent)",
        fault: "3 seeds, 20 broker faults and 350,000 messages each, at a rate",
        target: "0, 0 and 0 of 1,050,000",
        run: lossless::run,
        control: Some(Control {
            how: "acks=1; the two other brokers hang while the leader confirms alone, then it is killed",
            must_break: "lost",
            run: lossless::control,
        }),
    },
    Row {
        number: 2,
        property: "honest failure: attempts = acknowledged + failed + unknown, none twice, exit 5",
        fault: "all brokers, or two of three, away for longer than a message may take",
        target: "all of 8",
        run: outage::run,
        control: Some(Control {
            how: "`--on-timeout go-on` while both followers hang for 8 s: librdkafka sends again under a new epoch",
            must_break: "acknowledged and stored twice",
            run: outage::control,
        }),
    },
    Row {
        number: 3,
        property: "at least once",
        fault: "100 times SIGKILL to one of 3 consumers of a group",
        target: "0 missed, repeats within what is printed between two commits",
        run: at_least_once::run,
        control: None,
    },
    Row {
        number: 4,
        property: "clean stop: committed = processed + 1",
        fault: "200 times SIGTERM with a backlog fetched, each fifth with a stalled pipe",
        target: "0 missed, 0 repeated, all ended within 10 s",
        run: clean_stop::run,
        control: Some(Control {
            how: "`--delivery at-most-once` and SIGKILL: offsets are stored before their messages are printed",
            must_break: "missed",
            run: clean_stop::control,
        }),
    },
    Row {
        number: 5,
        property: "exactly-once copy",
        fault: "50 times SIGKILL to the copier and 20 broker faults, 300,000 messages",
        target: "0 missing, 0 twice for a reader of committed records",
        run: copy::run,
        control: None,
    },
    Row {
        number: 6,
        property: "fencing",
        fault: "a second instance with the same transactional id, 20 times",
        target: "20 of 20 end with exit 6",
        run: fencing::run,
        control: None,
    },
    Row {
        number: 7,
        property: "rebalance",
        fault: "20 joins and leaves under each of three assignors",
        target: "no gap, no partition stands still for 30 s",
        run: rebalance::run,
        control: None,
    },
    Row {
        number: 8,
        property: "stop while the brokers are dead",
        fault: "SIGTERM with a full queue and no broker, 40 times",
        target: "40 of 40 in time, with the count of what is left",
        run: dead_flush::run,
        control: Some(Control {
            how: "SIGKILL in place of SIGTERM: no flush at the end, and nobody tells what is left",
            must_break: "told what was left",
            run: dead_flush::control,
        }),
    },
    Row {
        number: 9,
        property: "slow consumer",
        fault: "6 stalls past max.poll.interval.ms, 10,000,000 messages waiting",
        target: "0 missed, at most 64 MiB held",
        run: slow_reader::run,
        control: None,
    },
    Row {
        number: 10,
        property: "no panic, no hang, no exit code that is not documented",
        fault: "1,000 processes with fuzzed arguments, settings and input, closed pipes, a full disk",
        target: "0 of 1,000 (99,000 more without a process, by `cargo test`)",
        run: fuzz::run,
        control: None,
    },
    Row {
        number: 11,
        property: "soak",
        fault: "20 minutes, a fault a minute",
        target: "memory flat, no descriptor left, 0 lost, 0 missed",
        run: soak::run,
        control: None,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_numbered_as_in_the_table() {
        let numbers: Vec<_> = ROWS.iter().map(|row| row.number).collect();
        assert_eq!(numbers, (1..=11).collect::<Vec<_>>());
    }

    #[test]
    fn the_rows_that_need_a_control_have_one() {
        let controlled = ROWS.iter().filter(|row| row.control.is_some());
        let numbers: Vec<_> = controlled.map(|row| row.number).collect();
        assert_eq!(numbers, [1, 2, 4, 8]);
    }
}
