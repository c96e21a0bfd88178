//! The commands about topics.

mod add_partitions;
mod clone;
mod configs;
mod create;
mod delete;
mod describe;
mod elect_leaders;
mod health;
mod list;
mod offsets;
mod trim;

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
    Configs(configs::Configs),
    Offsets(offsets::Offsets),
    Health(health::Health),
    Trim(trim::Trim),
    Clone(clone::Clone),
    ElectLeaders(elect_leaders::ElectLeaders),
}

impl Topics {
    /// What is wrong before anything is connected to.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        match self {
            Self::Delete(delete) => delete.check(),
            Self::Configs(configs) => configs.check(),
            Self::Trim(trim) => trim.check(),
            Self::ElectLeaders(elect) => elect.check(),
            _ => Ok(()),
        }
    }

    /// What does not happen where the settings are read only; none where it only looks.
    pub(crate) fn change(&self) -> Option<&'static str> {
        match self {
            Self::List(_) | Self::Describe(_) | Self::Offsets(_) | Self::Health(_) => None,
            Self::Create(_) | Self::Clone(_) => Some("no topic is created"),
            Self::Delete(_) => Some("no topic is deleted"),
            Self::AddPartitions(_) => Some("no partitions are added"),
            Self::Configs(configs) => configs.is_change().then_some("no config is changed"),
            Self::Trim(_) => Some("no messages are deleted"),
            Self::ElectLeaders(_) => Some("no leader is elected"),
        }
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => list.run(session),
            Self::Describe(describe) => describe.run(session),
            Self::Create(create) => create.run(session),
            Self::Delete(delete) => delete.run(session),
            Self::AddPartitions(add) => add.run(session),
            Self::Configs(configs) => return configs.run(session),
            Self::Offsets(offsets) => offsets.run(session),
            Self::Health(health) => return health.run(session),
            Self::Trim(trim) => trim.run(session),
            Self::Clone(clone) => clone.run(session),
            Self::ElectLeaders(elect) => elect.run(session),
        }
        .map(|()| Exit::Done)
    }
}
