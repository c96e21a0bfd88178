//! `topics create`.

use clap::{Args, value_parser};
use kp_cli::Names;
use kp_client::admin::NewTopic;
use kp_settings::Output;
use serde::Serialize;

use crate::answer::counted;
use crate::cli::{config, topic_name};
use crate::session::Session;

/// Creates a topic
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Create {
    /// The topic
    #[arg(value_name = "NAME", value_parser = topic_name)]
    pub(crate) name: String,
    /// How many partitions [default: the broker's num.partitions]
    // librdkafka refuses more than 100,000 in one request.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=100_000))]
    pub(crate) partitions: Option<u32>,
    /// On how many brokers each is held [default: the broker's default.replication.factor]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=32767))]
    pub(crate) replication_factor: Option<u16>,
    /// A setting of the topic, such as retention.ms=60000; a settings file goes before `topics`
    #[arg(id = "topic_config", long = "config", value_name = "NAME=VALUE")]
    #[arg(value_parser = topic_config, add = Names::TopicConfigs)]
    pub(crate) configs: Vec<(String, String)>,
}

/// A settings file may be meant: elsewhere that is what `--config` is.
fn topic_config(text: &str) -> Result<(String, String), String> {
    config(text).map_err(|_| {
        "a setting of the topic is NAME=VALUE, such as retention.ms=60000; \
         a settings file goes before `topics`: kp-admin --config FILE topics create"
            .to_owned()
    })
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    topic: &'a str,
    partitions: Option<usize>,
    replication_factor: Option<usize>,
}

impl Create {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let (admin, topic) = (session.admin, self);
        let configs = topic.configs.iter();
        let created = admin.create_topic(&NewTopic {
            name: &topic.name,
            partitions: topic.partitions,
            replication_factor: topic.replication_factor,
            configs: configs.map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        })?;
        match (session.form, created) {
            (Output::Json, _) => session.json(&Answer {
                schema: "kp.admin.topics.create/1",
                topic: &topic.name,
                partitions: created.map(|created| created.partitions),
                replication_factor: created.map(|created| created.replication_factor),
            })?,
            (Output::Table, Some(created)) => session.out.line(format_args!(
                "Created topic {}: {}, replication factor {}",
                topic.name,
                counted(created.partitions, "partition"),
                created.replication_factor,
            ))?,
            (Output::Table, None) => {
                session.out.line(format_args!("Created topic {}", topic.name))?
            }
        }
        if created.is_none() {
            session.say(format_args!(
                "it is not known when topic {} can be used; `kp-admin topics describe {}` tells",
                topic.name, topic.name
            ))?;
        }
        Ok(())
    }
}
