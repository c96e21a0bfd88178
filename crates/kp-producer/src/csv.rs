//! An input as CSV, whose first row names the columns. Each further row becomes a JSON object.

mod grammar;

use std::collections::HashSet;
use std::time::Duration;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use crate::encoding::utf16;
use crate::stdin::{More, Stream};
use grammar::Grammar;

/// What [`Csv::next`] came back with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// A row, and the field of the key's column.
    Read(Option<Vec<u8>>),
    /// No whole row yet.
    Waiting,
    /// More bytes than a row may have; nothing comes after it.
    TooLong,
    /// What is no row, in words; nothing comes after it.
    Wrong(String),
    /// The input is at its end.
    End,
}

/// Rows, one after the other.
pub(crate) struct Csv {
    parser: Reader,
    grammar: Grammar,
    /// The name of the column that the key is in.
    key_column: Option<String>,
    columns: Option<Columns>,
    row: Fields,
    /// Bytes of the present row, and newlines of all the input before its next byte.
    bytes: usize,
    newlines: u64,
    /// The line at which the last row began.
    line: u64,
}

/// The columns, as the first row names them.
struct Columns {
    names: Vec<String>,
    /// What stands before each value in the object: a brace or a comma, the name, and a colon.
    before: Vec<Vec<u8>>,
    key: Option<usize>,
}

/// The fields of a row so far.
struct Fields {
    bytes: Vec<u8>,
    used: usize,
    ends: Vec<usize>,
    count: usize,
}

impl Fields {
    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends[..self.count]).map(|(start, end)| &self.bytes[start..*end])
    }

    /// Takes the carriage return off the end of the row.
    fn strip_return(&mut self) {
        if let Some(end) = self.count.checked_sub(1).and_then(|last| self.ends.get_mut(last)) {
            *end -= 1;
            self.used -= 1;
        }
    }
}

impl Csv {
    /// Reads rows; the field of this column is the key.
    pub(crate) fn new(key_column: Option<String>) -> Self {
        Self {
            // It would end a row at a lone `\r`; `Grammar` looks after that one.
            parser: ReaderBuilder::new().terminator(Terminator::Any(b'\n')).build(),
            grammar: Grammar::default(),
            key_column,
            columns: None,
            row: Fields { bytes: vec![0; 1024], used: 0, ends: vec![0; 32], count: 0 },
            bytes: 0,
            newlines: 0,
            line: 0,
        }
    }

    /// The line at which the last row began, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Whether rows bring their keys.
    pub(crate) fn has_key(&self) -> bool {
        self.key_column.is_some()
    }

    /// Puts the next row into `value` as a JSON object. No row has more than `most` bytes.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn next(
        &mut self,
        stream: &mut Stream,
        value: &mut Vec<u8>,
        most: usize,
        patience: Duration,
    ) -> anyhow::Result<Row> {
        loop {
            match self.fields(stream, most, patience)? {
                Row::Read(_) => {}
                other => {
                    if matches!(other, Row::TooLong | Row::Wrong(_)) {
                        stream.give_up();
                    }
                    return Ok(other);
                }
            }
            let row = match &self.columns {
                Some(columns) => columns.object(&self.row, value).map(Row::Read),
                None => self.name_columns().map(|()| Row::Waiting),
            };
            (self.row.used, self.row.count, self.bytes) = (0, 0, 0);
            match row {
                // The next row is the first one.
                Ok(Row::Waiting) => {}
                Ok(row) => {
                    stream.count_message();
                    return Ok(row);
                }
                Err(problem) => {
                    stream.give_up();
                    return Ok(Row::Wrong(problem));
                }
            }
        }
    }

    /// Reads the fields of the next row: `Row::Read` when they are there.
    fn fields(
        &mut self,
        stream: &mut Stream,
        most: usize,
        patience: Duration,
    ) -> anyhow::Result<Row> {
        loop {
            let unread = stream.unread();
            let is_over = unread.is_empty() && stream.has_ended();
            if unread.is_empty() && !is_over {
                match stream.more(patience)? {
                    More::Came => continue,
                    More::Waiting => return Ok(Row::Waiting),
                    More::Stopped => return Ok(Row::End),
                }
            }
            // A last newline ends the last row, unless it stands between quotation marks: then it
            // comes out again. Told that the input is over, the parser would take such a row.
            let unread = if is_over { b"\n" } else { unread };
            let row = &mut self.row;
            let (result, taken, used, count) = self.parser.read_record(
                unread,
                &mut row.bytes[row.used..],
                &mut row.ends[row.count..],
            );
            let taken_bytes = if is_over { b"" } else { &unread[..taken] };
            self.newlines += memchr::memchr_iter(b'\n', taken_bytes).count() as u64;
            let ends_in_newline = taken_bytes.last() == Some(&b'\n');
            self.bytes += taken_bytes.len();
            let taken = taken_bytes.len();
            let passed = self.grammar.pass(taken_bytes);
            stream.pass(taken);
            row.used += used;
            row.count += count;
            let ends_in_return = match passed {
                Ok(ends_in_return) => ends_in_return || (is_over && self.grammar.ends_in_return()),
                Err(problem) => {
                    self.line = self.begins_at(ends_in_newline);
                    return Ok(Row::Wrong(problem.to_owned()));
                }
            };
            if is_over && result == ReadRecordResult::InputEmpty {
                if used == 0 {
                    return Ok(Row::End);
                }
                row.used -= used;
                self.line = self.begins_at(false);
                let problem =
                    "the row has a quotation mark that is not closed before the input ends";
                return Ok(Row::Wrong(problem.to_owned()));
            }
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => row.bytes.resize(2 * row.bytes.len(), 0),
                ReadRecordResult::OutputEndsFull => row.ends.resize(2 * row.ends.len(), 0),
                ReadRecordResult::Record => {
                    if ends_in_return {
                        row.strip_return();
                        if !is_over && self.grammar.was_blank() {
                            (row.used, row.count, self.bytes) = (0, 0, 0);
                            continue;
                        }
                    }
                    self.line = self.begins_at(ends_in_newline);
                    return Ok(Row::Read(None));
                }
                ReadRecordResult::End => return Ok(Row::End),
            }
            if self.bytes > most {
                self.line = self.begins_at(false);
                return Ok(Row::TooLong);
            }
        }
    }

    /// The line at which the present row began.
    fn begins_at(&self, ends_in_newline: bool) -> u64 {
        let within = memchr::memchr_iter(b'\n', &self.row.bytes[..self.row.used]).count() as u64;
        (self.newlines + 1).saturating_sub(within + u64::from(ends_in_newline))
    }

    fn name_columns(&mut self) -> Result<(), String> {
        let mut names: Vec<String> = Vec::new();
        let mut seen = HashSet::new();
        for (index, field) in self.row.iter().enumerate() {
            let name = std::str::from_utf8(field).map_err(|_| not_utf8("the header", field))?;
            // The parser takes it off as well, but not when it comes in pieces.
            let name = if index == 0 { name.trim_start_matches('\u{feff}') } else { name };
            if !seen.insert(name) {
                return Err(format!(
                    "the header has two columns `{name}`, and an object one; rename one of them"
                ));
            }
            names.push(name.to_owned());
        }
        let key = match &self.key_column {
            None => None,
            Some(key) => {
                let index = names.iter().position(|name| name == key);
                Some(index.ok_or_else(|| {
                    let known = names.join(", ");
                    format!("the header has no column `{key}` (--key-column); it has {known}")
                })?)
            }
        };
        let before = names.iter().enumerate().map(|(index, name)| {
            let mut before = vec![if index == 0 { b'{' } else { b',' }];
            write_text(name, &mut before);
            before.push(b':');
            before
        });
        self.columns = Some(Columns { before: before.collect(), names, key });
        Ok(())
    }
}

impl Columns {
    /// Writes a row as an object, and returns the key.
    fn object(&self, row: &Fields, value: &mut Vec<u8>) -> Result<Option<Vec<u8>>, String> {
        if row.count != self.names.len() {
            return Err(format!(
                "the row has {} field{}, and the header names {} columns",
                row.count,
                if row.count == 1 { "" } else { "s" },
                self.names.len()
            ));
        }
        value.clear();
        for ((before, name), field) in self.before.iter().zip(&self.names).zip(row.iter()) {
            let text =
                std::str::from_utf8(field).map_err(|_| not_utf8(&format!("`{name}`"), field))?;
            value.extend_from_slice(before);
            write_text(text, value);
        }
        value.push(b'}');
        Ok(self.key.and_then(|key| row.iter().nth(key)).map(<[u8]>::to_vec))
    }
}

/// A text as JSON.
fn write_text(text: &str, out: &mut Vec<u8>) {
    // Writing text into memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

fn not_utf8(place: &str, field: &[u8]) -> String {
    if let Some(why) = utf16(field) {
        return why.to_owned();
    }
    format!("{place} is not UTF-8; `iconv -f ISO-8859-1 -t UTF-8` makes it so where it is Latin-1")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(50);

    /// Key and value of each row with its line, and how it ended.
    fn rows(input: &[u8], key: Option<&str>, most: usize) -> (Vec<(u64, String)>, Row, u64) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, input).unwrap();
        // A rate reads few bytes at once.
        let results = [0, 1].map(|rate| {
            let mut stream = Stream::open(Some(file.path()), rate).unwrap();
            let mut csv = Csv::new(key.map(str::to_owned));
            let mut value = Vec::new();
            let mut rows = Vec::new();
            loop {
                match csv.next(&mut stream, &mut value, most, PATIENCE).unwrap() {
                    Row::Read(key) => {
                        let key = key.map(|key| String::from_utf8(key).unwrap() + "=");
                        let value = String::from_utf8(value.clone()).unwrap();
                        rows.push((csv.line(), key.unwrap_or_default() + &value));
                    }
                    Row::Waiting => {}
                    end => return (rows, end, csv.line()),
                }
            }
        });
        assert_eq!(results[0], results[1], "whole and in pieces");
        results[0].clone()
    }

    #[test]
    fn a_row_is_an_object_and_has_the_line_at_which_it_begins() {
        let input =
            "\u{feff}id,\"na\"\"me\"\r\n1,\"a \"\"q\"\", b\"\r\n\r\n\"2\n3\",é\n4,\"x\r\ny\"";
        let (rows, end, _) = rows(input.as_bytes(), Some("id"), 1_000);
        let rows: Vec<_> = rows.iter().map(|(line, row)| (*line, row.as_str())).collect();
        assert_eq!(
            rows,
            [
                (2, r#"1={"id":"1","na\"me":"a \"q\", b"}"#),
                (4, "2\n3={\"id\":\"2\\n3\",\"na\\\"me\":\"é\"}"),
                (6, r#"4={"id":"4","na\"me":"x\r\ny"}"#),
            ]
        );
        assert_eq!(end, Row::End);
    }

    #[test]
    fn a_carriage_return_before_a_newline_is_no_part_of_a_value_and_an_empty_value_is_one() {
        let (rows, end, _) = rows(b"a\r\n\"\"\r\n\r\n\"x\r\"\r\ny\r", None, 100);
        let rows: Vec<_> = rows.iter().map(|(_, row)| row.as_str()).collect();
        assert_eq!(rows, [r#"{"a":""}"#, r#"{"a":"x\r"}"#, r#"{"a":"y"}"#]);
        assert_eq!(end, Row::End);
    }

    #[test]
    fn an_input_may_be_empty_or_a_header_alone() {
        for input in ["", "\n\r\n", "a,b", "a,b\n", "a,b\r\n\r\n"] {
            assert_eq!(rows(input.as_bytes(), None, 100).1, Row::End, "{input:?}");
        }
    }

    #[test]
    fn what_is_no_row_is_told_with_its_line() {
        for (input, line, words) in [
            (&b"a,b\n1,2\n\n3\n"[..], 4, "the row has 1 field, and the header names 2 columns"),
            (b"a,b\n1,2,3\n", 2, "the row has 3 fields"),
            (b"a,b\n1,\"2\n3,4\n", 2, "not closed"),
            (b"a,b\n1,2\n3,\"", 3, "not closed"),
            (b"a\n1\nx\ry\n", 3, "carriage return without a newline"),
            (b"a\rx\ry\r", 1, "carriage return without a newline"),
            (b"a,b\n1,\"abc\n2,\"def\"\n3,x\n", 2, "behind a closing quotation mark"),
            (b"a\n\xff\n", 2, "`a` is not UTF-8"),
            (b"\xff\xfea\0,\0", 1, "UTF-16"),
            (b"a,\xff\n", 1, "the header is not UTF-8"),
            (b"a,b,a\n", 1, "two columns `a`"),
        ] {
            let (_, end, at) = rows(input, None, 100);
            let Row::Wrong(problem) = end else { panic!("{input:?}: {end:?}") };
            assert!(problem.contains(words), "{problem}");
            assert_eq!(at, line, "{problem}");
        }
        let (_, end, _) = rows(b"id,name\n", Some("nmae"), 100);
        let Row::Wrong(problem) = end else { panic!("{end:?}") };
        assert_eq!(problem, "the header has no column `nmae` (--key-column); it has id, name");
    }

    #[test]
    fn a_row_without_end_is_too_long() {
        let input = format!("a\n1\n\"{}", "x\n".repeat(5_000));
        let (rows, end, line) = rows(input.as_bytes(), None, 1_000);
        assert_eq!((rows.len(), end, line), (1, Row::TooLong, 3));
    }

    #[test]
    fn many_columns_and_long_fields_have_room() {
        let names: Vec<_> = (0..200).map(|number| format!("c{number}")).collect();
        let row = vec!["x".repeat(50); 200].join(",");
        let (rows, end, _) = rows(format!("{}\n{row}\n", names.join(",")).as_bytes(), None, 99_999);
        assert_eq!((rows.len(), end), (1, Row::End));
        let object: serde_json::Value = serde_json::from_str(&rows[0].1).unwrap();
        assert_eq!(object.as_object().unwrap().len(), 200);
    }
}
