//! Tables: columns under their heads, two spaces apart, without borders. A row is one line,
//! whatever its cells hold.

use std::fmt;
use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use kp_core::escaped;

/// A cell wider than this does not make its column wider. It moves the rest of its own row to the
/// right.
const WIDEST: usize = 40;
/// No column is cut to less.
const NARROWEST: usize = 8;
const GAP: usize = 2;
const CUT: &str = "…";

/// Where an answer goes, and how wide it is if it is a terminal.
pub struct Screen<'w> {
    out: &'w mut dyn Write,
    width: Option<usize>,
}

/// A column's head, and on which side its cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Words; on a terminal that is too narrow they are cut.
    Left(&'static str),
    /// Numbers; they are never cut.
    Right(&'static str),
}

impl Column {
    fn head(self) -> &'static str {
        match self {
            Self::Left(head) | Self::Right(head) => head,
        }
    }

    fn is_cut(self) -> bool {
        matches!(self, Self::Left(_))
    }
}

impl<'w> Screen<'w> {
    /// A pipe, a file, or a buffer: nothing is ever cut.
    pub fn unbounded(out: &'w mut dyn Write) -> Self {
        Self { out, width: None }
    }

    /// Standard output, behind this writer.
    pub fn stdout(out: &'w mut dyn Write) -> Self {
        Self { out, width: terminal_width() }
    }

    /// Writes one line, escaped where it has to be.
    ///
    /// # Errors
    /// The writer's.
    pub fn line(&mut self, line: fmt::Arguments<'_>) -> io::Result<()> {
        writeln!(self.out, "{}", escaped(&line.to_string()))
    }

    /// Writes a text behind a head. On a terminal it goes on under its own beginning where it is
    /// too long for a line; elsewhere it is one line.
    ///
    /// # Errors
    /// The writer's.
    pub fn hanging(&mut self, head: &str, text: &str) -> io::Result<()> {
        let (head, text) = (escaped(head), escaped(text));
        let Some(room) = self.width else {
            return writeln!(self.out, "{}", format!("{head}{text}").trim_end());
        };
        let below = " ".repeat(head.width());
        let options = textwrap::Options::new(room)
            .initial_indent(&head)
            .subsequent_indent(&below)
            // An address or a command is not taken apart.
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .break_words(false);
        for line in textwrap::wrap(&text, options) {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// Writes a table. Each row is one line. On a terminal the widest columns of words are cut to
    /// fit, and end with `…`. Elsewhere no cell is cut.
    ///
    /// # Errors
    /// The writer's.
    pub fn table(
        &mut self,
        columns: &[Column],
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> io::Result<()> {
        let rows: Vec<Vec<String>> = rows.into_iter().map(|row| safe(&row)).collect();
        let mut widths = widths(columns, &rows, self.width.is_some());
        if let Some(room) = self.width {
            fit(columns, &mut widths, room);
        }
        let heads: Vec<String> = columns.iter().map(|column| column.head().to_owned()).collect();
        for row in std::iter::once(&heads).chain(&rows) {
            let line = line(columns, &widths, row, self.width.is_some());
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl Write for Screen<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    // A terminal that was never told its size says 0.
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

fn safe(row: &[String]) -> Vec<String> {
    row.iter().map(|cell| escaped(cell).into_owned()).collect()
}

/// How wide each column is: as its widest cell, but at most [`WIDEST`] where nothing will be cut.
fn widths(columns: &[Column], rows: &[Vec<String>], is_cut: bool) -> Vec<usize> {
    let widest = |place: usize, column: &Column| {
        let cells = rows.iter().filter_map(|row| row.get(place)).map(|cell| cell.width());
        let bounded = cells.map(|width| if is_cut { width } else { width.min(WIDEST) });
        bounded.max().unwrap_or(0).max(column.head().width())
    };
    columns.iter().enumerate().map(|(place, column)| widest(place, column)).collect()
}

/// Narrows the widest columns of words until the table fits a terminal.
fn fit(columns: &[Column], widths: &mut [usize], room: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    loop {
        let total = widths.iter().sum::<usize>() + gaps;
        let widest = (0..widths.len())
            .filter(|place| columns[*place].is_cut() && widths[*place] > NARROWEST)
            .max_by_key(|place| widths[*place]);
        match widest {
            Some(place) if total > room => {
                let rival = (0..widths.len())
                    .filter(|other| *other != place && columns[*other].is_cut())
                    .map(|other| widths[other])
                    .max()
                    .unwrap_or(0);
                // Down to the next widest in one step, and from there in steps of one.
                let next = widths[place].saturating_sub(total - room);
                widths[place] = next.max(rival.min(widths[place] - 1)).max(NARROWEST);
            }
            _ => return,
        }
    }
}

fn line(columns: &[Column], widths: &[usize], row: &[String], is_cut: bool) -> String {
    let mut line = String::new();
    for ((column, width), cell) in columns.iter().zip(widths).zip(row) {
        let cut = if is_cut && column.is_cut() { cut(cell, *width) } else { None };
        let cell = cut.as_deref().unwrap_or(cell);
        let padding = " ".repeat(width.saturating_sub(cell.width()));
        match column {
            Column::Left(_) => line.extend([cell, &padding]),
            Column::Right(_) => line.extend([&padding, cell]),
        }
        line.push_str(&" ".repeat(GAP));
    }
    line
}

/// As much of a cell as fits, with a sign that it is cut; none if all of it does.
fn cut(cell: &str, width: usize) -> Option<String> {
    if cell.width() <= width {
        return None;
    }
    let mut left = width.saturating_sub(CUT.width());
    let mut short = String::new();
    for character in cell.chars() {
        let wide = character.width().unwrap_or(0);
        if wide > left {
            break;
        }
        left -= wide;
        short.push(character);
    }
    short.push_str(CUT);
    Some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [Column::Left("NAME"), Column::Right("LAG"), Column::Left("HOST")];

    fn drawn(rows: &[[&str; 3]], width: Option<usize>) -> Vec<String> {
        let mut out = Vec::new();
        let rows = rows.iter().map(|row| row.map(str::to_owned).to_vec());
        Screen { out: &mut out, width }.table(&COLUMNS, rows).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn through_a_pipe_names_are_whole_and_a_wide_one_moves_its_own_row_only() {
        let long = "x".repeat(200);
        let lines = drawn(&[["a", "1", "-"], [&long, "1000", "h"]], None);
        assert_eq!(
            lines,
            [
                format!("NAME{}   LAG  HOST", " ".repeat(WIDEST - 4)),
                format!("a{}     1  -", " ".repeat(WIDEST - 1)),
                format!("{long}  1000  h"),
            ]
        );
    }

    #[test]
    fn on_a_terminal_a_table_is_as_wide_as_that_and_numbers_are_whole() {
        let long = "x".repeat(200);
        let lines = drawn(&[[&long, "123456789", &long], ["a", "1", "h"]], Some(40));
        assert_eq!(lines[1], format!("{}…  123456789  {}…", "x".repeat(13), "x".repeat(12)));
        assert!(lines.iter().all(|line| line.width() <= 40), "{lines:#?}");
        // There is no room at all.
        assert_eq!(drawn(&[[&long, "123456789", "h"]], Some(3))[1], "xxxxxxx…  123456789  h");
    }

    #[test]
    fn a_long_text_goes_on_under_its_beginning_on_a_terminal_only() {
        let drawn = |width| {
            let mut out = Vec::new();
            Screen { out: &mut out, width }.hanging("ok  ", "a text of\nseveral words").unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(drawn(None), "ok  a text of\\nseveral words\n");
        assert_eq!(drawn(Some(20)), "ok  a text\n    of\\nseveral\n    words\n");
    }

    #[test]
    fn a_wide_character_takes_two_places() {
        let lines = drawn(&[["주문주문", "1", "h"], ["ab", "1", "h"]], None);
        assert_eq!(lines[1..], ["주문주문    1  h", "ab          1  h"]);
        assert_eq!(cut("주문주문", 6).as_deref(), Some("주문…"));
        assert_eq!(cut("주문주문", 8), None);
    }

    #[test]
    fn a_row_is_one_line_whatever_stands_in_it() {
        let lines = drawn(&[["a\n\x1b[31m\rb", "1", "\u{202e}h"]], Some(80));
        assert_eq!(lines[1], r"a\n\x1b[31m\rb    1  \u{202e}h");
    }
}
