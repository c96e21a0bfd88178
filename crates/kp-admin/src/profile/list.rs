//! `profile list`.

use std::io::Write as _;

use clap::Args;
use kp_cli::{Column, Exit, complain, say};
use kp_settings::{Profile, Profiles, profiles};
use serde::Serialize;

use super::asked::Asked;
use crate::answer::{NONE, json};

/// Lists the profiles, the cluster of each, and which one is in force
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct List {}

#[derive(Serialize)]
struct Answer {
    schema: &'static str,
    /// The name that is chosen, although it may not be there.
    chosen: Option<String>,
    profiles: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    profile: String,
    bootstrap_servers: Option<String>,
    read_only: bool,
    /// What chose it, if it is in force.
    chosen_by: Option<String>,
    file: String,
    error: Option<String>,
}

impl List {
    pub(super) fn run(&self, ask: &mut Asked<'_, '_>) -> anyhow::Result<Exit> {
        let found = profiles(&ask.input)?;
        let own_file = found.file.display().to_string();
        let unknown = unknown_choice(&found);
        let listed: Vec<Listed> = {
            let chosen = &found.chosen;
            found.profiles.iter().map(|profile| listed(profile, chosen.as_ref())).collect()
        };
        let errors: Vec<String> =
            listed.iter().filter_map(|one| one.error.clone()).chain(unknown).collect();
        if ask.is_json {
            let chosen = found.chosen.map(|(name, _)| name);
            json(&Answer { schema: "kp.admin.profiles/1", chosen, profiles: listed }, ask.out)?;
        } else if listed.is_empty() {
            let how = format!("there are no profiles; write one into {own_file}: [profile.NAME]");
            say("kp-admin", &how);
        } else {
            let columns = [
                Column::Left("PROFILE"),
                Column::Left("CLUSTER"),
                Column::Left("READ ONLY"),
                Column::Left("IN FORCE BY"),
            ];
            let none = || NONE.to_owned();
            let rows = listed.iter().map(|one| {
                vec![
                    one.profile.clone(),
                    one.bootstrap_servers.clone().unwrap_or_else(none),
                    if one.read_only { "yes" } else { "no" }.to_owned(),
                    one.chosen_by.clone().unwrap_or_else(none),
                ]
            });
            ask.out.table(&columns, rows)?;
        }
        ask.out.flush()?;
        for error in &errors {
            complain("kp-admin", error);
        }
        Ok(if errors.is_empty() { Exit::Done } else { Exit::Settings })
    }
}

fn listed(profile: &Profile, chosen: Option<&(String, String)>) -> Listed {
    let content = profile.content.as_ref().ok();
    let chosen = chosen.filter(|(name, _)| *name == profile.name);
    Listed {
        profile: profile.name.clone(),
        bootstrap_servers: content
            .and_then(|content| content.servers.as_ref())
            .map(ToString::to_string),
        read_only: content.is_some_and(|content| content.is_read_only),
        chosen_by: chosen.map(|(_, by)| by.clone()),
        file: profile.file.display().to_string(),
        error: profile.content.as_ref().err().map(ToString::to_string),
    }
}

/// That what was chosen is not there.
fn unknown_choice(found: &Profiles) -> Option<String> {
    let (name, by) = found.chosen.as_ref()?;
    let is_there = found.profiles.iter().any(|profile| profile.name == *name);
    (!is_there).then(|| {
        format!("{by} chose {name}, and there is no such profile; `kp-admin profile use` chooses another, or none")
    })
}
