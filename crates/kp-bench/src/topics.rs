//! The topics that are used for measuring; they are removed when this is dropped.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::process::quiet;
use super::said::last_line;
use super::work::Fill;
use kp_stack::kafka::offsets;

/// Without acknowledgements the last messages may still be on their way when the producer has
/// ended.
const LATE: Duration = Duration::from_secs(5);
/// The longest that a broker may need until a new topic takes messages.
const READY: Duration = Duration::from_secs(10);
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// Makes topics, fills them, and removes them.
pub(super) struct Topics {
    bootstrap: String,
    admin: PathBuf,
    producer: PathBuf,
    made: u32,
    /// Made and not yet removed.
    fresh: Vec<String>,
    filled: BTreeMap<Fill, String>,
}

impl Topics {
    /// None yet; they are made by kp-admin and filled by kp-producer.
    pub(super) fn new(bootstrap: &str, admin: PathBuf, producer: PathBuf) -> Self {
        Self {
            bootstrap: bootstrap.to_owned(),
            admin,
            producer,
            made: 0,
            fresh: Vec::new(),
            filled: BTreeMap::new(),
        }
    }

    /// A new topic, which lives until [`Topics::remove_fresh`]. All its partitions take messages
    /// already: how long the broker needs for that says nothing of a client.
    ///
    /// # Errors
    /// It cannot be made, or a partition takes no messages.
    pub(super) fn fresh(&mut self, partitions: u32) -> Result<String> {
        let name = self.make(partitions)?;
        self.fresh.push(name.clone());
        let deadline = Instant::now() + READY;
        loop {
            match offsets::end_of(&name, &self.bootstrap) {
                Ok(_) => return Ok(name),
                Err(error) if Instant::now() > deadline => {
                    return Err(error.context("a new topic does not get ready"));
                }
                Err(_) => thread::sleep(BETWEEN_TRIES),
            }
        }
    }

    /// The topic that holds this, filled at the first call.
    ///
    /// # Errors
    /// It cannot be filled, or does not hold what was sent.
    pub(super) fn filled(&mut self, fill: &Fill) -> Result<String> {
        if let Some(name) = self.filled.get(fill) {
            return Ok(name.clone());
        }
        let name = self.make(fill.partitions)?;
        self.filled.insert(fill.clone(), name.clone());
        let count = fill.messages.to_string();
        let compression = format!("--compression={}", fill.compression);
        run(&[
            &self.producer.to_string_lossy(),
            "--bootstrap-server",
            &self.bootstrap,
            "--topic",
            &name,
            "--count",
            &count,
            &compression,
        ])?;
        let stored = self.stored(&name, fill.messages)?;
        ensure!(
            stored == fill.messages,
            "a topic was to be filled with {} messages and holds {stored}",
            fill.messages
        );
        Ok(name)
    }

    /// How many messages the topic holds; waits a little for those that are expected.
    ///
    /// # Errors
    /// The broker does not answer.
    pub(super) fn stored(&self, topic: &str, expected: u64) -> Result<u64> {
        let started = Instant::now();
        loop {
            let stored = offsets::end_of(topic, &self.bootstrap)?;
            if stored >= expected || started.elapsed() > LATE {
                return Ok(stored);
            }
            thread::sleep(BETWEEN_TRIES);
        }
    }

    /// Removes the fresh topics.
    ///
    /// # Errors
    /// They cannot be removed.
    pub(super) fn remove_fresh(&mut self) -> Result<()> {
        let fresh = std::mem::take(&mut self.fresh);
        self.remove(&fresh)
    }

    fn make(&mut self, partitions: u32) -> Result<String> {
        self.made += 1;
        let name = format!("kp-bench-{}-{}", process::id(), self.made);
        run(&[
            &self.admin.to_string_lossy(),
            "topics",
            "create",
            &name,
            "--partitions",
            &partitions.to_string(),
            "--bootstrap-server",
            &self.bootstrap,
        ])?;
        Ok(name)
    }

    fn remove(&self, names: &[String]) -> Result<()> {
        if names.is_empty() {
            return Ok(());
        }
        let admin = self.admin.to_string_lossy();
        let mut arguments = vec![&*admin, "topics", "delete", "--yes"];
        arguments.extend(["--bootstrap-server", &self.bootstrap]);
        arguments.extend(names.iter().map(String::as_str));
        run(&arguments)
    }
}

impl Drop for Topics {
    fn drop(&mut self) {
        let left: Vec<_> = self.fresh.iter().chain(self.filled.values()).cloned().collect();
        // The broker may be gone already, and then so are they.
        let _ = self.remove(&left);
    }
}

fn run(arguments: &[&str]) -> Result<()> {
    let words: Vec<_> = arguments.iter().map(|word| (*word).to_owned()).collect();
    let finished = quiet(&words)?.start()?.finish();
    let said = last_line(&finished.stderr);
    ensure!(finished.status.success(), "{} failed: {said}", arguments[0]);
    Ok(())
}
