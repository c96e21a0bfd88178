//! `topics trim`.

use std::collections::BTreeMap;

use clap::Args;
use kp_cli::{Column, Exit, Names, Stop};
use kp_client::Error;
use kp_client::admin::{PartitionOffsets, PartitionsOffsets, Place};
use kp_settings::{Output, StartAt};
use serde::Serialize;

use crate::answer::counted;
use crate::cli::{offset_or_moment, topic_name};
use crate::consent::Consent;
use crate::session::Session;

/// Deletes the oldest messages of a topic, for ever
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Trim {
    /// The topic
    #[arg(value_name = "NAME", value_parser = topic_name, add = Names::Topics)]
    name: String,
    /// All before this offset, or before the first message at this time or later
    #[arg(long, value_name = "OFFSET|@TIME", value_parser = offset_or_moment)]
    before: StartAt,
    /// Only in this partition; may be repeated
    #[arg(long, value_name = "P")]
    partition: Vec<i32>,
    #[command(flatten)]
    consent: Consent,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    topic: &'a str,
    partitions: Vec<Trimmed>,
}

/// What is deleted of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Trimmed {
    partition: i32,
    start: i64,
    to: i64,
    deleted: i64,
    left: i64,
}

impl Trim {
    pub(crate) fn check(&self) -> Result<(), Stop> {
        self.consent.check("topics trim")
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let (admin, name) = (session.admin, &self.name);
        admin.check_can_delete_messages()?;
        if let Some(lost) = admin.lost_with(name) {
            let message = format!("{lost}; kp-admin does not trim Kafka's own topics");
            return Err(Stop::new(Exit::Usage, message).into());
        }
        let mut topics = admin.partitions_of(std::slice::from_ref(name), "Delete")?;
        for topic in &mut topics {
            if let Some(absent) = self
                .partition
                .iter()
                .find(|wanted| !topic.partitions.iter().any(|one| one.id == **wanted))
            {
                let count = counted(topic.partitions.len(), "partition");
                let message = format!("topic {name} has no partition {absent}; it has {count}");
                return Err(Stop::new(Exit::Usage, message).into());
            }
            topic
                .partitions
                .retain(|one| self.partition.is_empty() || self.partition.contains(&one.id));
        }
        let time = match self.before {
            StartAt::Time(time) => Some(time),
            _ => None,
        };
        let offsets = admin.topic_offsets(&topics, time)?;
        let plan = self.plan(&offsets)?;
        let total: i64 = plan.iter().map(|one| one.deleted).sum();
        match session.form {
            Output::Table => show(&plan, session)?,
            Output::Json => {
                for one in plan.iter().filter(|one| one.deleted > 0) {
                    let messages = counted(one.deleted, "message");
                    session.say(format_args!("partition {}: {messages}", one.partition))?;
                }
            }
        }
        if total > 0 {
            let messages = counted(total, "message");
            let broker = admin.broker().to_owned();
            let question = || format!("Delete {messages} of topic {name} on {broker} for ever?");
            self.consent.obtain(question, session)?;
            let before: BTreeMap<Place, i64> = plan
                .iter()
                .filter(|one| one.deleted > 0)
                .map(|one| ((name.clone(), one.partition), one.to))
                .collect();
            let (kept, failures) = admin.delete_before(&before)?;
            if !failures.is_empty() {
                if !kept.is_empty() {
                    let done: Vec<String> =
                        kept.keys().map(|(_, partition)| partition.to_string()).collect();
                    session.say(format_args!("deleted in partition {}", done.join(", ")))?;
                }
                return Err(Error::Several(failures).into());
            }
        }
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.topics.trim/1",
                topic: name,
                partitions: plan,
            })?,
            Output::Table if total == 0 => {
                session.out.line(format_args!("Nothing to delete: no kept message lies before"))?;
            }
            Output::Table => session
                .out
                .line(format_args!("Deleted {} of topic {name}", counted(total, "message")))?,
        }
        Ok(())
    }

    fn plan(&self, offsets: &PartitionsOffsets) -> Result<Vec<Trimmed>, Error> {
        let plan = offsets.iter().map(|((topic, partition), one)| {
            trimmed(*partition, one, self.before).ok_or_else(|| {
                Error::Stalled(format!(
                    "topic {topic} [{partition}] has no leader that tells what it keeps; nothing \
                     was deleted"
                ))
            })
        });
        plan.collect()
    }
}

/// What goes away; none where it is not known what is kept.
fn trimmed(partition: i32, offsets: &PartitionOffsets, before: StartAt) -> Option<Trimmed> {
    let (start, end) = offsets.start.zip(offsets.end)?;
    let wanted = match before {
        StartAt::Offset(offset) => offset,
        // Where no message is as young, all are older.
        _ => offsets.at.map_or(end, |(offset, _)| offset),
    };
    // They come from two answers: an end may even lie before a start.
    let to = wanted.min(end).max(start);
    Some(Trimmed { partition, start, to, deleted: to - start, left: (end - to).max(0) })
}

fn show(plan: &[Trimmed], session: &mut Session<'_, '_>) -> anyhow::Result<()> {
    let columns = ["PARTITION", "START", "TO", "DELETED", "LEFT"].map(Column::Right);
    let rows = plan.iter().map(|one| {
        let numbers = [one.start, one.to, one.deleted, one.left].map(|number| number.to_string());
        std::iter::once(one.partition.to_string()).chain(numbers).collect()
    });
    session.out.table(&columns, rows)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(start: i64, end: i64, at: Option<i64>, before: StartAt) -> (i64, i64, i64) {
        let at = at.map(|offset| (offset, 0));
        let offsets = PartitionOffsets { start: Some(start), end: Some(end), at };
        let trimmed = trimmed(0, &offsets, before).unwrap();
        (trimmed.to, trimmed.deleted, trimmed.left)
    }

    #[test]
    fn what_is_deleted_lies_within_what_is_kept() {
        assert_eq!(of(5, 10, None, StartAt::Offset(7)), (7, 2, 3));
        assert_eq!(of(5, 10, None, StartAt::Offset(2)), (5, 0, 5));
        assert_eq!(of(5, 10, None, StartAt::Offset(99)), (10, 5, 0));
        assert_eq!(of(5, 10, Some(8), StartAt::Time(1)), (8, 3, 2));
        assert_eq!(of(5, 10, None, StartAt::Time(1)), (10, 5, 0), "all are older");
        assert_eq!(trimmed(0, &PartitionOffsets::default(), StartAt::Offset(0)), None);
    }
}
