//! Axes: which figures they run over, and what is written along them.

use std::ops::Range;

use plotters::coord::ranged1d::Ranged;
use plotters::coord::types::RangedCoordf64;
use plotters::data::float::FloatPrettyPrinter;

/// About so many figures stand along an axis.
pub(crate) const TICKS: usize = 7;
/// Beyond it, plotters' reckoning overflows.
const FAR: f64 = 1e100;

/// What an axis shows.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What it counts, with the unit, such as `seconds`.
    pub name: String,
    /// How it runs.
    pub scale: Scale,
}

/// How an axis runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Evenly, with 0 on it.
    #[default]
    Linear,
    /// By powers of ten: 1, 10, 100. What is not above 0 has no place on it and is left out.
    Log,
}

impl Axis {
    /// An axis that runs evenly.
    pub fn linear(name: impl Into<String>) -> Self {
        Self { name: name.into(), scale: Scale::Linear }
    }

    /// An axis that runs by powers of ten.
    pub fn log(name: impl Into<String>) -> Self {
        Self { name: name.into(), scale: Scale::Log }
    }
}

impl Scale {
    /// Whether a figure has a place.
    pub(crate) fn takes(self, figure: f64) -> bool {
        figure.abs() <= FAR && (self == Self::Linear || figure >= 1.0 / FAR)
    }

    /// Over all these figures, and never empty.
    pub(crate) fn range(self, figures: impl Iterator<Item = f64>) -> Range<f64> {
        let figures = figures.filter(|figure| self.takes(*figure));
        let over = |(low, high): (f64, f64), each| (low.min(each), high.max(each));
        if self == Self::Linear {
            let (low, high) = figures.fold((0.0, 0.0), over);
            return low..if high - low > 1e-9 { high } else { low + 1.0 };
        }
        let (low, high) = figures.map(f64::log10).fold((f64::INFINITY, -f64::INFINITY), over);
        let (low, high) = if low > high { (0.0, 1.0) } else { (low.floor(), high.ceil()) };
        let high = if high > low { high } else { low + 1.0 };
        // A little more, or rounding hides the figures at the ends.
        10_f64.powf(low - 1e-9)..10_f64.powf(high + 1e-9)
    }
}

/// How far a figure is from the beginning of an axis that runs evenly, as a part of it.
pub(crate) fn part(range: &Range<f64>, figure: f64) -> f64 {
    (figure - range.start) / (range.end - range.start)
}

/// Figures along an axis that runs evenly.
pub(crate) fn ticks(range: &Range<f64>) -> Vec<f64> {
    RangedCoordf64::from(range.clone()).key_points(TICKS)
}

/// As few digits as tell one tick from the next.
pub(crate) fn short(figure: &f64) -> String {
    let (unit, name) = match figure.abs() {
        1e12.. => (1.0, ""),
        1e9.. => (1e9, " G"),
        1e6.. => (1e6, " M"),
        1e4.. => (1e3, " k"),
        _ => (1.0, ""),
    };
    let digits = FloatPrettyPrinter { allow_scientific: true, min_decimal: 0, max_decimal: 5 };
    digits.print(figure / unit) + name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_short_and_round() {
        let along = |low: f64, high: f64| {
            let ticks = ticks(&Scale::Linear.range([low, high].into_iter()));
            ticks.iter().map(short).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(along(0.0, 30.0), "0, 5, 10, 15, 20, 25, 30");
        assert_eq!(along(0.0, 1.1), "0, 0.2, 0.4, 0.6, 0.8, 1");
        assert_eq!(along(0.0, 25_000.0), "0, 5000, 10 k, 15 k, 20 k, 25 k");
        assert_eq!(along(0.0, 2.6e6), "0, 500 k, 1 M, 1.5 M, 2 M, 2.5 M");
        assert_eq!(along(-1.0, 1.0), "-1, -0.5, 0, 0.5, 1");
        assert_eq!([2e-7, 3e15].map(|figure| short(&figure)), ["2e-7", "3e15"]);
    }
}
