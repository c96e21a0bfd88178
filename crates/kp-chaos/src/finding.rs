//! The figures of a row, each with the bound that the property sets.

use std::fmt;

use kp_process::tool::grouped;
use serde::Serialize;

/// A figure that was counted or measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) value: u64,
    pub(super) bound: Bound,
}

/// What the property asks of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bound {
    Exactly(u64),
    AtMost(u64),
    AtLeast(u64),
    /// Nothing: it is shown to explain the others.
    Shown,
}

impl Figure {
    pub(super) fn exactly(name: &str, value: u64, wanted: u64) -> Self {
        Self::new(name, value, Bound::Exactly(wanted))
    }

    pub(super) fn none(name: &str, value: u64) -> Self {
        Self::exactly(name, value, 0)
    }

    pub(super) fn at_most(name: &str, value: u64, most: u64) -> Self {
        Self::new(name, value, Bound::AtMost(most))
    }

    pub(super) fn at_least(name: &str, value: u64, least: u64) -> Self {
        Self::new(name, value, Bound::AtLeast(least))
    }

    pub(super) fn shown(name: &str, value: u64) -> Self {
        Self::new(name, value, Bound::Shown)
    }

    fn new(name: &str, value: u64, bound: Bound) -> Self {
        Self { name: name.to_owned(), value, bound }
    }

    pub(super) fn holds(&self) -> bool {
        match self.bound {
            Bound::Exactly(wanted) => self.value == wanted,
            Bound::AtMost(most) => self.value <= most,
            Bound::AtLeast(least) => self.value >= least,
            Bound::Shown => true,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value) = (&self.name, grouped(self.value));
        match self.bound {
            Bound::Exactly(0) | Bound::Shown => write!(f, "{value} {name}"),
            Bound::Exactly(wanted) => write!(f, "{value} of {} {name}", grouped(wanted)),
            Bound::AtMost(most) => write!(f, "{value} {name} (at most {})", grouped(most)),
            Bound::AtLeast(least) => write!(f, "{value} {name} (at least {})", grouped(least)),
        }
    }
}

/// All figures on one line; those that are out of bounds stand out.
pub(super) fn in_words(figures: &[Figure]) -> String {
    let words = figures
        .iter()
        .map(|figure| if figure.holds() { figure.to_string() } else { format!("**{figure}**") });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_out_of_bounds_stands_out() {
        let figures = [
            Figure::none("lost", 0),
            Figure::none("stored twice", 2),
            Figure::at_most("ms to the end", 11_000, 10_000),
            Figure::exactly("fenced", 20, 20),
            Figure::shown("repeated", 1_234_567),
        ];
        assert_eq!(
            in_words(&figures),
            "0 lost, **2 stored twice**, **11,000 ms to the end (at most 10,000)**, 20 of 20 fenced, 1,234,567 repeated"
        );
    }

    #[test]
    fn bounds() {
        assert!(Figure::at_least("x", 5, 5).holds() && !Figure::at_least("x", 4, 5).holds());
        assert!(Figure::at_most("x", 5, 5).holds() && !Figure::at_most("x", 6, 5).holds());
        assert!(Figure::exactly("x", 5, 5).holds() && !Figure::exactly("x", 6, 5).holds());
        assert!(Figure::shown("x", 5).holds());
    }
}
