//! The verdict of `kp-admin audit`, by Kafka's own consumer and by ours.

use std::fmt;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::stage::Stage;

/// The consumer that reads the topic back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// Kafka's own console consumer, in a broker's container.
    Java,
    Kp,
}

/// What is audited.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Case<'a> {
    pub(super) ledger: &'a str,
    /// What the consumers delivered, if they took part.
    pub(super) delivered: &'a [String],
    /// A copy that is read in place of the topics that were written.
    pub(super) copy: Option<&'a str>,
    pub(super) promise: Option<&'a str>,
}

/// The figures of `kp-admin audit --output json` that are needed here.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub(super) struct Audit {
    pub(super) attempted: u64,
    pub(super) acknowledged: u64,
    pub(super) lost: u64,
    pub(super) failed: u64,
    pub(super) failed_stored: u64,
    pub(super) unknown: u64,
    pub(super) twice: u64,
    pub(super) acknowledged_twice: u64,
    pub(super) out_of_order: u64,
    pub(super) corrupted: u64,
    pub(super) never_sent: u64,
    #[serde(default)]
    pub(super) aborted_stored: u64,
    #[serde(default)]
    pub(super) torn_transactions: u64,
    pub(super) delivered: Option<Delivered>,
}

/// What became of the stored records at the consumers.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub(super) struct Delivered {
    pub(super) records: u64,
    pub(super) distinct: u64,
    pub(super) missing: u64,
    pub(super) repeated: u64,
    pub(super) corrupted: u64,
    pub(super) never_stored: u64,
}

/// Audits with both readers, which must agree.
///
/// # Errors
/// An audit failed, or the two differ.
pub(super) fn by_both(stage: &Stage<'_>, case: &Case<'_>) -> Result<Audit> {
    let java = by(Reader::Java, stage, case)?;
    let kp = by(Reader::Kp, stage, case)?;
    ensure!(java == kp, "Kafka's consumer and kp's see the topic differently: {java:?} and {kp:?}");
    Ok(java)
}

/// Audits with one reader.
///
/// # Errors
/// The audit failed. That a promise was broken is no error here.
pub(super) fn by(reader: Reader, stage: &Stage<'_>, case: &Case<'_>) -> Result<Audit> {
    let ledger = stage.file(case.ledger);
    let ledger = ledger.to_string_lossy();
    let mut arguments = vec!["audit", &ledger, "--output", "json"];
    let delivered: Vec<_> = case.delivered.iter().map(|name| stage.file(name)).collect();
    let delivered: Vec<_> = delivered.iter().map(|file| file.to_string_lossy()).collect();
    for file in &delivered {
        arguments.extend(["--delivered", file]);
    }
    if let Some(topic) = case.copy {
        arguments.extend(["--topic", topic]);
    }
    if let Some(promise) = case.promise {
        arguments.extend(["--promise", promise]);
    }
    let broker = stage.cluster.broker(1)?;
    match reader {
        Reader::Java => arguments.extend([
            "--reader",
            "java",
            "--container",
            &broker.container,
            "--container-bootstrap",
            "localhost:9092",
        ]),
        Reader::Kp => arguments.extend(["--reader", "kp"]),
    }
    let ended = stage.run("kp-admin", &arguments)?;
    // 5 says that a promise was broken; the figures say which.
    if ![Some(0), Some(5)].contains(&ended.code()) {
        bail!(
            "the audit by {reader} failed (exit code {:?}): {}",
            ended.code(),
            ended.stderr.trim()
        );
    }
    serde_json::from_slice(&ended.stdout).with_context(|| {
        format!("the audit by {reader} printed something else: {}", ended.text().trim())
    })
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Java => "Kafka's own consumer",
            Self::Kp => "kp's own consumer",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audits_answer_is_read() {
        let answer = r#"{"schema":"kp.admin.audit/1","reader":"kp","promise":"idempotent","kept":true,"broken":[],
            "runs":3,"attempted":10,"acknowledged":9,"stored":9,"lost":1,"expired":0,"failed":1,"failed_stored":0,"unknown":0,
            "unknown_stored":0,"aborted":0,"aborted_stored":0,"twice":2,"acknowledged_twice":1,"out_of_order":0,"corrupted":0,"never_sent":0,
            "others":0,"misplaced":0,"torn_transactions":0,
            "delivered":{"records":8,"distinct":7,"missing":2,"repeated":1,"corrupted":0,"never_stored":0,"out_of_order":0}}"#;
        let audit: Audit = serde_json::from_str(answer).unwrap();
        assert_eq!((audit.lost, audit.twice), (1, 2));
        assert_eq!(audit.delivered.unwrap().missing, 2);
        assert!(serde_json::from_str::<Audit>("{}").is_err());
    }
}
