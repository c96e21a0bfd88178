//! `topics configs`.

use clap::Args;
use kp_cli::{Column, Exit, Names, Stop};
use kp_client::admin::{ConfigEntry, ConfigSource, Purpose};
use kp_settings::Output;
use serde::Serialize;

use crate::answer::NONE;
use crate::cli::{config, topic_name};
use crate::config_names;
use crate::consent::Consent;
use crate::plan;
use crate::session::Session;
use crate::units::human;

/// Shows what is set on a topic and where, or changes it
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Configs {
    /// The topic
    #[arg(value_name = "NAME", value_parser = topic_name, add = Names::Topics)]
    name: String,
    /// Those that are Kafka's own default, too
    #[arg(long, conflicts_with_all = ["set", "unset"])]
    all: bool,
    /// Set this on the topic, such as retention.ms=604800000
    #[arg(long, value_name = "CONFIG=VALUE", value_parser = config, add = Names::TopicConfigs)]
    set: Vec<(String, String)>,
    /// Take the topic's own value away, so that the broker's counts
    #[arg(long, value_name = "CONFIG", add = Names::TopicConfigs)]
    unset: Vec<String>,
    #[command(flatten)]
    consent: Consent,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    topic: &'a str,
    configs: Vec<Config<'a>>,
}

#[derive(Serialize)]
struct Config<'a> {
    config: &'a str,
    /// None where the broker keeps it to itself.
    value: Option<&'a str>,
    /// `topic`, `broker`, `all_brokers`, `broker_file`, `default` or `other`.
    source: &'static str,
    read_only: bool,
}

impl Configs {
    pub(super) fn is_change(&self) -> bool {
        self.names().next().is_some()
    }

    pub(crate) fn check(&self) -> Result<(), Stop> {
        if !self.is_change() {
            return Ok(());
        }
        config_names::check_each_once(self.names())?;
        self.consent.check("topics configs")
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        config_names::names(&self.set, &self.unset)
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<Exit> {
        let purpose = if self.is_change() { Purpose::Change } else { Purpose::Look };
        let configs = session.admin.topic_configs(&self.name, purpose)?;
        if self.is_change() {
            let of = format!("topic {}", self.name);
            let all = format!("kp-admin topics configs {} --all", self.name);
            for name in self.names() {
                config_names::known(&configs, name, &of, &all)?;
            }
            let changes = (self.set.as_slice(), self.unset.as_slice());
            return plan::change_configs(&self.name, changes, self.consent, session);
        }
        self.show(&configs, session)?;
        Ok(Exit::Done)
    }

    fn show(&self, configs: &[ConfigEntry], session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let mut shown: Vec<&ConfigEntry> = configs.iter().collect();
        shown.retain(|entry| self.all || entry.source != ConfigSource::Default);
        shown.sort_by(|one, other| one.name.cmp(&other.name));
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.topics.configs/1",
                topic: &self.name,
                configs: shown.iter().map(|entry| Config::new(entry)).collect(),
            })?,
            Output::Table if shown.is_empty() => session.out.line(format_args!(
                "Topic {} has Kafka's own defaults; --all shows them",
                self.name
            ))?,
            Output::Table => {
                let columns = ["CONFIG", "VALUE", "MEANS", "SET"].map(Column::Left);
                let rows = shown.iter().map(|entry| {
                    let value = entry.value.as_deref();
                    let means = value.map(|value| human(&entry.name, value));
                    let means = means.filter(|means| Some(means.as_str()) != value);
                    vec![
                        entry.name.clone(),
                        value.map_or_else(|| "(secret)".to_owned(), ToOwned::to_owned),
                        means.unwrap_or_else(|| NONE.to_owned()),
                        config_names::place(entry.source).to_owned(),
                    ]
                });
                session.out.table(&columns, rows)?;
            }
        }
        Ok(())
    }
}

impl<'a> Config<'a> {
    fn new(entry: &'a ConfigEntry) -> Self {
        Self {
            config: &entry.name,
            value: entry.value.as_deref(),
            source: config_names::source(entry.source),
            read_only: entry.is_read_only,
        }
    }
}
