//! A run's plots, with names in the language of the reader: as SVG, or as text.

use kp_plot::{Axis, Bar, Line, Moment, Row, Span};

use crate::figures::Figures;
use crate::prose::Prose;
use crate::record::Plot;

/// The title of a plot, and the plot as SVG.
pub(crate) fn svg(plot: &Plot, figures: &Figures, prose: &Prose) -> (String, String) {
    let title = prose.word(plot.name()).to_owned();
    let svg = match plot {
        Plot::Bars { measure } => kp_plot::bars(&title, &bars(measure, figures, prose)),
        Plot::Lines { lines, x, y, .. } => {
            let lines: Vec<_> = lines.iter().map(|line| named(line, prose)).collect();
            kp_plot::lines(&title, &lines, &axis(x, prose), &axis(y, prose))
        }
        Plot::Timeline { rows, moments, x, .. } => {
            let (rows, moments) = in_words(rows, moments, prose);
            kp_plot::timeline(&title, &rows, &moments, prose.word(x))
        }
    };
    (title, svg)
}

/// The title of a plot, and the plot for a terminal; lines have none, their figures stand in the
/// table.
pub(crate) fn text(plot: &Plot, figures: &Figures, prose: &Prose) -> Option<(String, String)> {
    let text = match plot {
        Plot::Bars { measure } => kp_plot::text::bars(&bars(measure, figures, prose)),
        Plot::Lines { .. } => return None,
        Plot::Timeline { rows, moments, x, .. } => {
            let (rows, moments) = in_words(rows, moments, prose);
            kp_plot::text::timeline(&rows, &moments, prose.word(x))
        }
    };
    Some((prose.word(plot.name()).to_owned(), text))
}

/// A bar for each case that has the measure.
fn bars(measure: &str, figures: &Figures, prose: &Prose) -> Vec<(String, Vec<Bar>)> {
    let bars = figures.cases().iter().filter_map(|case| {
        let value = figures.get(&case.name, measure)?;
        Some(Bar::plain(prose.word(&case.name), value.number()?, value.shown()).emphasised())
    });
    vec![(String::new(), bars.collect())]
}

fn named(line: &Line, prose: &Prose) -> Line {
    Line { name: prose.word(&line.name).to_owned(), points: line.points.clone() }
}

fn axis(axis: &Axis, prose: &Prose) -> Axis {
    Axis { name: prose.word(&axis.name).to_owned(), ..axis.clone() }
}

fn in_words(rows: &[Row], moments: &[Moment], prose: &Prose) -> (Vec<Row>, Vec<Moment>) {
    let span = |span: &Span| Span::new(span.from, span.to, prose.word(&span.label));
    let row = |row: &Row| Row::new(prose.word(&row.name), row.spans.iter().map(span));
    let moment = |moment: &Moment| Moment::new(moment.at, prose.word(&moment.label));
    (rows.iter().map(row).collect(), moments.iter().map(moment).collect())
}
