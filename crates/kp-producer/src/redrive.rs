//! Sending a saved file back (`--load`), so that no record is sent twice.
//!
//! ```text
//!  FILE -> plan.rs: where each goes -> sender.rs: note, send, note -> show.rs
//!              FILE.sent: the notes -------^
//! ```

mod plan;
mod sender;
mod show;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kp_archive::Archive;
use kp_audit::{RunId, SentBack, SentBackNotes};
use kp_cli::{Exit, Grace, Screen, Stop, StopSignal};
use kp_client::produce::Producer;
use kp_settings::{FlagValue, Role, Settings};

use crate::cli::{Call, Report};
use crate::metrics;
use plan::{Counts, Decision, Plan, Target, to_send};
use sender::{Item, Sender, look_for_open};

/// Flags that say what made-up messages or lines are, or weaken what a redrive promises.
const REFUSED: [&str; 20] = [
    "producer.count",
    "producer.duration",
    "producer.size",
    "producer.value_template",
    "producer.keys",
    "producer.zipf",
    "producer.seed",
    "producer.key",
    "producer.headers",
    "producer.partition",
    "producer.acks",
    "producer.idempotence",
    "producer.flush",
    "producer.stdin_format",
    "producer.key_delimiter",
    "producer.delimiter",
    "producer.null_empty",
    "producer.input_template",
    "producer.key_column",
    "producer.per_transaction",
];
/// What there is where nothing may be sent.
const DRY_RUN: &str = "--dry-run shows what would be";
const TOPIC: &str = "producer.topic";
const ISOLATION: &str = "kafka.librdkafka.isolation.level";
const TRANSACTIONAL_ID: &str = "producer.transactional_id";
/// What a killed producer had handed to the system may reach a broker that knows no transactions
/// after its end.
const UNDER_WAY: Duration = Duration::from_secs(2);

/// Looks for what has no meaning together.
///
/// # Errors
/// It, in words.
pub(crate) fn check(call: &Call) -> Result<(), Stop> {
    let wrong = |text: String| Err(Stop::new(Exit::Settings, text));
    let is_typed = |key: &str| call.flags.iter().any(|flag| flag.key == key);
    if call.receipts.is_some() && call.audit.is_some() {
        return wrong(
            "--receipts: not together with --audit, whose ledger has what became of each record"
                .to_owned(),
        );
    }
    if call.receipts.is_some() && call.load.is_some() {
        return wrong(
            "--receipts: not together with --load, whose notes (FILE.sent) have what became of each record"
                .to_owned(),
        );
    }
    if call.load.is_none() {
        return match (call.to_origin, call.dry_run) {
            (true, _) => wrong("--to-origin: is for a saved file; name it with --load".to_owned()),
            (_, true) => wrong("--dry-run: is for a saved file; name it with --load".to_owned()),
            _ => Ok(()),
        };
    }
    if call.explain {
        return wrong(
            "--explain: not together with --load, which sends in a way of its own".to_owned(),
        );
    }
    if call.stdin {
        return wrong(
            "--stdin: not together with --load, which sends a file of records".to_owned(),
        );
    }
    if call.file.is_some() {
        return wrong(
            "--file: not together with --load, which names a file of records itself".to_owned(),
        );
    }
    if let Some(flag) = call.flags.iter().find(|flag| REFUSED.contains(&flag.key.as_str())) {
        let why = "not together with --load: a record goes back as it was saved, once, and acknowledged by all replicas";
        return wrong(format!("{}: {why}", flag.flag));
    }
    if call.dry_run && is_typed("producer.metrics") {
        return wrong(
            "--metrics: not together with --dry-run, which sends nothing and ends".to_owned(),
        );
    }
    match (is_typed(TOPIC), call.to_origin) {
        (true, true) => wrong("--to-origin: not together with --topic; keep one of them".to_owned()),
        (false, false) => wrong(
            "--load: where do the records go? --topic TOPIC sends all to one topic, --to-origin each to the topic that it came from"
                .to_owned(),
        ),
        _ => Ok(()),
    }
}

/// Sends the file back, or shows what would be sent.
///
/// # Errors
/// A file that is none or is damaged, settings that are wrong, a broker that cannot be reached.
pub(crate) fn run(path: &Path, call: &Call) -> anyhow::Result<Exit> {
    if !path.metadata().map_or(true, |about| about.is_file()) {
        let text = format!(
            "{}: a redrive reads the file more than once and keeps notes beside it, so that it must be a file",
            path.display()
        );
        return Err(Stop::new(Exit::Unexpected, text).into());
    }
    let file = Archive::open(path)?.id();
    let typed = call.flags.iter().rev().find(|flag| flag.key == TOPIC);
    let target = match typed.and_then(|flag| flag.values.last()) {
        Some(topic) => Target::Topic(topic.clone()),
        None => Target::Origin,
    };
    let beside = notes_of(path);
    let sent = noted(&beside, path, file)?;
    if call.dry_run {
        let counts = plan::look_through(path, &target, &sent)?;
        let mut out = io::stdout().lock();
        kp_cli::written(show::plan(path, &counts, &mut Screen::stdout(&mut out)))?;
        return Ok(if counts.left.count() == 0 { Exit::Done } else { Exit::Messages });
    }
    let redrive = Redrive { path, call, target, file };
    redrive.run(sent, &beside)
}

/// The notes on this file.
fn noted(beside: &Path, path: &Path, file: RunId) -> anyhow::Result<SentBack> {
    let sent = SentBack::read(beside)?;
    if let Some(other) = sent.files.iter().find(|id| **id != file) {
        let text = format!(
            "{} has the notes on another file of records ({other}, and {} is {file}): move it away",
            beside.display(),
            path.display()
        );
        return Err(Stop::new(Exit::Unexpected, text).into());
    }
    Ok(sent)
}

/// Notes on one cluster say nothing of another.
fn check_cluster(
    producer: &Producer,
    sent: &SentBack,
    notes: &mut SentBackNotes,
    beside: &Path,
) -> anyhow::Result<()> {
    let Some(cluster) = producer.cluster_id() else { return Ok(()) };
    if let Some(other) = sent.clusters.iter().find(|id| **id != cluster) {
        let text = format!(
            "{} has the notes on what was sent back to another cluster ({other}, and this is \
             {cluster}): move it away, or name the other brokers",
            beside.display()
        );
        return Err(Stop::new(Exit::Unexpected, text).into());
    }
    if sent.clusters.is_empty() {
        notes.cluster(&cluster);
        notes.write_out()?;
    }
    Ok(())
}

/// `orders.kp.sent` of `orders.kp`.
fn notes_of(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".sent");
    beside.into()
}

struct Redrive<'a> {
    path: &'a Path,
    call: &'a Call,
    target: Target,
    file: RunId,
}

impl Redrive<'_> {
    /// The settings with what a redrive needs: all replicas acknowledge, nothing is stored twice,
    /// only what is committed is read, and an origin that is gone is not made anew.
    fn settings(&self, in_transactions: bool) -> anyhow::Result<Settings> {
        let mut flags = self.call.flags.clone();
        // What was aborted is not stored.
        flags.retain(|flag| flag.key != ISOLATION);
        let mut add = |key: &str, value: &str| {
            if !flags.iter().any(|flag| flag.key == key) {
                flags.push(FlagValue {
                    flag: "--load".to_owned(),
                    key: key.to_owned(),
                    values: vec![value.to_owned()],
                });
            }
        };
        add("producer.acks", "all");
        add("producer.idempotence", "true");
        add(ISOLATION, "read_committed");
        if self.target == Target::Origin {
            add("producer.create_topics", "false");
        }
        if in_transactions {
            // It fences the run before: what that had under way is stored by then, or never.
            add(TRANSACTIONAL_ID, &format!("kp-redrive-{}", self.file));
        } else {
            flags.retain(|flag| flag.key != TRANSACTIONAL_ID);
        }
        let settings = kp_cli::load(&self.call.common, flags)?;
        kp_cli::refuse_idle_property(&settings, &[Role::Producer, Role::Consumer])?;
        Ok(settings)
    }

    fn run(&self, mut sent: SentBack, beside: &Path) -> anyhow::Result<Exit> {
        // The whole file is looked through before anything is done.
        plan::look_through(self.path, &self.target, &sent)?;
        let mut settings = self.settings(true)?;
        if self.call.common.show_config {
            let mut out = io::stdout().lock();
            let screen = &mut Screen::unbounded(&mut out);
            kp_cli::written(kp_cli::show_config(&settings, Role::Producer, screen))?;
            return Ok(Exit::Done);
        }
        kp_cli::refuse_write(&settings, &self.call.common, "nothing is sent back", Some(DRY_RUN))?;
        let mut notes = SentBackNotes::open(beside, self.file)?;
        // Another run may have written there until it let this one in.
        sent = noted(beside, self.path, self.file)?;
        let board = metrics::serve(&settings)?;
        let mut producer = match Producer::connect(&settings, None) {
            Err(kp_client::Error::Embedded { .. }) => {
                settings = self.settings(false)?;
                if sent.open.values().any(|open| !open.is_empty()) {
                    std::thread::sleep(UNDER_WAY);
                }
                Producer::connect(&settings, None)?
            }
            connected => connected?,
        };
        if let Some(board) = board {
            producer.watched_by(board);
        }
        check_cluster(&producer, &sent, &mut notes, beside)?;
        if let Some(ledger) = &self.call.audit {
            producer.keep_ledger(ledger)?;
        }
        look_for_open(&settings, &mut sent, &mut notes, self.file)?;
        let counts = plan::look_through(self.path, &self.target, &sent)?;
        let missing = look_for_topics(&mut producer, &settings, &counts, &sent, &mut notes)?;
        let stop = StopSignal::install()?;
        let grace = Grace::new(&stop, settings.producer.shutdown_timeout);
        let mut sender = Sender::new(producer, notes, grace, &settings);
        let start = Instant::now();
        let mut error = self.send_all(&mut sender, &sent, &missing).err();
        let closed = sender.notes.close().map_err(anyhow::Error::from);
        let ledger = sender.producer.close_ledger().map_err(anyhow::Error::from);
        error = error.or(closed.err()).or(ledger.err());
        let outcome = show::Outcome {
            acknowledged: sender.acknowledged,
            failed: sender.failed,
            counts,
            interrupted: stop.requested(),
            seconds: start.elapsed().as_secs_f64(),
            error,
        };
        let mut out = io::stdout().lock();
        kp_cli::written(match self.call.report {
            Report::Text if kp_cli::is_quiet() && outcome.is_complete() => Ok(()),
            Report::Text => outcome.text(self.path, &mut io::stderr().lock(), &mut out),
            Report::Json => outcome.json(&mut out),
        })?;
        let is_complete = outcome.is_complete();
        match outcome.error {
            Some(error) => Err(error),
            None if is_complete => Ok(Exit::Done),
            None => Ok(Exit::Messages),
        }
    }

    fn send_all(
        &self,
        sender: &mut Sender,
        sent: &SentBack,
        missing: &HashMap<String, String>,
    ) -> anyhow::Result<()> {
        let mut archive = Archive::open(self.path)?;
        let mut plan = Plan::new(&self.target);
        while let Some(entry) = archive.next_entry()? {
            if sender.grace.stop_requested() {
                // What waits for its batch to be full was not tried.
                return Ok(());
            }
            let Decision::Send(topic) = plan.decide(&entry) else {
                continue;
            };
            if sent.has(&topic, entry.number) {
                continue;
            }
            if let Some(why) = missing.get(&topic) {
                sender.failed.add(why.clone(), entry.number);
                continue;
            }
            let number = entry.number;
            let record = to_send(entry, &topic, &self.target, self.file);
            sender.take(Item { number, record })?;
        }
        sender.send()
    }
}

/// Makes sure of each topic, and notes where its partitions end before the first record goes there.
/// Returns the topics that are not there, and why.
fn look_for_topics(
    producer: &mut Producer,
    settings: &Settings,
    counts: &Counts,
    sent: &SentBack,
    notes: &mut SentBackNotes,
) -> anyhow::Result<HashMap<String, String>> {
    let mut missing = HashMap::new();
    for (topic, (to_send, _)) in &counts.topics {
        if *to_send == 0 {
            continue;
        }
        match producer.look_for(topic) {
            Ok(()) => {}
            Err(error @ (kp_client::Error::NoTopic { .. } | kp_client::Error::Refused { .. })) => {
                missing.insert(topic.clone(), error.to_string());
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        if !sent.from.contains_key(topic) {
            for kept in kp_client::bounds(settings, std::slice::from_ref(topic))? {
                notes.from(topic, kept.partition, kept.end);
            }
        }
    }
    notes.write_out()?;
    Ok(missing)
}
