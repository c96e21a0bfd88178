//! `audit`: holds a producer's ledger, and what consumers delivered, against what is stored.

mod java;
mod show;

use std::path::PathBuf;

use anyhow::Context as _;
use kp_audit::{Comparison, Promise, Stamp, Stored, checksum, read_delivered, read_ledger};
use kp_cli::{Exit, Screen, Stop};
use kp_settings::{Output, Settings};

/// What is to be audited, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Audit {
    pub(crate) ledger: PathBuf,
    /// Lists of what consumers delivered.
    pub(crate) delivered: Vec<PathBuf>,
    pub(crate) reader: Reader,
    /// A copy that is looked at in place of the ledger's own topics.
    pub(crate) topic: Option<String>,
    /// The promise to check, in place of what the ledger's settings promise.
    pub(crate) promise: Option<Promise>,
}

/// The consumer that reads the topics back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// kp's own consumer.
    Kp,
    /// Kafka's console consumer.
    Java {
        /// The container that it is in; without one it is looked for on the PATH.
        container: Option<String>,
        /// The broker's address from there.
        bootstrap: String,
    },
}

impl Reader {
    fn name(&self) -> &'static str {
        match self {
            Self::Kp => "kp",
            Self::Java { .. } => "java",
        }
    }
}

/// Runs the command; returns whether the promise was kept.
pub(crate) fn run(
    audit: &Audit,
    settings: &Settings,
    form: Output,
    out: &mut Screen<'_>,
) -> anyhow::Result<bool> {
    let runs = read_ledger(&audit.ledger)?;
    let mut topics: Vec<String> = Vec::new();
    for topic in runs.iter().flat_map(|run| &run.topics) {
        if !topics.contains(topic) {
            topics.push(topic.clone());
        }
    }
    // The weakest, which all of them keep.
    let promised = runs.iter().map(|run| run.promise).min();
    let promise = audit.promise.or(promised).unwrap_or(Promise::Nothing);
    if let Some(copy) = &audit.topic {
        topics = vec![copy.clone()];
    }
    if topics.is_empty() {
        return Err(Stop::new(
            Exit::Unexpected,
            format!(
                "{} tells of no record: its producer ended before the first",
                audit.ledger.display()
            ),
        )
        .into());
    }
    let mut comparison = Comparison::new(runs, audit.topic.is_some());
    read_stored(audit, settings, &topics, &mut comparison)?;
    for path in &audit.delivered {
        comparison.begin_list();
        read_delivered(path, |part, entry| comparison.delivered(part, &entry))?;
    }
    let findings = comparison.finish();
    let broken = findings.broken(promise);
    let shown = show::Shown {
        ledger: &audit.ledger,
        topics: &topics,
        reader: audit.reader.name(),
        promise,
        findings: &findings,
        broken: &broken,
    };
    match form {
        Output::Json => shown.json(out)?,
        Output::Table => shown.text(out)?,
    }
    Ok(broken.is_empty())
}

fn read_stored(
    audit: &Audit,
    settings: &Settings,
    topics: &[String],
    comparison: &mut Comparison,
) -> anyhow::Result<()> {
    let kept = match &audit.reader {
        Reader::Kp => kp_client::read_back(settings, topics, |message| {
            comparison.stored(&Stored {
                topic: message.topic(),
                partition: message.partition(),
                offset: message.offset(),
                stamp: Stamp::read(message.headers()),
                checksum: checksum(message.key(), message.value()),
            });
            Ok::<(), kp_client::Error>(())
        })?,
        Reader::Java { container, bootstrap } => {
            // Only its ends: the messages are for Kafka's own consumer.
            let kept = kp_client::bounds(settings, topics)?;
            for topic in topics {
                java::read(container.as_deref(), bootstrap, topic, &kept, comparison)
                    .with_context(|| format!("cannot read {topic} by Kafka's console consumer"))?;
            }
            // What retention removed meanwhile was not read.
            kp_client::bounds(settings, topics)?
        }
    };
    for partition in kept {
        comparison.kept_from(&partition.topic, partition.partition, partition.from);
    }
    Ok(())
}
