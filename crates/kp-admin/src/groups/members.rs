//! `groups members`.

use std::collections::BTreeMap;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use kp_cli::{Column, Names};
use kp_client::admin::Member;
use kp_settings::Output;
use serde::Serialize;

use crate::answer::{NONE, cell, counted};
use crate::cli::places;
use crate::session::Session;

/// Shows who reads in a group, and which partitions
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Members {
    /// The group
    #[arg(value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    #[arg(add = Names::Groups)]
    name: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    group: &'a str,
    state: String,
    r#type: String,
    /// How partitions are shared out, such as `range`; none without members.
    assignor: Option<&'a str>,
    members: Vec<One<'a>>,
}

#[derive(Serialize)]
struct One<'a> {
    member: &'a str,
    client_id: &'a str,
    host: &'a str,
    instance_id: Option<&'a str>,
    partitions: Vec<Assigned<'a>>,
}

#[derive(Serialize)]
struct Assigned<'a> {
    topic: &'a str,
    partitions: Vec<i32>,
}

impl Members {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let group = session.admin.members(&self.name)?;
        let assignor = Some(group.assignor.as_str()).filter(|assignor| !assignor.is_empty());
        if session.form == Output::Json {
            return Ok(session.json(&Answer {
                schema: "kp.admin.groups.members/1",
                group: &self.name,
                state: group.state.to_string(),
                r#type: group.kind.to_string(),
                assignor,
                members: group.members.iter().map(One::new).collect(),
            })?);
        }
        session.out.line(format_args!(
            "Group: {}  State: {}  Type: {}  {}  Assignor: {}",
            self.name,
            group.state,
            group.kind,
            counted(group.members.len(), "member"),
            assignor.unwrap_or(NONE)
        ))?;
        if group.members.is_empty() {
            return Ok(());
        }
        let columns = ["CLIENT", "HOST", "INSTANCE", "PARTITIONS", "MEMBER"].map(Column::Left);
        let rows = group.members.iter().map(|member| {
            vec![
                member.client_id.clone(),
                member.host.clone(),
                cell(member.instance_id.as_ref()),
                assignment(member),
                member.id.clone(),
            ]
        });
        session.out.table(&columns, rows)?;
        Ok(())
    }
}

fn by_topic(member: &Member) -> BTreeMap<&str, Vec<i32>> {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for (topic, partition) in &member.assignment {
        topics.entry(topic).or_default().push(*partition);
    }
    topics
}

/// `orders:0-2;payments:1`, so that it is one word.
fn assignment(member: &Member) -> String {
    let topics = by_topic(member);
    if topics.is_empty() {
        return NONE.to_owned();
    }
    let topics: Vec<_> =
        topics.into_iter().map(|(topic, partitions)| places(topic, partitions)).collect();
    topics.join(";")
}

impl<'a> One<'a> {
    fn new(member: &'a Member) -> Self {
        Self {
            member: &member.id,
            client_id: &member.client_id,
            host: &member.host,
            instance_id: member.instance_id.as_deref(),
            partitions: by_topic(member)
                .into_iter()
                .map(|(topic, mut partitions)| {
                    partitions.sort_unstable();
                    Assigned { topic, partitions }
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_member_reads_is_one_word() {
        let place = |topic: &str, partition| (topic.to_owned(), partition);
        let mut member = Member {
            id: "m".to_owned(),
            client_id: "c".to_owned(),
            host: "/h".to_owned(),
            instance_id: None,
            assignment: vec![place("b", 1), place("a", 2), place("a", 0), place("a", 1)],
        };
        assert_eq!(assignment(&member), "a:0-2;b:1");
        member.assignment.clear();
        assert_eq!(assignment(&member), "-");
    }
}
