//! The commands about consumer groups.
//!
//! ```text
//!  list, describe, members, lag      how groups stand
//!  reset, delete_offsets  -> change  plan, question, undo file, change
//!                            offsets_file  what a group committed, as a file
//!  delete                            with what is lost
//! ```

mod change;
mod delete;
mod delete_offsets;
mod describe;
mod lag;
mod list;
mod members;
mod offsets_file;
mod reset;
mod watch;

use clap::Subcommand;
use kp_cli::{Exit, Stop};

use crate::session::Session;

/// What is asked about groups.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Groups {
    List(list::List),
    Describe(describe::Describe),
    Lag(lag::Lag),
    Members(members::Members),
    Reset(reset::Reset),
    Delete(delete::Delete),
    DeleteOffsets(delete_offsets::DeleteOffsets),
    Watch(watch::Watch),
}

impl Groups {
    /// What is wrong before anything is connected to.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        match self {
            Self::Reset(reset) => reset.check(),
            Self::Delete(delete) => delete.check(),
            Self::DeleteOffsets(delete) => delete.check(),
            Self::List(_)
            | Self::Watch(_)
            | Self::Describe(_)
            | Self::Lag(_)
            | Self::Members(_) => Ok(()),
        }
    }

    /// What does not happen where the settings are read only; none where it only looks.
    pub(crate) fn change(&self) -> Option<&'static str> {
        match self {
            Self::List(_)
            | Self::Watch(_)
            | Self::Describe(_)
            | Self::Lag(_)
            | Self::Members(_) => None,
            Self::Reset(_) => Some("no offset is reset"),
            Self::Delete(_) => Some("no group is deleted"),
            Self::DeleteOffsets(_) => Some("no offset is deleted"),
        }
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => list.run(session),
            Self::Describe(describe) => describe.run(session),
            Self::Lag(lag) => lag.run(session),
            Self::Members(members) => members.run(session),
            Self::Reset(reset) => reset.run(session),
            Self::Delete(delete) => delete.run(session),
            Self::DeleteOffsets(delete) => delete.run(session),
            Self::Watch(watch) => watch.run(session),
        }
        .map(|()| Exit::Done)
    }
}
