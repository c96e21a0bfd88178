//! Bars below each other.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use crate::axis::Scale;
use crate::sheet::{COLOURS, GAP, WIDTH, style, svg, widest, write};

/// Of a bar with the gap below it, and of a heading.
const ROW: f64 = 48.0;
/// Of a bar, half of it.
const THICK: f64 = 18.0;
/// Of a name that stands above its bar.
const NAME: f64 = 38.0;
/// What names beside the bars may take of the width, and figures as well; longer names stand above.
const SHARE: f64 = 0.42;

/// One bar: a median, and from the least to the greatest a whisker.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What stands beside the bar.
    pub name: String,
    /// Drawn full; others are pale, within an outline.
    pub emphasised: bool,
    /// The length of the bar. What is below 0 has none.
    pub median: f64,
    /// Where the whisker begins. There is none where both its ends are the median.
    pub min: f64,
    /// Where the whisker ends.
    pub max: f64,
    /// The median as it is to be read, with its unit.
    pub figure: String,
}

impl Bar {
    /// A bar without a whisker.
    pub fn plain(name: impl Into<String>, value: f64, figure: impl Into<String>) -> Self {
        let (name, figure) = (name.into(), figure.into());
        Self { name, emphasised: false, median: value, min: value, max: value, figure }
    }

    /// The same bar, emphasised.
    #[must_use]
    pub fn emphasised(self) -> Self {
        Self { emphasised: true, ..self }
    }

    /// Its length; 0 for what has none.
    pub(crate) fn length(&self) -> f64 {
        length(self.median)
    }

    /// As far as anything of it reaches.
    fn end(&self) -> f64 {
        self.length().max(length(self.max))
    }
}

fn length(figure: f64) -> f64 {
    if Scale::Linear.takes(figure) { figure.max(0.0) } else { 0.0 }
}

/// Bars in groups with a heading each, all to the same scale, as one SVG that says `title` to those
/// who do not see it. A heading may be empty.
pub fn bars(title: &str, groups: &[(String, Vec<Bar>)]) -> String {
    let all = || groups.iter().flat_map(|(_, bars)| bars);
    let names = widest(all().map(|bar| bar.name.as_str()));
    let figures = widest(all().map(|bar| bar.figure.as_str())).min(WIDTH * SHARE);
    let above = names > WIDTH * SHARE;
    let (left, name_row) = if above { (0.0, NAME) } else { (names, 0.0) };
    let headings = groups.iter().filter(|(heading, _)| !heading.is_empty()).count();
    let height = (all().count() as f64 * (ROW + name_row) + headings as f64 * ROW).max(ROW);
    svg(title, height, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_left(left)
            .margin_right(figures)
            .build_cartesian_2d(Scale::Linear.range(all().map(Bar::end)), height..0.0)?;
        let mut y = ROW / 2.0;
        for (heading, bars) in groups {
            if !heading.is_empty() {
                let style = style(heading, HPos::Left, WIDTH, FontStyle::Bold);
                area.draw(&Text::new(heading.as_str(), (0, y as i32), style))?;
                y += ROW;
            }
            for bar in bars {
                let (x, side) = if above { (0.0, HPos::Left) } else { (left - GAP, HPos::Right) };
                write(area, &bar.name, (x, y), side)?;
                y += name_row;
                let corners = [(0.0, y - THICK), (bar.length(), y + THICK)];
                let pale = if bar.emphasised { 1.0 } else { 0.3 };
                let looks = [COLOURS[0].mix(pale).filled(), COLOURS[0].into()];
                chart.draw_series(looks.map(|look| Rectangle::new(corners, look)))?;
                if bar.min < bar.max {
                    let [min, median, max] = [bar.min, bar.median, bar.max].map(length);
                    let look = BLACK.stroke_width(3);
                    chart.draw_series([ErrorBar::new_horizontal(y, min, median, max, look, 14)])?;
                }
                let style = style(&bar.figure, HPos::Left, figures - GAP, FontStyle::Normal);
                let figure = Text::new(bar.figure.clone(), (GAP as i32, 0), style);
                chart.draw_series([EmptyElement::at((bar.end(), y)) + figure])?;
                y += ROW;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(bars: Vec<Bar>) -> String {
        super::bars("title", &[("그룹 <g>".to_owned(), bars)])
    }

    #[test]
    fn nothing_measured_is_an_empty_figure_and_no_failure() {
        let odd = |figure: f64| Bar { max: figure, ..Bar::plain("odd", figure, "?") };
        let odd = [f64::NAN, f64::INFINITY, f64::MAX, -1.0, 0.0].map(odd).to_vec();
        for svg in [super::bars("title", &[]), draw(vec![]), draw(odd)] {
            assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("=\"-"), "{svg}");
        }
    }

    #[test]
    fn names_figures_and_headings_are_text_and_long_names_stand_above_their_bars() {
        let svg = draw(vec![Bar::plain("a<b>", 2.0, "2 건")]);
        for text in ["a&lt;b&gt;", "2 건", "그룹 &lt;g&gt;"] {
            assert!(svg.contains(&format!(">\n{text}\n</text>")), "{text} in {svg}");
        }
        let long = "이름이 아주 긴 막대 하나, 그리고 조금 더";
        let above = draw(vec![Bar::plain(long, 1.0, "1"), Bar::plain("a", 1.0, "1")]);
        assert!(svg.contains("\"end\"") && !above.contains("\"end\"") && above.contains(long));
    }

    #[test]
    fn emphasis_and_whiskers_are_seen_without_colour() {
        let plain = Bar::plain("name", 2.0, "2");
        let (one, other) = (draw(vec![plain.clone()]), draw(vec![plain.clone().emphasised()]));
        assert!(one.contains("opacity=\"0.3\"") && !other.contains("opacity"));
        let spread = draw(vec![Bar { min: 1.0, max: 3.0, ..plain }]);
        assert!(!one.contains("<line") && spread.contains("<line"));
    }
}
