//! `cluster configs`.

use clap::{Args, value_parser};
use kp_cli::{Column, Exit, Names, Stop};
use kp_client::admin::{ConfigEntry, ConfigSource, Purpose};
use kp_settings::Output;
use serde::Serialize;

use crate::answer::{cell, counted};
use crate::cli::config;
use crate::config_names;
use crate::consent::Consent;
use crate::session::Session;

/// Shows or changes a broker's configs
///
/// The broker takes a change at once, without a restart, and keeps it. The defaults of all brokers
/// cannot be changed here; `kafka-configs --entity-type brokers --entity-default` does that.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Configs {
    /// The broker's id
    #[arg(value_name = "BROKER", value_parser = value_parser!(i32).range(0..))]
    #[arg(add = Names::Brokers)]
    broker: i32,
    /// Kafka's own defaults too
    #[arg(long)]
    all: bool,
    /// Set this config on the broker
    #[arg(long, value_name = "NAME=VALUE", value_parser = config, add = Names::BrokerConfigs)]
    set: Vec<(String, String)>,
    /// Make this config as if it had never been set on the broker
    #[arg(long, value_name = "NAME", add = Names::BrokerConfigs)]
    unset: Vec<String>,
    #[command(flatten)]
    consent: Consent,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    broker: i32,
    configs: Vec<ConfigJson<'a>>,
}

#[derive(Serialize)]
struct ConfigJson<'a> {
    config: &'a str,
    value: Option<&'a str>,
    /// `broker`, `all_brokers`, `broker_file`, `default` or `other`.
    source: &'static str,
    sensitive: bool,
    read_only: bool,
}

#[derive(Serialize)]
struct Changed<'a> {
    schema: &'static str,
    broker: i32,
    set: std::collections::BTreeMap<&'a str, &'a str>,
    unset: &'a [String],
}

impl Configs {
    pub(super) fn is_change(&self) -> bool {
        self.names().next().is_some()
    }

    pub(super) fn check(&self) -> Result<(), Stop> {
        if !self.is_change() {
            return Ok(());
        }
        config_names::check_each_once(self.names())?;
        self.consent.check("cluster configs")
    }

    pub(super) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let is_change = self.is_change();
        let purpose = if is_change { Purpose::Change } else { Purpose::Look };
        let configs = session.admin.broker_configs(self.broker, purpose)?;
        if is_change {
            return self.change(&configs, session);
        }
        let shown =
            configs.iter().filter(|config| self.all || config.source != ConfigSource::Default);
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.cluster.configs/1",
                broker: self.broker,
                configs: shown
                    .map(|config| ConfigJson {
                        config: &config.name,
                        value: config.value.as_deref(),
                        source: config_names::source(config.source),
                        sensitive: config.is_sensitive,
                        read_only: config.is_read_only,
                    })
                    .collect(),
            })?,
            Output::Table => {
                let columns = ["CONFIG", "VALUE", "SET", "CHANGES"].map(Column::Left);
                let rows = shown.map(|config| {
                    vec![
                        config.name.clone(),
                        value(config),
                        config_names::place(config.source).to_owned(),
                        if config.is_read_only { "by a restart" } else { "at once" }.to_owned(),
                    ]
                });
                session.out.table(&columns, rows)?;
            }
        }
        Ok(())
    }

    fn change(&self, configs: &[ConfigEntry], session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let broker = self.broker;
        for name in self.names() {
            let of = format!("broker {broker}");
            let all = format!("kp-admin cluster configs {broker} --all");
            let now = config_names::known(configs, name, &of, &all)?;
            if now.is_read_only {
                let message = format!(
                    "{name} of broker {broker} changes only by a restart; set it in the broker's file"
                );
                return Err(Stop::new(Exit::Broker, message).into());
            }
            let to = self.set.iter().find(|(set, _)| set == name);
            let to = match to {
                // What is secret now is not shown when it changes either.
                Some(_) if now.is_sensitive => "***",
                Some((_, to)) => to,
                None => "as if it had never been set there",
            };
            session.say(format_args!("~ broker {broker} {name} {} -> {to}", value(now)))?;
        }
        let set = self.set.iter().map(|(name, to)| (name.as_str(), Some(to.as_str())));
        let unset = self.unset.iter().map(|name| (name.as_str(), None));
        let changes: Vec<_> = set.chain(unset).collect();
        let count = counted(changes.len(), "config");
        let at = session.admin.broker();
        let question = || format!("Change {count} of broker {broker} on {at}?");
        self.consent.obtain(question, session)?;
        session.admin.change_broker_configs(broker, &changes)?;
        let is_shown =
            |name: &str| configs.iter().any(|config| config.name == name && !config.is_sensitive);
        match session.form {
            Output::Json => session.json(&Changed {
                schema: "kp.admin.cluster.configs.change/1",
                broker,
                set: self
                    .set
                    .iter()
                    .map(|(name, to)| {
                        (name.as_str(), if is_shown(name) { to.as_str() } else { "***" })
                    })
                    .collect(),
                unset: &self.unset,
            })?,
            Output::Table => {
                session.out.line(format_args!("Changed {count} of broker {broker}"))?;
            }
        }
        Ok(())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        config_names::names(&self.set, &self.unset)
    }
}

fn value(config: &ConfigEntry) -> String {
    match &config.value {
        _ if config.is_sensitive => "***".to_owned(),
        Some(value) if value.is_empty() => "\"\"".to_owned(),
        value => cell(value.as_ref()),
    }
}
