//! What a consumer waits for, or is in the middle of. The files that see to it are beside this one.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use kp_rdkafka::Place;

use super::watch::{Change, Watch};
use crate::offsets::Question;
use crate::open_transactions::Hidden;

/// Partitions that are assigned, while their leaders are asked where they start.
pub(super) struct Starting {
    pub(super) partitions: Vec<Place>,
    /// Those whose start is chosen, and not what the group committed.
    pub(super) chosen: Vec<Place>,
    pub(super) question: Option<Question>,
    pub(super) deadline: Instant,
    pub(super) next_try: Instant,
    /// How long the next try may take.
    pub(super) patience: Duration,
}

/// What the brokers are being asked about the end.
#[derive(Default)]
pub(super) struct Ending {
    /// Whether it is still where reading stands.
    pub(super) confirming: Option<Confirming>,
    /// How far it is enough to read.
    pub(super) chasing: Option<Question>,
    /// What open transactions hid when the end was confirmed last.
    pub(super) hidden: Vec<Hidden>,
}

/// The brokers are being asked whether the end is still where reading stands.
pub(super) struct Confirming {
    /// Since when all partitions stood at their end when they were asked.
    pub(super) since: Instant,
    pub(super) asked: Instant,
    pub(super) question: Question,
    /// What open transactions seemed to hide when they were asked.
    pub(super) hidden: Vec<Hidden>,
}

/// When open gaps are looked at next, and what is being asked about them.
#[derive(Default)]
pub(super) struct Resuming {
    /// When the coordinator is asked again what the group committed.
    pub(super) committed_due: Option<Instant>,
    pub(super) since: Option<Instant>,
    pub(super) due: Option<Instant>,
    /// What the partitions keep.
    pub(super) question: Option<Question>,
}

/// What is known of topics that have changed.
#[derive(Debug, Default)]
pub(super) struct Remade {
    pub(super) watch: Option<Watch>,
    /// What has happened, and is told once the caller has written out what it holds.
    pub(super) changes: Vec<Change>,
    /// The topics that were deleted, and when that was told.
    pub(super) deleted: Vec<String>,
    pub(super) since: Option<Instant>,
    /// Partitions of new topics that this consumer held of the old ones, and that were taken away
    /// by then. What the group has committed there was the old topic's.
    pub(super) taken: BTreeSet<(String, i32)>,
    /// The question whether topics are still the same, and how long it is waited for.
    pub(super) confirming: Option<(u64, Instant)>,
}
