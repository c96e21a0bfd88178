//! `groups delete`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use kp_cli::{Exit, Names, Stop};
use kp_client::Error;
use kp_client::admin::DescribedGroup;
use kp_settings::Output;
use serde::Serialize;

use super::offsets_file::OffsetsFile;
use crate::answer::counted;
use crate::consent::Consent;
use crate::session::Session;

/// Deletes groups with all that they have committed, and writes files that bring that back
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Delete {
    /// The group
    #[arg(value_name = "NAME", required = true, value_parser = NonEmptyStringValueParser::new())]
    #[arg(add = Names::Groups)]
    names: Vec<String>,
    /// Where to write what a group had committed; no file is overwritten [default:
    /// kp-undo-GROUP-TIME.json]
    #[arg(long, value_name = "FILE")]
    undo_file: Option<PathBuf>,
    #[command(flatten)]
    consent: Consent,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    deleted: &'a [&'a str],
    /// What brings back what they had committed, as far as they showed it.
    undo: Vec<Undo<'a>>,
}

#[derive(Serialize)]
struct Undo<'a> {
    group: &'a str,
    file: String,
    command: String,
}

impl Delete {
    pub(crate) fn check(&self) -> Result<(), Stop> {
        if self.undo_file.is_some() && self.names.iter().collect::<BTreeSet<_>>().len() > 1 {
            let why = "--undo-file names one file, and each group gets its own; delete the groups \
                       one by one, or leave --undo-file out";
            return Err(Stop::new(Exit::Usage, why));
        }
        self.consent.check("groups delete")
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let admin = session.admin;
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let mut groups = admin.plan_delete_groups(&names)?;
        let mut lost: Vec<_> = groups.iter().map(lost_with).collect();
        self.consent
            .obtain(|| format!("Delete {} on {}?", lost.join("; "), admin.broker()), session)?;
        if !self.consent.is_given() {
            // Whoever thinks about it takes a while.
            groups = admin.plan_delete_groups(&names)?;
            lost = groups.iter().map(lost_with).collect();
        }
        let mut files = BTreeMap::new();
        for group in &groups {
            if let Some(file) = OffsetsFile::of(group, admin.broker()) {
                files.insert(group.name.as_str(), file.write(self.undo_file.as_deref())?);
            }
        }
        let answer = admin.delete_groups(&names);
        let is_gone = |group: &&str| answer.as_ref().is_ok_and(|(gone, _)| gone.contains(group));
        for (group, file) in files.iter().filter(|(group, _)| !is_gone(group)) {
            // Whether it is there still is not always known.
            let file = file.display();
            session.say(format_args!("what group {group} had committed is in {file}"))?;
        }
        let (deleted, failures) = answer?;
        let undo = |group| {
            let file = files.get(group)?;
            let command = OffsetsFile::undo(group, file);
            Some(Undo { group, file: file.display().to_string(), command })
        };
        match session.form {
            Output::Json => {
                session.json(&Answer {
                    schema: "kp.admin.groups.delete/1",
                    deleted: &deleted,
                    undo: deleted.iter().copied().filter_map(undo).collect(),
                })?;
            }
            Output::Table => {
                for (group, lost) in groups.iter().zip(&lost) {
                    if deleted.contains(&group.name.as_str()) {
                        session.out.line(format_args!("Deleted {lost}"))?;
                        if let Some(undo) = undo(&group.name) {
                            let file = undo.file;
                            let line = format_args!("It is in {file}, and this brings it back:");
                            session.out.line(line)?;
                            session.out.line(format_args!("  {}", undo.command))?;
                        }
                    }
                }
            }
        }
        if failures.is_empty() { Ok(()) } else { Err(Error::Several(failures).into()) }
    }
}

/// A group, with what goes with it.
fn lost_with(group: &DescribedGroup) -> String {
    let committed = group.partitions.iter().filter(|partition| partition.committed.is_some());
    let topics: BTreeSet<_> = committed.clone().map(|one| one.topic.as_str()).collect();
    if topics.is_empty() {
        // A topic that this user may not see is not told either.
        return format!("group {}, which shows nothing that it has committed", group.name);
    }
    let topics: Vec<_> = topics.into_iter().collect();
    format!(
        "group {} with what it has committed for {} of {}",
        group.name,
        counted(committed.count(), "partition"),
        topics.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use kp_client::admin::GroupPartition;

    use super::*;

    #[test]
    fn what_is_lost_is_named() {
        let partition = |topic: &str, partition, committed| GroupPartition {
            topic: topic.to_owned(),
            partition,
            committed,
            start: Some(0),
            end: Some(9),
            member: None,
        };
        let mut group = DescribedGroup {
            name: "g".to_owned(),
            state: None,
            kind: None,
            members: Vec::new(),
            partitions: vec![
                partition("a", 0, Some(1)),
                partition("b", 0, Some(1)),
                partition("b", 1, Some(1)),
                partition("c", 0, None),
            ],
        };
        assert_eq!(
            lost_with(&group),
            "group g with what it has committed for 3 partitions of a, b"
        );
        group.partitions.clear();
        assert_eq!(lost_with(&group), "group g, which shows nothing that it has committed");
    }
}
