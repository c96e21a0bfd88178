//! What became of the messages, second by second.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::tally::{LONGEST_MICROS, Tally};

/// So many intervals are kept at most, with some 12 KiB each.
const MOST: usize = 300;
/// How long one is at first.
const FIRST: Duration = Duration::from_secs(1);

/// The intervals of a run. They are of one length, except for the last. There are 300 at most:
/// after that each two become one.
#[derive(Clone, Debug)]
pub struct Timeline {
    start: Instant,
    now: Instant,
    length: Duration,
    intervals: Vec<Interval>,
    /// The counts that are in the intervals already.
    seen: Counts,
}

/// What happened in an interval.
#[derive(Clone, Debug)]
pub struct Interval {
    /// How many messages of each kind.
    pub counts: Counts,
    /// The longest latency of those that were acknowledged, in microseconds.
    pub longest: u64,
    latency: Histogram<u32>,
}

/// How many messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// They were handed to librdkafka. A message that was sent again counts again.
    pub sent: u64,
    /// They were acknowledged.
    pub acknowledged: u64,
    /// They failed.
    pub failed: u64,
    /// They were given up while they were under way.
    pub unknown: u64,
}

impl Counts {
    fn of(tally: &Tally) -> Self {
        let Tally { sent, acknowledged, failed, unknown, .. } = *tally;
        Self { sent, acknowledged, failed, unknown }
    }

    fn since(self, before: Self) -> Self {
        Self {
            sent: self.sent.saturating_sub(before.sent),
            acknowledged: self.acknowledged.saturating_sub(before.acknowledged),
            failed: self.failed.saturating_sub(before.failed),
            unknown: self.unknown.saturating_sub(before.unknown),
        }
    }

    fn add(&mut self, more: Self) {
        self.sent += more.sent;
        self.acknowledged += more.acknowledged;
        self.failed += more.failed;
        self.unknown += more.unknown;
    }
}

impl Interval {
    fn new() -> Self {
        // Two digits; the bounds are constants that the histogram takes.
        let latency = Histogram::new_with_bounds(1, LONGEST_MICROS, 2)
            .unwrap_or_else(|_| unreachable!("valid histogram bounds"));
        Self { counts: Counts::default(), longest: 0, latency }
    }

    /// The latency in microseconds that this part of the acknowledged messages did not exceed; none
    /// where there were none.
    pub fn latency_micros(&self, quantile: f64) -> Option<u64> {
        let is_empty = self.latency.is_empty();
        (!is_empty).then(|| self.latency.value_at_quantile(quantile).min(self.longest))
    }

    fn add(&mut self, other: &Self) {
        self.counts.add(other.counts);
        self.longest = self.longest.max(other.longest);
        // Both have the same bounds.
        let _ = self.latency.add(&other.latency);
    }
}

impl Timeline {
    pub(super) fn new(start: Instant) -> Self {
        Self {
            start,
            now: start,
            length: FIRST,
            intervals: vec![Interval::new()],
            seen: Counts::default(),
        }
    }

    /// Puts what was counted since the last time into the present interval.
    pub(super) fn note(&mut self, tally: &Tally) {
        let counts = Counts::of(tally);
        if let Some(interval) = self.intervals.last_mut() {
            interval.counts.add(counts.since(self.seen));
        }
        self.seen = counts;
    }

    /// The tally has gone back to what it was before a transaction, and counts from there.
    pub(super) fn go_back(&mut self, tally: &Tally) {
        self.seen = Counts::of(tally);
    }

    /// Goes on to the interval of this moment.
    pub(super) fn go_on(&mut self, now: Instant) {
        self.now = self.now.max(now);
        let passed = now.saturating_duration_since(self.start).as_nanos();
        let mut index = passed / self.length.as_nanos();
        while index >= MOST as u128 {
            self.halve();
            index = passed / self.length.as_nanos();
        }
        while (self.intervals.len() as u128) <= index {
            self.intervals.push(Interval::new());
        }
    }

    /// Makes one interval of each two.
    fn halve(&mut self) {
        self.length *= 2;
        let mut halved = Vec::with_capacity(MOST);
        let mut intervals = std::mem::take(&mut self.intervals).into_iter();
        while let Some(mut first) = intervals.next() {
            if let Some(second) = intervals.next() {
                first.add(&second);
            }
            halved.push(first);
        }
        self.intervals = halved;
    }

    pub(super) fn record(&mut self, latency_micros: u64) {
        if let Some(interval) = self.intervals.last_mut() {
            interval.longest = interval.longest.max(latency_micros);
            interval.latency.saturating_record(latency_micros);
        }
    }

    /// Each interval with its beginning and its length.
    pub fn intervals(&self) -> impl Iterator<Item = (Duration, Duration, &Interval)> {
        let end = self.now.saturating_duration_since(self.start);
        let lengths = (0_u32..).zip(&self.intervals);
        lengths.map(move |(index, interval)| {
            let begins = self.length * index;
            (begins, self.length.min(end.saturating_sub(begins)), interval)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(sent: u64, acknowledged: u64) -> Tally {
        Tally { sent, acknowledged, ..Tally::new() }
    }

    fn counted(timeline: &Timeline) -> Vec<(u64, u64)> {
        let counts = timeline.intervals.iter().map(|one| one.counts);
        counts.map(|counts| (counts.sent, counts.acknowledged)).collect()
    }

    #[test]
    fn each_second_has_what_happened_in_it_and_silent_ones_are_there() {
        let start = Instant::now();
        let mut timeline = Timeline::new(start);
        timeline.note(&tally(5, 0));
        timeline.go_on(start + Duration::from_millis(3_500));
        timeline.record(3_400_000);
        timeline.note(&tally(6, 5));
        assert_eq!(counted(&timeline), [(5, 0), (0, 0), (0, 0), (1, 5)]);
        let last = timeline.intervals().last().unwrap();
        assert_eq!((last.0, last.1), (Duration::from_secs(3), Duration::from_millis(500)));
        assert_eq!(last.2.latency_micros(0.5), Some(3_400_000));
        assert_eq!(timeline.intervals().next().unwrap().2.latency_micros(0.5), None);
    }

    #[test]
    fn a_long_run_has_wider_intervals_that_lose_nothing() {
        let start = Instant::now();
        let mut timeline = Timeline::new(start);
        for second in 0..3_000 {
            timeline.go_on(start + Duration::from_secs(second));
            timeline.record(second + 1);
            timeline.note(&tally(second + 1, second + 1));
        }
        assert_eq!(timeline.length, Duration::from_secs(16));
        assert_eq!(timeline.intervals.len(), 3_000_usize.div_ceil(16));
        assert!(counted(&timeline)[..187].iter().all(|counts| *counts == (16, 16)));
        let longest: Vec<u64> = timeline.intervals.iter().map(|one| one.longest).collect();
        assert_eq!(longest[..2], [16, 32]);
        timeline.go_on(start + Duration::from_secs(86_400 * 365));
        assert!(timeline.intervals.len() <= MOST);
        assert_eq!(counted(&timeline).iter().map(|counts| counts.0).sum::<u64>(), 3_000);
    }

    #[test]
    fn what_is_sent_again_after_an_abort_counts_again() {
        let mut timeline = Timeline::new(Instant::now());
        timeline.note(&tally(10, 4));
        timeline.go_back(&tally(0, 0));
        timeline.note(&tally(10, 10));
        assert_eq!(counted(&timeline), [(20, 14)]);
    }
}
