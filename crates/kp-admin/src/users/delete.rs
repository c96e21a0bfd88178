//! `users delete`.

use clap::Args;
use kp_cli::Stop;
use kp_client::admin::{Purpose, ScramMechanism};
use kp_settings::Output;
use serde::Serialize;

use super::named::{Mechanism, user_name};
use crate::consent::Consent;
use crate::session::Session;

/// Takes a user's SCRAM passwords away
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Delete {
    /// The user, without User:
    #[arg(value_name = "NAME", value_parser = user_name)]
    name: String,
    /// Only that for this mechanism: SCRAM-SHA-256 or SCRAM-SHA-512
    #[arg(long, value_name = "MECHANISM", ignore_case = true, hide_possible_values = true)]
    mechanism: Option<Mechanism>,
    #[command(flatten)]
    consent: Consent,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    user: &'a str,
    mechanisms: Vec<String>,
}

impl Delete {
    pub(super) fn check(&self) -> Result<(), Stop> {
        self.consent.check("users delete")
    }

    pub(super) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let (admin, name) = (session.admin, &self.name);
        let users = admin.scram_users(Purpose::Change)?;
        let only = self.mechanism.map(ScramMechanism::from);
        let held = users.iter().find(|user| user.name == *name);
        let going: Vec<ScramMechanism> = held
            .iter()
            .flat_map(|user| user.credentials.iter().map(|credential| credential.mechanism))
            .filter(|mechanism| only.is_none_or(|only| only == *mechanism))
            .collect();
        if going.is_empty() {
            return Err(admin.no_user(name, &users).into());
        }
        let mechanisms: Vec<_> = going.iter().map(ToString::to_string).collect();
        let passwords = mechanisms.join(" and ");
        let question = || {
            let broker = admin.broker();
            format!("Take the password for {passwords} of user {name} away on {broker}?")
        };
        self.consent.obtain(question, session)?;
        admin.delete_scram_user(name, &going)?;
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.users.delete/1",
                user: name,
                mechanisms,
            })?,
            Output::Table => session
                .out
                .line(format_args!("User {name} has no password for {passwords} any more"))?,
        }
        Ok(())
    }
}
