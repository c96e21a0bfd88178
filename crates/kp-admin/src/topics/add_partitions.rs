//! `topics add-partitions`.

use clap::{Args, value_parser};
use kp_cli::Names;
use kp_settings::Output;
use serde::Serialize;

use crate::cli::topic_name;
use crate::session::Session;

/// Adds partitions to a topic
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct AddPartitions {
    /// The topic
    #[arg(value_name = "NAME", value_parser = topic_name, add = Names::Topics)]
    name: String,
    /// How many it has in all afterwards
    #[arg(long = "partitions", value_name = "N")]
    #[arg(value_parser = value_parser!(u32).range(1..=100_000))]
    total: u32,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    topic: &'a str,
    partitions_before: usize,
    partitions: usize,
}

impl AddPartitions {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let name = &self.name;
        let enlarged = session.admin.add_partitions(name, self.total)?;
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.topics.add_partitions/1",
                topic: name,
                partitions_before: enlarged.before,
                partitions: enlarged.now,
            })?,
            Output::Table => session.out.line(format_args!(
                "Topic {name} has {} partitions, {} before",
                enlarged.now, enlarged.before
            ))?,
        }
        session.note(format_args!(
        "from now on a key may lead to another partition than before; messages already stored stay where they are"
    ))?;
        Ok(())
    }
}
