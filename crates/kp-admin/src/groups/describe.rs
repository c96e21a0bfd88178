//! `groups describe`.

use std::io;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use kp_cli::{Column, Names, Screen};
use kp_client::Error;
use kp_client::admin::{DescribedGroup, GroupPartition, Member, OutOfRange};
use kp_settings::Output;
use serde::Serialize;

use crate::answer::{NONE, cell, counted};
use crate::session::Session;

/// Shows what groups have committed, and how far they are behind
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Describe {
    /// The group
    #[arg(
        value_name = "NAME",
        required_unless_present = "all",
        value_parser = NonEmptyStringValueParser::new(),
        add = Names::Groups
    )]
    names: Vec<String>,
    /// All groups of consumers
    #[arg(long, conflicts_with = "names")]
    all: bool,
}

/// What the mark means.
const MARKED: &str = "\
! marks an offset that is not kept. Before START: what lay between was removed before the group read it.
Past END: the topic was made again, or was cut off. A reader goes on at START; kp-consumer says so.";

/// The answer about one group that was named.
#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    #[serde(flatten)]
    group: Group<'a>,
}

/// The answer about several, or about all.
#[derive(Serialize)]
struct Answers<'a> {
    schema: &'static str,
    groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct Group<'a> {
    group: &'a str,
    state: Option<String>,
    r#type: Option<String>,
    members: Vec<Reader<'a>>,
    partitions: Vec<Partition<'a>>,
}

#[derive(Serialize)]
struct Reader<'a> {
    member: &'a str,
    client_id: &'a str,
    /// How many partitions it reads; an idle member none.
    partitions: usize,
    instance_id: Option<&'a str>,
    host: &'a str,
}

#[derive(Serialize)]
struct Partition<'a> {
    topic: &'a str,
    partition: i32,
    committed: Option<i64>,
    start: Option<i64>,
    end: Option<i64>,
    lag: Option<i64>,
    /// `before_start` or `past_end`, where the committed offset is not kept.
    out_of_range: Option<&'static str>,
    member: Option<&'a str>,
    client_id: Option<&'a str>,
    host: Option<&'a str>,
}

impl Describe {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let admin = session.admin;
        let (groups, failures) = if self.all {
            all(session)?
        } else {
            let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
            let described = admin.describe_groups(&names)?;
            (described.groups, described.failures)
        };
        for group in groups.iter().filter(|group| group.partitions.is_empty()) {
            if !admin.is_embedded() {
                tracing::warn!(
                    "{} shows nothing that group {} has committed: there is nothing, or only on topics that this user may not see (ACL \
                     Describe on a topic)",
                    admin.broker(),
                    group.name
                );
            }
        }
        match (session.form, &groups[..]) {
            (Output::Json, [group]) if self.names.len() == 1 => session
                .json(&Answer { schema: "kp.admin.groups.describe/1", group: Group::new(group) })?,
            // One group that could not be described leaves nothing to say.
            (Output::Json, []) if self.names.len() == 1 => {}
            (Output::Json, groups) => session.json(&Answers {
                schema: "kp.admin.groups.describe/2",
                groups: groups.iter().map(Group::new).collect(),
            })?,
            (Output::Table, groups) => {
                for (place, group) in groups.iter().enumerate() {
                    if place > 0 {
                        session.out.line(format_args!(""))?;
                    }
                    text(group, session.out)?;
                }
            }
        }
        if failures.is_empty() { Ok(()) } else { Err(Error::one_of(failures).into()) }
    }
}

/// All groups of consumers, and what could not be told.
pub(super) fn all(
    session: &mut Session<'_, '_>,
) -> anyhow::Result<(Vec<DescribedGroup>, Vec<Error>)> {
    let admin = session.admin;
    let (groups, missing) = admin.groups()?;
    if groups.is_empty() && missing.is_none() {
        tracing::warn!(
            "{} shows no group: there is none, or none that this user may see (ACL Describe on a group)",
            admin.broker()
        );
    }
    let names: Vec<&str> =
        groups.iter().filter(|group| !group.is_other()).map(|group| group.name.as_str()).collect();
    let described = admin.describe_groups(&names)?;
    // A group that went away meanwhile is none of all.
    let told = described.failures.into_iter().filter(|error| !matches!(error, Error::NoGroup(_)));
    Ok((described.groups, told.chain(missing).collect()))
}

fn text(group: &DescribedGroup, out: &mut Screen<'_>) -> io::Result<()> {
    let mut head = format!("Group: {}", group.name);
    // The embedded broker tells neither.
    if let (Some(state), Some(kind)) = (group.state, group.kind) {
        let members = counted(group.members.len(), "member");
        head += &format!("  State: {state}  Type: {kind}  {members}");
    }
    out.line(format_args!("{head}"))?;
    if group.partitions.is_empty() && group.members.is_empty() {
        return out.line(format_args!("Nothing was committed, and no partition is assigned."));
    }
    let mut columns =
        vec![Column::Left("TOPIC"), Column::Right("PARTITION"), Column::Right("COMMITTED")];
    let is_marked = |partition: &GroupPartition| partition.out_of_range().is_some();
    let any_marked = group.partitions.iter().any(is_marked);
    if any_marked {
        columns.push(Column::Right("START"));
    }
    columns.extend([Column::Right("END"), Column::Right("LAG")]);
    let is_read = !group.members.is_empty();
    if is_read {
        columns.extend([Column::Left("CLIENT"), Column::Left("HOST")]);
    }
    let rows = group.partitions.iter().map(|partition| {
        let mut row = vec![
            partition.topic.clone(),
            partition.partition.to_string(),
            match partition.committed {
                Some(committed) if is_marked(partition) => format!("!{committed}"),
                committed => cell(committed),
            },
        ];
        if any_marked {
            row.push(cell(partition.start));
        }
        row.extend([cell(partition.end), cell(partition.lag())]);
        if is_read {
            let member = member(group, partition);
            row.extend([
                cell(member.map(|member| &member.client_id)),
                cell(member.map(|member| &member.host)),
            ]);
        }
        row
    });
    // A member without a partition waits for one.
    let idle = group.members.iter().filter(|member| member.assignment.is_empty());
    let idle_rows = idle.map(|member| {
        let mut row = vec![NONE.to_owned(); columns.len() - 2];
        row.extend([member.client_id.clone(), member.host.clone()]);
        row
    });
    out.table(&columns, rows.chain(idle_rows))?;
    if any_marked {
        MARKED.lines().try_for_each(|line| out.line(format_args!("{line}")))?;
    }
    Ok(())
}

fn member<'g>(group: &'g DescribedGroup, partition: &GroupPartition) -> Option<&'g Member> {
    group.members.get(partition.member?)
}

impl<'a> Group<'a> {
    fn new(group: &'a DescribedGroup) -> Self {
        Self {
            group: &group.name,
            state: group.state.map(|state| state.to_string()),
            r#type: group.kind.map(|kind| kind.to_string()),
            members: group.members.iter().map(Reader::new).collect(),
            partitions: group
                .partitions
                .iter()
                .map(|partition| Partition::new(partition, member(group, partition)))
                .collect(),
        }
    }
}

impl<'a> Reader<'a> {
    fn new(member: &'a Member) -> Self {
        Self {
            member: &member.id,
            client_id: &member.client_id,
            partitions: member.assignment.len(),
            instance_id: member.instance_id.as_deref(),
            host: &member.host,
        }
    }
}

impl<'a> Partition<'a> {
    fn new(partition: &'a GroupPartition, member: Option<&'a Member>) -> Self {
        Self {
            topic: &partition.topic,
            partition: partition.partition,
            committed: partition.committed,
            start: partition.start,
            end: partition.end,
            lag: partition.lag(),
            out_of_range: partition.out_of_range().map(OutOfRange::name),
            member: member.map(|member| member.id.as_str()),
            client_id: member.map(|member| member.client_id.as_str()),
            host: member.map(|member| member.host.as_str()),
        }
    }
}
