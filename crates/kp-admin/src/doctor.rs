//! `doctor`.

mod json;
mod words;

use clap::Args;
use kp_cli::{Exit, Names, Screen};
use kp_client::doctor::{Outcome, Step, Wanted, examine};
use kp_settings::{Output, Settings};

use crate::cli::topic_name;

/// Walks from a broker's name to its answer: where it fails, and what to change
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Doctor {
    /// A topic: its leaders and replicas, and what this user may do with it
    #[arg(long, value_name = "TOPIC", value_parser = topic_name, add = Names::Topics)]
    topic: Option<String>,
    /// A group: what this user may do with it, and whether it may read the topic
    #[arg(long, value_name = "GROUP", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    #[arg(add = Names::Groups)]
    group: Option<String>,
    /// Write one record to the topic, where it stays, and read it back
    #[arg(long, requires = "topic")]
    probe: bool,
}

impl Doctor {
    /// What does not happen where the settings are read only; none where it only looks.
    pub(crate) fn change(&self) -> Option<&'static str> {
        self.probe.then_some("no record is written")
    }

    /// Runs the command. A step that fails is an answer, not an error.
    pub(crate) fn run(&self, settings: &Settings, out: &mut Screen<'_>) -> anyhow::Result<Exit> {
        let wanted =
            Wanted { topic: self.topic.clone(), group: self.group.clone(), probe: self.probe };
        let mut steps: Vec<Step> = Vec::new();
        let is_table = settings.admin.output == Output::Table;
        if is_table {
            words::head(settings, out)?;
        }
        examine(settings, &wanted, |step| -> anyhow::Result<()> {
            if is_table {
                words::show(&step, out)?;
            }
            steps.push(step);
            Ok(())
        })?;
        if is_table {
            words::tail(&steps, out)?;
        } else {
            json::write(settings, &steps, out)?;
        }
        let has_failed = steps.iter().any(|step| matches!(step.outcome, Outcome::Failed(_)));
        Ok(if has_failed { Exit::Broker } else { Exit::Done })
    }
}
