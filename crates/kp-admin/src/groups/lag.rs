//! `groups lag`.

use std::cmp::Reverse;

use clap::Args;
use kp_cli::{Column, Exit, Stop};
use kp_client::Error;
use kp_client::admin::{DescribedGroup, GroupPartition};
use kp_settings::Output;
use serde::Serialize;

use crate::answer::{NONE, cell, counted};
use crate::session::Session;

/// Shows how far each group is behind, the worst first
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Lag {
    /// Exit code 5 where a group has more than N messages left to read
    #[arg(long, value_name = "N")]
    fail_above: Option<u64>,
}

/// How far a group is behind in all.
struct Behind<'g> {
    group: &'g DescribedGroup,
    /// As far as it can be told; none where no partition tells.
    total: Option<i64>,
    /// The partition with the most left.
    worst: Option<(&'g GroupPartition, i64)>,
    /// For how many committed partitions it cannot be told, because their leader is away.
    untold: usize,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct Group<'a> {
    group: &'a str,
    state: Option<String>,
    members: usize,
    partitions: usize,
    /// Without the partitions that are counted in `untold`.
    lag: Option<i64>,
    untold: usize,
    worst: Option<Worst<'a>>,
}

#[derive(Serialize)]
struct Worst<'a> {
    topic: &'a str,
    partition: i32,
    lag: i64,
}

impl Lag {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let (described, mut failures) = super::describe::all(session)?;
        let silent = described.iter().filter(|group| group.partitions.is_empty()).count();
        if silent > 0 {
            tracing::warn!(
                "{} shows nothing that {} has committed: there is nothing, or only on topics that \
                 this user may not see (ACL Describe on a topic)",
                session.admin.broker(),
                counted(silent, "group")
            );
        }
        let mut groups: Vec<_> = described.iter().map(Behind::new).collect();
        groups.sort_by_key(|one| (Reverse(one.total), Reverse(one.untold)));
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.groups.lag/1",
                groups: groups.iter().map(Group::new).collect(),
            })?,
            Output::Table => table(&groups, session)?,
        }
        if let Some(stop) = self.fail_above.and_then(|most| too_far(&groups, most)) {
            for failure in failures {
                session.say(format_args!("{failure}"))?;
            }
            return Err(stop.into());
        }
        if self.fail_above.is_some() {
            let untold = groups.iter().filter(|one| one.untold > 0);
            failures.extend(untold.map(|one| {
                Error::NoPartition(format!(
                    "how far group {} is behind cannot be told: {} that it has committed have no \
                     leader now",
                    one.group.name,
                    counted(one.untold, "partition")
                ))
            }));
        }
        if failures.is_empty() { Ok(()) } else { Err(Error::Several(failures).into()) }
    }
}

fn table(groups: &[Behind<'_>], session: &mut Session<'_, '_>) -> std::io::Result<()> {
    let columns = [
        Column::Left("GROUP"),
        Column::Right("LAG"),
        Column::Left("WORST PARTITION"),
        Column::Right("ITS LAG"),
        Column::Right("PARTITIONS"),
        Column::Right("MEMBERS"),
        Column::Left("STATE"),
    ];
    let rows = groups.iter().map(|one| {
        let (place, most) = one.worst.map_or((NONE.to_owned(), None), |(partition, lag)| {
            (format!("{}:{}", partition.topic, partition.partition), Some(lag))
        });
        vec![
            one.group.name.clone(),
            match one.total {
                Some(total) if one.untold > 0 => format!(">={total}"),
                total => cell(total),
            },
            place,
            cell(most),
            one.group.partitions.len().to_string(),
            one.group.members.len().to_string(),
            cell(one.group.state),
        ]
    });
    session.out.table(&columns, rows)
}

/// The groups that are further behind than this, in sentences.
fn too_far(groups: &[Behind<'_>], most: u64) -> Option<Stop> {
    let is_too_far = |total: i64| u64::try_from(total).is_ok_and(|total| total > most);
    let said = |one: &Behind<'_>| {
        let total = one.total.filter(|total| is_too_far(*total))?;
        Some(format!("group {} lags by {total}, more than {most} (--fail-above)", one.group.name))
    };
    let mut lines = groups.iter().filter_map(said);
    let first = Stop::new(Exit::Messages, lines.next()?);
    Some(lines.fold(first, Stop::and))
}

impl<'g> Behind<'g> {
    fn new(group: &'g DescribedGroup) -> Self {
        let partitions = group.partitions.iter();
        let lags = partitions.clone().filter_map(|one| Some((one, one.lag()?)));
        // Of equal ones the first is named.
        let worst = lags.clone().rev().max_by_key(|(_, lag)| *lag);
        Self {
            group,
            total: worst.map(|_| lags.map(|(_, lag)| lag).sum()),
            worst,
            untold: partitions.filter(|one| one.committed.is_some() && one.lag().is_none()).count(),
        }
    }
}

impl<'a> Group<'a> {
    fn new(one: &Behind<'a>) -> Self {
        Self {
            group: &one.group.name,
            state: one.group.state.map(|state| state.to_string()),
            members: one.group.members.len(),
            partitions: one.group.partitions.len(),
            lag: one.total,
            untold: one.untold,
            worst: one.worst.map(|(partition, lag)| Worst {
                topic: &partition.topic,
                partition: partition.partition,
                lag,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, partitions: &[(Option<i64>, Option<i64>)]) -> DescribedGroup {
        let partitions =
            (0..).zip(partitions).map(|(partition, (committed, end))| GroupPartition {
                topic: "t".to_owned(),
                partition,
                committed: *committed,
                start: Some(0),
                end: *end,
                member: None,
            });
        DescribedGroup {
            name: name.to_owned(),
            state: None,
            kind: None,
            members: Vec::new(),
            partitions: partitions.collect(),
        }
    }

    #[test]
    fn lags_are_added_and_the_worst_is_named() {
        let one = group("g", &[(Some(1), Some(4)), (Some(0), Some(9)), (Some(0), Some(9))]);
        let behind = Behind::new(&one);
        assert_eq!((behind.total, behind.untold), (Some(21), 0));
        let (worst, lag) = behind.worst.unwrap();
        assert_eq!((worst.partition, lag), (1, 9));
    }

    #[test]
    fn what_cannot_be_told_is_no_zero() {
        let away = group("g", &[(Some(1), None), (None, Some(9))]);
        let behind = Behind::new(&away);
        assert_eq!((behind.total, behind.untold), (None, 1));
        let some = group("g", &[(Some(1), None), (Some(1), Some(9))]);
        let behind = Behind::new(&some);
        assert_eq!((behind.total, behind.untold), (Some(8), 1));
    }

    #[test]
    fn only_what_is_above_the_limit_fails_and_each_is_named() {
        let groups = [group("a", &[(Some(0), Some(9))]), group("b", &[(Some(0), Some(7))])];
        let behind: Vec<_> = groups.iter().map(Behind::new).collect();
        assert!(too_far(&behind, 9).is_none());
        let stop = too_far(&behind, 8).unwrap();
        assert_eq!(stop.message, "group a lags by 9, more than 8 (--fail-above)");
        assert!(matches!(stop.exit, Exit::Messages));
    }
}
