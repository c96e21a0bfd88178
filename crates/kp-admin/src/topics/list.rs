//! `topics list`.

use clap::Args;
use kp_cli::Column;
use kp_client::admin::TopicSummary;
use kp_settings::Output;
use serde::Serialize;

use crate::session::Session;

/// Lists the topics
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct List {
    /// Kafka's own topics too, such as __consumer_offsets
    #[arg(long)]
    internal: bool,
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
}

impl List {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let admin = session.admin;
        let topics = admin.topics();
        let shown = topics.iter().filter(|topic| self.internal || !topic.is_internal);
        // The embedded broker hides nothing.
        if shown.clone().next().is_none() && !admin.is_embedded() {
            tracing::warn!(
                "{} shows no topic: there is none, or none that this user may see (ACL Describe on a topic)",
                admin.broker()
            );
        }
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.topics.list/1",
                topics: shown.map(TopicJson::new).collect(),
            })?,
            Output::Table => {
                let columns = [
                    Column::Left("TOPIC"),
                    Column::Right("PARTITIONS"),
                    Column::Right("REPLICATION"),
                ];
                let rows = shown.map(|topic| {
                    vec![
                        topic.name.clone(),
                        topic.partitions.to_string(),
                        topic.replication_factor.to_string(),
                    ]
                });
                session.out.table(&columns, rows)?;
            }
        }
        Ok(())
    }
}

impl<'a> TopicJson<'a> {
    fn new(topic: &'a TopicSummary) -> Self {
        Self {
            topic: &topic.name,
            partitions: topic.partitions,
            replication_factor: topic.replication_factor,
            internal: topic.is_internal,
        }
    }
}
