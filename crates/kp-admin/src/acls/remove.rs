//! `acls remove`.

use clap::Args;
use kp_cli::{Exit, Stop};
use kp_client::admin::{Acl, Purpose};
use kp_settings::Output;
use serde::Serialize;

use super::named::Named;
use super::words::{AclJson, sentence};
use crate::answer::counted;
use crate::consent::Consent;
use crate::session::Session;

/// Removes ACLs, named by the same words as by `acls add`
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Remove {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    consent: Consent,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    removed: Vec<AclJson<'a>>,
    absent: Vec<AclJson<'a>>,
}

impl Remove {
    pub(super) fn check(&self) -> Result<(), Stop> {
        self.named.check()?;
        self.consent.check("acls remove")
    }

    pub(super) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let there = session.admin.acls(self.named.about(), Purpose::Change)?;
        let (going, absent): (Vec<Acl>, Vec<Acl>) =
            self.named.acls().into_iter().partition(|acl| there.contains(acl));
        for acl in &absent {
            session.say(format_args!("not there: {}", sentence(acl)))?;
        }
        if going.is_empty() {
            let message = format!(
                "there is nothing to remove on {}; `kp-admin acls list` shows what there is",
                session.admin.broker()
            );
            return Err(Stop::new(Exit::Broker, message).into());
        }
        for acl in &going {
            session.say(format_args!("goes: {}", sentence(acl)))?;
        }
        let count = counted(going.len(), "ACL");
        let broker = session.admin.broker();
        self.consent.obtain(|| format!("Remove {count} on {broker}?"), session)?;
        session.admin.remove_acls(&going)?;
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.acls.remove/1",
                removed: going.iter().map(AclJson::new).collect(),
                absent: absent.iter().map(AclJson::new).collect(),
            })?,
            Output::Table => session.out.line(format_args!("Removed {count}"))?,
        }
        Ok(())
    }
}
