//! When messages are due, and when there are no more.
//!
//! The times are fixed by the rate alone. A message that comes late moves none behind it: those
//! that are due by then follow at once.

use std::time::{Duration, Instant};

use kp_settings::Rate;

/// A run that is late by no more than this when its time is over still sends what was due before.
const LATE: Duration = Duration::from_millis(50);

/// The schedule of a run.
pub(crate) struct Pace {
    rate: Rate,
    /// After how long the run ends.
    ends: Option<Duration>,
    start: Instant,
    /// How late the latest message was.
    latest: Duration,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The next message is due.
    Due,
    /// Nothing, for so long.
    Wait(Duration),
    /// The time of the run is over.
    Over,
}

impl Pace {
    /// From now on.
    pub(crate) fn new(rate: Rate, ends: Option<Duration>) -> Self {
        Self { rate, ends, start: Instant::now(), latest: Duration::ZERO }
    }

    /// When the first message was due.
    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// What is to be done after `sent` messages. Without a rate and an end no clock is read.
    pub(crate) fn turn(&mut self, sent: u64) -> Turn {
        if self.rate.is_unlimited() && self.ends.is_none() {
            return Turn::Due;
        }
        self.turn_at(self.start.elapsed(), sent)
    }

    fn turn_at(&mut self, now: Duration, sent: u64) -> Turn {
        let due = if self.rate.is_unlimited() { now } else { self.rate.due(sent) };
        let late = now.saturating_sub(due);
        match self.ends {
            Some(end) if now >= end && (due >= end || late > LATE) => Turn::Over,
            Some(end) if due >= end => Turn::Wait(end - now),
            _ if due > now => Turn::Wait(due - now),
            _ => {
                self.latest = self.latest.max(late);
                Turn::Due
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(rate: &str, ends: Option<u64>) -> Pace {
        Pace::new(rate.parse().unwrap(), ends.map(Duration::from_millis))
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn each_message_has_a_time_that_no_late_one_moves() {
        let mut pace = pace("10/s", None);
        assert_eq!(pace.turn_at(millis(0), 0), Turn::Due);
        assert_eq!(pace.turn_at(millis(0), 1), Turn::Wait(millis(100)));
        assert_eq!(pace.turn_at(millis(1_000), 1), Turn::Due);
        assert_eq!(pace.turn_at(millis(1_000), 10), Turn::Due);
        assert_eq!(pace.turn_at(millis(1_000), 11), Turn::Wait(millis(100)));
        assert_eq!(pace.latest, millis(900));
    }

    #[test]
    fn a_run_that_keeps_its_pace_sends_all_that_is_due_before_its_end() {
        let mut on_time = pace("10/s", Some(1_000));
        assert_eq!(pace("100/s", Some(1_000)).turn_at(millis(1_001), 99), Turn::Due);
        assert_eq!(on_time.turn_at(millis(950), 10), Turn::Wait(millis(50)));
        assert_eq!(on_time.turn_at(millis(1_000), 10), Turn::Over);
        assert_eq!(pace("10/s", Some(1_000)).turn_at(millis(1_000), 5), Turn::Over);
    }

    #[test]
    fn without_a_rate_all_is_due_until_the_end() {
        let mut pace = pace("0", Some(1_000));
        assert_eq!(pace.turn_at(millis(999), 1_000_000), Turn::Due);
        assert_eq!(pace.turn_at(millis(1_000), 1_000_000), Turn::Over);
        assert_eq!(pace.latest, Duration::ZERO);
    }
}
