//! `groups list`.

use clap::{Args, ValueEnum};
use kp_cli::Column;
use kp_client::admin::{GroupKind, GroupState, GroupSummary};
use kp_settings::Output;
use serde::Serialize;

use crate::answer::cell;
use crate::session::Session;

/// Lists the groups
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct List {
    /// Only those of this type: classic, consumer, share, streams, connect
    #[arg(long, value_name = "TYPE", hide_possible_values = true)]
    r#type: Option<Type>,
    /// Only those in this state: Empty, Stable, PreparingRebalance, CompletingRebalance, Dead,
    /// Unknown
    #[arg(long, value_name = "STATE", ignore_case = true, hide_possible_values = true)]
    state: Option<State>,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct Group<'a> {
    group: &'a str,
    state: String,
    r#type: String,
    protocol: Option<&'a str>,
}

/// Which groups are to be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Type {
    /// Members assign the partitions among themselves.
    Classic,
    /// The broker assigns them.
    Consumer,
    /// Members share messages.
    Share,
    /// Groups of Kafka Streams.
    Streams,
    /// Groups of Kafka Connect, which are classic groups of another protocol type.
    Connect,
}

/// What the groups are to be doing, by the name that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    #[value(name = "Empty")]
    Empty,
    #[value(name = "Stable")]
    Stable,
    #[value(name = "PreparingRebalance")]
    PreparingRebalance,
    #[value(name = "CompletingRebalance")]
    CompletingRebalance,
    #[value(name = "Dead")]
    Dead,
    #[value(name = "Unknown")]
    Unknown,
}

impl State {
    fn has(self, group: &GroupSummary) -> bool {
        let state = match self {
            Self::Empty => GroupState::Empty,
            Self::Stable => GroupState::Stable,
            Self::PreparingRebalance => GroupState::PreparingRebalance,
            Self::CompletingRebalance => GroupState::CompletingRebalance,
            Self::Dead => GroupState::Dead,
            Self::Unknown => GroupState::Unknown,
        };
        group.state == state
    }
}

impl Type {
    fn has(self, group: &GroupSummary) -> bool {
        match self {
            Self::Classic => group.kind == GroupKind::Classic,
            Self::Consumer => group.kind == GroupKind::Consumer,
            Self::Share => group.kind == GroupKind::Share,
            Self::Streams => group.kind == GroupKind::Streams,
            Self::Connect => group.protocol.as_deref() == Some("connect"),
        }
    }
}

impl List {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let (admin, kind, state) = (session.admin, self.r#type, self.state);
        let (groups, missing) = admin.groups()?;
        if groups.is_empty() && missing.is_none() {
            tracing::warn!(
                "{} shows no group: there is none, or none that this user may see (ACL Describe on a group)",
                admin.broker()
            );
        }
        let shown = groups.iter().filter(|group| {
            kind.is_none_or(|kind| kind.has(group)) && state.is_none_or(|state| state.has(group))
        });
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.groups.list/1",
                groups: shown.map(Group::new).collect(),
            })?,
            Output::Table => {
                let columns = ["GROUP", "STATE", "TYPE", "PROTOCOL"].map(Column::Left);
                let rows = shown.map(|group| {
                    vec![
                        group.name.clone(),
                        group.state.to_string(),
                        group.kind.to_string(),
                        cell(group.protocol.as_ref()),
                    ]
                });
                session.out.table(&columns, rows)?;
            }
        }
        missing.map_or(Ok(()), |error| Err(error.into()))
    }
}

impl<'a> Group<'a> {
    fn new(group: &'a GroupSummary) -> Self {
        Self {
            group: &group.name,
            state: group.state.to_string(),
            r#type: group.kind.to_string(),
            protocol: group.protocol.as_deref(),
        }
    }
}
