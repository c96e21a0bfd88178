//! `topics offsets`.

use clap::Args;
use kp_cli::{Column, Names};
use kp_client::admin::{PartitionOffsets, Place};
use kp_settings::{Output, StartAt};
use serde::Serialize;

use crate::answer::cell;
use crate::cli::{moment, topic_name};
use crate::session::Session;
use crate::units::date;

/// Shows where each partition begins and ends, and where a time is
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Offsets {
    /// The topic
    #[arg(value_name = "NAME", required = true, value_parser = topic_name, add = Names::Topics)]
    names: Vec<String>,
    /// The first message at this time or later, too: @TIME as in `kp-consumer --from`
    #[arg(long, value_name = "@TIME", value_parser = moment)]
    at: Option<StartAt>,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    partitions: Vec<Partition<'a>>,
}

#[derive(Serialize)]
struct Partition<'a> {
    topic: &'a str,
    partition: i32,
    start: Option<i64>,
    end: Option<i64>,
    count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<At>,
}

/// None where no message is as young.
#[derive(Serialize)]
struct At {
    offset: Option<i64>,
    timestamp: Option<i64>,
}

impl Offsets {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let topics = session.admin.partitions_of(&self.names, "Describe")?;
        let time = match self.at {
            Some(StartAt::Time(time)) => Some(time),
            _ => None,
        };
        let offsets = session.admin.topic_offsets(&topics, time)?;
        match session.form {
            Output::Json => session.json(&Answer {
                schema: "kp.admin.topics.offsets/1",
                partitions: offsets
                    .iter()
                    .map(|(place, offsets)| Partition::new(place, offsets, time.is_some()))
                    .collect(),
            })?,
            Output::Table => {
                let mut columns = vec![
                    Column::Left("TOPIC"),
                    Column::Right("PARTITION"),
                    Column::Right("START"),
                    Column::Right("END"),
                    Column::Right("COUNT"),
                ];
                if time.is_some() {
                    columns.extend([Column::Right("AT"), Column::Left("TIME")]);
                }
                let rows = offsets.iter().map(|((topic, partition), one)| {
                    let mut row = vec![topic.clone(), partition.to_string()];
                    row.extend([cell(one.start), cell(one.end), cell(one.count())]);
                    if time.is_some() {
                        let at = one.at.map(|(offset, _)| offset);
                        row.extend([cell(at), cell(one.at.map(|(_, time)| date(time)))]);
                    }
                    row
                });
                session.out.table(&columns, rows)?;
            }
        }
        let unled = offsets.values().filter(|one| one.end.is_none()).count();
        if unled > 0 {
            session.say(format_args!(
                "{unled} of {} have no leader that tells; `kp-admin topics health` says more",
                offsets.len()
            ))?;
        }
        Ok(())
    }
}

impl<'a> Partition<'a> {
    fn new((topic, partition): &'a Place, offsets: &PartitionOffsets, timed: bool) -> Self {
        Self {
            topic,
            partition: *partition,
            start: offsets.start,
            end: offsets.end,
            count: offsets.count(),
            at: timed.then(|| At {
                offset: offsets.at.map(|(offset, _)| offset),
                timestamp: offsets.at.map(|(_, time)| time),
            }),
        }
    }
}
