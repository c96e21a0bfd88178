//! `profile show`.

use std::collections::BTreeMap;

use clap::Args;
use kp_cli::{Column, Exit, Names, Stop};
use kp_settings::profile_named;
use serde::Serialize;

use super::asked::Asked;
use crate::answer::json;

/// Shows what a profile sets, without secrets; what is in force with it is in --show-config
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Show {
    /// The profile; without it the one in force
    #[arg(value_name = "NAME", add = Names::Profiles)]
    name: Option<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    profile: &'a str,
    file: String,
    settings: BTreeMap<&'a str, &'a str>,
}

impl Show {
    pub(super) fn run(&self, ask: &mut Asked<'_, '_>) -> anyhow::Result<Exit> {
        let Some(profile) = profile_named(&ask.input, self.name.as_deref())? else {
            let message =
                "no profile is in force; name one, or choose one by `kp-admin profile use NAME`";
            return Err(Stop::new(Exit::Settings, message).into());
        };
        let file = profile.file.display().to_string();
        let content = profile.content?;
        if ask.is_json {
            let settings = content.settings.iter();
            let settings = settings.map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let schema = "kp.admin.profile/1";
            json(&Answer { schema, profile: &profile.name, file, settings }, ask.out)?;
            return Ok(Exit::Done);
        }
        ask.out.line(format_args!("Profile: {}  File: {file}", profile.name))?;
        let columns = [Column::Left("SETTING"), Column::Left("VALUE")];
        ask.out
            .table(&columns, content.settings.into_iter().map(|(name, value)| vec![name, value]))?;
        Ok(Exit::Done)
    }
}
