//! The commands about users that log in by SCRAM.

mod delete;
mod list;
mod named;
mod set;

use clap::Subcommand;
use kp_cli::Exit;

use crate::session::Session;

/// What is asked about users.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Users {
    List(list::List),
    Set(set::Set),
    Delete(delete::Delete),
}

impl Users {
    /// What is wrong before anything is connected to.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        match self {
            Self::List(_) => Ok(()),
            Self::Set(set) => set.check(),
            Self::Delete(delete) => delete.check().map_err(Into::into),
        }
    }

    /// What does not happen where the settings are read only; none where it only looks.
    pub(crate) fn change(&self) -> Option<&'static str> {
        match self {
            Self::List(_) => None,
            Self::Set(_) => Some("no password is set"),
            Self::Delete(_) => Some("no password is deleted"),
        }
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => list.run(session),
            Self::Set(set) => set.run(session),
            Self::Delete(delete) => delete.run(session),
        }
        .map(|()| Exit::Done)
    }
}
