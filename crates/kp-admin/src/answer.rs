//! The two forms of an answer: a table for people, and one JSON object for programs.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

/// What stands in a cell that has no value, so that a line has the same number of words in each
/// row.
pub(crate) const NONE: &str = "-";

/// Writes one JSON object on one line.
pub(crate) fn json(answer: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    out.write_all(&line)
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
    fn one_is_singular() {
        assert_eq!(counted(1_usize, "partition"), "1 partition");
        assert_eq!(counted(0_i64, "partition"), "0 partitions");
    }
}
