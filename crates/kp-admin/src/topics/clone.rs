//! `topics clone`.

use clap::Args;
use kp_cli::Names;
use kp_client::admin::NewTopic;
use kp_settings::Output;
use serde::Serialize;

use crate::answer::counted;
use crate::cli::topic_name;
use crate::session::Session;

/// Creates a topic with the partitions, replicas and configs of another, without its messages
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Clone {
    /// The topic that there is
    #[arg(value_name = "NAME", value_parser = topic_name, add = Names::Topics)]
    name: String,
    /// The topic that is made
    #[arg(value_name = "NEW", value_parser = topic_name)]
    new: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    from: &'a str,
    topic: &'a str,
    partitions: usize,
    replication_factor: usize,
    configs: Vec<(&'a str, &'a str)>,
}

impl Clone {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let (name, new) = (&self.name, &self.new);
        let state = session.admin.topic_state(name)?;
        let own = state.configs.iter().filter(|config| config.is_set);
        let configs: Vec<_> =
            own.map(|config| (config.name.as_str(), config.value.as_str())).collect();
        session.admin.create_topic(&NewTopic {
            name: new,
            partitions: u32::try_from(state.partitions).ok(),
            replication_factor: u16::try_from(state.replication_factor).ok(),
            configs: configs.clone(),
        })?;
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.topics.clone/1",
                from: name,
                topic: new,
                partitions: state.partitions,
                replication_factor: state.replication_factor,
                configs,
            })?,
            Output::Table => session.out.line(format_args!(
                "Created topic {new} as {name} is: {}, replication factor {}, {}; without its messages",
                counted(state.partitions, "partition"),
                state.replication_factor,
                counted(configs.len(), "config"),
            ))?,
        }
        Ok(())
    }
}
