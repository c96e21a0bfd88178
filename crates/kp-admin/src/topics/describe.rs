//! `topics describe`.

use std::io::{self, Write};

use clap::Args;

use kp_cli::{Names, Screen, escaped};
use kp_client::Error;
use kp_client::admin::{DescribedTopic, Partition as Described};
use kp_settings::Output;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::answer::NONE;
use crate::cli::topic_name;
use crate::session::Session;

/// Describes topics as `kafka-topics --describe` does
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Describe {
    /// The topic [default: all but Kafka's own]
    #[arg(value_name = "NAME", value_parser = topic_name, add = Names::Topics)]
    names: Vec<String>,
    /// Only partitions without a leader
    #[arg(long)]
    unavailable: bool,
    /// Only partitions with fewer replicas in sync than they have
    #[arg(long)]
    under_replicated: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    topics: Vec<TopicJson<'a>>,
}

#[derive(Serialize)]
struct TopicJson<'a> {
    topic: &'a str,
    topic_id: Option<&'a str>,
    internal: bool,
    partition_count: usize,
    replication_factor: usize,
    configs: Option<Map<String, Value>>,
    partitions: Vec<Partition<'a>>,
}

#[derive(Serialize)]
struct Partition<'a> {
    partition: i32,
    leader: Option<i32>,
    replicas: &'a [i32],
    isr: &'a [i32],
}

impl Describe {
    fn selects(&self, partition: &Described) -> bool {
        (self.unavailable && partition.leader.is_none())
            || (self.under_replicated && partition.isr.len() < partition.replicas.len())
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let admin = session.admin;
        let all = admin.topics();
        let names: Vec<&str> = match self.names.as_slice() {
            [] => {
                let others = all.iter().filter(|topic| !topic.is_internal);
                others.map(|topic| topic.name.as_str()).collect()
            }
            names => names.iter().map(String::as_str).collect(),
        };
        let mut described = admin.describe_topics(&names)?;
        if self.unavailable || self.under_replicated {
            for topic in &mut described.topics {
                topic.partitions.retain(|partition| self.selects(partition));
            }
            described.topics.retain(|topic| !topic.partitions.is_empty());
        }
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.topics.describe/1",
                topics: described.topics.iter().map(TopicJson::new).collect(),
            })?,
            Output::Table => {
                for topic in &described.topics {
                    if !(self.unavailable || self.under_replicated) {
                        head(topic, session.out)?;
                    }
                    text(topic, session.out)?;
                }
            }
        }
        if admin.is_embedded() && !described.topics.is_empty() {
            session.note(format_args!(
            "the embedded broker has neither topic ids nor configs; a Kafka that `cargo xtask up` starts has them"
        ))?;
        }
        if described.failures.is_empty() {
            return Ok(());
        }
        Err(Error::Several(described.failures).into())
    }
}

/// With its partitions byte for byte what `kafka-topics --describe` prints, without what the
/// brokers do not tell librdkafka.
fn head(topic: &DescribedTopic, out: &mut Screen<'_>) -> io::Result<()> {
    let configs: Vec<_> = topic
        .configs
        .iter()
        .flatten()
        .map(|(name, value)| {
            format!("{}={}", escaped(name), escaped(value.as_deref().unwrap_or("null")))
        })
        .collect();
    writeln!(
        out,
        "Topic: {}\tTopicId: {}\tPartitionCount: {}\tReplicationFactor: {}\tConfigs: {}",
        escaped(&topic.name),
        topic.id.as_deref().unwrap_or(NONE),
        topic.partitions.len(),
        topic.replication_factor(),
        configs.join(","),
    )
}

fn text(topic: &DescribedTopic, out: &mut Screen<'_>) -> io::Result<()> {
    for partition in &topic.partitions {
        let leader = partition.leader.map(|leader| leader.to_string());
        writeln!(
            out,
            "\tTopic: {}\tPartition: {}\tLeader: {}\tReplicas: {}\tIsr: {}",
            escaped(&topic.name),
            partition.id,
            leader.as_deref().unwrap_or("none"),
            numbers(&partition.replicas),
            numbers(&partition.isr),
        )?;
    }
    Ok(())
}

fn numbers(brokers: &[i32]) -> String {
    let numbers: Vec<_> = brokers.iter().map(i32::to_string).collect();
    numbers.join(",")
}

impl<'a> TopicJson<'a> {
    fn new(topic: &'a DescribedTopic) -> Self {
        Self {
            topic: &topic.name,
            topic_id: topic.id.as_deref(),
            internal: topic.is_internal,
            partition_count: topic.partitions.len(),
            replication_factor: topic.replication_factor(),
            configs: topic.configs.as_ref().map(|configs| {
                let pairs = configs.iter();
                pairs.map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect()
            }),
            partitions: topic
                .partitions
                .iter()
                .map(|partition| Partition {
                    partition: partition.id,
                    leader: partition.leader,
                    replicas: &partition.replicas,
                    isr: &partition.isr,
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use kp_client::admin::Partition;

    use super::*;

    #[test]
    fn a_topic_is_printed_as_kafka_topics_prints_it() {
        let topic = DescribedTopic {
            name: "topic1".to_owned(),
            id: Some("9vr7CyLFRlOmWEGS7x90Aw".to_owned()),
            is_internal: false,
            configs: Some(vec![
                ("cleanup.policy".to_owned(), Some("compact,delete".to_owned())),
                ("retention.ms".to_owned(), Some("60000".to_owned())),
            ]),
            partitions: vec![
                Partition { id: 0, leader: Some(2), replicas: vec![2, 1], isr: vec![1, 2] },
                Partition { id: 1, leader: None, replicas: vec![1, 2], isr: vec![] },
            ],
        };
        let mut out = Vec::new();
        let mut screen = Screen::unbounded(&mut out);
        head(&topic, &mut screen).and_then(|()| text(&topic, &mut screen)).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "Topic: topic1\tTopicId: 9vr7CyLFRlOmWEGS7x90Aw\tPartitionCount: 2\tReplicationFactor: 2\t\
             Configs: cleanup.policy=compact,delete,retention.ms=60000\n\
             \tTopic: topic1\tPartition: 0\tLeader: 2\tReplicas: 2,1\tIsr: 1,2\n\
             \tTopic: topic1\tPartition: 1\tLeader: none\tReplicas: 1,2\tIsr: \n"
        );
    }
}
