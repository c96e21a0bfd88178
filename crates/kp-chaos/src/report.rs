//! The run on one page, which is also what `docs/RELIABILITY.md` holds.

use std::fmt::Write;

use super::results::{Results, RowResult};

const HOW: &str = "\
`cargo xtask chaos` starts three brokers in containers (replication 3, two must confirm), breaks them and the programs on
purpose, and asks afterwards what became of every message: `kp-producer --audit` notes each attempt and each
acknowledgement, `kp-consumer --audit` each message that it delivered, and `kp-admin audit` holds both against what the
topic holds, read back by Kafka's own console consumer and by kp's, which must agree.

Faults are SIGKILL, a stop of all processes (`docker pause`), a graceful restart, a cut from the network, a delay, a
rolling restart, and two brokers at once; to the leader and the group's coordinator above all. Which ones, when and for
how long follows from the seed, and is printed before it happens.
";

/// The whole page.
pub(super) fn page(results: &Results) -> String {
    let mut page = format!("# What kp survives\n\n{HOW}\n");
    let _ = writeln!(
        page,
        "{} form, seed {}, {}, {:.0} minutes; {} on {} ({} cores, {}).\n\nTo repeat it: `{}`\n",
        capitalized(results.form),
        results.seed,
        results.date,
        (results.seconds / 60.0).ceil(),
        results.brokers,
        results.processor,
        results.cores,
        results.system,
        command(results)
    );
    page.push_str("| # | property | full run: what is done | full run: target | found | |\n");
    page.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for row in &results.rows {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} |",
            row.number,
            row.property,
            row.fault,
            row.target,
            cell(&row.outcome.details()),
            row.outcome.word()
        );
    }
    controls(results, &mut page);
    times(results, &mut page);
    if !results.failed_tries.is_empty() {
        let failed_tries: Vec<_> = results.failed_tries.iter().map(|one| cell(one)).collect();
        let _ = writeln!(
            page,
            "\nTried twice, because the first try came to no figures: {}.",
            failed_tries.join("; ")
        );
    }
    page
}

fn controls(results: &Results, page: &mut String) {
    let mut controlled =
        results.rows.iter().filter_map(|row| Some((row, row.control.as_ref()?))).peekable();
    if controlled.peek().is_none() {
        return;
    }
    page.push_str(
        "\n## Negative controls\n\nThe same judgement on runs that must break the property. One that is not seen fails the run.\n\n",
    );
    page.push_str("| row | what is done wrong on purpose | found | |\n| --- | --- | --- | --- |\n");
    for (row, control) in controlled {
        let seen = if control.has_shown_it() { "seen" } else { "NOT SEEN" };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {seen} |",
            row.number,
            control.how,
            cell(&control.outcome.details())
        );
    }
}

fn times(results: &Results, page: &mut String) {
    let time = |row: &RowResult| {
        let control = row.control.as_ref().map_or(0.0, |control| control.seconds);
        format!("{}: {:.0} s", row.number, row.seconds + control)
    };
    let times: Vec<_> = results.rows.iter().map(time).collect();
    let _ = writeln!(page, "\nTime of each row, with its control: {}.", times.join(", "));
}

fn command(results: &Results) -> String {
    let full = if results.form == "full" { " --full" } else { "" };
    format!("cargo xtask chaos{full} --seed {}", results.seed)
}

/// A reason may have lines and bars of its own.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Figure;
    use crate::plan::Form;
    use crate::results::{ControlResult, Outcome};
    use crate::rows::ROWS;

    #[test]
    fn the_page_tells_rows_controls_and_how_to_repeat_it() {
        let held = Outcome::of(vec![Figure::none("lost", 0)]);
        let seen = Outcome::of(vec![Figure::none("lost", 17)]);
        let control = ControlResult::new(ROWS[0].control.as_ref().unwrap(), seen, 1.0);
        let mut results = Results::begin(Form::Full, 7, "apache/kafka:4.3.1");
        results.rows.push(RowResult::new(&ROWS[0], held, 60.0, Some(control)));
        let page = page(&results);
        assert!(page.contains("`cargo xtask chaos --full --seed 7`"), "{page}");
        assert!(page.contains("| 0 lost | holds |"), "{page}");
        assert!(page.contains("then it is killed | **17 lost** | seen |"), "{page}");
        assert!(page.contains("1: 61 s"), "{page}");
    }

    #[test]
    fn a_reason_stays_in_its_cell() {
        assert_eq!(cell("a | b\nc"), "a \\| b c");
    }
}
