//! The commands about topics.

mod add_partitions;
mod create;
mod delete;
mod describe;
mod list;

use clap::Subcommand;
use kp_cli::{Exit, Stop};

use crate::session::Session;

/// What is asked about topics.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Topics {
    List(list::List),
    Describe(describe::Describe),
    Create(create::Create),
    Delete(delete::Delete),
    AddPartitions(add_partitions::AddPartitions),
}

impl Topics {
    /// What is wrong before anything is connected to.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        match self {
            Self::Delete(delete) => delete.check(),
            _ => Ok(()),
        }
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => list.run(session),
            Self::Describe(describe) => describe.run(session),
            Self::Create(create) => create.run(session),
            Self::Delete(delete) => delete.run(session),
            Self::AddPartitions(add) => add.run(session),
        }
        .map(|()| Exit::Done)
    }
}
