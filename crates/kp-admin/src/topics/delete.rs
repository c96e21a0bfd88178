//! `topics delete`.

use std::collections::HashSet;

use clap::Args;
use kp_cli::{Exit, Names, Stop};
use kp_client::admin::Admin;
use kp_settings::Output;
use serde::Serialize;

use crate::answer::counted;
use crate::cli::topic_name;
use crate::consent::Consent;
use crate::session::Session;

/// Deletes topics with all their messages
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Delete {
    /// The topic
    #[arg(value_name = "NAME", required = true, value_parser = topic_name, add = Names::Topics)]
    names: Vec<String>,
    #[command(flatten)]
    consent: Consent,
    /// Kafka's own topics too, with what all groups or transactions keep there
    #[arg(long)]
    internal: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    deleted: &'a [&'a str],
}

impl Delete {
    pub(crate) fn check(&self) -> Result<(), Stop> {
        self.consent.check("topics delete")
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> anyhow::Result<()> {
        let admin = session.admin;
        let topics = each_once(&self.names);
        admin.check_deletable(&topics)?;
        let lost: Vec<String> = topics.iter().filter_map(|name| admin.lost_with(name)).collect();
        if !lost.is_empty() && !self.internal {
            let message = format!("{}; --internal says that this is meant", lost.join("; "));
            return Err(Stop::new(Exit::Usage, message).into());
        }
        for sentence in &lost {
            session.say(format_args!("{sentence}"))?;
        }
        self.consent.obtain(|| question(admin, &topics), session)?;
        admin.delete_topics(&topics)?;
        match session.form {
            Output::Json => {
                session.json(&Answer { schema: "kp.admin.topics.delete/1", deleted: &topics })?
            }
            Output::Table => session.out.line(format_args!("Deleted {}", topics.join(", ")))?,
        }
        Ok(())
    }
}

/// A topic that is named twice is meant once.
fn each_once(names: &[String]) -> Vec<&str> {
    let mut seen = HashSet::new();
    names.iter().map(String::as_str).filter(|name| seen.insert(*name)).collect()
}

fn question(admin: &Admin, topics: &[&str]) -> String {
    let described: Vec<_> = topics
        .iter()
        .zip(admin.message_counts(topics))
        .map(|(name, count)| match count {
            Some(count) => format!("{name} with {}", counted(count, "message")),
            None => (*name).to_owned(),
        })
        .collect();
    format!("Delete {} on {}?", described.join(", "), admin.broker())
}
