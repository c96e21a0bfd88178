//! `acls add`.

use clap::Args;
use kp_cli::Stop;
use kp_client::admin::{Acl, Purpose};
use kp_settings::Output;
use serde::Serialize;

use super::named::Named;
use super::words::{AclJson, sentence};
use crate::session::Session;

/// Adds ACLs, one for each operation
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Add {
    #[command(flatten)]
    named: Named,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    added: Vec<AclJson<'a>>,
    existed: Vec<AclJson<'a>>,
}

impl Add {
    pub(super) fn check(&self) -> Result<(), Stop> {
        self.named.check()
    }

    pub(super) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let there = session.admin.acls(self.named.about(), Purpose::Change)?;
        let (existed, added): (Vec<Acl>, Vec<Acl>) =
            self.named.acls().into_iter().partition(|acl| there.contains(acl));
        if !added.is_empty() {
            session.admin.add_acls(&added)?;
        }
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.acls.add/1",
                added: added.iter().map(AclJson::new).collect(),
                existed: existed.iter().map(AclJson::new).collect(),
            })?,
            Output::Table => {
                for acl in &added {
                    session.out.line(format_args!("Added: {}", sentence(acl)))?;
                }
                for acl in &existed {
                    session.out.line(format_args!("Existed already: {}", sentence(acl)))?;
                }
            }
        }
        Ok(())
    }
}
