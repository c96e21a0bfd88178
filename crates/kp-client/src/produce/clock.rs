//! How old the oldest message is of which nothing is known yet, without a look at the clock for
//! each of them.
//!
//! Time goes in ticks. A message gets the number of the tick in which it was taken, which comes
//! back in its report. Open messages are counted for each tick. So a message counts as overdue at
//! the latest one tick after it is.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The limit has so many ticks, fewer than [`NUMBERS`] with some to spare: one look at the clock
/// begins one tick at the most.
const TICKS: u32 = 32;
/// Bits of a tick's number, and how many numbers that makes until they begin again.
pub(super) const BITS: u32 = 6;
const NUMBERS: usize = 1 << BITS;
/// A process that did not look at the clock for so long was stopped itself, and heard no answer.
const STOPPED: Duration = Duration::from_secs(1);

/// The clock of a producer.
#[derive(Debug)]
pub(super) struct Clock {
    limit: Duration,
    /// The oldest first; the last is the present one.
    ticks: VecDeque<Tick>,
    /// The number of the oldest.
    first: usize,
    looked: Instant,
}

#[derive(Debug)]
struct Tick {
    began: Instant,
    open: u64,
}

impl Clock {
    pub(super) fn new(limit: Duration, now: Instant) -> Self {
        Self { limit, ticks: VecDeque::from([Tick { began: now, open: 0 }]), first: 0, looked: now }
    }

    /// Counts a message as open; returns the number of its tick.
    pub(super) fn take(&mut self) -> usize {
        if let Some(tick) = self.ticks.back_mut() {
            tick.open += 1;
        }
        (self.first + self.ticks.len() - 1) % NUMBERS
    }

    /// A message of this tick is not open any more.
    pub(super) fn settle(&mut self, number: usize) {
        let index = (number + NUMBERS - self.first) % NUMBERS;
        if let Some(tick) = self.ticks.get_mut(index) {
            tick.open = tick.open.saturating_sub(1);
        }
    }

    /// Looks whether a message has been open for longer than the limit.
    pub(super) fn is_overdue(&mut self, now: Instant) -> bool {
        let unseen = now.saturating_duration_since(self.looked);
        self.looked = now;
        if unseen >= STOPPED {
            for tick in &mut self.ticks {
                tick.began += unseen;
            }
        }
        while self.ticks.len() > 1 && self.ticks[0].open == 0 {
            self.ticks.pop_front();
            self.first = (self.first + 1) % NUMBERS;
        }
        // All messages of a tick were taken before the next one began.
        let is_overdue = self
            .ticks
            .get(1)
            .is_some_and(|next| now.saturating_duration_since(next.began) >= self.limit);
        let present = self.ticks.back().map_or(now, |tick| tick.began);
        let is_over = now.saturating_duration_since(present) >= self.limit / TICKS;
        if is_over && !is_overdue {
            self.ticks.push_back(Tick { began: now, open: 0 });
        }
        is_overdue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(32);

    /// Looks each 50 ms, as the programs do, for so many milliseconds; after how many the clock
    /// called a message overdue.
    fn overdue_after(
        clock: &mut Clock,
        from: Instant,
        millis: u64,
        mut each: impl FnMut(&mut Clock),
    ) -> Option<u64> {
        (0..millis).step_by(50).find(|after| {
            let is_overdue = clock.is_overdue(from + Duration::from_millis(*after));
            each(clock);
            is_overdue
        })
    }

    #[test]
    fn the_oldest_open_message_counts_whatever_came_after_it() {
        let start = Instant::now();
        let mut clock = Clock::new(LIMIT, start);
        clock.take();
        // A thousand others, each settled at once.
        let after = overdue_after(&mut clock, start, 40_000, |clock| {
            let tick = clock.take();
            clock.settle(tick);
        });
        assert!((32_000..=33_100).contains(&after.unwrap()), "within a tick: {after:?}");
    }

    #[test]
    fn what_is_settled_is_never_overdue_however_long_the_run_is() {
        let start = Instant::now();
        let mut clock = Clock::new(LIMIT, start);
        let mut under_way = VecDeque::new();
        let after = overdue_after(&mut clock, start, 3_600_000, |clock| {
            under_way.push_back(clock.take());
            if under_way.len() > 600 {
                clock.settle(under_way.pop_front().unwrap());
            }
        });
        assert_eq!(after, None);
        assert!(clock.ticks.len() < NUMBERS);
    }

    #[test]
    fn a_message_after_a_long_pause_has_its_whole_time() {
        let start = Instant::now();
        let mut clock = Clock::new(LIMIT, start);
        assert_eq!(overdue_after(&mut clock, start, 500_000, |_| {}), None);
        clock.take();
        let from = start + Duration::from_secs(500);
        let after = overdue_after(&mut clock, from, 40_000, |_| {});
        assert!((32_000..=33_100).contains(&after.unwrap()), "{after:?}");
    }

    #[test]
    fn the_time_in_which_the_process_was_stopped_does_not_count() {
        let start = Instant::now();
        let mut clock = Clock::new(LIMIT, start);
        clock.take();
        assert_eq!(overdue_after(&mut clock, start, 10_000, |_| {}), None);
        let from = start + Duration::from_secs(3_600);
        let after = overdue_after(&mut clock, from, 40_000, |_| {});
        assert!((21_000..=24_000).contains(&after.unwrap()), "{after:?}");
    }

    #[test]
    fn a_limit_of_a_millisecond_does_not_run_out_of_numbers() {
        let start = Instant::now();
        let mut clock = Clock::new(Duration::from_millis(1), start);
        clock.take();
        let overdue =
            (0..1_000).find(|micros| clock.is_overdue(start + Duration::from_micros(*micros * 20)));
        assert!(overdue.is_some());
        assert!(clock.ticks.len() < NUMBERS);
    }
}
