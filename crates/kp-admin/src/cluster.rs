//! `cluster`, and what stands below it.

mod configs;

use clap::{Args, Subcommand};
use kp_cli::{Column, Exit, Stop};
use kp_client::admin::Broker;
use kp_settings::Output;
use serde::Serialize;

use crate::answer::{cell, counted};
use crate::session::Session;

/// Shows the cluster's brokers, and how many partitions each leads and holds
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Cluster {
    #[command(subcommand)]
    below: Option<Below>,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
enum Below {
    Configs(configs::Configs),
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    cluster_id: Option<&'a str>,
    controller: Option<i32>,
    partitions_without_leader: usize,
    brokers: Vec<BrokerJson<'a>>,
}

#[derive(Serialize)]
struct BrokerJson<'a> {
    broker: i32,
    host: Option<&'a str>,
    port: Option<u16>,
    rack: Option<&'a str>,
    controller: bool,
    partitions_led: usize,
    partitions_held: usize,
}

impl Cluster {
    /// What is wrong before anything is connected to.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        match &self.below {
            Some(Below::Configs(configs)) => configs.check(),
            None => Ok(()),
        }
    }

    /// What does not happen where the settings are read only; none where it only looks.
    pub(crate) fn change(&self) -> Option<&'static str> {
        match &self.below {
            Some(Below::Configs(configs)) if configs.is_change() => Some("no config is changed"),
            Some(Below::Configs(_)) | None => None,
        }
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<Exit> {
        if let Some(Below::Configs(configs)) = &self.below {
            return configs.run(session).map(|()| Exit::Done);
        }
        let cluster = session.admin.cluster()?;
        let leads = |broker: &Broker| cluster.controller == Some(broker.id);
        if session.form == Output::Json {
            session.json(&Answer {
                schema: "kp.admin.cluster/1",
                cluster_id: cluster.id.as_deref(),
                controller: cluster.controller,
                partitions_without_leader: cluster.leaderless,
                brokers: cluster
                    .brokers
                    .iter()
                    .map(|broker| BrokerJson {
                        broker: broker.id,
                        host: broker.address.as_ref().map(|(host, _)| host.as_str()),
                        port: broker.address.as_ref().map(|(_, port)| *port),
                        rack: broker.rack.as_deref(),
                        controller: leads(broker),
                        partitions_led: broker.leads,
                        partitions_held: broker.holds,
                    })
                    .collect(),
            })?;
            return Ok(Exit::Done);
        }
        session.out.line(format_args!("Cluster: {}", cell(cluster.id.as_ref())))?;
        let columns = [
            Column::Right("BROKER"),
            Column::Left("ADDRESS"),
            Column::Left("RACK"),
            Column::Right("LEADS"),
            Column::Right("HOLDS"),
            Column::Left(""),
        ];
        let rows = cluster.brokers.iter().map(|broker| {
            let address = broker.address.as_ref();
            vec![
                broker.id.to_string(),
                address.map_or_else(|| "down".to_owned(), |(host, port)| format!("{host}:{port}")),
                cell(broker.rack.as_ref()),
                broker.leads.to_string(),
                broker.holds.to_string(),
                if leads(broker) { "controller for clients".to_owned() } else { String::new() },
            ]
        });
        session.out.table(&columns, rows)?;
        if cluster.leaderless > 0 {
            session.say(format_args!(
                "{} without a leader: nobody can read or write there",
                counted(cluster.leaderless, "partition")
            ))?;
        }
        Ok(Exit::Done)
    }
}
