//! `export`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use clap::Args;
use kp_cli::{Exit, Stop};

use super::{changes, file, look};
use crate::answer::counted;
use crate::session::Session;

/// Writes the file for `plan` from a cluster as it is
///
/// It has all topics but Kafka's own, the configs that are set on them, and the ACLs.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Export {
    /// Write into this new file instead of standard output
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Export {
    /// What is wrong before anything is connected to.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        match &self.file {
            Some(file) if file.exists() => Err(exists(file)),
            _ => Ok(()),
        }
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<Exit> {
        let (actual, acls) = look::everything(session.admin)?;
        let (acls, others) = match acls {
            Ok(acls) => {
                let (known, others) = acls.into_iter().partition(changes::is_known);
                (Some(known), std::collections::BTreeSet::len(&others))
            }
            Err(why) => {
                session.say(format_args!("without ACLs: {why}"))?;
                (None, 0)
            }
        };
        if others > 0 {
            session.say(format_args!(
                "{} of kinds that kp does not know left out; `kafka-acls --list` shows them",
                counted(others, "ACL")
            ))?;
        }
        let text = file::written(&actual, acls.as_ref());
        let Some(path) = &self.file else {
            session.out.write_all(text.as_bytes())?;
            return Ok(Exit::Done);
        };
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes()));
        match written {
            Ok(()) => {
                session.say(format_args!("wrote {}", path.display()))?;
                Ok(Exit::Done)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(exists(path).into()),
            Err(error) => {
                let message = format!("cannot write {}: {error}", path.display());
                Err(Stop::new(Exit::Unexpected, message).into())
            }
        }
    }
}

fn exists(file: &std::path::Path) -> Stop {
    let message =
        format!("{} exists already and is not overwritten; name a new file", file.display());
    Stop::new(Exit::Usage, message)
}
