//! How far a consumer is, for a person who watches it.

use super::figures::lag;
use super::{Consumer, Membership};

/// How a consumer stands at this moment, by what is known here: nobody is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many partitions it holds.
    pub partitions: usize,
    /// How many messages lie between what was read and the end of each partition, together; `None`
    /// while that is not known of each, no broker answers, or none is held.
    /// Offsets without a message, as those of transactions, count.
    pub lag: Option<u64>,
    /// Whether no broker answers, so that nothing new is known of the ends.
    pub is_away: bool,
    /// How often its group has shared the partitions out since it got its first ones; `None`
    /// without a group.
    pub rebalances: Option<u32>,
}

impl Consumer {
    /// How this consumer stands now.
    pub fn standing(&self) -> Standing {
        let places = self.assignment.places();
        let lag = places.iter().map(|(topic, partition)| {
            let (low, end) = self.connection.client.last_known_bounds(topic, *partition)?;
            let position = self.assignment.position(topic, *partition, low)?;
            Some(lag(((low, end), position)))
        });
        let is_away = self.connection.trouble.is_away();
        Standing {
            partitions: places.len(),
            lag: if is_away || places.is_empty() { None } else { lag.sum() },
            is_away,
            rebalances: (self.membership != Membership::Alone)
                .then(|| self.assigned.saturating_sub(1)),
        }
    }
}
