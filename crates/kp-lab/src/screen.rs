//! What a run looks like on a terminal of 80 columns.

use std::io::Write;

use anyhow::Result;
use unicode_width::UnicodeWidthStr;

use crate::drawing;
use crate::figures::Figures;
use crate::prose::Prose;
use crate::record::Record;

const COLUMNS: usize = 80;

/// Paragraphs, cut into lines.
pub(crate) fn paragraphs(text: &str, out: &mut dyn Write) -> Result<()> {
    Ok(writeln!(out, "{}\n", wrapped(text, "", ""))?)
}

/// What a step is for.
pub(crate) fn step(number: usize, text: &str, out: &mut dyn Write) -> Result<()> {
    let number = format!("{number}. ");
    Ok(writeln!(out, "\n{}\n", wrapped(text, &number, "   "))?)
}

/// A command, as it is typed.
pub(crate) fn typed(command: &str, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "   $ {command}")?;
    Ok(out.flush()?)
}

/// What a command said.
pub(crate) fn said(text: &str, out: &mut dyn Write) -> Result<()> {
    for line in text.lines() {
        writeln!(out, "   {line}")?;
    }
    Ok(())
}

/// A choice, after its letter.
pub(crate) fn choice(letter: char, text: &str, out: &mut dyn Write) -> Result<()> {
    Ok(writeln!(out, "{}", wrapped(text, &format!("  {letter}) "), "     "))?)
}

/// All figures: a row for each case, a column for each measure.
pub(crate) fn figures(figures: &Figures, prose: &Prose, out: &mut dyn Write) -> Result<()> {
    let measures = figures.measures();
    let heading = measures.iter().map(|measure| prose.word(measure).to_owned());
    let mut rows = vec![[String::new()].into_iter().chain(heading).collect::<Vec<_>>()];
    for case in figures.cases() {
        let name = prose.word(&case.name).to_owned();
        let shown = measures.iter().map(|measure| {
            figures.get(&case.name, measure).map_or_else(String::new, |value| value.shown())
        });
        rows.push([name].into_iter().chain(shown).collect());
    }
    table(&rows, out)
}

/// The plots, as far as a terminal can show them.
pub(crate) fn plots(record: &Record, prose: &Prose, out: &mut dyn Write) -> Result<()> {
    for plot in &record.plots {
        if let Some((title, text)) = drawing::text(plot, &record.figures, prose) {
            writeln!(out, "{title}\n{text}")?;
        }
    }
    Ok(())
}

/// The list of labs: all to the left.
pub(crate) fn list(rows: &[Vec<String>], out: &mut dyn Write) -> Result<()> {
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let cells = row.iter().zip(&widths);
        let cells =
            cells.map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.width())));
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// Columns, the first to the left and the others to the right.
pub(crate) fn table(rows: &[Vec<String>], out: &mut dyn Write) -> Result<()> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.width()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let mut line = String::new();
        for (place, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let gap = " ".repeat(width - cell.width());
            line += &if place == 0 { format!("  {cell}{gap}") } else { format!("  {gap}{cell}") };
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// A text in lines that fit, with paragraphs kept.
pub(crate) fn wrapped(text: &str, first: &str, other: &str) -> String {
    let mut lines = Vec::new();
    for (place, paragraph) in text.trim().split("\n\n").enumerate() {
        if place > 0 {
            lines.push(String::new());
        }
        let words = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        let options = textwrap::Options::new(COLUMNS)
            .initial_indent(if place == 0 { first } else { other })
            .subsequent_indent(other)
            // `kp-consumer` stays one word.
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        lines.extend(textwrap::wrap(&words, options).into_iter().map(|line| line.into_owned()));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_is_cut_at_80_columns_and_not_letters() {
        let text = "가나다라 마바사아 ".repeat(20);
        for line in wrapped(&text, "1. ", "   ").lines() {
            assert!(line.width() <= COLUMNS, "{line}");
        }
    }

    #[test]
    fn names_of_programs_stay_whole() {
        let text = "kp-consumer ".repeat(40);
        for line in wrapped(&text, "", "").lines() {
            assert!(line.split(' ').all(|word| word == "kp-consumer"), "{line}");
        }
    }

    #[test]
    fn paragraphs_stay_apart() {
        assert_eq!(wrapped("one\ntwo\n\nthree\n", "1. ", "   "), "1. one two\n\n   three");
    }

    #[test]
    fn columns_stand_below_each_other() {
        let rows =
            [vec!["".to_owned(), "lost".to_owned()], vec!["한글".to_owned(), "1".to_owned()]];
        let mut out = Vec::new();
        table(&rows, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "        lost\n  한글     1\n");
    }
}
