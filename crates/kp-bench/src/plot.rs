//! Plots as SVG, by plotters. `report.css` gives what is black here the colour of the page's text.

use anyhow::Result;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const WIDTH: u32 = 760;
/// Of a bar with the gap below it.
const ROW: u32 = 24;
const HEADING: u32 = 30;
/// Left of the bars.
const NAMES: u32 = 250;
/// Right of the bars.
const FIGURES: u32 = 120;

const HEIGHT: u32 = 300;
/// Right of the lines.
const LEGEND: u32 = 230;

/// Of bars that stand for kp.
const OURS: RGBColor = RGBColor(0x2f, 0x7b, 0xf0);
/// Of bars that stand for other programs.
const OTHERS: RGBColor = RGBColor(0x95, 0xa1, 0xad);
/// Of lines in one plot, one after the other. They suit a light and a dark page.
const LINES: [RGBColor; 6] = [
    RGBColor(0x3b, 0x82, 0xf0),
    RGBColor(0xe0, 0x68, 0x2a),
    RGBColor(0x22, 0xa3, 0x80),
    RGBColor(0xa0, 0x5c, 0xdc),
    RGBColor(0xb8, 0x86, 0x1a),
    RGBColor(0xdd, 0x4f, 0x8c),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// One bar: a median, and from the least to the greatest a whisker.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) ours: bool,
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
    /// The median as it is to be read.
    pub(super) figure: String,
}

/// One line through points.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// Bars below each other, in groups with a heading each.
///
/// # Errors
/// plotters cannot draw it.
pub(super) fn bars(groups: &[(String, Vec<Bar>)]) -> Result<String> {
    let most = greatest(groups.iter().flat_map(|(_, bars)| bars).map(|bar| bar.max));
    let ends: Vec<u32> = groups
        .iter()
        .scan(0, |end, (_, bars)| {
            *end += HEADING + ROW * bars.len() as u32;
            Some(*end)
        })
        .collect();
    svg(ends.last().copied().unwrap_or_default(), |area| {
        let areas = area.split_by_breakpoints([0; 0], ends);
        for ((heading, bars), area) in groups.iter().zip(areas) {
            area.draw(&Text::new(
                heading.as_str(),
                (0, HEADING as i32 / 2),
                text(14.0, HPos::Left),
            ))?;
            // One row a bar, from the top.
            let rows = bars.len() as f64;
            let mut chart = ChartBuilder::on(&area)
                .margin_top(HEADING)
                .margin_left(NAMES)
                .margin_right(FIGURES)
                .build_cartesian_2d(0.0..most, rows..0.0)?;
            for (row, bar) in bars.iter().enumerate() {
                let (top, middle) = (row as f64, row as f64 + 0.5);
                let colour = if bar.ours { OURS } else { OTHERS };
                let mut body =
                    Rectangle::new([(0.0, top), (bar.median, top + 1.0)], colour.filled());
                body.set_margin(3, 3, 0, 0);
                chart.draw_series([body])?;
                let whisker = [(bar.min, middle), (bar.max, middle)];
                chart.draw_series([PathElement::new(whisker, BLACK)])?;
                let name = Text::new(bar.name.clone(), (-8, 0), text(13.0, HPos::Right));
                chart.draw_series([EmptyElement::at((0.0, middle)) + name])?;
                let figure = Text::new(bar.figure.clone(), (8, 0), text(13.0, HPos::Left));
                chart.draw_series([EmptyElement::at((bar.max, middle)) + figure])?;
            }
        }
        Ok(())
    })
}

/// Lines over a common axis, with their names beside it in the order of their ends.
///
/// # Errors
/// plotters cannot draw it.
pub(super) fn lines(lines: &[Line], x_name: &str, y_name: &str) -> Result<String> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let (x_end, y_end) = (greatest(points().map(|(x, _)| *x)), greatest(points().map(|(_, y)| *y)));
    svg(HEIGHT, |area| {
        let (area, legend) = area.split_horizontally(WIDTH - LEGEND);
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .set_label_area_size(LabelAreaPosition::Left, 70)
            .set_label_area_size(LabelAreaPosition::Bottom, 40)
            .build_cartesian_2d(0.0..x_end, 0.0..y_end * 1.05)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .label_style(("sans-serif", 13))
            .x_labels(6)
            .y_labels(6)
            .x_label_formatter(&|figure| short(*figure))
            .y_label_formatter(&|figure| short(*figure))
            .x_desc(x_name)
            .y_desc(y_name)
            .draw()?;
        let mut names = Vec::new();
        for (line, colour) in lines.iter().zip(LINES.iter().cycle()) {
            // So few that each was measured by itself, and not a curve.
            let dots = if line.points.len() < 12 { 4 } else { 0 };
            let style = colour.filled().stroke_width(2);
            chart.draw_series(LineSeries::new(line.points.clone(), style).point_size(dots))?;
            names.extend(line.points.last().map(|(_, end)| (*end, line.name.as_str(), colour)));
        }
        names.sort_by(|one, other| other.0.total_cmp(&one.0));
        for ((_, name, colour), y) in names.into_iter().zip((20..).step_by(18)) {
            legend.draw(&Circle::new((6, y), 4, colour.filled()))?;
            legend.draw(&Text::new(name, (16, y), text(13.0, HPos::Left)))?;
        }
        Ok(())
    })
}

fn svg(height: u32, draw: impl FnOnce(Area<'_>) -> Result<()>) -> Result<String> {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
    draw(area.clone())?;
    area.present()?;
    drop(area);
    Ok(svg)
}

/// The end of an axis from 0, which must not be empty.
fn greatest(figures: impl Iterator<Item = f64>) -> f64 {
    figures.fold(f64::MIN_POSITIVE, f64::max)
}

fn text(size: f64, side: HPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&BLACK).pos(Pos::new(side, VPos::Center))
}

/// As few digits as tell one tick from the next.
fn short(figure: f64) -> String {
    match figure {
        0.0 => "0".to_owned(),
        _ if figure >= 1e6 => format!("{} M", (figure / 1e5).round() / 10.0),
        _ if figure >= 1e4 => format!("{} k", (figure / 1e2).round() / 10.0),
        _ => format!("{}", (figure * 1e3).round() / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_measured_is_an_empty_plot_and_no_failure() {
        assert!(bars(&[]).unwrap().starts_with("<svg"));
        assert!(bars(&[("group".to_owned(), Vec::new())]).unwrap().starts_with("<svg"));
        let nothing = Line { name: "nothing".to_owned(), points: vec![] };
        let svg = lines(&[nothing], "x", "y").unwrap();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn names_are_text_and_not_markup() {
        let bar = Bar {
            name: "a<b>&\"c\"".to_owned(),
            ours: true,
            median: 2.0,
            min: 1.0,
            max: 3.0,
            figure: "2".to_owned(),
        };
        let svg = bars(&[("g".to_owned(), vec![bar])]).unwrap();
        assert!(svg.contains("a&lt;b&gt;&amp;&quot;c&quot;"), "{svg}");
    }

    #[test]
    fn ticks_are_short() {
        assert_eq!(
            [0.0, 0.2, 500.0, 20_000.0, 2.5e6].map(short),
            ["0", "0.2", "500", "20 k", "2.5 M"]
        );
    }
}
