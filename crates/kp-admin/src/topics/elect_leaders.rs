//! `topics elect-leaders`.

use clap::Args;
use kp_cli::{Names, Stop};
use kp_client::Error;
use kp_client::admin::{Election, Place, TopicPartitions};
use kp_settings::Output;
use serde::Serialize;

use crate::answer::counted;
use crate::cli::topic_name;
use crate::consent::Consent;
use crate::session::Session;

/// Gives partitions back to their preferred leaders, the first of their replicas
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct ElectLeaders {
    /// The topic [default: all]
    #[arg(value_name = "NAME", value_parser = topic_name, add = Names::Topics)]
    names: Vec<String>,
    /// Partitions without a leader get one that is not in sync: what it lacks is lost for ever
    #[arg(long)]
    unclean: bool,
    #[command(flatten)]
    consent: Consent,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    elected: Vec<Elected<'a>>,
}

#[derive(Serialize)]
struct Elected<'a> {
    topic: &'a str,
    partition: i32,
}

impl ElectLeaders {
    pub(crate) fn check(&self) -> Result<(), Stop> {
        if self.unclean { self.consent.check("topics elect-leaders --unclean") } else { Ok(()) }
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let topics = session.admin.partitions_of(&self.names, "Describe")?;
        let wanted = self.wanted(&topics);
        let election = if self.unclean { Election::Unclean } else { Election::Preferred };
        if self.unclean && !wanted.is_empty() {
            for (topic, partition) in &wanted {
                session.say(format_args!("topic {topic} [{partition}] has no leader"))?;
            }
            let partitions = counted(wanted.len(), "partition");
            let broker = session.admin.broker().to_owned();
            let question = || {
                format!(
                    "Choose a leader that is not in sync for {partitions} on {broker}? Messages \
                     that were acknowledged may be lost."
                )
            };
            self.consent.obtain(question, session)?;
        }
        let (elected, failures) = session.admin.elect(election, &wanted)?;
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.topics.elect_leaders/1",
                elected: elected
                    .iter()
                    .map(|(topic, partition)| Elected { topic, partition: *partition })
                    .collect(),
            })?,
            Output::Table if elected.is_empty() && failures.is_empty() => {
                let why =
                    if self.unclean { "has a leader" } else { "is led by its preferred broker" };
                session.out.line(format_args!("Nothing to do: each partition {why}"))?;
            }
            Output::Table => session.out.line(format_args!(
                "{} changed their leader",
                counted(elected.len(), "partition")
            ))?,
        }
        if failures.is_empty() { Ok(()) } else { Err(Error::Several(failures).into()) }
    }

    /// Those that need another leader.
    fn wanted(&self, topics: &[TopicPartitions]) -> Vec<Place> {
        let places = topics.iter().flat_map(|topic| {
            let needs = topic.partitions.iter().filter(|one| match self.unclean {
                true => one.leader.is_none(),
                false => one.leader != one.replicas.first().copied(),
            });
            needs.map(|one| (topic.name.clone(), one.id))
        });
        places.collect()
    }
}
