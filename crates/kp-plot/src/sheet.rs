//! What is drawn on: plotters' SVG, made fit for a page.

use std::io;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use unicode_width::UnicodeWidthChar;

use crate::axis::{TICKS, short};

/// The width of each figure. plotters places in whole units, so that one is half a pixel or less.
pub(crate) const WIDTH: f64 = 1120.0;
/// The size of letters.
pub(crate) const SIZE: f64 = 26.0;
/// Between a thing and what is written beside it.
pub(crate) const GAP: f64 = 14.0;
/// Of a row of a legend.
const LEGEND: f64 = 40.0;

/// Okabe and Ito's colours, which differ for the colour-blind as well: those with a contrast of 3
/// on white and on a dark page, with their orange made darker. Black becomes that of the text.
pub(crate) const COLOURS: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xb8, 0x7a, 0x00),
    BLACK,
];
/// How much of its colour the body of a span has: light and dark in turns.
pub(crate) const BODIES: [f64; 6] = [0.5, 0.1, 0.32, 0.1, 0.5, 0.06];

/// For a figure that is a file of its own. Within a page `svg` is not the root: there these rules
/// choose nothing, and the text is the page's.
const ALONE: &str = "svg:root{color:#1c2024;background:#fff}\
                     @media(prefers-color-scheme:dark){svg:root{color:#e6e9ec;background:#14181d}}";

pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(crate) type Drawn = Result<(), DrawingAreaErrorKind<io::Error>>;

/// Text as HTML and SVG take it, also in an attribute.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What is drawn, as one SVG that says `title` to those who do not see it.
pub(crate) fn svg(title: &str, height: f64, draw: impl FnOnce(&Area<'_>) -> Drawn) -> String {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, (WIDTH as u32, height as u32)).into_drawing_area();
    // A string takes all that is written. Should plotters fail nevertheless, the figure says so.
    let failure = draw(&area).err().map(|error| format!("not drawn: {error}")).unwrap_or_default();
    drop(area);
    let shapes = svg.split_once('\n').map_or("", |(_, shapes)| shapes);
    let shapes = shapes.replace("\"#000000\"", "\"currentColor\"").replace(" opacity=\"1\"", "");
    let shapes: String = shapes.lines().map(|line| plain(line) + "\n").collect();
    let [title, failure] = [title, &failure].map(|text| escaped(&plain(text)));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{title}\" \
         width=\"100%\" viewBox=\"0 0 {WIDTH} {height:.0}\" style=\"max-width:680px\" \
         stroke-width=\"2\"><title>{title}</title><style>{ALONE}</style>\n\
         <text y=\"40\">{failure}</text>{shapes}"
    )
}

/// How a text is written that has so much room; one that needs more is smaller.
pub(crate) fn style(text: &str, side: HPos, room: f64, font: FontStyle) -> TextStyle<'static> {
    let size = SIZE * (room / width(text).max(1.0)).min(1.0);
    // plotters takes a size for the height of a line.
    let font = FontDesc::new("system-ui, sans-serif".into(), size * 1.24, font);
    font.color(&BLACK).pos(Pos::new(side, VPos::Center))
}

/// Writes a text at a place on the sheet.
pub(crate) fn write(area: &Area<'_>, text: &str, (x, y): (f64, f64), side: HPos) -> Drawn {
    let room = match side {
        HPos::Left => WIDTH - x,
        HPos::Right => x,
        HPos::Center => WIDTH,
    };
    area.draw(&Text::new(text, (x as i32, y as i32), style(text, side, room, FontStyle::Normal)))
}

/// Draws the axes of a chart as far as it has room for their figures, and the level one's name.
pub(crate) fn axes<'a, X, Y>(
    chart: &mut ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>,
    x_name: &str,
    y_ticks: usize,
) -> Drawn
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let style = style(x_name, HPos::Center, 0.8 * WIDTH, FontStyle::Normal);
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh().x_labels(TICKS).y_labels(y_ticks).light_line_style(TRANSPARENT);
    mesh.bold_line_style(BLACK.mix(0.15).stroke_width(2)).axis_style(BLACK.stroke_width(2));
    mesh.x_desc(x_name).axis_desc_style(style).label_style(("system-ui, sans-serif", 30));
    mesh.x_label_formatter(&short).y_label_formatter(&short).draw()
}

/// About how wide a text is. What is estimated too wide is at least not cut.
pub(crate) fn width(text: &str) -> f64 {
    text.chars().fold(0.0, |sum, letter| match letter.width().unwrap_or(0) {
        1 if letter.is_uppercase() || "mw@%_".contains(letter) => sum + 0.85 * SIZE,
        1 => sum + 0.66 * SIZE,
        columns => sum + columns as f64 / 2.0 * SIZE,
    })
}

/// The width of the widest of some texts, and of the gap beside it.
pub(crate) fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> f64 {
    texts.map(width).fold(0.0, f64::max) + GAP
}

/// The height of a legend, and the place of each name and of a sample before it.
pub(crate) fn legend(names: &[&str], sample: f64) -> (f64, Vec<(f64, f64)>) {
    let (mut x, mut y) = (0.0, 0.75 * LEGEND);
    let mut places = Vec::new();
    for name in names {
        if x > 0.0 && x + sample + width(name) > WIDTH {
            (x, y) = (0.0, y + LEGEND);
        }
        places.push((x, y));
        x += sample + width(name) + 2.0 * GAP;
    }
    (if names.is_empty() { 0.0 } else { y + 0.5 * LEGEND }, places)
}

/// A text without what neither XML nor a terminal should get, such as the sign before a colour.
pub(crate) fn plain(text: &str) -> String {
    let forbidden = |letter: char| letter.is_control() || matches!(letter, '\u{FFFE}' | '\u{FFFF}');
    text.chars().map(|letter| if forbidden(letter) { '\u{FFFD}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As WCAG reckons it.
    fn light(colour: [f64; 3]) -> f64 {
        let [r, g, b] = colour.map(|part| ((part / 255.0 + 0.055) / 1.055).powf(2.4));
        0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
    }

    #[test]
    fn colours_and_the_labels_on_them_are_seen_on_a_light_and_on_a_dark_page() {
        let contrast = |one, other| (light(one) / light(other)).max(light(other) / light(one));
        let pages = [([255.0; 3], [28.0, 32.0, 36.0]), ([20.0, 24.0, 29.0], [230.0, 233.0, 236.0])];
        for (page, text) in pages {
            for (colour, part) in COLOURS.iter().zip(BODIES) {
                let RGBColor(r, g, b) = *colour;
                let colour = if *colour == BLACK { text } else { [r, g, b].map(f64::from) };
                let body = [0, 1, 2].map(|at| colour[at] * part + page[at] * (1.0 - part));
                assert!(contrast(colour, page) >= 3.0, "{colour:?} on {page:?}");
                assert!(contrast(body, text) >= 4.5, "text on {colour:?} on {page:?}");
            }
        }
    }

    #[test]
    fn a_figure_has_a_title_and_no_size_colour_or_id_of_its_own() {
        let label = "a<b>&\"c\"\u{1b}[31m";
        let svg = svg("세 줄 & more", 123.0, |area| write(area, label, (0.0, 20.0), HPos::Left));
        let head = "aria-label=\"세 줄 &amp; more\" width=\"100%\" viewBox=\"0 0 1120 123\"";
        assert!(svg.contains(head) && svg.contains("<title>세 줄 &amp; more</title>"), "{svg}");
        assert!(svg.contains("a&lt;b&gt;&amp;&quot;c&quot;\u{FFFD}[31m"), "{svg}");
        assert!(svg.contains("fill=\"currentColor\"") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(![" height=", " id=", "#000", "url("].iter().any(|own| svg.contains(own)), "{svg}");
    }

    #[test]
    fn korean_gets_the_room_of_wide_letters_and_nothing_is_cut() {
        assert!((width("파티션") - 3.0 * SIZE).abs() < 0.01);
        assert!(width("a\u{300}") < width("ab"), "an accent takes no room");
        let size =
            |room| style("파티션", HPos::Left, room, FontStyle::Normal).font.get_size() / 1.24;
        assert!((size(100.0) - SIZE).abs() < 0.01 && (size(39.0) - SIZE / 2.0).abs() < 0.01);
        let long = "파티션을 맡은 소비자".repeat(2);
        let (_, places) = legend(&["a", &long, &long, "b"], 60.0);
        assert!(places[1].1 < places[2].1, "what does not fit begins a row");
    }
}
