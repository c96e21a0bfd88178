//! The commands about profiles, the named settings of a cluster each. They ask no cluster.

mod asked;
mod choose;
mod list;
mod show;

use clap::Subcommand;
use kp_cli::{Common, Exit, Screen};
use kp_settings::{FlagValue, Input, NO_PROFILE, Output};

use asked::Asked;

/// What is asked about profiles.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Profile {
    List(list::List),
    Show(show::Show),
    Use(choose::Use),
}

impl Profile {
    /// Runs the command. A profile that is chosen and cannot be read does not stop it.
    pub(crate) fn run(
        &self,
        common: &Common,
        flags: Vec<FlagValue>,
        out: &mut Screen<'_>,
    ) -> anyhow::Result<Exit> {
        let input = kp_cli::input(common, flags)?;
        let without = Input { profile: Some(NO_PROFILE.to_owned()), ..input.clone() };
        let is_json = kp_settings::load(&without)?.admin.output == Output::Json;
        let mut ask = Asked { input, is_json, out };
        match self {
            Self::List(list) => list.run(&mut ask),
            Self::Show(show) => show.run(&mut ask),
            Self::Use(choose) => choose.run(&mut ask),
        }
    }
}
