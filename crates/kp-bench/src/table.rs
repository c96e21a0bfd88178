//! The tables, in a form that is read as it stands and that Markdown also takes.

use std::io::{self, Write};

use super::results::{ContenderResult, Finding, Results, Verdict, WorkResult};
use super::statistics::Spread;

/// Prints everything that a reader of the report would look for first.
///
/// # Errors
/// The output is closed.
pub(super) fn print(results: &Results, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nTargets and comparisons\n")?;
    rows(&findings(results), out)?;
    writeln!(out, "\nTimes and memory: median (least to greatest)\n")?;
    rows(&contenders(results), out)?;
    let missing: Vec<_> = results
        .programs
        .iter()
        .filter_map(|program| Some((program.name, program.missing.as_ref()?)))
        .collect();
    if !missing.is_empty() {
        writeln!(out, "\nNot measured:")?;
        for (name, reason) in missing {
            writeln!(out, "  {name}: {reason}")?;
        }
    }
    for (number, (work, contender, reason)) in results.failures().into_iter().enumerate() {
        if number == 0 {
            writeln!(out, "\nRuns that do not count:")?;
        }
        writeln!(out, "  {work}, {}: {reason}", contender.name)?;
    }
    Ok(())
}

/// A row for each finding.
pub(super) fn findings(results: &Results) -> Vec<Vec<String>> {
    let heading = ["work", "ours", "against", "figure", "target", ""];
    let mut table = vec![heading.map(str::to_owned).to_vec()];
    for work in &results.works {
        for finding in &work.findings {
            table.push(vec![
                work.name.clone(),
                finding.subject.clone(),
                against(finding),
                figure(finding, work),
                finding.target.clone(),
                verdict(finding),
            ]);
        }
    }
    table
}

/// A row for each contender.
pub(super) fn contenders(results: &Results) -> Vec<Vec<String>> {
    let heading = ["work", "program", "seconds", "messages/s", "peak memory"];
    let mut table = vec![heading.map(str::to_owned).to_vec()];
    for work in &results.works {
        for contender in &work.contenders {
            let rate = contender.rate();
            table.push(vec![
                work.name.clone(),
                contender.name.clone(),
                contender
                    .seconds()
                    .map_or_else(|| no_figure(contender), |seconds| spread("seconds", seconds)),
                rate.map_or_else(dash, |rate| thousands(rate.median)),
                contender.peak().map_or_else(dash, |peak| quantity("peak_bytes", peak.median)),
            ]);
        }
    }
    table
}

fn against(finding: &Finding) -> String {
    let Some(other) = &finding.against else {
        return dash();
    };
    match finding.quantity {
        "process_speed" => format!("{other}, starts counted"),
        _ => other.clone(),
    }
}

fn dash() -> String {
    "-".to_owned()
}

fn no_figure(contender: &ContenderResult) -> String {
    let reason = match (&contender.missing, contender.runs.is_empty()) {
        (Some(_), _) => "missing",
        (None, true) => "not run",
        (None, false) => "failed",
    };
    reason.to_owned()
}

fn figure(finding: &Finding, work: &WorkResult) -> String {
    if let Some(figure) = finding.figure {
        return spread(finding.quantity, figure);
    }
    let names = [Some(&finding.subject), finding.against.as_ref()];
    let without = names
        .into_iter()
        .flatten()
        .filter_map(|name| work.contender(name))
        .find(|contender| contender.counted().next().is_none());
    without.map_or_else(dash, no_figure)
}

fn verdict(finding: &Finding) -> String {
    let verdict = match finding.verdict {
        Verdict::Reached => "reached",
        Verdict::Missed => "MISSED",
        Verdict::Unknown => "unknown",
    };
    match &finding.noise {
        Some(noise) => format!("{verdict} (noisy: {noise})"),
        None => verdict.to_owned(),
    }
}

fn spread(unit: &str, spread: Spread) -> String {
    let Spread { median, min, max } = spread;
    let [median, min, max] = [median, min, max].map(|figure| quantity(unit, figure));
    format!("{median} ({min} to {max})")
}

/// A figure with its unit, in as many digits as it deserves.
pub(super) fn quantity(unit: &str, figure: f64) -> String {
    match unit {
        "seconds" if figure < 1.0 => format!("{figure:.3} s"),
        "seconds" => format!("{figure:.2} s"),
        "peak_bytes" => format!("{:.1} MiB", figure / 1024.0 / 1024.0),
        _ => format!("{figure:.2}x"),
    }
}

/// `1,234,567`.
pub(super) fn thousands(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a table whose first row is its heading.
fn rows(table: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    let columns = table.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = table.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for (number, row) in table.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            write!(out, "| {cell:<width$} ")?;
        }
        writeln!(out, "|")?;
        if number == 0 {
            for width in &widths {
                write!(out, "| {:-<width$} ", "")?;
            }
            writeln!(out, "|")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_their_units() {
        assert_eq!(quantity("seconds", 0.1234), "0.123 s");
        assert_eq!(quantity("seconds", 12.345), "12.35 s");
        assert_eq!(quantity("peak_bytes", 12.5 * 1024.0 * 1024.0), "12.5 MiB");
        assert_eq!(quantity("speed", 1.456), "1.46x");
        assert_eq!(
            [0.0, 999.0, 1000.0, 2_105_263.2].map(thousands),
            ["0", "999", "1,000", "2,105,263"]
        );
    }

    #[test]
    fn columns_stand_below_each_other() {
        let table = [["work", "x"], ["a", "longer"]].map(|row| row.map(str::to_owned).to_vec());
        let mut out = Vec::new();
        rows(&table, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "| work | x      |\n| ---- | ------ |\n| a    | longer |\n"
        );
    }
}
