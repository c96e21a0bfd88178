//! `acls list`.

use clap::Args;
use kp_cli::Stop;
use kp_client::admin::{Acl, AclPattern, Purpose};
use kp_settings::Output;
use serde::Serialize;

use super::named::{Thing, principal};
use super::words::{AclJson, sentence};
use crate::session::Session;

/// Lists ACLs, each as a sentence
///
/// With the name of a thing, it lists those that count for it: those for its name, for a beginning
/// of it, and for all.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct List {
    /// Only those for this principal, such as User:alice, and those for everybody
    #[arg(long, value_name = "PRINCIPAL", value_parser = principal)]
    principal: Option<String>,
    #[command(flatten)]
    thing: Thing,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    acls: Vec<AclJson<'a>>,
}

impl List {
    pub(super) fn check(&self) -> Result<(), Stop> {
        self.thing.check()
    }

    pub(super) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let acls = session.admin.acls(self.thing.named(), Purpose::Look)?;
        let shown: Vec<_> = acls.iter().filter(|acl| self.shows(acl)).collect();
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.acls.list/1",
                acls: shown.into_iter().map(AclJson::new).collect(),
            })?,
            Output::Table => {
                for acl in &shown {
                    session.out.line(format_args!("{}", sentence(acl)))?;
                }
                if shown.is_empty() {
                    session
                        .note(format_args!("there is no such ACL on {}", session.admin.broker()))?;
                }
            }
        }
        Ok(())
    }

    fn shows(&self, acl: &Acl) -> bool {
        let is_for = |principal: &String| acl.principal == *principal || acl.principal == "User:*";
        let is_named = || match self.thing.named() {
            Some((_, name)) if self.thing.prefixed => {
                acl.pattern == AclPattern::Prefixed && acl.name == name
            }
            _ => true,
        };
        self.principal.as_ref().is_none_or(is_for) && is_named()
    }
}
