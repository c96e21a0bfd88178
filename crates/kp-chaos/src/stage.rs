//! What a row works with: the cluster, the programs, and how much it is to do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::client::{Client, Stdout};
use super::plan::{Amount, Form};
use kp_process::Finished;
use kp_process::interrupt::Interrupt;
use kp_process::wait;
use kp_stack::docker::cluster::Cluster;
use kp_stack::kafka::offsets;

/// For programs that end by themselves. To send the backlog of a full row takes the longest.
const ENDS_WITHIN: Duration = Duration::from_secs(300);
const STORED_WITHIN: Duration = Duration::from_secs(600);

/// So that a group waits 2 s for a member that was killed, and not librdkafka's 45.
pub(super) const SHORT_SESSION: [&str; 4] =
    ["-X", "session.timeout.ms=2000", "-X", "heartbeat.interval.ms=300"];

/// What one row works with.
pub(super) struct Stage<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) programs: &'a BTreeMap<String, PathBuf>,
    pub(super) interrupt: &'a Interrupt,
    pub(super) form: Form,
    pub(super) seed: u64,
    /// The row or control, which begins the names of its topics, groups and files: `row-1`, or
    /// `row-1-control`.
    pub(super) name: String,
    /// Where ledgers are, and what the programs said.
    pub(super) folder: PathBuf,
    /// How many programs were started.
    pub(super) started: AtomicU32,
}

/// What `kp-producer --report json` prints, as far as it is needed here.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Sent {
    pub(super) sent: u64,
    pub(super) acknowledged: u64,
    pub(super) failed: u64,
    pub(super) unknown: u64,
    pub(super) undelivered: u64,
}

impl Sent {
    /// # Errors
    /// It printed something else, or nothing. A producer must report on its messages however it
    /// ends.
    pub(super) fn said_by(ended: &Finished) -> Result<Self> {
        serde_json::from_slice(&ended.stdout).with_context(|| {
            format!("kp-producer printed no report; it says: {}", ended.stderr.trim())
        })
    }

    /// Whether every message that was taken is accounted for.
    pub(super) fn adds_up(&self) -> bool {
        self.sent == self.acknowledged + self.failed + self.unknown + self.undelivered
    }
}

impl Stage<'_> {
    pub(super) fn amount(&self, amount: Amount) -> u64 {
        amount.of(self.form)
    }

    /// Where a program is.
    pub(super) fn program(&self, name: &str) -> Result<&Path> {
        let path = self.programs.get(name);
        path.map(PathBuf::as_path).with_context(|| format!("there is no program {name}"))
    }

    /// A file of this row.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Starts a program; the address of the cluster is given to it before its arguments.
    ///
    /// # Errors
    /// It cannot be started.
    pub(super) fn start(
        &self,
        program: &str,
        arguments: &[&str],
        stdout: Stdout,
    ) -> Result<Client> {
        let bootstrap = self.cluster.bootstrap();
        self.start_on(&bootstrap, program, arguments, stdout)
    }

    /// As [`Stage::start`], but on another address.
    ///
    /// # Errors
    /// It cannot be started.
    pub(super) fn start_on(
        &self,
        bootstrap: &str,
        program: &str,
        arguments: &[&str],
        stdout: Stdout,
    ) -> Result<Client> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let log = self.folder.join(format!("{number:04}-{program}"));
        let arguments = [&["--bootstrap-server", bootstrap], arguments].concat();
        Client::start(self.program(program)?, &arguments, stdout, &log)
    }

    /// Runs a program to its end.
    ///
    /// # Errors
    /// It cannot be started, does not end, or panics. That it failed is no error here.
    pub(super) fn run(&self, program: &str, arguments: &[&str]) -> Result<Finished> {
        self.start(program, arguments, Stdout::Kept)?
            .ended_within(ENDS_WITHIN, self.interrupt)
            .with_context(|| format!("{program} {}", arguments.join(" ")))
    }

    /// A new topic on all three brokers, with these settings of its own. Returns its name.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn topic(&self, name: &str, partitions: u32, settings: &[&str]) -> Result<String> {
        let topic = format!("{}-{name}", self.name);
        let partitions = partitions.to_string();
        let create = ["topics", "create", &topic, "--partitions", &partitions];
        let settings = settings.iter().flat_map(|setting| ["--config", setting]);
        let arguments: Vec<_> =
            create.into_iter().chain(["--replication-factor", "3"]).chain(settings).collect();
        self.run("kp-admin", &arguments)?
            .exits(0)
            .with_context(|| format!("the topic {topic} cannot be made"))?;
        self.cluster.wait_until_known(&topic, self.interrupt)?;
        Ok(topic)
    }

    /// How many messages the topic holds.
    ///
    /// # Errors
    /// No broker tells. While one is away this is a passing state.
    pub(super) fn stored(&self, topic: &str) -> Result<u64> {
        let mut told = Err(anyhow::anyhow!("there are no brokers"));
        for broker in self.cluster.brokers() {
            told = offsets::end_of(topic, &broker.address());
            if told.is_ok() {
                break;
            }
        }
        told
    }

    /// Waits until the topic holds so many messages, as long as the program that fills it runs.
    ///
    /// # Errors
    /// That takes too long, or the program has ended.
    pub(super) fn wait_until_stored(
        &self,
        topic: &str,
        messages: u64,
        filled_by: &mut Client,
    ) -> Result<()> {
        let what = format!("{topic} holds {messages} messages");
        wait::until(&what, STORED_WITHIN, self.interrupt, || {
            filled_by.ensure_running()?;
            Ok(self.stored(topic).is_ok_and(|stored| stored >= messages))
        })
    }

    /// A producer of so many messages at this rate (0: as fast as it can), which it notes in the
    /// ledger.
    pub(super) fn producer(
        &self,
        topic: &str,
        ledger: &str,
        count: u64,
        rate: u64,
        more: &[&str],
    ) -> Result<Client> {
        let (count, rate) = (count.to_string(), rate.to_string());
        let ledger = self.file(ledger);
        let ledger = ledger.to_string_lossy();
        let arguments = ["--topic", topic, "--audit", &ledger, "--report", "json"];
        let amounts = ["--count", &count, "--rate", &rate];
        self.start("kp-producer", &[&arguments[..], &amounts, more].concat(), Stdout::Kept)
    }

    /// A member of a group with a short session timeout. It notes what it delivered in the file
    /// `audit`.
    pub(super) fn consumer(
        &self,
        topic: &str,
        group: &str,
        audit: &str,
        stdout: Stdout,
        more: &[&str],
    ) -> Result<Client> {
        let audit = self.file(audit);
        let audit = audit.to_string_lossy();
        let arguments = ["--topic", topic, "--group", group, "--audit", &audit];
        self.start("kp-consumer", &[&arguments[..], &SHORT_SESSION, more].concat(), stdout)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn ended(stdout: &str) -> Finished {
        Finished {
            command: "kp-producer".to_owned(),
            status: ExitStatus::from_raw(5 << 8),
            stdout: stdout.into(),
            stderr: "kp-producer: no broker\n".to_owned(),
            elapsed: Duration::ZERO,
            processor_time: None,
        }
    }

    #[test]
    fn a_report_adds_up_or_not() {
        let report = r#"{"schema":"x","sent":10,"acknowledged":4,"failed":3,"unknown":2,"undelivered":1,"unsent":0,"confirmed":true}"#;
        let sent = Sent::said_by(&ended(report)).unwrap();
        assert!(sent.adds_up());
        let silent = Sent { undelivered: 0, ..sent };
        assert!(!silent.adds_up());
    }

    #[test]
    fn a_producer_without_a_report_is_quoted() {
        let error = Sent::said_by(&ended("")).unwrap_err();
        assert!(format!("{error:#}").contains("no broker"), "{error:#}");
    }
}
