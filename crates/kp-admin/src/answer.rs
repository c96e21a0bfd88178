//! The two forms of an answer: a table for people, and one JSON object for programs.

use std::fmt::Display;
use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde::Serialize;

/// What stands in a cell that has no value, so that a line has the same number of words in each row.
pub(crate) const NONE: &str = "-";

/// Writes one JSON object on one line.
pub(crate) fn json(answer: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    out.write_all(&line)
}

/// A column's head, and on which side its cells stand.
pub(crate) enum Column {
    /// Words.
    Left(&'static str),
    /// Numbers.
    Right(&'static str),
}

/// Writes columns under their heads, two spaces apart, without borders, and as wide as the longest cell: a line is never broken,
/// for whatever reads it in a pipe.
pub(crate) fn table(
    columns: &[Column],
    rows: impl IntoIterator<Item = Vec<String>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(columns.iter().map(|column| match column {
            Column::Left(head) | Column::Right(head) => *head,
        }))
        .add_rows(rows);
    for (drawn, column) in table.column_iter_mut().zip(columns) {
        drawn.set_padding((0, 2));
        drawn.set_cell_alignment(match column {
            Column::Left(_) => CellAlignment::Left,
            Column::Right(_) => CellAlignment::Right,
        });
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// An optional value as a cell.
pub(crate) fn cell(value: Option<impl ToString>) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| value.to_string())
}

/// `1 partition`, `2 partitions`.
pub(crate) fn counted(count: impl Display + PartialEq + From<u8>, noun: &str) -> String {
    let plural = if count == 1.into() { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_no_borders_no_trailing_spaces_and_never_breaks_a_line() {
        let long = "x".repeat(200);
        let rows = [("a", "1"), (long.as_str(), "1000")]
            .map(|(name, number)| vec![name.to_owned(), number.to_owned(), NONE.to_owned()]);
        let mut out = Vec::new();
        let columns = [
            Column::Left("NAME"),
            Column::Right("LAG"),
            Column::Left("HOST"),
        ];
        table(&columns, rows, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                format!("NAME{}   LAG  HOST", " ".repeat(196)),
                format!("a{}     1  -", " ".repeat(199)),
                format!("{long}  1000  -"),
            ]
        );
    }

    #[test]
    fn one_is_singular() {
        assert_eq!(counted(1_usize, "partition"), "1 partition");
        assert_eq!(counted(0_i64, "partition"), "0 partitions");
    }
}
