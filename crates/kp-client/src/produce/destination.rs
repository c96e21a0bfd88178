//! A topic that is sent to, and how large the batches for it are.

use std::time::Instant;

use kp_rdkafka::TopicHandle;
use kp_rdkafka::admin::{ConfigEntry, Named, Pending};
use kp_settings::Property;

use crate::create::value;

/// librdkafka's default for `batch.size`.
const BATCH_SIZE: usize = 1_000_000;
pub(super) const BATCH_SIZE_NAME: &str = "batch.size";

/// A topic that is sent to.
pub(super) struct Destination {
    pub(super) name: String,
    pub(super) topic: TopicHandle,
    pub(super) limit: Limit,
    /// Whether a message was taken for it. The first one shares its batch with nobody, if the
    /// second waits.
    pub(super) is_used: bool,
}

/// How many bytes a topic takes at once.
pub(super) enum Limit {
    /// It was asked for, at first at this time.
    Asked(Pending<Vec<Named<Vec<ConfigEntry>>>>, Instant),
    Known(usize),
    /// Nobody can be asked, or this user may not ask.
    Unknown,
}

/// How large the batches of the client are.
pub(super) struct Batches {
    pub(super) size: usize,
    /// Whether the user has set that.
    pub(super) is_chosen: bool,
    /// Whether each message is sent alone.
    pub(super) are_single: bool,
}

impl Batches {
    pub(super) fn of(properties: &[Property]) -> Self {
        let size = value(properties, BATCH_SIZE_NAME);
        Self {
            size: size.parse().unwrap_or(BATCH_SIZE),
            is_chosen: !size.is_empty(),
            are_single: value(properties, "batch.num.messages") == "1",
        }
    }

    /// Whether a batch may be larger than a topic of this limit takes. A size that the user has set
    /// is kept: the messages may pack well.
    pub(super) fn may_exceed(&self, limit: usize) -> bool {
        limit < self.size && !self.is_chosen && !self.are_single
    }
}

impl Destination {
    pub(super) fn new(name: &str, topic: TopicHandle, limit: Limit) -> Self {
        Self { name: name.to_owned(), topic, limit, is_used: false }
    }

    /// Whether nothing is to be found out before a message is taken.
    pub(super) fn is_ready(&self) -> bool {
        self.is_used && !matches!(self.limit, Limit::Asked(..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kp_settings::Origin;

    #[test]
    fn a_size_that_was_chosen_stays() {
        let ours = Batches::of(&[]);
        assert!(ours.may_exceed(2_000) && !ours.may_exceed(1_048_588));
        let property = |name: &str, value: &str| Property {
            name: name.to_owned(),
            value: value.to_owned(),
            secret: false,
            origin: Origin::Kp,
            setting: None,
        };
        assert!(!Batches::of(&[property("batch.size", "8000000")]).may_exceed(2_000));
        assert!(!Batches::of(&[property("batch.num.messages", "1")]).may_exceed(2_000));
    }
}
