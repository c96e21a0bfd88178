//! How far a consumer is, for a person who watches it.

use super::{Consumer, Membership};

/// How a consumer stands at this moment, by what is known here: nobody is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many partitions it holds.
    pub partitions: usize,
    /// How many messages lie between what was read and the end of each partition, together; `None`
    /// while that is not known of each. Offsets without a message, as those of transactions, count.
    pub lag: Option<u64>,
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
            Some(u64::try_from(end.saturating_sub(position)).unwrap_or(0))
        });
        Standing {
            partitions: places.len(),
            lag: lag.sum(),
            rebalances: (self.membership != Membership::Alone)
                .then(|| self.assigned.saturating_sub(1)),
        }
    }
}
