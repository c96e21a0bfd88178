//! Sending records back, a batch at a time, so that none is sent twice.
//!
//! ```text
//!  note "try" of each -> send -> wait for all reports, or commit -> note "ack" of each -> next
//!  killed in between: the next run looks in the topics which of those with "try" are stored
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kp_audit::{RunId, SentBack, SentBackNotes};
use kp_cli::{Exit, Grace, Stop};
use kp_client::produce::{Ended, Fate, Producer};
use kp_core::OwnedRecord;
use kp_settings::{Rate, Settings};

use super::plan::{Left, STAMP};

const GLANCE: Duration = Duration::from_millis(50);
/// A batch has so many records at most, and so many bytes.
const MOST: usize = 1000;
const MOST_BYTES: usize = 4 << 20;
/// With a rate a batch is what goes in this part of a second.
const PARTS_OF_A_SECOND: f64 = 10.0;

/// A record on its way back.
pub(crate) struct Item {
    /// Its line in the file.
    pub(crate) number: u64,
    pub(crate) record: OwnedRecord,
}

/// What sends.
pub(crate) struct Sender {
    pub(crate) producer: Producer,
    pub(crate) notes: SentBackNotes,
    pub(crate) grace: Grace,
    pub(crate) is_transactional: bool,
    pub(crate) rate: Rate,
    pub(crate) start: Instant,
    pub(crate) batch: Vec<Item>,
    bytes: usize,
    /// Records that were handed to the producer: what its reports count by.
    taken: u64,
    /// By topic, how many are acknowledged.
    pub(crate) acknowledged: BTreeMap<String, u64>,
    pub(crate) failed: Left,
}

impl Sender {
    pub(crate) fn new(
        mut producer: Producer,
        notes: SentBackNotes,
        grace: Grace,
        settings: &Settings,
    ) -> Self {
        producer.keep_reports();
        let patience = grace.clone();
        producer.stop_when(move || patience.is_over());
        Self {
            producer,
            notes,
            grace,
            is_transactional: settings.producer.transactional_id.is_some(),
            rate: settings.producer.rate,
            start: Instant::now(),
            batch: Vec::new(),
            bytes: 0,
            taken: 0,
            acknowledged: BTreeMap::new(),
            failed: Left::default(),
        }
    }

    /// Takes a record, and sends the batch once it is full.
    pub(crate) fn take(&mut self, item: Item) -> anyhow::Result<()> {
        let record = &item.record;
        self.bytes +=
            [&record.key, &record.value].into_iter().flatten().map(Vec::len).sum::<usize>();
        self.batch.push(item);
        let part = self.rate.messages_per_second() / PARTS_OF_A_SECOND;
        let most = if self.rate.is_unlimited() { MOST } else { (part as usize).clamp(1, MOST) };
        if self.batch.len() >= most || self.bytes >= MOST_BYTES {
            self.send()?;
            self.keep_pace();
        }
        Ok(())
    }

    fn keep_pace(&self) {
        while !self.rate.is_unlimited() && !self.grace.stop_requested() {
            let left = self.rate.due(self.taken).saturating_sub(self.start.elapsed());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(GLANCE));
        }
    }

    /// Sends the batch, and returns once it is known what became of it.
    ///
    /// # Errors
    /// What became of it is not known: the next run looks for it.
    pub(crate) fn send(&mut self) -> anyhow::Result<()> {
        let mut batch = std::mem::take(&mut self.batch);
        self.bytes = 0;
        while !batch.is_empty() {
            for item in &batch {
                self.notes.attempt(&item.record.topic, item.number);
            }
            self.notes.write_out()?;
            let first = self.taken;
            let sent = self.send_all(&batch);
            let refused = match (&sent, self.is_transactional) {
                // A transaction that is not committed acknowledges nothing.
                (Ok(refused), true) => refused.clone(),
                (Err(_), true) => {
                    self.producer.take_reports();
                    None
                }
                (_, false) => None,
            };
            if let Some((number, reason)) = refused {
                self.producer.take_reports();
                batch = self.without(batch, number.saturating_sub(first), &reason)?;
                if self.grace.stop_requested() {
                    return Ok(());
                }
                continue;
            }
            self.note_reports(&batch, first)?;
            sent?;
            return Ok(());
        }
        Ok(())
    }

    /// Hands the batch over and waits for what becomes of it. In a transaction, the message that is
    /// refused for good, and why.
    fn send_all(&mut self, batch: &[Item]) -> anyhow::Result<Option<(u64, String)>> {
        if self.is_transactional {
            let topics: BTreeSet<&str> =
                batch.iter().map(|item| item.record.topic.as_str()).collect();
            for topic in topics {
                self.producer.needs_smaller_batches(topic)?;
                if !self.producer.make_ready(topic)? {
                    return Err(self.out_of_time());
                }
            }
            self.producer.begin()?;
        }
        for item in batch {
            let number = self.taken;
            if !item.record.lend(|record| self.producer.send(number, record))? {
                return Err(self.out_of_time());
            }
            self.taken += 1;
        }
        if !self.is_transactional {
            while self.producer.is_busy() && !self.grace.is_over() {
                self.producer.flush(GLANCE)?;
            }
            return if self.producer.is_busy() { Err(self.out_of_time()) } else { Ok(None) };
        }
        match self.producer.commit(None)? {
            Ended::Committed => Ok(None),
            Ended::Refused { number, reason } => {
                self.producer.abort()?;
                Ok(Some((number, reason)))
            }
            Ended::MustAbort(reason) => {
                self.producer.abort()?;
                for item in batch {
                    self.notes.not_stored(&item.record.topic, item.number);
                }
                self.notes.write_out()?;
                let text =
                    format!("a transaction was aborted, and nothing of it is stored: {reason}");
                Err(Stop::new(Exit::Messages, text).into())
            }
            Ended::Lost(reason) => Err(Stop::new(Exit::Broker, reason).into()),
            Ended::Stopped => Err(self.out_of_time()),
        }
    }

    fn out_of_time(&self) -> anyhow::Error {
        let text =
            "not all was acknowledged when the time for ending was over (--shutdown-timeout)";
        Stop::new(Exit::Messages, text).into()
    }

    /// The batch of an aborted transaction without the message at this place, which failed.
    fn without(
        &mut self,
        mut batch: Vec<Item>,
        at: u64,
        reason: &str,
    ) -> anyhow::Result<Vec<Item>> {
        for item in &batch {
            self.notes.not_stored(&item.record.topic, item.number);
        }
        self.notes.write_out()?;
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        if at >= batch.len() {
            return Err(Stop::new(Exit::Messages, reason).into());
        }
        let item = batch.remove(at);
        self.failed.add(reason.to_owned(), item.number);
        Ok(batch)
    }

    fn note_reports(&mut self, batch: &[Item], first: u64) -> anyhow::Result<()> {
        for report in self.producer.take_reports() {
            let at = report.number.checked_sub(first).and_then(|at| usize::try_from(at).ok());
            let Some(item) = at.and_then(|at| batch.get(at)) else {
                continue;
            };
            let topic = &item.record.topic;
            match report.fate {
                Fate::Acknowledged { partition, offset } => {
                    self.notes.stored(topic, item.number, partition, offset.unwrap_or(-1));
                    *self.acknowledged.entry(topic.clone()).or_default() += 1;
                }
                // A failed one may be stored all the same, so that its attempt stays open.
                Fate::Failed(reason) => self.failed.add(reason, item.number),
                Fate::Unknown(_) => {}
            }
        }
        Ok(self.notes.write_out()?)
    }
}

/// Looks which records that were under way when a run ended are stored, and notes it. Returns what
/// is known then.
///
/// # Errors
/// A topic cannot be read, or the notes cannot be written.
pub(crate) fn look_for_open(
    settings: &Settings,
    sent: &mut SentBack,
    notes: &mut SentBackNotes,
    file: RunId,
) -> anyhow::Result<()> {
    let stamp = format!("{file}/");
    for (topic, open) in std::mem::take(&mut sent.open) {
        if open.is_empty() {
            continue;
        }
        let from = sent.from.get(&topic);
        let mut missing: BTreeSet<u64> = open.clone();
        let read = kp_client::read_back(settings, std::slice::from_ref(&topic), |message| {
            let is_before = from
                .and_then(|from| from.get(&message.partition()))
                .is_some_and(|from| message.offset() < *from);
            let header = message.headers().find(|header| header.key == STAMP.as_bytes());
            let number = header
                .filter(|_| !is_before)
                .and_then(|header| std::str::from_utf8(header.value?).ok())
                .and_then(|value| value.strip_prefix(&stamp)?.parse().ok());
            if let Some(number) = number
                && missing.remove(&number)
            {
                notes.stored(&topic, number, message.partition(), message.offset());
            }
            Ok::<(), kp_client::Error>(())
        });
        match read {
            Ok(_) | Err(kp_client::Error::NoTopic { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let found = open.len() - missing.len();
        tracing::warn!(
            "{} records were under way to {topic} when the last run ended: {found} of them are stored there and are not sent again",
            open.len()
        );
        for number in &missing {
            notes.not_stored(&topic, *number);
        }
        let stored = open.difference(&missing).copied();
        sent.done.entry(topic).or_default().extend(stored);
    }
    notes.write_out()?;
    Ok(())
}
