//! The commands about ACLs.

mod add;
mod list;
mod named;
mod remove;
mod words;

use clap::Subcommand;
use kp_cli::{Exit, Stop};

use crate::session::Session;

pub(crate) use named::{check_operation, principal};
pub(crate) use words::{AclJson, operation_name, operation_of, sentence};

/// What is asked about ACLs.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Acls {
    List(list::List),
    Add(add::Add),
    Remove(remove::Remove),
}

impl Acls {
    /// What is wrong before anything is connected to.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        match self {
            Self::List(list) => list.check(),
            Self::Add(add) => add.check(),
            Self::Remove(remove) => remove.check(),
        }
    }

    /// What does not happen where the settings are read only; none where it only looks.
    pub(crate) fn change(&self) -> Option<&'static str> {
        match self {
            Self::List(_) => None,
            Self::Add(_) => Some("no ACL is added"),
            Self::Remove(_) => Some("no ACL is removed"),
        }
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => list.run(session),
            Self::Add(add) => add.run(session),
            Self::Remove(remove) => remove.run(session),
        }
        .map(|()| Exit::Done)
    }
}
