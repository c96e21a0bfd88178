//! `topics create`.

use std::io::Write;

use kp_cli::Screen;
use kp_client::admin::{Admin, NewTopic};
use kp_settings::Output;
use serde::Serialize;

use crate::answer::{self, counted};

/// A topic that is to be made; what is left out is the broker's own default.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TopicToCreate {
    pub(crate) name: String,
    pub(crate) partitions: Option<u32>,
    pub(crate) replication_factor: Option<u16>,
    pub(crate) configs: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    topic: &'a str,
    partitions: Option<usize>,
    replication_factor: Option<usize>,
}

pub(crate) fn run(
    admin: &Admin,
    topic: &TopicToCreate,
    form: Output,
    out: &mut Screen<'_>,
    talk: &mut dyn Write,
) -> anyhow::Result<()> {
    let configs = topic.configs.iter();
    let created = admin.create_topic(&NewTopic {
        name: &topic.name,
        partitions: topic.partitions,
        replication_factor: topic.replication_factor,
        configs: configs.map(|(name, value)| (name.as_str(), value.as_str())).collect(),
    })?;
    match (form, created) {
        (Output::Json, _) => answer::json(
            &Answer {
                schema: "kp.admin.topics.create/1",
                topic: &topic.name,
                partitions: created.map(|created| created.partitions),
                replication_factor: created.map(|created| created.replication_factor),
            },
            out,
        )?,
        (Output::Table, Some(created)) => out.line(format_args!(
            "Created topic {}: {}, replication factor {}",
            topic.name,
            counted(created.partitions, "partition"),
            created.replication_factor,
        ))?,
        (Output::Table, None) => out.line(format_args!("Created topic {}", topic.name))?,
    }
    if created.is_none() {
        out.flush()?;
        writeln!(
            talk,
            "kp-admin: it is not known when topic {} can be used; `kp-admin topics describe {}` tells",
            topic.name, topic.name
        )?;
    }
    Ok(())
}
