//! `groups describe`.

use std::io::{self, Write};

use kp_client::admin::{Admin, DescribedGroup, GroupPartition, Member};
use kp_settings::Output;
use serde::Serialize;

use crate::answer::{self, Column, cell, counted};

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
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
    instance_id: Option<&'a str>,
    host: &'a str,
}

#[derive(Serialize)]
struct Partition<'a> {
    topic: &'a str,
    partition: i32,
    committed: Option<i64>,
    end: Option<i64>,
    lag: Option<i64>,
    member: Option<&'a str>,
    host: Option<&'a str>,
}

pub(crate) fn run(
    admin: &Admin,
    name: &str,
    form: Output,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let group = admin.describe_group(name)?;
    if group.partitions.is_empty() && !admin.is_embedded() {
        tracing::warn!(
            "{} shows nothing that group {name} has committed: there is nothing, or only on topics that this user may not see (ACL \
             Describe on a topic)",
            admin.broker()
        );
    }
    match form {
        Output::Json => answer::json(&Answer::new(&group), out)?,
        Output::Table => text(&group, out)?,
    }
    Ok(())
}

fn text(group: &DescribedGroup, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "Group: {}", group.name)?;
    // The embedded broker tells neither.
    if let (Some(state), Some(kind)) = (group.state, group.kind) {
        let members = counted(group.members.len(), "member");
        write!(out, "  State: {state}  Type: {kind}  {members}")?;
    }
    writeln!(out)?;
    if group.partitions.is_empty() {
        return writeln!(out, "Nothing was committed, and no partition is assigned.");
    }
    let mut columns = vec![
        Column::Left("TOPIC"),
        Column::Right("PARTITION"),
        Column::Right("COMMITTED"),
        Column::Right("END"),
        Column::Right("LAG"),
    ];
    let is_read = !group.members.is_empty();
    if is_read {
        columns.extend([Column::Left("MEMBER"), Column::Left("HOST")]);
    }
    let rows = group.partitions.iter().map(|partition| {
        let mut row = vec![
            partition.topic.clone(),
            partition.partition.to_string(),
            cell(partition.committed),
            cell(partition.end),
            cell(partition.lag()),
        ];
        if is_read {
            let member = member(group, partition);
            row.extend([
                cell(member.map(|member| &member.id)),
                cell(member.map(|member| &member.host)),
            ]);
        }
        row
    });
    answer::table(&columns, rows, out)
}

fn member<'g>(group: &'g DescribedGroup, partition: &GroupPartition) -> Option<&'g Member> {
    group.members.get(partition.member?)
}

impl<'a> Answer<'a> {
    fn new(group: &'a DescribedGroup) -> Self {
        Self {
            schema: "kp.admin.groups.describe/1",
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
            end: partition.end,
            lag: partition.lag(),
            member: member.map(|member| member.id.as_str()),
            host: member.map(|member| member.host.as_str()),
        }
    }
}
