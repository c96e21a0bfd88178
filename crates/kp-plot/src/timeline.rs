//! Rows of spans over one axis of time.

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use crate::axis::part;
use crate::sheet::{
    Area, BODIES, COLOURS, Drawn, GAP, WIDTH, axes, legend, style, svg, widest, width, write,
};
use crate::spans::{Moment, Row, Span, labels, letter, number, range};

/// Of a span with the gap below it.
const LANE: f64 = 48.0;
/// Of a span.
const THICK: f64 = 42.0;
/// Between two rows.
const APART: f64 = 16.0;
/// Of the label of a moment.
const NOTE: f64 = 36.0;
/// What names may take of the width; longer ones are smaller.
const SHARE: f64 = 0.35;
/// Right of everything, with half of the last figure.
const RIGHT: f64 = 40.0;
/// Below the rows, with figures and the name of the axis.
const AXIS: f64 = 82.0;
/// Of a letter, which is smaller where it has less room.
const LEAST: f64 = 9.0;
/// A box before its name.
const SAMPLE: f64 = 72.0;

/// Rows of spans, with moments as upright lines through all of them, as one SVG that says `title`
/// to those who do not see it. The axis is called `x_name` and begins at 0.
///
/// A span has its label in it where there is room, or else a letter, and below stands what the
/// letters stand for. A gap between two spans is a dotted line.
pub fn timeline(title: &str, rows: &[Row], moments: &[Moment], x_name: &str) -> String {
    let range = range(rows, moments);
    let moments = Moment::ordered(moments);
    let labels = labels(rows);
    let left = widest(rows.iter().map(|row| row.name.as_str())).min(WIDTH * SHARE);
    // Labels are right of their moments. Where the last ones need it, the axis is shorter.
    let whole = WIDTH - left - RIGHT;
    let along = moments.iter().fold(whole, |along, moment| {
        along.min((WIDTH - left - GAP - width(&moment.label)) / part(&range, moment.at))
    });
    let along = along.max(whole * 0.7);
    let x = |figure: f64| left + part(&range, figure) * along;

    // A label stands below those before it, and so no line of them crosses it.
    let (mut y, mut end) = (0.0, 0.0);
    let mut notes = Vec::new();
    for moment in moments {
        let x = x(moment.at);
        y = if x < end { y + NOTE } else { 0.0 };
        end = f64::max(end, x + 2.0 * GAP + width(&moment.label));
        notes.push((x, y, &moment.label));
    }
    // The widest part of a span that no line of a moment crosses: its middle and its width.
    let free = |span: &Span| {
        let (from, to) = (x(span.start()), x(span.end()));
        let crossed = notes.iter().map(|note| note.0).filter(|x| (from..to).contains(x));
        let mut ends: Vec<f64> = crossed.chain([from, to]).collect();
        ends.sort_by(f64::total_cmp);
        let parts = ends.windows(2).map(|ends| (ends[0].midpoint(ends[1]), ends[1] - ends[0]));
        parts.max_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or((from, 0.0))
    };
    let fits = |span: &Span| width(&span.label) + 8.0 <= free(span).1;
    let all_fit = rows.iter().flat_map(Row::ordered).all(fits);
    let (below, places) = legend(if all_fit { &[] } else { &labels }, SAMPLE);

    let mut y = notes.iter().map(|note| note.1 + NOTE).fold(0.0, f64::max) + APART;
    let height = |row: &Row| row.lanes().1 as f64 * LANE;
    let bottom = y + rows.iter().map(|row| height(row) + APART).sum::<f64>();
    svg(title, bottom + AXIS + below, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_left(left)
            .margin_right(WIDTH - left - along)
            .margin_bottom(below)
            .set_label_area_size(LabelAreaPosition::Bottom, AXIS)
            .build_cartesian_2d(range.clone(), bottom..0.0)?;
        axes(&mut chart, x_name, 0)?;
        for row in rows {
            write(area, &row.name, (left - GAP, y + height(row) / 2.0), HPos::Right)?;
            for (from, to) in row.gaps() {
                let middle = y + THICK / 2.0;
                dashed(area, [(x(from), middle), (x(to), middle)], (3, 6))?;
            }
            for (span, lane) in row.lanes().0 {
                let (number, (middle, room)) = (number(&labels, span), free(span));
                let text = match room {
                    _ if fits(span) => span.label.clone(),
                    LEAST.. => letter(number).to_string(),
                    _ => String::new(),
                };
                // However short, it is seen.
                let end = x(span.end()).max(x(span.start()) + 2.0);
                let y = y + lane as f64 * LANE;
                body(area, number, [(x(span.start()), y), (end, y + THICK)])?;
                let style = style(&text, HPos::Center, room, FontStyle::Normal);
                let middle = (middle as i32, (y + THICK / 2.0) as i32);
                area.draw(&Text::new(text, middle, style))?;
            }
            y += height(row) + APART;
        }
        for (x, y, label) in &notes {
            dashed(area, [(*x, y + 4.0), (*x, bottom)], (10, 6))?;
            write(area, label, (x + GAP / 2.0, y + NOTE / 2.0), HPos::Left)?;
        }
        for (number, (x, y)) in places.into_iter().enumerate() {
            let y = bottom + AXIS + y;
            body(area, number, [(x + 1.0, y - 16.0), (x + SAMPLE - GAP, y + 16.0)])?;
            write(area, &letter(number).to_string(), (x + 20.0, y), HPos::Left)?;
            write(area, labels[number], (x + SAMPLE, y), HPos::Left)?;
        }
        Ok(())
    })
}

/// The body of a span, pale or dark within an outline.
fn body(area: &Area<'_>, number: usize, corners: [(f64, f64); 2]) -> Drawn {
    let (colour, part) = (COLOURS[number % COLOURS.len()], BODIES[number % BODIES.len()]);
    let corners = corners.map(|(x, y)| (x as i32, y as i32));
    area.draw(&Rectangle::new(corners, colour.mix(part).filled()))?;
    area.draw(&Rectangle::new(corners, colour))
}

/// A straight line of dashes and gaps of such lengths.
fn dashed(area: &Area<'_>, ends: [(f64, f64); 2], (dash, gap): (u32, u32)) -> Drawn {
    let ends = ends.map(|(x, y)| (x as i32, y as i32));
    area.draw(&DashedPathElement::new(ends, dash, gap, BLACK.stroke_width(3)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(spans: &[(f64, f64, &str)]) -> Row {
        Row::new("파티션 0", spans.iter().map(|(from, to, label)| Span::new(*from, *to, *label)))
    }

    /// The number that follows.
    fn figure(svg: &str, name: &str) -> f64 {
        svg.split(name).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
    }

    #[test]
    fn nothing_that_happened_is_an_empty_figure_and_no_failure() {
        let odd = row(&[(f64::NAN, 1.0, "a"), (0.0, f64::INFINITY, "b"), (0.0, 0.0, "c")]);
        let far = row(&[(-f64::MAX, f64::MAX, "a"), (-1e99, 1e99, "b")]);
        for rows in [vec![], vec![row(&[])], vec![odd], vec![far]] {
            let svg = timeline("t", &rows, &[Moment::new(f64::NAN, "never")], "s");
            assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("never"));
        }
    }

    #[test]
    fn all_labels_are_text_and_a_legend_stands_only_where_one_has_no_room() {
        let spans = [(0.0, 4.0, "member <1>"), (4.0, 4.01, "회원 2"), (6.0, 9.0, "c")];
        let moments = [Moment::new(4.0, "a & b"), Moment::new(0.0, "시작")];
        let svg = timeline("t", &[row(&spans)], &moments, "초");
        for text in ["파티션 0", "member &lt;1&gt;", "회원 2", "a &amp; b", "시작", "초", "B"]
        {
            assert!(svg.contains(&format!(">\n{text}\n</text>")), "{text} in {svg}");
        }
        let wide = timeline("t", &[row(&[(0.0, 9.0, "member 1")])], &[], "s");
        assert_eq!(wide.matches("\nmember 1\n").count(), 1);
    }

    #[test]
    fn a_gap_is_seen_and_an_overlap_is_two_lanes() {
        let draw = |from| timeline("t", &[row(&[(0.0, 4.0, "a"), (from, 9.0, "b")])], &[], "s");
        let [gap, none, overlap] = [5.0, 4.0, 3.0].map(draw);
        let lines = |svg: &str| svg.matches("<polyline").count();
        assert!(lines(&gap) > lines(&none) + 9 && lines(&none) == lines(&overlap));
        let height = |svg: &str| figure(svg, "viewBox=\"0 0 1120 ");
        assert!((height(&overlap) - height(&none) - LANE).abs() < 0.1);
    }

    #[test]
    fn labels_keep_off_the_lines_of_moments_and_off_each_other() {
        let moments = [(4.5, "first"), (4.6, "second"), (8.9, "그 뒤의 일")];
        let moments = moments.map(|(at, label)| Moment::new(at, label));
        let svg = timeline("t", &[row(&[(0.0, 9.0, "mm")])], &moments, "s");
        let place = |text: &str| {
            let before = svg.split(&format!("\n{text}\n")).next().unwrap();
            let text = before.rsplit("<text").next().unwrap();
            (figure(text, " x=\""), figure(text, " y=\""))
        };
        let [first, second, last] = ["first", "second", "그 뒤의 일"].map(place);
        assert!(first.0 < second.0 && first.1 < second.1 - 30.0 && last.1 == first.1);
        assert!(last.0 + width("그 뒤의 일") <= WIDTH);
        assert!(place("mm").0 + width("mm") / 2.0 < first.0);
    }
}
