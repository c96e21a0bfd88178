//! The commands about consumer groups.

mod describe;
mod list;

use clap::Subcommand;
use kp_cli::{Exit, Stop};

use crate::session::Session;

/// What is asked about groups.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Groups {
    List(list::List),
    Describe(describe::Describe),
}

impl Groups {
    /// What is wrong before anything is connected to.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        Ok(())
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => list.run(session),
            Self::Describe(describe) => describe.run(session),
        }
        .map(|()| Exit::Done)
    }
}
