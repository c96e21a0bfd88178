//! A look, now and then, at the topics that patterns match and the partitions that topics have.

use std::thread;
use std::time::Duration;

use kp_core::WantedTopics;
use kp_rdkafka::{Client, Place};

use crate::aside::Aside;
use crate::connect;

/// The pause between two looks, unless librdkafka looks more often
/// (`topic.metadata.refresh.interval.ms`).
const INTERVAL: Duration = Duration::from_secs(10);
/// The same where patterns are looked for, since a new topic is waited for by a person.
const PATTERNS: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(5);
/// While messages come, the answer is looked at once in so many calls.
const CALLS: u32 = 256;

/// What is being looked for, by a thread that waits before it asks.
pub(super) struct Growth {
    pub(super) interval: Duration,
    pub(super) calls: u32,
    pub(super) looking: Aside<Option<Vec<Place>>>,
}

impl Growth {
    /// The pause between two looks, where librdkafka refreshes its own metadata at this interval,
    /// in milliseconds.
    pub(super) fn interval(refreshed: &str, has_patterns: bool) -> Duration {
        let interval = if has_patterns { PATTERNS } else { INTERVAL };
        match refreshed.parse() {
            Ok(millis @ 1..) => interval.min(Duration::from_millis(millis)),
            _ => interval,
        }
    }

    pub(super) fn watch(client: &Client, topics: &WantedTopics, interval: Duration) -> Self {
        let (client, topics) = (client.clone(), topics.clone());
        Self {
            interval,
            calls: 0,
            looking: Aside::ask(move || {
                thread::sleep(interval);
                all_partitions(&client, &topics)
            }),
        }
    }

    /// Whether it is time to look at the answer: `at_rest` when no message is waiting.
    pub(super) fn is_due(&mut self, at_rest: bool) -> bool {
        self.calls = self.calls.wrapping_add(1);
        at_rest || self.calls.is_multiple_of(CALLS)
    }
}

/// All partitions of these topics, in one request.
fn all_partitions(client: &Client, topics: &WantedTopics) -> Option<Vec<Place>> {
    let metadata = client.metadata(topics.single(), PATIENCE).ok()?;
    Some(connect::partitions(&metadata, &connect::topics(&metadata, topics)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_looked_as_often_as_librdkafka_does_but_at_least_every_ten_seconds() {
        assert_eq!(Growth::interval("500", false), Duration::from_millis(500));
        assert_eq!(Growth::interval("500", true), Duration::from_millis(500));
        for longer in ["", "-1", "0", "300000"] {
            assert_eq!(Growth::interval(longer, false), INTERVAL, "{longer:?}");
            assert_eq!(Growth::interval(longer, true), PATTERNS, "{longer:?}");
        }
    }
}
