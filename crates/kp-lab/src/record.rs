//! What happened in a run, so that it can be told again in another language.

use kp_plot::{Axis, Line, Moment, Row};

use crate::figures::Figures;

/// A run of a lab, or of its control.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) steps: Vec<Step>,
    pub(crate) figures: Figures,
    pub(crate) plots: Vec<Plot>,
    pub(crate) seconds: f64,
}

/// What was done for one purpose.
#[derive(Debug)]
pub(crate) struct Step {
    /// Its name in the prose.
    pub(crate) key: String,
    pub(crate) commands: Vec<Command>,
}

/// What a reader could type, and what came of it.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) typed: String,
    /// The first lines of what it said.
    pub(crate) said: String,
    /// How many lines are left out.
    pub(crate) more_lines: usize,
}

/// A plot; its names are keys of the prose's words.
#[derive(Debug)]
pub(crate) enum Plot {
    /// A measure over all cases that have it.
    Bars { measure: String },
    /// Lines over a common axis.
    Lines { name: String, lines: Vec<Line>, x: Axis, y: Axis },
    /// Who had what, when.
    Timeline { name: String, rows: Vec<Row>, moments: Vec<Moment>, x: String },
}

impl Plot {
    /// Its title's key.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Bars { measure: name }
            | Self::Lines { name, .. }
            | Self::Timeline { name, .. } => name,
        }
    }
}
