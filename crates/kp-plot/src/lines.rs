//! Lines over two axes.

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::element::{DashedPathElement, DynElement, IntoDynElement};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use crate::axis::{Axis, Scale, TICKS};
use crate::sheet::{Area, COLOURS, Drawn, GAP, SIZE, axes, legend, svg, write};

/// Of what lies between the axes, with the name of the upright axis above and figures below.
const HEIGHT: f64 = 620.0;
/// Left of the upright axis, with its figures.
const LEFT: u32 = 120;
/// A piece of a line before its name.
const SAMPLE: f64 = 100.0;
/// With fewer points each has a marker: each was measured by itself.
const FEW: usize = 12;
/// The markers of a line with more points.
const MARKED: usize = 6;
/// Lengths of dashes and of the gaps between them.
const DASHES: [(u32, u32); 6] = [(1_000_000, 1), (20, 9), (5, 7), (40, 16), (20, 28), (10, 5)];
/// One more than there are dashes and colours, so that 42 lines are 42 pairs.
const MARKERS: usize = 7;

/// One line through points.
#[derive(Clone, Debug)]
pub struct Line {
    /// What stands in the legend.
    pub name: String,
    /// Its points, each with what the level and the upright axis count.
    pub points: Vec<(f64, f64)>,
}

/// Lines over common axes, as one SVG that says `title` to those who do not see it. The legend has
/// them in the order of their ends, the highest first.
pub fn lines(title: &str, lines: &[Line], x: &Axis, y: &Axis) -> String {
    let has_place = |(right, up): &(f64, f64)| x.scale.takes(*right) && y.scale.takes(*up);
    let mut lines: Vec<(usize, Line)> = lines.iter().cloned().enumerate().collect();
    lines.iter_mut().for_each(|(_, line)| line.points.retain(has_place));
    let end = |line: &Line| line.points.last().map_or(f64::NEG_INFINITY, |point| point.1);
    lines.sort_by(|one, other| end(&other.1).total_cmp(&end(&one.1)));

    let points = || lines.iter().flat_map(|(_, line)| &line.points);
    let across = x.scale.range(points().map(|point| point.0));
    let up = y.scale.range(points().map(|point| point.1));
    let names: Vec<&str> = lines.iter().map(|(_, line)| line.name.as_str()).collect();
    let (below, places) = legend(&names, SAMPLE);
    svg(title, HEIGHT + below, |area| {
        write(area, &y.name, (0.0, SIZE), HPos::Left)?;
        let (plot, below) = area.split_vertically(HEIGHT);
        let lines = &lines[..];
        match (x.scale, y.scale) {
            (Scale::Linear, Scale::Linear) => draw(&plot, lines, across, up, &x.name),
            (Scale::Linear, Scale::Log) => draw(&plot, lines, across, up.log_scale(), &x.name),
            (Scale::Log, Scale::Linear) => draw(&plot, lines, across.log_scale(), up, &x.name),
            _ => draw(&plot, lines, across.log_scale(), up.log_scale(), &x.name),
        }?;
        for ((number, line), (x, y)) in lines.iter().zip(places) {
            let sample = [(x as i32, y as i32), ((x + SAMPLE - GAP) as i32, y as i32)];
            below.draw(&dashed(*number, sample.to_vec()))?;
            let middle = (i32::midpoint(sample[0].0, sample[1].0), sample[0].1);
            below.draw(&(EmptyElement::at(middle) + marker(*number)))?;
            write(&below, &line.name, (x + SAMPLE, y), HPos::Left)?;
        }
        Ok(())
    })
}

fn draw<X, Y>(area: &Area<'_>, lines: &[(usize, Line)], x: X, y: Y, x_name: &str) -> Drawn
where
    X: AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>,
    Y: AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>,
{
    let mut chart = ChartBuilder::on(area)
        .margin_top(2.2 * SIZE)
        .margin_right(48)
        .set_label_area_size(LabelAreaPosition::Left, LEFT)
        .set_label_area_size(LabelAreaPosition::Bottom, 3.2 * SIZE)
        .build_cartesian_2d(x, y)?;
    axes(&mut chart, x_name, TICKS)?;
    for (number, line) in lines {
        chart.draw_series([dashed(*number, line.points.clone())])?;
        // Of many points some are marked, on each line others: markers must not hide each other.
        let every = if line.points.len() < FEW { 1 } else { line.points.len() / MARKED };
        let first = every * (1 + number % 5) / 6;
        let marked = line.points.iter().skip(first).step_by(every);
        chart.draw_series(marked.map(|point| EmptyElement::at(*point) + marker(*number)))?;
    }
    Ok(())
}

type Dashed<T> = DashedPathElement<std::vec::IntoIter<T>, u32>;

/// The line with this number.
fn dashed<T: Clone>(number: usize, points: Vec<T>) -> Dashed<T> {
    let (dash, gap) = DASHES[number % DASHES.len()];
    let look = COLOURS[number % COLOURS.len()].stroke_width(4);
    DashedPathElement::new(points, dash, gap, look)
}

/// The shape of a point on the line with this number.
fn marker<'a>(number: usize) -> DynElement<'static, SVGBackend<'a>, (i32, i32)> {
    let look = COLOURS[number % COLOURS.len()].filled().stroke_width(4);
    match number % MARKERS {
        0 => Circle::new((0, 0), 8, look).into_dyn(),
        1 => Rectangle::new([(-7, -7), (7, 7)], look).into_dyn(),
        2 => TriangleMarker::new((0, 0), 11, look).into_dyn(),
        3 => Cross::new((0, 0), 8, look).into_dyn(),
        4 => Polygon::new([(0, -11), (10, 0), (0, 11), (-10, 0)], look).into_dyn(),
        5 => Circle::new((0, 0), 8, ShapeStyle { filled: false, ..look }).into_dyn(),
        _ => Polygon::new([(-10, -8), (10, -8), (0, 10)], look).into_dyn(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn line(name: &str, points: &[(f64, f64)]) -> Line {
        Line { name: name.to_owned(), points: points.to_vec() }
    }

    #[test]
    fn nothing_and_far_too_much_are_figures_and_no_failure() {
        let odd = [(f64::NAN, 1.0), (1.0, f64::INFINITY), (0.0, 0.0), (-1.0, 5.0)];
        let far = [(f64::MAX, 1e99), (5e-324, -1e99), (1e-99, 1e99), (1e99, 1e-99)];
        for lines in
            [vec![], vec![line("none", &[])], vec![line("odd", &odd)], vec![line("far", &far)]]
        {
            for x in [Axis::linear("x"), Axis::log("x")] {
                for y in [Axis::linear("y"), Axis::log("y")] {
                    let svg = super::lines("title", &lines, &x, &y);
                    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
                    assert!((4..60).contains(&svg.matches("</text>").count()), "{svg}");
                }
            }
        }
    }

    #[test]
    fn each_line_has_dashes_and_markers_of_its_own() {
        let grey = |draw: &dyn Fn(&Area<'_>) -> Drawn| {
            let svg = svg("t", 99.0, draw).replace("currentColor", "grey");
            COLOURS.iter().fold(svg, |svg, RGBColor(r, g, b)| {
                svg.replace(&format!("#{r:02X}{g:02X}{b:02X}"), "grey")
            })
        };
        let dashes = |number| grey(&|area| area.draw(&dashed(number, vec![(0, 9), (999, 9)])));
        let marker = |number| grey(&|area| area.draw(&(EmptyElement::at((9, 9)) + marker(number))));
        assert_eq!((0..6).map(dashes).collect::<BTreeSet<_>>().len(), 6);
        assert_eq!((0..7).map(marker).collect::<BTreeSet<_>>().len(), 7);
        let pairs = (0..42).map(|number| (dashes(number), marker(number)));
        assert_eq!(pairs.collect::<BTreeSet<_>>().len(), 42);
    }

    #[test]
    fn names_follow_the_ends_of_their_lines_and_axes_are_named() {
        let lines = [line("낮은 선", &[(0.0, 9.0), (1.0, 1.0)]), line("<high>", &[(1.0, 5.0)])];
        let svg = super::lines("t", &lines, &Axis::linear("초"), &Axis::linear("y"));
        let at = |text: &str| svg.find(&format!(">\n{text}\n</text>")).unwrap();
        assert!(at("y") < at("초") && at("초") < at("&lt;high&gt;"));
        assert!(at("&lt;high&gt;") < at("낮은 선"));
    }

    #[test]
    fn a_line_of_many_points_has_few_markers_and_decades_are_written_along_the_axis() {
        let points: Vec<_> = (1..=1000).map(|at| (f64::from(at) / 100.0, 1.0)).collect();
        let svg = super::lines("t", &[line("many", &points)], &Axis::log("x"), &Axis::linear("y"));
        assert!((4..=10).contains(&svg.matches("<circle").count()), "{svg}");
        for tick in ["0.01", "0.1", "1", "10"] {
            assert!(svg.contains(&format!(">\n{tick}\n</text>")), "{tick} in {svg}");
        }
    }
}
