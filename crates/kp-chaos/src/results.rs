//! The results of a run, as `results.json` keeps them.

use std::fmt;

use anyhow::Error;
use serde::Serialize;

use super::finding::{Figure, in_words};
use super::plan::Form;
use super::rows::{Control, Row};
use kp_process::machine;

/// The name and version of the form of [`Results`].
const SCHEMA: &str = "kp.chaos.results/1";

/// A whole run.
#[derive(Debug, Serialize)]
pub(super) struct Results {
    pub(super) schema: &'static str,
    pub(super) form: &'static str,
    pub(super) seed: u64,
    pub(super) date: String,
    pub(super) system: String,
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) brokers: String,
    pub(super) seconds: f64,
    pub(super) rows: Vec<RowResult>,
    /// First tries that gave no figures, with the reason. The second try counts.
    pub(super) failed_tries: Vec<String>,
}

/// The results of a row.
#[derive(Debug, Serialize)]
pub(super) struct RowResult {
    pub(super) number: u8,
    pub(super) property: &'static str,
    pub(super) fault: &'static str,
    pub(super) target: &'static str,
    pub(super) outcome: Outcome,
    pub(super) seconds: f64,
    pub(super) control: Option<ControlResult>,
}

/// The results of a control.
#[derive(Debug, Serialize)]
pub(super) struct ControlResult {
    pub(super) how: &'static str,
    pub(super) must_break: &'static str,
    pub(super) outcome: Outcome,
    pub(super) seconds: f64,
}

/// How a row or a control ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// Every figure is within its bound.
    Held(Vec<Figure>),
    /// At least one is not.
    Broken(Vec<Figure>),
    /// It gave no figures, for this reason.
    Failed(String),
}

impl Results {
    pub(super) fn begin(form: Form, seed: u64, image: &str) -> Self {
        Self {
            schema: SCHEMA,
            form: form.name(),
            seed,
            date: machine::date(),
            system: machine::system(),
            processor: machine::processor(),
            cores: machine::cores(),
            brokers: format!("three containers of {image}"),
            seconds: 0.0,
            rows: Vec::new(),
            failed_tries: Vec::new(),
        }
    }

    /// What must not be: rows that did not hold, and controls that did.
    pub(super) fn broken(&self) -> Vec<String> {
        let rows = self
            .rows
            .iter()
            .filter(|row| !row.outcome.holds())
            .map(|row| format!("row {}", row.number));
        let controls = self.rows.iter().filter_map(|row| {
            let control = row.control.as_ref()?;
            (!control.has_shown_it()).then(|| format!("the control of row {}", row.number))
        });
        rows.chain(controls).collect()
    }
}

impl RowResult {
    pub(super) fn new(
        row: &Row,
        outcome: Outcome,
        seconds: f64,
        control: Option<ControlResult>,
    ) -> Self {
        Self {
            number: row.number,
            property: row.property,
            fault: row.fault,
            target: row.target,
            outcome,
            seconds,
            control,
        }
    }
}

impl ControlResult {
    pub(super) fn new(control: &Control, outcome: Outcome, seconds: f64) -> Self {
        Self { how: control.how, must_break: control.must_break, outcome, seconds }
    }

    /// Only the figure out of bounds shows that the row can see; a control that failed has shown
    /// nothing.
    pub(super) fn has_shown_it(&self) -> bool {
        let Outcome::Broken(figures) = &self.outcome else {
            return false;
        };
        figures.iter().any(|figure| figure.name == self.must_break && !figure.holds())
    }
}

impl Outcome {
    pub(super) fn of(figures: Vec<Figure>) -> Self {
        if figures.iter().all(Figure::holds) { Self::Held(figures) } else { Self::Broken(figures) }
    }

    pub(super) fn failed(error: &Error) -> Self {
        Self::Failed(format!("{error:#}"))
    }

    fn holds(&self) -> bool {
        matches!(self, Self::Held(_))
    }

    /// The figures, or why there are none.
    pub(super) fn details(&self) -> String {
        match self {
            Self::Held(figures) | Self::Broken(figures) => in_words(figures),
            Self::Failed(reason) => reason.clone(),
        }
    }

    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Held(_) => "holds",
            Self::Broken(_) => "BROKEN",
            Self::Failed(_) => "FAILED",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.word(), self.details())
    }
}

impl fmt::Display for ControlResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = if self.has_shown_it() { "seen, as it must be" } else { "NOT SEEN" };
        write!(f, "{seen}: {}", self.outcome.details())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::ROWS;

    fn results(row: Outcome, control: Outcome) -> Results {
        let of_row_1 = ROWS[0].control.as_ref().unwrap();
        let control = ControlResult::new(of_row_1, control, 1.0);
        let mut results = Results::begin(Form::Short, 1, "kafka");
        results.rows.push(RowResult::new(&ROWS[0], row, 1.0, Some(control)));
        results
    }

    fn lost(count: u64) -> Outcome {
        Outcome::of(vec![Figure::none("lost", count)])
    }

    #[test]
    fn a_row_must_hold_and_its_control_must_not() {
        assert_eq!(results(lost(0), lost(3)).broken(), [""; 0]);
        assert_eq!(results(lost(1), lost(3)).broken(), ["row 1"]);
        assert_eq!(results(lost(0), lost(0)).broken(), ["the control of row 1"]);
        let other = Outcome::of(vec![Figure::none("lost", 0), Figure::none("corrupted", 1)]);
        assert_eq!(results(lost(0), other).broken(), ["the control of row 1"]);
    }

    #[test]
    fn what_failed_shows_nothing() {
        let failed = || Outcome::failed(&anyhow::anyhow!("no broker"));
        assert_eq!(results(failed(), failed()).broken(), ["row 1", "the control of row 1"]);
    }

    #[test]
    fn figures_and_bounds_are_in_the_json() {
        let json = serde_json::to_value(results(lost(0), lost(3))).unwrap();
        let figure = &json["rows"][0]["control"]["outcome"]["broken"][0];
        assert_eq!(figure["name"], "lost");
        assert_eq!(figure["value"], 3);
        assert_eq!(figure["bound"]["exactly"], 0);
    }
}
