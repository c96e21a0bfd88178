//! `apply`.

use std::collections::HashMap;

use clap::Args;
use kp_cli::{Exit, Stop};
use kp_client::Error;
use kp_client::admin::{Acl, Admin, ConfigChanges, Failures, NewTopic};
use kp_settings::Output;
use serde::Serialize;

use super::changes::Change;
use super::planned::{Planned, Wanted};
use super::words::Line;
use crate::answer::counted;
use crate::consent::Consent;
use crate::session::Session;

/// Makes topics and ACLs as a file says
///
/// It shows its plan and asks. What the file does not name is left alone, unless --prune.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    wanted: Wanted,
    #[command(flatten)]
    consent: Consent,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    changes: Vec<Applied<'a>>,
}

#[derive(Serialize)]
struct Applied<'a> {
    #[serde(flatten)]
    line: &'a Line,
    state: State,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Done,
    Failed,
    /// The request failed as a whole, or got no answer.
    Unknown,
    NotDone,
}

impl Apply {
    /// What is wrong before anything is connected to.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        self.wanted.read()?;
        self.consent.check("apply")
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<Exit> {
        let planned = self.wanted.plan(session)?;
        let file = self.wanted.file.display();
        let nothing = format!("nothing to do: {} is as {file} says", session.admin.broker());
        carry_out(&planned, self.consent, ("kp.admin.apply/1", &nothing), session)
    }
}

/// Shows a plan, asks, and makes its changes. The words are the schema of the answer, and what is
/// said where there is nothing to do.
pub(super) fn carry_out(
    planned: &Planned,
    consent: Consent,
    (schema, nothing): (&'static str, &str),
    session: &mut Session<'_, '_>,
) -> anyhow::Result<Exit> {
    let is_table = session.form == Output::Table;
    if is_table {
        planned.show(session)?;
    } else {
        for line in &planned.lines {
            session.say(format_args!("{}", line.text()))?;
        }
    }
    planned.check_possible()?;
    if !planned.changes.is_empty() {
        let question = format!("Make {} on {}?", planned.count(), session.admin.broker());
        consent.obtain(|| question, session)?;
    }
    let (states, errors) = apply(session.admin, &planned.changes);
    if !is_table {
        let changes = planned.lines.iter().zip(&states);
        let changes = changes.map(|(line, state)| Applied { line, state: *state }).collect();
        session.json(&Answer { schema, changes })?;
    }
    if errors.is_empty() {
        match planned.changes.len() {
            0 => session.note(format_args!("{nothing}"))?,
            count => session.note(format_args!("{} made", counted(count, "change")))?,
        }
        return Ok(Exit::Done);
    }
    tell(planned, &states, session)?;
    Err(Error::Several(errors).into())
}

/// Says what was done and what was not.
fn tell(planned: &Planned, states: &[State], session: &mut Session<'_, '_>) -> anyhow::Result<()> {
    for (state, words) in [
        (State::Done, "done"),
        (State::Failed, "failed"),
        (State::Unknown, "not known whether done (`kp-admin plan` tells)"),
        (State::NotDone, "not done"),
    ] {
        let those = planned.lines.iter().zip(states).filter(|(_, is)| **is == state);
        for (line, _) in those {
            session.say(format_args!("{words}: {} {}", line.sign, line.what))?;
        }
    }
    Ok(())
}

/// Makes the changes, all of one kind by one request, and stops after the first kind of which one
/// failed.
fn apply(admin: &Admin, changes: &[Change]) -> (Vec<State>, Vec<Error>) {
    let mut states = vec![State::NotDone; changes.len()];
    let mut done = 0;
    for kind in changes.chunk_by(|one, other| step(one) == step(other)) {
        let places = done..done + kind.len();
        done = places.end;
        match make(admin, kind) {
            Ok(failures) => {
                let mut failed: HashMap<String, Error> = failures.into_iter().collect();
                for (place, change) in places.zip(kind) {
                    let has_failed = topic(change).is_some_and(|topic| failed.contains_key(topic));
                    states[place] = if has_failed { State::Failed } else { State::Done };
                }
                if !failed.is_empty() {
                    let names: Vec<_> = failed.keys().cloned().collect();
                    let errors = names.iter().filter_map(|name| failed.remove(name)).collect();
                    return (states, errors);
                }
            }
            Err(error) => {
                states[places].fill(State::Unknown);
                return (states, vec![error]);
            }
        }
    }
    (states, Vec::new())
}

/// By which request a change is made: configs are set and unset by the same.
fn step(change: &Change) -> u8 {
    match change {
        Change::CreateTopic { .. } => 0,
        Change::AddPartitions { .. } => 1,
        Change::SetConfig { .. } | Change::UnsetConfig { .. } => 2,
        Change::AddAcl(_) => 3,
        Change::RemoveAcl(_) => 4,
        Change::DeleteTopic { .. } => 5,
        Change::Impossible(_) => 6,
    }
}

fn topic(change: &Change) -> Option<&str> {
    match change {
        Change::CreateTopic { topic, .. }
        | Change::AddPartitions { topic, .. }
        | Change::SetConfig { topic, .. }
        | Change::UnsetConfig { topic, .. }
        | Change::DeleteTopic { topic } => Some(topic),
        Change::AddAcl(_) | Change::RemoveAcl(_) | Change::Impossible(_) => None,
    }
}

/// Makes changes of one kind.
fn make(admin: &Admin, changes: &[Change]) -> Result<Failures, Error> {
    let acls = |of: fn(&Change) -> Option<&Acl>| -> Vec<Acl> {
        changes.iter().filter_map(of).cloned().collect()
    };
    match changes.first() {
        Some(Change::CreateTopic { .. }) => {
            let topics: Vec<_> = changes.iter().filter_map(new_topic).collect();
            admin.make_topics(&topics)
        }
        Some(Change::AddPartitions { .. }) => {
            let topics: Vec<_> = changes
                .iter()
                .filter_map(|change| match change {
                    Change::AddPartitions { topic, to, .. } => Some((topic.as_str(), *to)),
                    _ => None,
                })
                .collect();
            admin.enlarge_topics(&topics)
        }
        Some(Change::SetConfig { .. } | Change::UnsetConfig { .. }) => {
            admin.change_topic_configs(&config_changes(changes))
        }
        Some(Change::AddAcl(_)) => {
            let acls = acls(|change| match change {
                Change::AddAcl(acl) => Some(acl),
                _ => None,
            });
            admin.add_acls(&acls).map(|()| Failures::new())
        }
        Some(Change::RemoveAcl(_)) => {
            let acls = acls(|change| match change {
                Change::RemoveAcl(acl) => Some(acl),
                _ => None,
            });
            admin.remove_acls(&acls).map(|()| Failures::new())
        }
        Some(Change::DeleteTopic { .. }) => {
            let topics: Vec<_> = changes.iter().filter_map(topic).collect();
            admin.delete_topics(&topics).map(|()| Failures::new())
        }
        Some(Change::Impossible(_)) | None => Ok(Failures::new()),
    }
}

fn new_topic(change: &Change) -> Option<NewTopic<'_>> {
    let Change::CreateTopic { topic, wanted } = change else {
        return None;
    };
    let configs = wanted.configs.iter();
    Some(NewTopic {
        name: topic,
        partitions: wanted.partitions,
        replication_factor: wanted.replication_factor,
        configs: configs.map(|(name, value)| (name.as_str(), value.as_str())).collect(),
    })
}

/// All changes of one topic together: it may be named once in a request.
fn config_changes(changes: &[Change]) -> Vec<ConfigChanges<'_>> {
    let mut topics: Vec<ConfigChanges<'_>> = Vec::new();
    for change in changes {
        let (topic, config) = match change {
            Change::SetConfig { topic, config, to, .. } => {
                (topic, (config.as_str(), Some(to.as_str())))
            }
            Change::UnsetConfig { topic, config, .. } => (topic, (config.as_str(), None)),
            _ => continue,
        };
        match topics.iter_mut().find(|one| one.topic == topic) {
            Some(one) => one.configs.push(config),
            None => topics.push(ConfigChanges { topic, configs: vec![config] }),
        }
    }
    topics
}
