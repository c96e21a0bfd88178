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

/// How a rate was kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    /// Messages per second that were asked for.
    pub(crate) target: f64,
    pub(crate) sent_per_second: f64,
    /// How long after it was due the latest message was sent.
    pub(crate) latest: Duration,
    /// How long there was no room in the queue.
    pub(crate) waited_for_room: Duration,
    /// Messages that were due before the end and not sent.
    pub(crate) missed: u64,
    took: Duration,
    /// How far the schedule had gone on when the last message was sent.
    behind: Duration,
}

impl Kept {
    /// Whether the last message was sent when it was due, or the rate kept but for a hundredth.
    pub(crate) fn is_on_time(&self) -> bool {
        self.behind <= LATE || self.sent_per_second >= self.target * 0.99
    }

    /// Whether the queue was full for a good part of the run.
    pub(crate) fn is_held_up_by_queue(&self) -> bool {
        self.waited_for_room * 10 >= self.took
    }
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

    /// How the rate was kept with `sent` messages that went in the time `took`, of which there
    /// were to be `count` at most. `waited_for_room` is the time in which the queue was full.
    pub(crate) fn kept(
        &self,
        sent: u64,
        took: Duration,
        count: Option<u64>,
        waited_for_room: Duration,
    ) -> Option<Kept> {
        if self.rate.is_unlimited() {
            return None;
        }
        // The last message has its part of the time, too.
        let scheduled = self.rate.due(sent).max(Duration::from_nanos(1));
        let took = took.min(self.ends.unwrap_or(Duration::MAX));
        let behind = took.saturating_sub(scheduled);
        let took = took.max(scheduled);
        let due = self.ends.filter(|end| took >= *end).map_or(0, |end| self.rate.due_before(end));
        Some(Kept {
            target: self.rate.messages_per_second(),
            sent_per_second: sent as f64 / took.as_secs_f64(),
            latest: self.latest,
            waited_for_room,
            missed: due.min(count.unwrap_or(u64::MAX)).saturating_sub(sent),
            took,
            behind,
        })
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
    fn the_report_says_whether_the_rate_was_kept_and_what_is_missing() {
        let second = Duration::from_secs(1);
        let kept = |ends, sent, took: u64, count| {
            pace("100/s", ends).kept(sent, millis(took), count, second).unwrap()
        };
        // By number: the last was sent when it was due, a hundredth of a second before the end.
        let exact = kept(None, 500, 4_990, Some(500));
        assert!(exact.is_on_time() && exact.missed == 0, "{exact:?}");
        assert!((exact.sent_per_second - 100.0).abs() < 1e-9);
        let slow = kept(None, 500, 10_000, Some(500));
        assert!(!slow.is_on_time() && slow.missed == 0 && slow.is_held_up_by_queue(), "{slow:?}");
        assert!((slow.sent_per_second - 50.0).abs() < 1e-9);
        // By time.
        let all = kept(Some(5_000), 500, 5_003, None);
        assert!(all.is_on_time() && all.missed == 0, "{all:?}");
        let late = kept(Some(50_000), 3_000, 50_100, None);
        assert!(
            !late.is_on_time() && late.missed == 2_000 && !late.is_held_up_by_queue(),
            "{late:?}"
        );
        assert_eq!(kept(Some(5_000), 300, 5_001, Some(400)).missed, 100);
        let short = kept(None, 10, 110, Some(10));
        assert!(short.is_on_time() && short.sent_per_second < 99.0, "{short:?}");
        // Stopped before.
        assert_eq!(kept(Some(5_000), 300, 3_000, None).missed, 0);
        assert!(Pace::new(Rate::UNLIMITED, None).kept(1, second, None, second).is_none());
    }

    #[test]
    fn without_a_rate_all_is_due_until_the_end() {
        let mut pace = pace("0", Some(1_000));
        assert_eq!(pace.turn_at(millis(999), 1_000_000), Turn::Due);
        assert_eq!(pace.turn_at(millis(1_000), 1_000_000), Turn::Over);
        assert_eq!(pace.latest, Duration::ZERO);
    }
}
