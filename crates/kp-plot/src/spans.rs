//! Who had what from when to when, apart from how it is drawn.

use std::ops::Range;

use crate::axis::Scale;

/// A row of a timeline, such as a partition.
#[derive(Clone, Debug)]
pub struct Row {
    /// What stands beside it.
    pub name: String,
    /// What happened in it, in any order. Spans that overlap are shown below each other.
    pub spans: Vec<Span>,
}

/// A part of a row, such as the time in which one member of a group has the partition.
#[derive(Clone, Debug)]
pub struct Span {
    /// Its beginning, in the unit of the axis, mostly seconds from the beginning.
    pub from: f64,
    /// Its end.
    pub to: f64,
    /// What had the row; the same label looks the same in all rows.
    pub label: String,
}

/// Something that happened at once to all rows, such as the end of a member.
#[derive(Clone, Debug)]
pub struct Moment {
    /// When, as spans count.
    pub at: f64,
    /// What happened, in a few words.
    pub label: String,
}

impl Row {
    /// A row with its spans.
    pub fn new(name: impl Into<String>, spans: impl IntoIterator<Item = Span>) -> Self {
        Self { name: name.into(), spans: spans.into_iter().collect() }
    }

    /// Its spans in the order of their beginnings, without those that are nowhere.
    pub(crate) fn ordered(&self) -> Vec<&Span> {
        let is_somewhere = |span: &&Span| takes(span.from) && takes(span.to);
        let mut spans: Vec<&Span> = self.spans.iter().filter(is_somewhere).collect();
        spans.sort_by(|one, other| one.start().total_cmp(&other.start()));
        spans
    }

    /// Its spans with the lane of each: one that begins before another ends is a lane below it.
    pub(crate) fn lanes(&self) -> (Vec<(&Span, usize)>, usize) {
        let mut ends: Vec<f64> = Vec::new();
        let mut placed = Vec::new();
        for span in self.ordered() {
            let free = ends.iter().position(|end| *end <= span.start());
            let lane = free.unwrap_or(ends.len());
            ends.resize(ends.len().max(lane + 1), 0.0);
            ends[lane] = span.end();
            placed.push((span, lane));
        }
        (placed, ends.len().max(1))
    }

    /// What lies between its spans.
    pub(crate) fn gaps(&self) -> Vec<(f64, f64)> {
        // Nothing is before the first, and whatever is compared with NaN is not.
        let (mut gaps, mut reached) = (Vec::new(), f64::NAN);
        for span in self.ordered() {
            if reached < span.start() {
                gaps.push((reached, span.start()));
            }
            reached = reached.max(span.end());
        }
        gaps
    }
}

impl Span {
    /// A span; its ends may come in any order.
    pub fn new(from: f64, to: f64, label: impl Into<String>) -> Self {
        Self { from, to, label: label.into() }
    }

    pub(crate) fn start(&self) -> f64 {
        self.from.min(self.to)
    }

    pub(crate) fn end(&self) -> f64 {
        self.from.max(self.to)
    }
}

impl Moment {
    /// A moment.
    pub fn new(at: f64, label: impl Into<String>) -> Self {
        Self { at, label: label.into() }
    }

    /// Those that are somewhere, in their order.
    pub(crate) fn ordered(moments: &[Self]) -> Vec<&Self> {
        let mut moments: Vec<_> = moments.iter().filter(|moment| takes(moment.at)).collect();
        moments.sort_by(|one, other| one.at.total_cmp(&other.at));
        moments
    }
}

/// Over all spans and all moments.
pub(crate) fn range(rows: &[Row], moments: &[Moment]) -> Range<f64> {
    let ends = rows.iter().flat_map(Row::ordered).flat_map(|span| [span.from, span.to]);
    Scale::Linear.range(ends.chain(moments.iter().map(|moment| moment.at)))
}

fn takes(figure: f64) -> bool {
    Scale::Linear.takes(figure)
}

/// The labels, each once, in the order of their rows and beginnings.
pub(crate) fn labels(rows: &[Row]) -> Vec<&str> {
    let mut labels = Vec::new();
    for span in rows.iter().flat_map(Row::ordered) {
        if !labels.contains(&span.label.as_str()) {
            labels.push(&span.label);
        }
    }
    labels
}

/// The number of a span's label among them.
pub(crate) fn number(labels: &[&str], span: &Span) -> usize {
    labels.iter().position(|label| *label == span.label).unwrap_or(0)
}

/// What stands for the label with this number where there is no room for it.
pub(crate) fn letter(number: usize) -> char {
    ('A'..='Z').chain('a'..='z').nth(number).unwrap_or('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps_are_in_lanes_and_only_what_nothing_covers_is_a_gap() {
        let looks = |spans: &[(f64, f64, &str)]| {
            let spans = spans.iter().map(|(from, to, label)| Span::new(*from, *to, *label));
            let row = Row::new("p", spans);
            let lanes: Vec<_> = row.lanes().0.iter().map(|(_, lane)| *lane).collect();
            (lanes, row.lanes().1, row.gaps(), labels(&[row]).concat())
        };
        let odd = [(8.0, 9.0, "c"), (0.0, 5.0, "a"), (6.0, 4.0, "b"), (f64::NAN, 4.0, "nowhere")];
        assert_eq!(looks(&odd), (vec![0, 1, 0], 2, vec![(6.0, 8.0)], "abc".to_owned()));
        let follows = [(0.0, 5.0, "a"), (5.0, 6.0, "b")];
        assert_eq!(looks(&follows), (vec![0, 0], 1, vec![], "ab".to_owned()));
        let within = [(0.0, 9.0, "a"), (1.0, 2.0, "b"), (4.0, 5.0, "c"), (10.0, 11.0, "a")];
        assert_eq!(looks(&within), (vec![0, 1, 1, 0], 2, vec![(9.0, 10.0)], "abc".to_owned()));
        assert_eq!(looks(&[]).1, 1);
    }
}
