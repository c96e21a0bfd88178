//! What was measured: cases, and for each the same measures.

use std::time::Duration;

use anyhow::{Context, Result};
use kp_process::tool::grouped;

/// A figure, which knows how it is shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// A number of things.
    Count(u64),
    /// A length of time.
    Time(Duration),
    /// So many a second.
    Rate(f64),
    /// An amount of data.
    Bytes(u64),
    /// So many times as much.
    Times(f64),
    /// What is no number, such as an exit code in words.
    Text(String),
}

impl Value {
    /// As a bare number, in seconds where it is a time; none for a text.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Count(count) | Self::Bytes(count) => Some(*count as f64),
            Self::Time(time) => Some(time.as_secs_f64()),
            Self::Rate(number) | Self::Times(number) => Some(*number),
            Self::Text(_) => None,
        }
    }

    /// As it is shown, with its unit.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Count(count) => grouped(*count),
            Self::Time(time) => shown_time(*time),
            Self::Rate(rate) => format!("{}/s", grouped(rate.round() as u64)),
            Self::Bytes(bytes) => shown_bytes(*bytes),
            Self::Times(times) if *times < 10.0 => format!("{times:.1}x"),
            Self::Times(times) => format!("{}x", grouped(times.round() as u64)),
            Self::Text(text) => text.clone(),
        }
    }
}

/// All figures of a run, in the order in which they were first measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Figures(Vec<Case>);

/// One row: what was tried, and what it came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    /// Such as `acks=1`.
    pub(crate) name: String,
    pub(crate) measures: Vec<(String, Value)>,
}

impl Figures {
    /// Notes a figure; a second one of this name replaces the first.
    pub(crate) fn set(&mut self, case: &str, measure: &str, value: Value) {
        let row = match self.0.iter_mut().position(|row| row.name == case) {
            Some(row) => &mut self.0[row],
            None => {
                self.0.push(Case { name: case.to_owned(), measures: Vec::new() });
                let last = self.0.len() - 1;
                &mut self.0[last]
            }
        };
        row.measures.retain(|(name, _)| name != measure);
        row.measures.push((measure.to_owned(), value));
    }

    /// A figure.
    pub(crate) fn get(&self, case: &str, measure: &str) -> Option<&Value> {
        let row = self.0.iter().find(|row| row.name == case)?;
        row.measures.iter().find(|(name, _)| name == measure).map(|(_, value)| value)
    }

    /// A figure as a bare number.
    pub(crate) fn number(&self, case: &str, measure: &str) -> Option<f64> {
        self.get(case, measure)?.number()
    }

    /// The rows.
    pub(crate) fn cases(&self) -> &[Case] {
        &self.0
    }

    /// The columns, in the order in which they first came.
    pub(crate) fn measures(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for (name, _) in self.0.iter().flat_map(|row| &row.measures) {
            if !names.contains(&name.as_str()) {
                names.push(name.as_str());
            }
        }
        names
    }

    /// Puts the figures that a text names into it: `{acks=1.lost}` is the measure `lost` of the
    /// case `acks=1`.
    ///
    /// # Errors
    /// There is no such figure.
    pub(crate) fn fill(&self, text: &str) -> Result<String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, from)) = rest.split_once('{') {
            let (name, after) = from.split_once('}').context("a brace is open")?;
            let figure = name.rsplit_once('.').and_then(|(case, measure)| self.get(case, measure));
            let figure = figure.with_context(|| format!("nothing was measured as {{{name}}}"))?;
            filled += before;
            filled += &figure.shown();
            rest = after;
        }
        Ok(filled + rest)
    }
}

fn shown_time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        _ if seconds >= 100.0 => format!("{seconds:.0} s"),
        _ if seconds >= 1.0 => format!("{seconds:.1} s"),
        _ if seconds >= 0.01 => format!("{:.0} ms", seconds * 1e3),
        _ => format!("{:.1} ms", seconds * 1e3),
    }
}

fn shown_bytes(bytes: u64) -> String {
    match bytes as f64 {
        many if many >= 1e6 => format!("{:.1} MB", many / 1e6),
        many if many >= 1e3 => format!("{:.1} kB", many / 1e3),
        few => format!("{few} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown_with_their_units() {
        for (value, shown) in [
            (Value::Count(1_234_567), "1,234,567"),
            (Value::Time(Duration::from_micros(840)), "0.8 ms"),
            (Value::Time(Duration::from_millis(62)), "62 ms"),
            (Value::Time(Duration::from_millis(1_240)), "1.2 s"),
            (Value::Rate(12_345.6), "12,346/s"),
            (Value::Bytes(999), "999 B"),
            (Value::Bytes(2_340_000), "2.3 MB"),
            (Value::Times(9.94), "9.9x"),
            (Value::Times(31.4), "31x"),
            (Value::Times(1_680.4), "1,680x"),
        ] {
            assert_eq!(value.shown(), shown);
        }
    }

    #[test]
    fn a_text_gets_the_figures_that_it_names() {
        let mut figures = Figures::default();
        figures.set("acks=1", "lost", Value::Count(812));
        figures.set("acks=1", "lost", Value::Count(813));
        figures.set("p.0", "sent", Value::Count(5));
        assert_eq!(figures.fill("{acks=1.lost} of {p.0.sent}.").unwrap(), "813 of 5.");
        let missing = figures.fill("{acks=0.lost}").unwrap_err().to_string();
        assert_eq!(missing, "nothing was measured as {acks=0.lost}");
        assert_eq!(figures.measures(), ["lost", "sent"]);
    }
}
