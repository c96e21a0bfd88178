//! How much of everything: CI's short form beside the full one.

use std::time::Duration;

/// How much is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// All rows and controls in ten minutes.
    Short,
    /// What the targets are for; all rows in 90 minutes.
    Full,
}

impl Form {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Full => "full",
        }
    }
}

/// How much of one thing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amount {
    short: u64,
    full: u64,
}

impl Amount {
    pub(super) fn of(self, form: Form) -> u64 {
        match form {
            Form::Short => self.short,
            Form::Full => self.full,
        }
    }
}

const fn amount(short: u64, full: u64) -> Amount {
    Amount { short, full }
}

//                                                         short       full
pub(super) const LOSSLESS_SEEDS: Amount = /*          */ amount(1, 3);
pub(super) const LOSSLESS_FAULTS: Amount = /*         */ amount(2, 20);
pub(super) const LOSSLESS_MESSAGES: Amount = /*       */ amount(10_000, 350_000);
pub(super) const LOSSLESS_RATE: Amount = /*           */ amount(800, 1_400);
pub(super) const OUTAGES: Amount = /*                 */ amount(2, 8);
pub(super) const CONSUMER_KILLS: Amount = /*          */ amount(4, 100);
pub(super) const CLEAN_STOPS: Amount = /*             */ amount(10, 200);
pub(super) const CLEAN_STOP_MESSAGES: Amount = /*     */ amount(15_000, 250_000);
pub(super) const COPY_CLIENT_KILLS: Amount = /*       */ amount(3, 50);
pub(super) const COPY_BROKER_FAULTS: Amount = /*      */ amount(1, 20);
pub(super) const COPY_MESSAGES: Amount = /*           */ amount(8_000, 300_000);
pub(super) const COPY_RATE: Amount = /*               */ amount(500, 700);
pub(super) const FENCINGS: Amount = /*                */ amount(4, 20);
pub(super) const REBALANCES_EACH: Amount = /*         */ amount(3, 20);
pub(super) const STOPS_WHILE_DEAD: Amount = /*        */ amount(4, 40);
pub(super) const BACKLOG: Amount = /*                 */ amount(300_000, 10_000_000);
pub(super) const STALLS: Amount = /*                  */ amount(1, 6);
pub(super) const FUZZED_PROCESSES: Amount = /*        */ amount(100, 1_000);
pub(super) const SOAK_MINUTES: Amount = /*            */ amount(0, 20);
/// In the short form the number of faults alone decides how long the soak takes.
pub(super) const SOAK_FAULTS: Amount = /*             */ amount(2, 20);

/// How long kp promises to take at most from SIGTERM to the end: `shutdown_timeout` is 8 s,
/// Docker's own patience 10 s.
pub(super) const STOPS_WITHIN: Duration = Duration::from_secs(10);
/// What every program may hold at most, resident.
pub(super) const MOST_MEMORY: u64 = 64 * 1024 * 1024;
