//! What a file says, and the plan that follows from it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use kp_cli::{Exit, Stop};

use super::changes::{Change, Unnamed, changes};
use super::state::{Actual, Desired, WantedTopic};
use super::words::{self, Line};
use super::{file, look};
use crate::answer::counted;
use crate::session::Session;

/// Which file counts, and how far.
#[derive(Debug, PartialEq, Eq, Args)]
pub(super) struct Wanted {
    /// The file with topics and ACLs as they should be
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Take away what the file does not name: topics, ACLs, and configs set on a topic
    ///
    /// Topics only where the file has topics, ACLs only where it has ACLs or `acls = []`. Kafka's
    /// own topics stay, and those of tools, whose names begin with _.
    #[arg(long)]
    pub(super) prune: bool,
}

/// What has to change, and the same in words.
pub(super) struct Planned {
    pub(super) changes: Vec<Change>,
    pub(super) lines: Vec<Line>,
}

impl Wanted {
    pub(super) fn read(&self) -> Result<Desired, Stop> {
        let desired = file::read(&self.file)?;
        if self.prune && desired.topics.as_ref().is_some_and(BTreeMap::is_empty) {
            let message = format!(
                "{} has [topics] and names none, so that --prune would delete every topic; name \
                 one, or leave [topics] out",
                self.file.display()
            );
            return Err(Stop::new(Exit::Settings, message));
        }
        Ok(desired)
    }

    pub(super) fn plan(&self, session: &Session<'_, '_>) -> anyhow::Result<Planned> {
        let desired = self.read()?;
        let unnamed = if self.prune { Unnamed::Pruned } else { Unnamed::Left };
        let actual = look::actual(session.admin, &desired, unnamed)?;
        let changes = changes(&desired, &actual, unnamed);
        Ok(Planned::of(changes, &actual, session))
    }
}

impl Planned {
    /// Changes of what is, in words.
    fn of(changes: Vec<Change>, actual: &Actual, session: &Session<'_, '_>) -> Self {
        let deleted = look::deleted(session.admin, &changes, actual);
        let lines = words::lines(&changes, actual, &deleted);
        Self { changes, lines }
    }

    /// Configs of one topic that is there: these are set, and those are not any more.
    pub(super) fn of_configs(
        topic: &str,
        set: &[(String, String)],
        unset: &[String],
        session: &Session<'_, '_>,
    ) -> anyhow::Result<Self> {
        let wanted =
            WantedTopic { configs: set.iter().cloned().collect(), ..WantedTopic::default() };
        let topics = Some([(topic.to_owned(), wanted)].into());
        let desired = Desired { topics, acls: None };
        let actual = look::actual(session.admin, &desired, Unnamed::Left)?;
        let mut changes = changes(&desired, &actual, Unnamed::Left);
        let configs = actual.topics.get(topic).map(|is| &is.configs);
        let taken = unset.iter().filter_map(|config| {
            let now = configs?.get(config).filter(|now| now.is_set)?;
            let (topic, from) = (topic.to_owned(), now.value.clone());
            Some(Change::UnsetConfig { topic, config: config.clone(), from })
        });
        changes.extend(taken);
        Ok(Self::of(changes, &actual, session))
    }

    pub(super) fn show(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        for line in &self.lines {
            session.out.line(format_args!("{}", line.text()))?;
        }
        Ok(())
    }

    pub(super) fn count(&self) -> String {
        counted(self.changes.len(), "change")
    }

    /// # Errors
    /// It has what cannot be done.
    pub(super) fn check_possible(&self) -> Result<(), Stop> {
        let impossible = self.changes.iter().filter(|one| matches!(one, Change::Impossible(_)));
        match impossible.count() {
            0 => Ok(()),
            count => {
                let message = format!(
                    "this plan cannot be applied: {}, marked !, cannot be made; change the file",
                    counted(count, "change")
                );
                Err(Stop::new(Exit::Broker, message))
            }
        }
    }
}
