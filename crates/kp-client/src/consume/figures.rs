//! What a consumer counts, for somebody who watches it.

use std::time::Instant;

use super::{Consumer, Membership};
use crate::watcher::Health;

/// The counts of a consumer.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Each partition that it holds.
    pub partitions: Vec<PartitionFigures>,
    /// How often its group has shared the partitions out since it got its first ones.
    pub rebalances: u64,
    /// Places where reading could not go on where it should.
    pub gaps: u64,
    /// Messages that were gone there for certain.
    pub gone: u64,
}

/// Where a consumer stands in a partition.
#[derive(Clone, Debug)]
pub struct PartitionFigures {
    /// The topic.
    pub topic: String,
    /// The partition's number.
    pub partition: i32,
    /// How many messages lie between what was read and the end; `None` while that is not known, as
    /// where no broker answers. Offsets without a message count.
    pub lag: Option<u64>,
    /// The offset that is read next; `None` while nothing has come.
    pub position: Option<i64>,
    /// The offset that the group knows; `None` while this consumer has committed none.
    pub committed: Option<i64>,
}

impl Consumer {
    /// What was counted so far; nobody is asked.
    pub fn figures(&self) -> Figures {
        let is_away = self.connection.trouble.is_away();
        let places = self.assignment.places().into_iter();
        let partitions = places.map(|(topic, partition)| {
            let bounds = self.connection.client.last_known_bounds(&topic, partition);
            let low = bounds.map_or(0, |(low, _)| low);
            let position = self.assignment.position(&topic, partition, low);
            let lag = bounds.zip(position).filter(|_| !is_away).map(lag);
            let committed = self.assignment.committed_in(&topic, partition);
            PartitionFigures { topic, partition, lag, position, committed }
        });
        let (gaps, gone) = self.gaps.counts();
        Figures {
            partitions: partitions.collect(),
            rebalances: match self.membership {
                Membership::Alone => 0,
                Membership::Group | Membership::Copying => self.assigned.saturating_sub(1).into(),
            },
            gaps,
            gone,
        }
    }

    /// Whether it works, or why not. It works while it goes forward, or rests at the end.
    ///
    /// # Errors
    /// No broker answers, or nothing has gone forward for half of `consumer.stall_timeout`.
    pub fn health(&self) -> Health {
        self.connection.trouble.check_present()?;
        let waits_for_topics =
            self.waits && self.asked_for.has_patterns() && self.assignment.is_empty();
        if waits_for_topics || self.progress.rests_at_end() {
            return Ok(());
        }
        let now = Instant::now();
        let Some(time) =
            self.progress.stands_still(now).filter(|time| *time >= self.stall_timeout / 2)
        else {
            return Ok(());
        };
        let is_member = self.membership != Membership::Alone;
        if is_member && self.assigned > 0 && self.assignment.is_empty() {
            return Err(format!(
                "holds no partition for {} s: group {} may have more members than there are partitions",
                time.as_secs(),
                self.group
            ));
        }
        let heard = self.connection.trouble.brief();
        let why = self.progress.obstacle().or(heard.as_deref());
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        Err(format!("nothing has gone forward for {} s, and not all is read{why}", time.as_secs()))
    }
}

/// How far a position is from the end.
pub(super) fn lag(((_, end), position): ((i64, i64), i64)) -> u64 {
    u64::try_from(end.saturating_sub(position)).unwrap_or(0)
}
