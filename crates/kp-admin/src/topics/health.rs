//! `topics health`.

mod verdict;

use clap::Args;
use kp_cli::{Exit, Names};
use kp_settings::Output;
use serde::Serialize;

use crate::answer::counted;
use crate::cli::topic_name;
use crate::session::Session;
use verdict::{Finding, Kind};

const MIN_IN_SYNC: &str = "min.insync.replicas";

/// Says which topics something is wrong with, or may be soon, and what follows from it
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Health {
    /// The topic [default: all]
    #[arg(value_name = "NAME", value_parser = topic_name, add = Names::Topics)]
    names: Vec<String>,
    /// Only partitions with fewer replicas in sync than they have
    #[arg(long)]
    under_replicated: bool,
    /// Only partitions with fewer replicas in sync than min.insync.replicas
    #[arg(long)]
    under_min_isr: bool,
    /// Only partitions without a leader
    #[arg(long)]
    offline: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    healthy: bool,
    topics: usize,
    findings: Vec<Found<'a>>,
}

#[derive(Serialize)]
struct Found<'a> {
    topic: &'a str,
    kind: Kind,
    /// Whether something is wrong now, and not only soon.
    wrong: bool,
    partitions: &'a [i32],
    words: String,
}

impl Health {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<Exit> {
        let admin = session.admin;
        let topics = admin.partitions_of(&self.names, "Describe")?;
        let names: Vec<&str> = topics.iter().map(|topic| topic.name.as_str()).collect();
        let states = admin.topic_states(&names)?;
        let mut findings = Vec::new();
        for topic in &topics {
            let state = states.iter().find(|state| state.name == topic.name);
            let configs = state.map_or(&[][..], |state| &state.configs);
            let min_in_sync = configs.iter().find(|one| one.name == MIN_IN_SYNC);
            let min = min_in_sync.and_then(|one| one.value.parse().ok()).unwrap_or(1);
            findings.extend(verdict::of(topic, min, admin.broker_count()));
        }
        findings.retain(|one| self.selects(one.kind));
        // What is wrong comes first, and the worst of it.
        findings.sort_by_key(|one| one.kind);
        let is_wrong = findings.iter().any(|one| one.kind.is_wrong());
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.topics.health/1",
                healthy: !is_wrong,
                topics: topics.len(),
                findings: findings.iter().map(Found::new).collect(),
            })?,
            Output::Table => {
                for finding in &findings {
                    session.out.line(format_args!("{}", finding.words()))?;
                }
                if !is_wrong {
                    session.out.line(format_args!("{}", self.all_well(topics.len(), &findings)))?;
                }
            }
        }
        Ok(if is_wrong { Exit::Messages } else { Exit::Done })
    }

    fn selects(&self, kind: Kind) -> bool {
        if !(self.under_replicated || self.under_min_isr || self.offline) {
            return true;
        }
        match kind {
            Kind::Offline => self.offline,
            Kind::UnderMinInSync => self.under_min_isr,
            Kind::UnderReplicated => self.under_replicated,
            _ => false,
        }
    }

    fn all_well(&self, topics: usize, findings: &[Finding]) -> String {
        let count = counted(topics, "topic");
        if !findings.is_empty() {
            return format!("Nothing is wrong now with {count}; the lines above may become so");
        }
        if self.under_replicated || self.under_min_isr || self.offline {
            return format!("No such partition in {count}");
        }
        format!("{count}: each partition has a leader, and all its replicas are in sync")
    }
}

impl<'a> Found<'a> {
    fn new(finding: &'a Finding) -> Self {
        Self {
            topic: &finding.topic,
            kind: finding.kind,
            wrong: finding.kind.is_wrong(),
            partitions: &finding.partitions,
            words: finding.words(),
        }
    }
}
