//! Medians and spreads. A median, because a single run that something else disturbed must not move
//! the figure.

use serde::Serialize;

/// What several runs of the same thing came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Spread {
    /// Of these figures; of none there is none.
    pub(super) fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f64::midpoint(*sorted.get(middle.checked_sub(1)?)?, sorted[middle])
        };
        Some(Self { median, min: *sorted.first()?, max: *sorted.last()? })
    }

    /// `numerator / denominator`: the medians', and the least and greatest of the rounds' own.
    ///
    /// Both sides of a round ran one after the other, so what slowed the machine for a while slowed
    /// both. Their ratio says more than two medians of different minutes do.
    pub(super) fn of_ratio(numerator: &[(u32, f64)], denominator: &[(u32, f64)]) -> Option<Self> {
        let of = |side: &[(u32, f64)]| Self::of(side.iter().map(|(_, figure)| *figure));
        let median = of(numerator)?.median / of(denominator)?.median;
        let paired = numerator.iter().filter_map(|(round, top)| {
            let (_, bottom) = denominator.iter().find(|(other, _)| other == round)?;
            Some(top / bottom)
        });
        let paired = Self::of(paired).unwrap_or(Self { median, min: median, max: median });
        Some(Self { median, min: paired.min.min(median), max: paired.max.max(median) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(median: f64, min: f64, max: f64) -> Option<Spread> {
        Some(Spread { median, min, max })
    }

    #[test]
    fn the_middle_of_an_odd_and_of_an_even_number() {
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), spread(2.0, 1.0, 3.0));
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 3.0]), spread(2.5, 1.0, 4.0));
        assert_eq!(Spread::of([7.0]), spread(7.0, 7.0, 7.0));
    }

    #[test]
    fn nothing_has_no_median() {
        assert_eq!(Spread::of([]), None);
        assert_eq!(Spread::of_ratio(&[(0, 1.0)], &[]), None);
    }

    #[test]
    fn one_disturbed_run_does_not_move_the_median() {
        assert_eq!(Spread::of([1.0, 1.1, 0.9, 1.0, 60.0]).map(|spread| spread.median), Some(1.0));
    }

    #[test]
    fn a_ratio_spreads_over_the_rounds_that_both_finished() {
        let theirs = [(0, 2.0), (1, 8.0), (2, 3.0)];
        let ours = [(0, 1.0), (1, 4.0)];
        // Medians 3 and 2.5; round 0 and 1 are 2x each, round 2 has no pair.
        assert_eq!(Spread::of_ratio(&theirs, &ours), spread(1.2, 1.2, 2.0));
    }
}
