//! `topics list`.

use clap::Args;
use kp_cli::Column;
use kp_client::admin::TopicSummary;
use kp_settings::Output;
use serde::Serialize;

use crate::answer::cell;
use crate::session::Session;

/// Lists the topics
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct List {
    /// Kafka's own topics too, such as __consumer_offsets
    #[arg(long)]
    internal: bool,
    /// How many messages each keeps, too; of a compacted topic how many offsets
    #[arg(long)]
    counts: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    topics: Vec<TopicJson<'a>>,
}

#[derive(Serialize)]
struct TopicJson<'a> {
    topic: &'a str,
    partitions: usize,
    replication_factor: usize,
    internal: bool,
    /// None where a partition has no leader to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Option<i64>>,
}

impl List {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let admin = session.admin;
        let topics = admin.topics();
        let shown: Vec<&TopicSummary> =
            topics.iter().filter(|topic| self.internal || !topic.is_internal).collect();
        let names: Vec<&str> = shown.iter().map(|topic| topic.name.as_str()).collect();
        let counts = if self.counts { admin.message_counts(&names) } else { Vec::new() };
        // None where they were not asked for.
        let counts = counts.into_iter().map(Some).chain(std::iter::repeat(None));
        // The embedded broker hides nothing.
        if shown.is_empty() && !admin.is_embedded() {
            tracing::warn!(
                "{} shows no topic: there is none, or none that this user may see (ACL Describe on a topic)",
                admin.broker()
            );
        }
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.topics.list/1",
                topics: shown.iter().zip(counts).map(TopicJson::new).collect(),
            })?,
            Output::Table => {
                let mut columns = vec![
                    Column::Left("TOPIC"),
                    Column::Right("PARTITIONS"),
                    Column::Right("REPLICATION"),
                ];
                if self.counts {
                    columns.push(Column::Right("MESSAGES"));
                }
                let rows = shown.iter().zip(counts).map(|(topic, count)| {
                    let mut row = vec![
                        topic.name.clone(),
                        topic.partitions.to_string(),
                        topic.replication_factor.to_string(),
                    ];
                    row.extend(count.map(cell));
                    row
                });
                session.out.table(&columns, rows)?;
            }
        }
        Ok(())
    }
}

impl<'a> TopicJson<'a> {
    fn new((topic, messages): (&&'a TopicSummary, Option<Option<i64>>)) -> Self {
        Self {
            topic: &topic.name,
            partitions: topic.partitions,
            replication_factor: topic.replication_factor,
            internal: topic.is_internal,
            messages,
        }
    }
}
