//! `export`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use clap::Args;
use kp_cli::{Exit, Stop};
use kp_client::admin::Acl;
use kp_settings::Output;
use serde::Serialize;

use super::state::Actual;
use super::{changes, file, look};
use crate::acls::AclJson;
use crate::answer::counted;
use crate::session::Session;

/// Writes the file for `plan` from a cluster as it is
///
/// It has all topics that this user may see but Kafka's own, the configs that are set on them, and
/// the ACLs. With --output json, standard output has the same as JSON.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Export {
    /// Write into this new file instead of standard output
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    /// The file that was written.
    file: Option<String>,
    topics: BTreeMap<&'a str, TopicJson<'a>>,
    /// None where there is no authorizer.
    acls: Option<Vec<AclJson<'a>>>,
}

#[derive(Serialize)]
struct TopicJson<'a> {
    partitions: u32,
    replication_factor: u16,
    /// Those that are set on the topic.
    configs: BTreeMap<&'a str, &'a str>,
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
                (Some(known), BTreeSet::len(&others))
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
        if actual.topics.is_empty() {
            session.say(format_args!(
                "without topics: {} shows none: there is none, or none that this user may see (ACL \
                 Describe on a topic)",
                session.admin.broker()
            ))?;
        }
        let text = file::written(&actual, acls.as_ref());
        let Some(path) = &self.file else {
            match session.form {
                Output::Json => session.json(&self.answer(&actual, acls.as_ref()))?,
                Output::Table => session.out.write_all(text.as_bytes())?,
            }
            return Ok(Exit::Done);
        };
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .and_then(|mut file| file.write_all(text.as_bytes()));
        match written {
            Ok(()) => {
                if session.form == Output::Json {
                    session.json(&self.answer(&actual, acls.as_ref()))?;
                }
                session.note(format_args!("wrote {}", path.display()))?;
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

impl Export {
    fn answer<'a>(&self, actual: &'a Actual, acls: Option<&'a BTreeSet<Acl>>) -> Answer<'a> {
        let topics = actual.topics.iter().map(|(name, topic)| {
            let set = topic.configs.iter().filter(|(_, config)| config.is_set);
            let topic = TopicJson {
                partitions: topic.partitions,
                replication_factor: topic.replication_factor,
                configs: set.map(|(name, now)| (name.as_str(), now.value.as_str())).collect(),
            };
            (name.as_str(), topic)
        });
        Answer {
            schema: "kp.admin.export/1",
            file: self.file.as_ref().map(|file| file.display().to_string()),
            topics: topics.collect(),
            acls: acls.map(|acls| acls.iter().map(AclJson::new).collect()),
        }
    }
}

fn exists(file: &std::path::Path) -> Stop {
    let message =
        format!("{} exists already and is not overwritten; name a new file", file.display());
    Stop::new(Exit::Usage, message)
}
