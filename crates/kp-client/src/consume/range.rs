//! What part of the topics is read, as offsets. State and arithmetic: nobody is asked.

use std::collections::BTreeMap;

use kp_rdkafka::Place;

/// An offset in each partition.
pub(super) type Cuts = BTreeMap<Place, i64>;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Range {
    /// Where the last messages begin, for `--from -N`.
    pub(super) starts: Cuts,
    /// Where reading stops, for `--until`.
    pub(super) limits: Cuts,
}

impl Range {
    pub(super) fn start(&self, topic: &str, partition: i32) -> Option<i64> {
        self.starts.get(&(topic.to_owned(), partition)).copied()
    }

    pub(super) fn limit(&self, topic: &str, partition: i32) -> Option<i64> {
        self.limits.get(&(topic.to_owned(), partition)).copied()
    }

    pub(super) fn has_limits(&self) -> bool {
        !self.limits.is_empty()
    }
}

/// How many offsets lie between.
pub(super) fn count_of(starts: &Cuts, ends: &Cuts) -> i64 {
    let counts = starts.iter().map(|(place, start)| ends.get(place).map_or(0, |end| end - start));
    counts.map(|count| count.max(0)).sum()
}

/// The search for the latest moment since which enough messages came. It asks nobody itself.
pub(super) struct Search {
    count: i64,
    ends: Cuts,
    /// A moment since which enough came, and where it is.
    early: (i64, Cuts),
    /// A later moment since which too few came.
    late: (i64, Cuts),
    /// How far before the late moment it is looked next, until an early one is found.
    step: Option<i64>,
}

impl Search {
    pub(super) fn new(count: i64, starts: Cuts, ends: Cuts, now: i64) -> Self {
        // A moment after all messages, also those of a clock that goes ahead.
        let late = (i64::MAX, ends.clone());
        // The beginning counts as enough, whatever times its messages have.
        Self { count, ends, early: (0, starts), late, step: Some(now.saturating_add(1)) }
    }

    /// The moment to ask about next; none once it is found.
    pub(super) fn next(&self) -> Option<i64> {
        let (early, late) = (self.early.0, self.late.0);
        if late - early <= 1 {
            return None;
        }
        Some(match self.step {
            // The first question is about now.
            Some(step) if late == i64::MAX => step,
            Some(step) => (late - step).max(early + 1),
            None => early + (late - early) / 2,
        })
    }

    pub(super) fn told(&mut self, time: i64, cuts: Cuts) {
        let is_enough = count_of(&cuts, &self.ends) >= self.count;
        self.step = match self.step {
            _ if is_enough => None,
            Some(_) if self.late.0 == i64::MAX => Some(1_000),
            step => step.map(|step| step.saturating_mul(2)),
        };
        if is_enough {
            self.early = (time, cuts);
        } else {
            self.late = (time, cuts);
        }
    }

    /// Where the messages begin: at the late moment, and as many before it as are still wanted, all
    /// of which have the same time.
    pub(super) fn cuts(self) -> Cuts {
        let mut cuts = self.late.1;
        let mut wanted = self.count - count_of(&cuts, &self.ends);
        for (place, cut) in &mut cuts {
            let early = self.early.1.get(place).copied().unwrap_or(*cut);
            let taken = wanted.clamp(0, (*cut - early).max(0));
            *cut -= taken;
            wanted -= taken;
        }
        cuts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Finds the last messages among these times, each list of which is a partition in order.
    fn last(partitions: &[Vec<i64>], count: i64, now: i64) -> (Cuts, usize) {
        let place = |id: usize| ("t".to_owned(), i32::try_from(id).unwrap());
        let cuts = |of: &dyn Fn(&[i64]) -> usize| -> Cuts {
            let each = partitions.iter().enumerate();
            each.map(|(id, times)| (place(id), i64::try_from(of(times)).unwrap())).collect()
        };
        let mut search = Search::new(count, cuts(&|_| 0), cuts(&<[i64]>::len), now);
        let mut asked = 0;
        while let Some(time) = search.next() {
            asked += 1;
            assert!(asked < 200, "it does not end");
            let at =
                |times: &[i64]| times.iter().position(|one| *one >= time).unwrap_or(times.len());
            search.told(time, cuts(&at));
        }
        (search.cuts(), asked)
    }

    proptest! {
        #[test]
        fn the_last_messages_are_as_many_as_asked_for_and_none_that_is_left_is_younger(
            mut partitions in proptest::collection::vec(
                proptest::collection::vec(1_000_000_000_000..1_000_000_000_050_i64, 0..20), 1..6),
            count in 1..40_i64,
            ahead in -100..100_i64,
        ) {
            for times in &mut partitions {
                times.sort_unstable();
            }
            let all = i64::try_from(partitions.iter().map(Vec::len).sum::<usize>()).unwrap();
            prop_assume!(count < all);
            let (cuts, _) = last(&partitions, count, 1_000_000_000_025 + ahead);
            let (mut left, mut taken): (Vec<i64>, Vec<i64>) = (Vec::new(), Vec::new());
            for (id, times) in partitions.iter().enumerate() {
                let cut = cuts[&("t".to_owned(), i32::try_from(id).unwrap())];
                let (before, after) = times.split_at(usize::try_from(cut).unwrap());
                left.extend(before);
                taken.extend(after);
            }
            prop_assert_eq!(i64::try_from(taken.len()).unwrap(), count);
            prop_assert!(left.iter().max() <= taken.iter().min(), "{left:?} {taken:?}");
        }
    }

    #[test]
    fn what_came_lately_is_found_by_few_questions() {
        let now = 1_795_000_000_000;
        let partitions: Vec<Vec<i64>> = (0..12)
            .map(|id| (0..1_000).map(|at| now - (1_000 - at) * 250 * (id + 1)).collect())
            .collect();
        let (_, asked) = last(&partitions, 10, now);
        assert!(asked < 25, "{asked} questions");
        // Nothing came for a year, and a clock went ahead.
        let year = 31_536_000_000;
        let (_, asked) = last(&[vec![now - year; 20], vec![now - year, now + year]], 10, now);
        assert!(asked < 80, "{asked} questions");
    }
}
