//! `profile use`.

use clap::Args;
use kp_cli::{Exit, Names};
use kp_settings::use_profile;
use serde::Serialize;

use super::asked::Asked;
use crate::answer::json;

/// Chooses a profile for all that follows, until another is chosen
///
/// `none` chooses none. KP_PROFILE and --profile still name another for their time, and a settings
/// file that is named by --config or KP_CONFIG overrides its values.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Use {
    /// The profile, or none
    #[arg(value_name = "NAME", add = Names::Profiles)]
    name: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    profile: Option<&'a str>,
    bootstrap_servers: Option<String>,
    read_only: bool,
}

impl Use {
    pub(super) fn run(&self, ask: &mut Asked<'_, '_>) -> anyhow::Result<Exit> {
        let profile = use_profile(&ask.input, &self.name)?;
        let content = profile.as_ref().and_then(|profile| profile.content.as_ref().ok());
        let servers = content.and_then(|content| content.servers.as_ref()).map(ToString::to_string);
        let read_only = content.is_some_and(|content| content.is_read_only);
        let name = profile.as_ref().map(|profile| profile.name.as_str());
        if ask.is_json {
            let schema = "kp.admin.profile-use/1";
            json(
                &Answer { schema, profile: name, bootstrap_servers: servers, read_only },
                ask.out,
            )?;
            return Ok(Exit::Done);
        }
        match name {
            None => ask.out.line(format_args!("No profile is in use from now on"))?,
            Some(name) => {
                let at = servers.map(|servers| format!(": {servers}")).unwrap_or_default();
                let guard = if read_only { ", read only" } else { "" };
                ask.out.line(format_args!("Profile {name} is in use from now on{at}{guard}"))?;
            }
        }
        Ok(Exit::Done)
    }
}
