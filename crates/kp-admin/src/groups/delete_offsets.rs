//! `groups delete-offsets`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use kp_cli::{Names, Stop};
use kp_client::admin::Chosen;

use super::change::Change;
use crate::cli::chosen;
use crate::consent::Consent;
use crate::session::Session;

/// Takes away what a group that rests has committed, and writes a file that undoes it
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct DeleteOffsets {
    /// The group
    #[arg(value_name = "GROUP", value_parser = NonEmptyStringValueParser::new())]
    #[arg(add = Names::Groups)]
    group: String,
    /// This topic, or these of its partitions (orders:0,2-4); may be given several times
    #[arg(long = "topic", value_name = "TOPIC[:P,..]", value_parser = chosen, required = true)]
    #[arg(add = Names::Topics)]
    topics: Vec<Chosen>,
    /// Where to write what was before; no file is overwritten [default: kp-undo-GROUP-TIME.json]
    #[arg(long, value_name = "FILE")]
    undo_file: Option<PathBuf>,
    #[command(flatten)]
    consent: Consent,
}

impl DeleteOffsets {
    pub(crate) fn check(&self) -> Result<(), Stop> {
        self.consent.check("groups delete-offsets")
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let plan = session.admin.plan_delete_offsets(&self.group, &self.topics)?;
        let undo_file = self.undo_file.as_deref();
        let schema = "kp.admin.groups.delete-offsets/1";
        Change { schema, plan: &plan, consent: self.consent, undo_file }.run(session)
    }
}
