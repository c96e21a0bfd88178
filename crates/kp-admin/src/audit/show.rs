//! What an audit found, for people and for programs.

use std::io;
use std::path::Path;

use kp_audit::{Findings, Promise};
use kp_cli::{Column, Screen};
use serde::Serialize;

use crate::answer;

/// All that is shown.
pub(super) struct Shown<'a> {
    pub(super) ledger: &'a Path,
    pub(super) topics: &'a [String],
    pub(super) reader: &'static str,
    pub(super) promise: Promise,
    pub(super) findings: &'a Findings,
    pub(super) broken: &'a [String],
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    topics: &'a [String],
    reader: &'static str,
    promise: &'static str,
    kept: bool,
    broken: &'a [String],
    // Flattening would blur errors on reading, but nothing reads this type back.
    #[serde(flatten)]
    findings: &'a Findings,
}

impl Shown<'_> {
    pub(super) fn json(&self, out: &mut Screen<'_>) -> io::Result<()> {
        let answer = Answer {
            schema: "kp.admin.audit/1",
            topics: self.topics,
            reader: self.reader,
            promise: self.promise.name(),
            kept: self.broken.is_empty(),
            broken: self.broken,
            findings: self.findings,
        };
        answer::json(&answer, out)
    }

    pub(super) fn text(&self, out: &mut Screen<'_>) -> io::Result<()> {
        let found = self.findings;
        let runs = answer::counted(found.runs, "run");
        out.line(format_args!(
            "{} ({runs}) against {}, read by {}",
            self.ledger.display(),
            self.topics.join(", "),
            match self.reader {
                "java" => "Kafka's console consumer",
                _ => "kp",
            }
        ))?;
        let columns = [Column::Left("RECORDS"), Column::Right("COUNT")];
        let rows =
            rows(found).into_iter().map(|(what, count)| vec![what.to_owned(), count.to_string()]);
        out.table(&columns, rows)?;
        out.line(format_args!(
            "Promised ({}): an acknowledged record is {}.",
            self.promise,
            self.promise.meaning()
        ))?;
        if self.broken.is_empty() {
            return out.line(format_args!("Kept."));
        }
        out.line(format_args!("BROKEN: {}.", self.broken.join("; ")))?;
        for example in &found.examples {
            out.line(format_args!("  {example}"))?;
        }
        Ok(())
    }
}

/// Rows that are always shown, and rows that are shown only when there is something to count.
fn rows(found: &Findings) -> Vec<(&'static str, u64)> {
    let always = [
        ("attempted", found.attempted),
        ("acknowledged", found.acknowledged),
        ("  stored", found.stored),
        ("  LOST", found.lost),
    ];
    let if_any = [
        ("  removed by retention", found.expired),
        ("  at another place than told", found.misplaced),
        ("  stored twice", found.acknowledged_twice),
        ("failed", found.failed),
        ("  stored all the same", found.failed_stored),
        ("without a report", found.unknown),
        ("  stored", found.unknown_stored),
        ("of aborted transactions", found.aborted),
        ("  to be seen all the same", found.aborted_stored),
        ("transactions seen in part", found.torn_transactions),
    ];
    let always_too = [
        ("stored twice", found.twice),
        ("out of order", found.out_of_order),
        ("corrupted", found.corrupted),
        ("stored, never sent", found.never_sent),
    ];
    let others = [("of others", found.others)];
    let is_any = |row: &(&str, u64)| row.1 > 0;
    let mut rows = always.to_vec();
    rows.extend(if_any.into_iter().filter(is_any));
    rows.extend(always_too);
    rows.extend(others.into_iter().filter(is_any));
    if let Some(delivered) = &found.delivered {
        rows.extend([
            ("delivered", delivered.records),
            ("  MISSING: stored, not delivered", delivered.missing),
            ("  repeated", delivered.repeated),
            ("  out of order", delivered.out_of_order),
            ("  corrupted", delivered.corrupted),
            ("  not stored", delivered.never_stored),
        ]);
    }
    rows
}
