//! What a redrive says: before anything is sent, and after it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use kp_cli::{Column, Screen, escaped};
use serde_json::json;

use super::plan::{Counts, Left};

/// What `--dry-run` shows.
pub(crate) fn plan(path: &Path, counts: &Counts, out: &mut Screen<'_>) -> io::Result<()> {
    let columns = [Column::Left("TOPIC"), Column::Right("TO SEND"), Column::Right("SENT BEFORE")];
    let rows = counts.topics.iter().map(|(topic, (to_send, before))| {
        vec![topic.clone(), to_send.to_string(), before.to_string()]
    });
    out.line(format_args!("{}", path.display()))?;
    out.table(&columns, rows)?;
    if counts.repeated > 0 {
        out.line(format_args!("{} in the file once more, and sent once", counts.repeated))?;
    }
    for sentence in counts.left.sentences("cannot go back") {
        out.line(format_args!("{sentence}"))?;
    }
    out.line(format_args!("Nothing was sent (--dry-run)."))
}

/// How a redrive ended.
pub(crate) struct Outcome {
    pub(crate) acknowledged: BTreeMap<String, u64>,
    pub(crate) failed: Left,
    pub(crate) counts: Counts,
    pub(crate) interrupted: bool,
    pub(crate) seconds: f64,
    pub(crate) error: Option<anyhow::Error>,
}

impl Outcome {
    fn sum(&self) -> u64 {
        self.acknowledged.values().sum()
    }

    fn before(&self) -> u64 {
        self.counts.topics.values().map(|(_, before)| before).sum()
    }

    /// Whether every record of the file is where it belongs.
    pub(crate) fn is_complete(&self) -> bool {
        let rest = self.failed.count() + self.counts.left.count();
        rest == 0 && !(self.interrupted && self.unsent() > 0) && self.error.is_none()
    }

    /// Records that were to be sent and were not tried.
    fn unsent(&self) -> u64 {
        let to_send: u64 = self.counts.topics.values().map(|(to_send, _)| to_send).sum();
        to_send.saturating_sub(self.sum() + self.failed.count())
    }

    /// Writes the summary to `talk` and `[Done]: seconds` to `out`.
    pub(crate) fn text(
        &self,
        path: &Path,
        talk: &mut dyn Write,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut lines = Vec::new();
        writeln!(
            lines,
            "{}: {} records sent back, {} sent before, {} failed",
            escaped(&path.display().to_string()),
            self.sum(),
            self.before(),
            self.failed.count()
        )?;
        for (topic, count) in &self.acknowledged {
            writeln!(lines, "  {count} to {}", escaped(topic))?;
        }
        let left = self.counts.left.sentences("cannot go back");
        for sentence in self.failed.sentences("failed").into_iter().chain(left) {
            writeln!(lines, "  {}", escaped(&sentence))?;
        }
        if self.unsent() > 0 {
            writeln!(
                lines,
                "  {} are left, perhaps some of them stored; the same call goes on, and sends none twice",
                self.unsent()
            )?;
        }
        // A closed stderr means that nobody wants the summary.
        let _ = talk.write_all(&lines);
        writeln!(out, "[Done]: {:.4}", self.seconds)
    }

    /// Writes one JSON object.
    pub(crate) fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let reasons = |left: &Left| -> Vec<_> {
            left.reasons()
                .map(|(reason, count, first)| json!({"reason": reason, "count": count, "first": first}))
                .collect()
        };
        let report = json!({
            "schema": "kp-redrive/1",
            "topics": self.acknowledged,
            "acknowledged": self.sum(),
            "sent_before": self.before(),
            "repeated": self.counts.repeated,
            "unsent": self.unsent(),
            "failed": reasons(&self.failed),
            "cannot_go_back": reasons(&self.counts.left),
            "interrupted": self.interrupted,
            "seconds": self.seconds,
            "error": self.error.as_ref().map(|error| format!("{error:#}")),
        });
        writeln!(out, "{report}")
    }
}
