//! When the messages of a partition came, as far as it has to be known. Pure state: what is asked
//! and what the clock says is passed in.
//!
//! Each tick sees the partition's end: what lies before it came by then, what follows comes later.
//! So the time of all that comes while somebody watches is known without any request, to the grain
//! of a tick. For what is older the leaders are asked by time (ListOffsets), and each answer halves
//! the time in which the wanted message lies. One request has a question for each partition that
//! needs one. What was learnt stays true while the position moves on.
//!
//! The other way is to fetch the message itself. It was not taken: an answer holds at least a whole
//! batch, which is up to a megabyte for each of a thousand partitions, and it needs `Read` on the
//! topic, while an operator who looks has `Describe`.

use std::collections::BTreeMap;

/// More points than these are thinned: a bracket that is too wide then is halved by asking.
const MOST: usize = 128;
/// A time is close enough when it is known to this part of its age.
const PART_OF_AGE: i64 = 50;

/// What is known of one partition, by offset.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrivals {
    points: BTreeMap<i64, Point>,
    /// The offset and time of the question before, which is never asked twice: where times do not
    /// rise with offsets, its answer changes nothing.
    asked: Option<(i64, i64)>,
}

/// What is known at an offset, in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
struct Point {
    /// All before this offset had come by then.
    by: i64,
    /// All from this offset on comes then or later.
    after: i64,
}

/// An offset, and what is known there.
type Known = (i64, Point);

impl Arrivals {
    /// The partition ended here just now.
    pub(super) fn saw_end(&mut self, end: i64, now: i64) {
        // The topic was made again, or cut off.
        if self.points.last_key_value().is_some_and(|(last, _)| *last > end) {
            self.points.clear();
            self.asked = None;
        }
        self.note(end, now, now);
        if self.points.len() > MOST {
            let last = end;
            let mut odd = false;
            self.points.retain(|offset, _| {
                odd = !odd;
                odd || *offset == last
            });
        }
    }

    /// The answer to a question by time: the first message of this time or a later one.
    pub(super) fn told(&mut self, asked: i64, found: Option<(i64, i64)>, end: i64) {
        match found {
            // The end may have moved since; what came meanwhile is newer than what was asked.
            Some((offset, _)) if offset >= end => self.note(end, asked, asked),
            Some((offset, time)) => {
                self.note(offset, asked, time);
                self.note(offset + 1, time, time);
            }
            None => self.note(end, asked, asked),
        }
    }

    /// Forgets what no position needs any more.
    pub(super) fn forget_before(&mut self, lowest: i64) {
        if let Some((from, _)) = self.points.range(..=lowest).next_back() {
            let from = *from;
            self.points = self.points.split_off(&from);
        }
    }

    /// When the message at this offset came, as far as is known; none when it was not asked yet.
    pub(super) fn time_of(&self, offset: i64) -> Option<i64> {
        let (low, high) = self.around(offset);
        let (low, from) = low?;
        let Some((high, to)) = high else { return Some(from.after) };
        let width = i128::from((to.by - from.after).max(0));
        let part = width * i128::from(offset - low) / i128::from(high - low);
        Some(from.after + i64::try_from(part).unwrap_or(0))
    }

    /// The time that is to be asked for, so that the time of this offset gets to be known better;
    /// none when it is known to `grain` milliseconds, or to 2 % of its age.
    pub(super) fn question(&mut self, offset: i64, now: i64, grain: i64) -> Option<i64> {
        let (low, high) = self.around(offset);
        let time = match (low, high) {
            // The first message that is kept.
            (None, _) => 0,
            (Some((_, from)), high) => {
                let to = high.map_or(now, |(_, to)| to.by);
                let enough = grain.max((now - to) / PART_OF_AGE);
                if to - from.after <= enough {
                    return None;
                }
                from.after + (to - from.after) / 2
            }
        };
        (self.asked.replace((offset, time)) != Some((offset, time))).then_some(time)
    }

    fn around(&self, offset: i64) -> (Option<Known>, Option<Known>) {
        let point = |(offset, point): (&i64, &Point)| (*offset, *point);
        (
            self.points.range(..=offset).next_back().map(point),
            self.points.range(offset + 1..).next().map(point),
        )
    }

    fn note(&mut self, offset: i64, by: i64, after: i64) {
        let point = self.points.entry(offset).or_insert(Point { by, after });
        *point = Point { by: point.by.min(by), after: point.after.max(after) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    /// Asks until nothing more is asked, of a partition whose message at offset n has this time.
    fn settle(arrivals: &mut Arrivals, offset: i64, times: &[i64]) -> usize {
        let mut steps = 0;
        while let Some(time) = arrivals.question(offset, NOW, 1_000) {
            let found = times.iter().position(|one| *one >= time);
            let found = found.map(|place| (i64::try_from(place).unwrap(), times[place]));
            arrivals.told(time, found, i64::try_from(times.len()).unwrap());
            steps += 1;
            assert!(steps < 60, "it never ends");
        }
        steps
    }

    #[test]
    fn what_came_while_watching_is_known_without_a_question() {
        let mut arrivals = Arrivals::default();
        for tick in 0..5 {
            arrivals.saw_end(100 + tick * 10, NOW - 10_000 + tick * 2_000);
        }
        assert_eq!(arrivals.question(115, NOW, 2_000), None);
        assert_eq!(arrivals.time_of(115), Some(NOW - 10_000 + 3_000));
        // A message that came after a long silence is no older than the last look before it.
        arrivals.saw_end(140, NOW - 500);
        arrivals.saw_end(141, NOW);
        assert_eq!(arrivals.time_of(140), Some(NOW - 500));
    }

    #[test]
    fn what_is_older_is_found_by_halving() {
        let week = 7 * 24 * 3_600_000;
        let times: Vec<i64> = (0..10_000).map(|at| NOW - week + at * (week / 10_000)).collect();
        for offset in [0, 1, 5_000, 9_990, 9_999] {
            let mut arrivals = Arrivals::default();
            arrivals.saw_end(10_000, NOW);
            let steps = settle(&mut arrivals, offset, &times);
            let (true_time, found) =
                (times[usize::try_from(offset).unwrap()], arrivals.time_of(offset).unwrap());
            let off = (found - true_time).abs();
            assert!(off <= ((NOW - true_time) / PART_OF_AGE).max(1_000), "{offset}: {off} ms off");
            assert!(steps <= 24, "{offset}: {steps} steps");
        }
    }

    #[test]
    fn what_was_learnt_serves_the_next_position() {
        let times: Vec<i64> = (0..1_000).map(|at| NOW - 100_000 + at * 100).collect();
        let mut arrivals = Arrivals::default();
        arrivals.saw_end(1_000, NOW);
        let first = settle(&mut arrivals, 700, &times);
        let second = settle(&mut arrivals, 705, &times);
        assert!(first > 3 && second <= 2, "{first} {second}");
    }

    #[test]
    fn times_that_do_not_rise_end_the_asking_all_the_same() {
        let mut times: Vec<i64> = (0..100).map(|at| NOW - at * 60_000).collect();
        times.swap(3, 90);
        let mut arrivals = Arrivals::default();
        arrivals.saw_end(100, NOW);
        for offset in [0, 40, 99] {
            settle(&mut arrivals, offset, &times);
            assert!(arrivals.time_of(offset).is_some());
        }
    }

    #[test]
    fn a_topic_that_was_made_again_begins_anew_and_points_stay_few() {
        let mut arrivals = Arrivals::default();
        for tick in 0..1_000 {
            arrivals.saw_end(tick, NOW + tick);
        }
        assert!(arrivals.points.len() <= MOST + 1);
        assert!(arrivals.points.contains_key(&999));
        arrivals.saw_end(5, NOW + 2_000);
        assert_eq!(arrivals.points.len(), 1);
        assert_eq!(arrivals.question(2, NOW + 2_000, 1_000), Some(0));
    }

    #[test]
    fn what_no_position_needs_is_forgotten() {
        let mut arrivals = Arrivals::default();
        for end in [10, 20, 30] {
            arrivals.saw_end(end, NOW + end);
        }
        arrivals.forget_before(25);
        assert_eq!(arrivals.points.keys().copied().collect::<Vec<_>>(), [20, 30]);
    }
}
