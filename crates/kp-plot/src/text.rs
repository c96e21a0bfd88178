//! The same for a screen without graphics, at most 80 columns wide. Each text ends with a line.

use std::collections::BTreeSet;
use std::fmt::Write;

use unicode_truncate::{Alignment, UnicodeTruncateStr};
use unicode_width::UnicodeWidthStr;

use crate::axis::{part, short, ticks};
use crate::bars::Bar;
use crate::sheet::plain;
use crate::spans::{Moment, Row, Span, labels, letter, number, range};

const COLUMNS: usize = 80;
/// Of names beside what they name.
const NAMES: usize = 28;
/// Of figures beside bars.
const FIGURES: usize = 24;
/// Where nothing had the row.
const GAP: char = '·';
/// Where more than one had it.
const SEVERAL: char = '*';

/// Bars to one scale, in groups with a heading each; emphasised ones are full, others are grey, and
/// whiskers are left out. A heading may be empty. What is too long ends with `…`.
pub fn bars(groups: &[(String, Vec<Bar>)]) -> String {
    let all = || groups.iter().flat_map(|(_, bars)| bars);
    let names = columns(all().map(|bar| bar.name.as_str()), NAMES);
    let figures = columns(all().map(|bar| bar.figure.as_str()), FIGURES);
    let room = COLUMNS - names - figures - 4;
    let most = all().map(Bar::length).fold(f64::MIN_POSITIVE, f64::max);
    let mut text = String::new();
    for (number, (heading, bars)) in groups.iter().enumerate() {
        if !heading.is_empty() {
            let between = if number == 0 { "" } else { "\n" };
            let _ = writeln!(text, "{between}{}", cut(heading, COLUMNS));
        }
        for bar in bars {
            // However little it is, it is more than nothing.
            let body = (bar.length() / most * room as f64).ceil() as usize;
            let body = if bar.emphasised { "█" } else { "░" }.repeat(body);
            let (name, figure) = (padded(&bar.name, names), cut(&bar.figure, figures));
            let _ = writeln!(text, "{name}  {body} {figure}");
        }
    }
    text
}

/// One line a row, a letter for each label, and below it the axis, the moments and what the letters
/// stand for. A column has the label of most of its time, but a span or a gap has one column at
/// least.
pub fn timeline(rows: &[Row], moments: &[Moment], x_name: &str) -> String {
    let names = columns(rows.iter().map(|row| row.name.as_str()), NAMES);
    let count = COLUMNS - names - 2;
    let range = range(rows, moments);
    let before = |figure: f64| part(&range, figure) * count as f64;
    let column = |figure: f64| (before(figure) as usize).min(count - 1);
    let labels = labels(rows);
    let mut lines = Vec::new();
    for row in rows {
        let spans = row.ordered();
        let sign = |span: &&Span| letter(number(&labels, span));
        // What most of a column has, and what is shorter has one at least.
        let of_column = |at: usize| {
            let middle = range.start + (at as f64 + 0.5) * (range.end - range.start) / count as f64;
            let here = spans.iter().filter(|span| span.start() <= middle && middle < span.end());
            let signs: BTreeSet<char> = here.map(sign).collect();
            let is_gap = row.gaps().iter().any(|(from, to)| *from <= middle && middle < *to);
            let nothing = if is_gap { GAP } else { ' ' };
            if signs.len() > 1 { SEVERAL } else { signs.first().copied().unwrap_or(nothing) }
        };
        let mut cells: Vec<char> = (0..count).map(of_column).collect();
        for span in spans.iter().filter(|span| before(span.end()) - before(span.start()) < 1.0) {
            cells[column(span.start().midpoint(span.end()))] = sign(span);
        }
        for (from, to) in row.gaps() {
            cells[column(from.midpoint(to))] = GAP;
        }
        lines.push(padded(&row.name, names) + "  " + &String::from_iter(cells));
    }
    if rows.is_empty() && moments.is_empty() {
        return String::new();
    }
    let has = |sign: char| lines.iter().any(|line| line.contains(sign));
    let signs = [(GAP, "nothing"), (SEVERAL, "more than one at once")];
    let signs = signs.into_iter().filter(|(sign, _)| has(*sign)).collect::<Vec<_>>();

    let (mut marks, mut figures) = (vec!['─'; count], String::new());
    for tick in ticks(&range) {
        let (at, text) = (column(tick), short(&tick));
        marks[at] = '┬';
        let start = at.min(count - text.width());
        if figures.is_empty() || figures.width() < start {
            figures = padded(&figures, start) + &text;
        }
    }
    let moments = Moment::ordered(moments);
    let mut digits = vec![' '; count];
    for (number, moment) in moments.iter().enumerate() {
        // Beside another one rather than over it.
        let at = column(moment.at);
        let free = (at..count).find(|at| digits[*at] == ' ');
        digits[free.unwrap_or(at)] = digit(number);
    }
    for below in [String::from_iter(marks), figures, x_name.to_owned(), String::from_iter(digits)] {
        lines.push(" ".repeat(names + 2) + &below);
    }
    for (number, moment) in moments.iter().enumerate() {
        let at = (moment.at * 1e3).round() / 1e3;
        lines.push(format!("{} {at}  {}", digit(number), moment.label));
    }
    let letters = labels.iter().enumerate().map(|(number, label)| (letter(number), *label));
    lines.extend(letters.chain(signs).map(|(sign, meaning)| format!("{sign} {meaning}")));
    let lines = lines.iter().map(|line| cut(line.trim_end(), COLUMNS));
    lines.filter(|line| !line.is_empty()).map(|line| line + "\n").collect()
}

/// What stands for the moment with this number.
fn digit(number: usize) -> char {
    ('1'..='9').nth(number).unwrap_or('+')
}

/// The columns of the widest text, but not more than there are for it.
fn columns<'a>(texts: impl Iterator<Item = &'a str>, most: usize) -> usize {
    texts.map(|text| plain(text).width()).max().unwrap_or(0).min(most)
}

/// A text of at most so many columns.
fn cut(text: &str, columns: usize) -> String {
    let text = plain(text);
    if text.width() <= columns {
        return text;
    }
    text.unicode_truncate(columns.saturating_sub(1)).0.to_owned() + "…"
}

/// A text of exactly so many columns.
fn padded(text: &str, columns: usize) -> String {
    cut(text, columns).unicode_pad(columns, Alignment::Left, false).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(text: &str) {
        assert!(text.lines().all(|line| line.width() <= COLUMNS), "{text}");
    }

    #[test]
    fn bars_are_as_long_as_their_figures() {
        let each = vec![
            Bar::plain("하나씩", 10.0, "10/s"),
            Bar::plain("batches", 100.0, "100/s").emphasised(),
            Bar::plain("none", 0.0, "0/s"),
            Bar::plain("little", 0.001, "0.001/s"),
        ];
        let text = bars(&[("초당 메시지".to_owned(), each)]);
        fits(&text);
        let expected = [
            "초당 메시지".to_owned(),
            format!("하나씩   {} 10/s", "░".repeat(7)),
            format!("batches  {} 100/s", "█".repeat(62)),
            "none      0/s".to_owned(),
            "little   ░ 0.001/s".to_owned(),
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn nothing_and_far_too_much_fit_the_screen() {
        assert_eq!((bars(&[]), timeline(&[], &[], "s")), (String::new(), String::new()));
        let long = "아주 긴 이름 \u{1b}[31m".repeat(20);
        let odd =
            [f64::NAN, f64::INFINITY, 1e300].map(|odd| Bar::plain(&long, odd, &long)).to_vec();
        let text = bars(&[(long.clone(), odd)]);
        fits(&text);
        assert!(!text.contains('\u{1b}'));
        let spans = [Span::new(f64::NAN, 1.0, "a"), Span::new(0.0, 0.0, &long)];
        let text = timeline(&[Row::new(&long, spans)], &[Moment::new(3.0, &long)], &long);
        fits(&text);
        assert!(!text.contains('\u{1b}') && !text.contains("NaN"));
    }

    #[test]
    fn a_timeline_shows_gaps_overlaps_and_whatever_is_short() {
        let rows = [
            Row::new("p0", [Span::new(0.0, 38.0, "one"), Span::new(38.1, 76.0, "two")]),
            Row::new("p1", [Span::new(0.0, 40.0, "two"), Span::new(36.0, 76.0, "three")]),
            Row::new("p2", [Span::new(10.0, 10.01, "one")]),
        ];
        let text = timeline(&rows, &[Moment::new(38.0, "one killed")], "seconds");
        fits(&text);
        let lines: Vec<_> = text.lines().collect();
        let of = |letter: &str, count: usize| letter.repeat(count);
        assert_eq!(lines[0], format!("p0  {}·{}", of("A", 38), of("B", 37)));
        assert_eq!(lines[1], format!("p1  {}****{}", of("B", 36), of("C", 36)));
        assert_eq!(lines[2], format!("p2  {}A", of(" ", 10)));
        assert!(lines[4].trim_start().starts_with("0 ") && lines[4].contains("20"), "{text}");
        let rest = ["1 38  one killed", "A one", "B two", "C three", "· nothing"];
        assert_eq!(lines[7..12], rest);
        assert_eq!(lines[12..], ["* more than one at once"]);
    }
}
