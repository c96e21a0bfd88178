//! Latency from the moment at which a message was due, not from the one at which it was sent.
//!
//! A producer that measures from sending waits while the broker is slow, sends less, and leaves out
//! just the messages that would have waited longest (coordinated omission). With a schedule they
//! are counted with all of the time that they were late.

use std::time::Instant;

use kp_settings::Rate;

/// When each message is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    pub(super) start: Instant,
    pub(super) rate: Rate,
}

impl Schedule {
    /// Microseconds from when message `number` was due until now.
    pub(super) fn latency_micros(&self, number: u64, now: Instant) -> u64 {
        let due = self.rate.due(number);
        let since = now.saturating_duration_since(self.start).saturating_sub(due);
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_time_counts_from_when_a_message_was_due() {
        let start = Instant::now();
        let schedule = Schedule { start, rate: Rate::per_second(10) };
        let at = |millis| start + Duration::from_millis(millis);
        assert_eq!(schedule.latency_micros(0, at(7)), 7_000);
        assert_eq!(schedule.latency_micros(10, at(1_250)), 250_000);
        assert_eq!(schedule.latency_micros(10, at(900)), 0);
    }
}
