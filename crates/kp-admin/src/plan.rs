//! `plan`, `apply` and `export`: topics and ACLs as a file says that they should be.
//!
//! ```text
//!  file.rs -> state.rs (as it should be) \
//!                                          changes.rs -> words.rs -> the screen
//!  look.rs -> state.rs (as it is)        /           \-> apply.rs -> kp-client's Admin
//! ```

mod apply;
mod changes;
mod export;
mod file;
mod look;
mod planned;
mod state;
mod words;

use clap::Args;
use kp_cli::{Exit, Stop};
use kp_settings::Output;
use serde::Serialize;

use self::planned::{Planned, Wanted};
use self::words::Line;
use crate::consent::Consent;
use crate::session::Session;

pub(crate) use apply::Apply;
pub(crate) use export::Export;

/// Shows what has to change to make topics and ACLs as a file says
///
/// It changes nothing. What the file does not name is left alone, unless --prune.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    wanted: Wanted,
    /// End with exit code 5 where something has to change
    #[arg(long)]
    fail_on_change: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    possible: bool,
    changes: &'a [Line],
}

/// Sets and unsets configs of a topic that is there: the plan, the question, the changes.
pub(crate) fn change_configs(
    topic: &str,
    (set, unset): (&[(String, String)], &[String]),
    consent: Consent,
    session: &mut Session<'_, '_>,
) -> anyhow::Result<Exit> {
    let planned = Planned::of_configs(topic, set, unset, session)?;
    let nothing = format!("nothing to do: topic {topic} has it so already");
    let words = ("kp.admin.topics.configs.change/1", nothing.as_str());
    apply::carry_out(&planned, consent, words, session)
}

impl Plan {
    /// What is wrong before anything is connected to.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        self.wanted.read().map(|_| ())
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<Exit> {
        let planned = self.wanted.plan(session)?;
        let possible = planned.check_possible();
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.plan/1",
                possible: possible.is_ok(),
                changes: &planned.lines,
            })?,
            Output::Table => planned.show(session)?,
        }
        possible?;
        let file = self.wanted.file.display().to_string();
        if planned.changes.is_empty() {
            session.note(format_args!(
                "nothing to do: {} is as {file} says",
                session.admin.broker()
            ))?;
            return Ok(Exit::Done);
        }
        let prune = if self.wanted.prune { " --prune" } else { "" };
        let count = planned.count();
        session.note(format_args!("{count} to make, by `kp-admin apply {file}{prune}`"))?;
        Ok(if self.fail_on_change { Exit::Messages } else { Exit::Done })
    }
}
