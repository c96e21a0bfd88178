//! Plots as SVG, drawn by hand: two kinds are all that is needed, and the report stays one file.
//!
//! Colours come from the page by class, so that they suit a light and a dark screen.

use std::fmt::Write;

const WIDTH: f64 = 760.0;
const NAMES: f64 = 250.0;
const FIGURES: f64 = 120.0;
const BAR: f64 = 18.0;
const BAR_GAP: f64 = 6.0;
const GROUP_GAP: f64 = 30.0;

const LEFT: f64 = 70.0;
const RIGHT: f64 = 230.0;
const TOP: f64 = 28.0;
const HEIGHT: f64 = 300.0;
const BOTTOM: f64 = 46.0;
/// Lines of one plot differ in colour; the page has this many.
const COLOURS: usize = 6;
const LABEL_HEIGHT: f64 = 15.0;

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
pub(super) fn bars(groups: &[(String, Vec<Bar>)]) -> String {
    let most = groups
        .iter()
        .flat_map(|(_, bars)| bars.iter().map(|bar| bar.max))
        .fold(0.0, f64::max);
    let scale = (WIDTH - NAMES - FIGURES) / most.max(f64::MIN_POSITIVE);
    let mut body = String::new();
    let mut y = 0.0;
    for (heading, bars) in groups {
        y += GROUP_GAP;
        text(&mut body, "heading", 0.0, y - 8.0, heading);
        for bar in bars {
            let middle = y + BAR / 2.0;
            let baseline = middle + 4.0;
            let class = if bar.ours { "ours" } else { "theirs" };
            let width = bar.median * scale;
            text(&mut body, "end", NAMES - 8.0, baseline, &bar.name);
            let _ = write!(
                body,
                "<rect class=\"{class}\" x=\"{NAMES}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\" rx=\"2\">\
                 <title>{}: {}</title></rect>",
                escaped(&bar.name),
                escaped(&bar.figure)
            );
            let (from, to) = (NAMES + bar.min * scale, NAMES + bar.max * scale);
            let _ = write!(
                body,
                "<path class=\"whisker\" d=\"M{from:.1} {middle:.1}H{to:.1}\"/>"
            );
            text(&mut body, "start", to + 8.0, baseline, &bar.figure);
            y += BAR + BAR_GAP;
        }
    }
    svg(y + BAR_GAP, &body)
}

/// Lines over a common axis, each named at its end.
pub(super) fn lines(lines: &[Line], x_name: &str, y_name: &str) -> String {
    let points = || lines.iter().flat_map(|line| &line.points);
    let x_axis = Axis::up_to(points().map(|(x, _)| *x).fold(0.0, f64::max));
    let y_axis = Axis::up_to(points().map(|(_, y)| *y).fold(0.0, f64::max));
    let (plot_width, plot_height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let at = |x: f64, y: f64| {
        (
            LEFT + x / x_axis.end * plot_width,
            HEIGHT - BOTTOM - y / y_axis.end * plot_height,
        )
    };
    let mut body = String::new();
    for tick in y_axis.ticks() {
        let (_, y) = at(0.0, tick);
        let _ = write!(
            body,
            "<path class=\"grid\" d=\"M{LEFT} {y:.1}h{plot_width}\"/>"
        );
        text(&mut body, "end", LEFT - 8.0, y + 4.0, &short(tick));
    }
    for tick in x_axis.ticks() {
        let (x, _) = at(tick, 0.0);
        text(&mut body, "middle", x, HEIGHT - BOTTOM + 18.0, &short(tick));
    }
    text(&mut body, "start", 0.0, 12.0, y_name);
    let middle = LEFT + plot_width / 2.0;
    text(&mut body, "middle", middle, HEIGHT - 8.0, x_name);

    let mut names = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let colour = format!("line{}", number % COLOURS);
        let mut path = String::new();
        for (x, y) in &line.points {
            let (x, y) = at(*x, *y);
            let command = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{command}{x:.1} {y:.1}");
            // So few that each was measured by itself, and not a curve.
            if line.points.len() < 12 {
                let _ = write!(
                    body,
                    "<circle class=\"dot {colour}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>"
                );
            }
        }
        let _ = write!(body, "<path class=\"line {colour}\" d=\"{path}\"/>");
        if let Some((_, y)) = line.points.last() {
            names.push((at(0.0, *y).1, number, line));
        }
    }
    // Names at the right, each near its line's end and none on another.
    names.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut free_from = TOP;
    for (y, number, line) in names {
        let y = y.max(free_from);
        free_from = y + LABEL_HEIGHT;
        let x = WIDTH - RIGHT + 10.0;
        let _ = write!(
            body,
            "<circle class=\"dot line{}\" cx=\"{x}\" cy=\"{y:.1}\" r=\"4\"/>",
            number % COLOURS
        );
        text(&mut body, "start", x + 9.0, y + 4.0, &line.name);
    }
    svg(HEIGHT.max(free_from), &body)
}

/// An axis from 0 to a round number, with a few round numbers on the way.
struct Axis {
    step: f64,
    end: f64,
}

impl Axis {
    fn up_to(greatest: f64) -> Self {
        let greatest = greatest.max(f64::MIN_POSITIVE);
        let magnitude = 10_f64.powf((greatest / 5.0).log10().floor());
        let round = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * magnitude);
        let fits = round.into_iter().find(|step| step * 5.0 >= greatest);
        let step = fits.unwrap_or(round[3]);
        Self {
            step,
            end: (greatest / step).ceil() * step,
        }
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let count = (self.end / self.step).round() as u32;
        let step = self.step;
        (0..=count).map(move |number| f64::from(number) * step)
    }
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

fn text(body: &mut String, class: &str, x: f64, y: f64, words: &str) {
    let _ = write!(
        body,
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
        escaped(words)
    );
}

fn svg(height: f64, body: &str) -> String {
    format!("<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\">{body}</svg>\n")
}

/// Text as HTML takes it.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number() {
        for (greatest, end) in [(0.93, 1.0), (17.0, 20.0), (20e6, 20e6), (103.0, 150.0)] {
            let axis = Axis::up_to(greatest);
            assert!(
                (axis.end - end).abs() < end * 1e-9,
                "{greatest}: {}",
                axis.end
            );
            assert!((3..=6).contains(&axis.ticks().count()), "{greatest}");
        }
    }

    #[test]
    fn nothing_measured_is_an_empty_plot_and_no_failure() {
        assert!(bars(&[]).starts_with("<svg"));
        let nothing = Line {
            name: "nothing".to_owned(),
            points: vec![],
        };
        let svg = lines(&[nothing], "x", "y");
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
        let svg = bars(&[("g".to_owned(), vec![bar])]);
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
