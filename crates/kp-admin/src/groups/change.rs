//! Changing what a group has committed: the plan, the question, the file that undoes it, the
//! change, and what came of it.

use std::io;
use std::path::Path;

use kp_cli::{Column, Screen};
use kp_client::Error;
use kp_client::admin::{ChangedOffsets, OutOfRange, ResetPlan, ResetStep};
use kp_settings::Output;
use serde::Serialize;

use super::offsets_file::{OffsetsFile, shell};
use crate::answer::{cell, counted};
use crate::consent::Consent;
use crate::session::Session;

/// What the mark means.
const MARKED: &str =
    "! marks a TO that is not what was asked for: that is not kept, and this is the nearest.";
const TAKEN_AWAY: &str = "\
- as TO takes away what was committed: a reader then begins where --from or auto.offset.reset says.";

/// How a plan is carried out.
pub(super) struct Change<'a> {
    pub(super) schema: &'static str,
    pub(super) plan: &'a ResetPlan,
    pub(super) consent: Consent,
    /// Where what was before is written; none for a name of its own.
    pub(super) undo_file: Option<&'a Path>,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    group: &'a str,
    /// The file that undoes it; none where nothing was to be changed.
    undo_file: Option<String>,
    /// The command that undoes it.
    undo: Option<String>,
    partitions: Vec<Partition<'a>>,
}

#[derive(Serialize)]
struct Partition<'a> {
    topic: &'a str,
    partition: i32,
    before: Option<i64>,
    to: Option<i64>,
    read_again: Option<i64>,
    skipped: Option<i64>,
    /// `before_start` or `past_end`, where the offset that was wanted is not kept.
    clamped: Option<&'static str>,
    /// Whether `to` is committed now.
    done: bool,
}

impl Change<'_> {
    pub(super) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let (plan, admin) = (self.plan, session.admin);
        match session.form {
            Output::Table => show(plan, session.out)?,
            // Whoever is asked has to see what about.
            Output::Json if !self.consent.is_given() => {
                show(plan, &mut Screen::unbounded(session.talk))?;
            }
            Output::Json => {}
        }
        let count = plan.steps.iter().filter(|step| step.is_change()).count();
        if count == 0 {
            match session.form {
                Output::Json => session.json(&self.answer(None, &ChangedOffsets::default()))?,
                Output::Table => {
                    let why = if plan.steps.is_empty() {
                        "has committed nothing there"
                    } else {
                        "stands there already"
                    };
                    let group = &plan.group;
                    session.out.line(format_args!("Nothing to change: group {group} {why}"))?;
                }
            }
            return Ok(());
        }
        if !plan.exists {
            session.say(format_args!(
                "group {} does not exist on {}; this makes it",
                plan.group,
                admin.broker()
            ))?;
        }
        let question = || {
            format!(
                "Change what group {} has committed for {} on {}?",
                plan.group,
                counted(count, "partition"),
                admin.broker()
            )
        };
        self.consent.obtain(question, session)?;
        if !self.consent.is_given() {
            // Whoever thinks about it takes a while.
            admin.check_as_planned(plan)?;
        }
        let file = OffsetsFile::before(plan, admin.broker()).write(self.undo_file)?;
        let changed = admin.change_offsets(plan);
        match session.form {
            Output::Json => session.json(&self.answer(Some(&file), &changed))?,
            Output::Table => self.tell(count, &file, &changed, session.out)?,
        }
        if changed.failures.is_empty() {
            return Ok(());
        }
        session.say(format_args!(
            "`kp-admin groups describe {}` tells what is committed now",
            shell(&plan.group)
        ))?;
        Err(Error::Several(changed.failures).into())
    }

    fn tell(
        &self,
        count: usize,
        file: &Path,
        changed: &ChangedOffsets,
        out: &mut Screen<'_>,
    ) -> io::Result<()> {
        let group = &self.plan.group;
        let done = changed.done.len();
        let of = if done == count { String::new() } else { format!("{done} of ") };
        out.line(format_args!("Changed {of}{} of group {group}", counted(count, "partition")))?;
        if done < count {
            let open = self.plan.steps.iter().filter(|step| step.is_change());
            let open = open.filter(|step| !is_done(step, changed));
            let open: Vec<_> =
                open.map(|step| format!("{}:{}", step.topic, step.partition)).collect();
            out.line(format_args!("Not changed: {}", open.join(", ")))?;
        }
        out.line(format_args!("What was before is in {}, and this undoes it:", file.display()))?;
        out.line(format_args!("  {}", OffsetsFile::undo(group, file)))
    }

    fn answer(&self, file: Option<&Path>, changed: &ChangedOffsets) -> Answer<'_> {
        let group = &self.plan.group;
        Answer {
            schema: self.schema,
            group,
            undo_file: file.map(|file| file.display().to_string()),
            undo: file.map(|file| OffsetsFile::undo(group, file)),
            partitions: self.plan.steps.iter().map(|step| Partition::new(step, changed)).collect(),
        }
    }
}

fn is_done(step: &ResetStep, changed: &ChangedOffsets) -> bool {
    !step.is_change() || changed.done.contains(&(step.topic.clone(), step.partition))
}

/// The plan, as a table.
fn show(plan: &ResetPlan, out: &mut Screen<'_>) -> io::Result<()> {
    if plan.steps.is_empty() {
        return Ok(());
    }
    let columns = [
        Column::Left("TOPIC"),
        Column::Right("PARTITION"),
        Column::Right("NOW"),
        Column::Right("TO"),
        Column::Right("READ AGAIN"),
        Column::Right("SKIPPED"),
    ];
    let rows = plan.steps.iter().map(|step| {
        vec![
            step.topic.clone(),
            step.partition.to_string(),
            cell(step.now),
            match step.to {
                Some(to) if step.clamped.is_some() => format!("!{to}"),
                to => cell(to),
            },
            cell(read_again(step)),
            cell(skipped(step)),
        ]
    });
    out.table(&columns, rows)?;
    if plan.steps.iter().any(|step| step.clamped.is_some()) {
        out.line(format_args!("{MARKED}"))?;
    }
    if plan.steps.iter().any(|step| step.to.is_none() && step.is_change()) {
        out.line(format_args!("{TAKEN_AWAY}"))?;
    }
    Ok(())
}

fn read_again(step: &ResetStep) -> Option<i64> {
    step.skipped().map(|skipped| (-skipped).max(0))
}

fn skipped(step: &ResetStep) -> Option<i64> {
    step.skipped().map(|skipped| skipped.max(0))
}

impl<'a> Partition<'a> {
    fn new(step: &'a ResetStep, changed: &ChangedOffsets) -> Self {
        Self {
            topic: &step.topic,
            partition: step.partition,
            before: step.now,
            to: step.to,
            read_again: read_again(step),
            skipped: skipped(step),
            clamped: step.clamped.map(OutOfRange::name),
            done: is_done(step, changed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(partition: i32, now: Option<i64>, to: Option<i64>) -> ResetStep {
        let clamped = (partition == 1).then_some(OutOfRange::BeforeStart);
        let (start, end) = (Some(5), Some(20));
        ResetStep { topic: "t".to_owned(), partition, now, to, start, end, clamped }
    }

    fn plan() -> ResetPlan {
        let steps = vec![
            step(0, Some(12), Some(20)),
            step(1, Some(12), Some(5)),
            step(2, Some(12), None),
            step(3, None, Some(7)),
        ];
        ResetPlan { group: "g".to_owned(), exists: true, steps }
    }

    fn written(write: impl FnOnce(&mut Screen<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut Screen::unbounded(&mut out)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_plan_counts_what_is_read_again_and_says_where_it_is_not_as_asked() {
        assert_eq!(
            written(|out| show(&plan(), out)),
            format!(
                "TOPIC  PARTITION  NOW  TO  READ AGAIN  SKIPPED\n\
                 t              0   12  20           0        8\n\
                 t              1   12  !5           7        0\n\
                 t              2   12   -           -        -\n\
                 t              3    -   7           -        -\n\
                 {MARKED}\n{TAKEN_AWAY}\n"
            )
        );
    }

    #[test]
    fn a_part_that_was_not_done_is_named() {
        let plan = plan();
        let matches = clap::Command::new("t");
        let matches = <Consent as clap::Args>::augment_args(matches).get_matches_from(["t", "-y"]);
        let consent = <Consent as clap::FromArgMatches>::from_arg_matches(&matches).unwrap();
        let change = Change { schema: "s", plan: &plan, consent, undo_file: None };
        let mut changed = ChangedOffsets::default();
        changed.done.insert(("t".to_owned(), 1));
        let told = written(|out| change.tell(4, Path::new("f.json"), &changed, out));
        assert_eq!(
            told,
            "Changed 1 of 4 partitions of group g\n\
             Not changed: t:0, t:2, t:3\n\
             What was before is in f.json, and this undoes it:\n  \
             kp-admin groups reset g --from-file f.json\n"
        );
    }
}
