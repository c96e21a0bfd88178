//! Copying to another topic, exactly once: messages and the group's offsets are committed in the
//! same transactions.
//!
//! ```text
//!  next -> send (same key, value, headers, time) -> ... -> commit with the offsets -> next one
//!      |-> not wanted: no more than its offset
//!                                           |-> abort -> go back to where the transaction began
//!                                           |-> lost -> a new producer takes over -> go back, too
//! ```

mod transaction;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use kp_cli::metrics::Board;
use kp_cli::{Exit, Grace, Stop};
use kp_client::Fetched;
use kp_client::consume::{Consumer, Membership, Next};
use kp_client::produce::{Ended, Producer};
use kp_core::Header;
use kp_settings::{Delivery, Role, Settings};

use crate::forward;
use crate::metrics::{self, Metrics};
use crate::read::{End, Limits, Terms};
use crate::selection::{Counts, Selection};
use transaction::Transaction;

const COPY_TO: &str = "consumer.copy_to";
/// How long nothing may come before the limits are looked at.
const GLANCE: Duration = Duration::from_millis(100);
/// A transaction has so many messages at the most, and is open for so long.
const MOST_MESSAGES: u64 = 1000;
const LONGEST: Duration = Duration::from_millis(500);
/// So many transactions in a row may be aborted, with a pause in between that grows up to the
/// longest.
const ABORTS: u32 = 10;
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The topic to copy to, if that is what is wanted and everything else goes with it.
///
/// # Errors
/// Copying commits for a group, in transactions, prints nothing, and passes messages on as they
/// are.
pub(crate) fn topic(
    settings: &Settings,
    membership: Membership,
    is_audited: bool,
) -> Result<Option<&str>, Stop> {
    let consumer = &settings.consumer;
    let (key, problem) = match (&consumer.copy_to, &consumer.transactional_id) {
        (None, None) => return Ok(None),
        (Some(_), None) => {
            (COPY_TO, "needs consumer.transactional_id (--transactional-id) as well")
        }
        (None, Some(_)) => (
            "consumer.transactional_id",
            "is for copying: it needs consumer.copy_to (--copy-to) as well",
        ),
        (Some(topic), Some(_)) if consumer.topic.has(topic) => {
            (COPY_TO, "the topic would be copied to itself without end")
        }
        _ if membership == Membership::Alone => (
            COPY_TO,
            "copies for a group, which keeps what is copied: name one with --group, and not together with --no-group",
        ),
        _ if is_audited => (COPY_TO, "not together with --audit"),
        _ if reads_uncommitted(settings)? => (
            COPY_TO,
            "not together with isolation.level=read_uncommitted: it would copy what was aborted",
        ),
        _ if consumer.delivery == Delivery::AtMostOnce => {
            (COPY_TO, "not together with --delivery at-most-once")
        }
        (Some(topic), _) => return Ok(Some(topic)),
    };
    Err(Stop::wrong(settings, key, problem))
}

fn reads_uncommitted(settings: &Settings) -> Result<bool, Stop> {
    let properties = settings
        .properties(Role::Consumer)
        .map_err(|error| Stop::new(Exit::Settings, error.to_string()))?;
    Ok(properties
        .iter()
        .any(|property| property.name == "isolation.level" && property.value == "read_uncommitted"))
}

/// Copies until a limit is reached.
///
/// # Errors
/// The group or the producer cannot go on, for instance because another instance took over.
pub(crate) fn copy_all(
    consumer: Consumer,
    producer: Producer,
    selection: Selection,
    topic: &str,
    terms: Terms<'_>,
) -> anyhow::Result<Exit> {
    let Terms { settings, limits, grace, board } = terms;
    let mut copier = Copier {
        consumer,
        producer,
        selection,
        topic,
        settings,
        limits,
        grace,
        open: None,
        copied: 0,
        transactions: 0,
        aborted: 0,
        aborted_in_a_row: 0,
        ends_committed: Instant::now(),
        counts: BTreeMap::new(),
        board,
    };
    copier.stop_producer_in_time();
    let start = Instant::now();
    let end = copier.copy();
    copier.leave(end, start)
}

struct Copier<'a> {
    consumer: Consumer,
    producer: Producer,
    selection: Selection,
    topic: &'a str,
    settings: &'a Settings,
    limits: &'a Limits,
    grace: Grace,
    open: Option<Transaction>,
    copied: u64,
    transactions: u64,
    aborted: u64,
    aborted_in_a_row: u32,
    /// When the ends that were reached were last committed by themselves.
    ends_committed: Instant,
    /// What was read and copied, by topic.
    counts: BTreeMap<String, metrics::Counts>,
    board: Option<Board<Metrics>>,
}

impl Copier<'_> {
    /// The producer waits for the whole of the time that is left.
    fn stop_producer_in_time(&mut self) {
        let grace = self.grace.clone();
        self.producer.stop_when(move || grace.is_over());
    }

    fn copy(&mut self) -> anyhow::Result<End> {
        loop {
            if self.grace.stop_requested() {
                self.end_transaction()?;
                return Ok(End::Signal);
            }
            let wait = self
                .open
                .as_ref()
                .map_or(GLANCE, |open| LONGEST.saturating_sub(open.since.elapsed()).min(GLANCE));
            match self.consumer.next(wait)? {
                Next::Message(message) => self.take(&message)?,
                Next::Revoking(revoked) => {
                    self.end_transaction()?;
                    self.consumer.all_done();
                    self.consumer.release(revoked)?;
                }
                Next::Gap(gap) => {
                    self.end_transaction()?;
                    self.consumer.pass_gaps(gap)?;
                }
                Next::Nothing if self.open.is_some() => self.end_transaction()?,
                Next::Nothing => {
                    self.selection.show(|| Some(self.consumer.standing()));
                    self.commit_ends()?;
                    self.give_metrics();
                }
            }
            if self.is_due() {
                self.end_transaction()?;
            }
            if self.open.is_none() {
                self.consumer.all_done();
                if self.enough() {
                    return Ok(End::Complete);
                }
                if let Some(end) = self.limits.at_rest(&mut self.consumer)? {
                    return Ok(end);
                }
            }
        }
    }

    fn taken(&self) -> u64 {
        self.copied + self.open.as_ref().map_or(0, |open| open.messages)
    }

    fn enough(&self) -> bool {
        self.limits.max_messages.is_some_and(|most| self.taken() >= most)
    }

    fn is_due(&self) -> bool {
        self.open.as_ref().is_some_and(|open| {
            open.messages >= MOST_MESSAGES || open.since.elapsed() >= LONGEST || self.enough()
        })
    }

    fn take(&mut self, message: &Fetched) -> anyhow::Result<()> {
        if self.open.is_none() {
            self.producer.begin()?;
        }
        let open = self.open.get_or_insert_with(Transaction::new);
        let is_wanted = self.selection.takes(message);
        if is_wanted {
            let headers: Vec<Header<'_>> = message.headers().collect();
            let copy = forward::as_it_is(message, self.topic, &headers);
            // A message for which there is no time belongs to no transaction: it is read again.
            if !self.producer.send(open.messages, &copy)? {
                self.selection.take_back(Counts { scanned: 1, matched: 1 });
                return Ok(());
            }
        }
        open.note(message, is_wanted);
        Ok(())
    }

    /// Commits the ends that were reached while nothing is copied, in a transaction without
    /// messages. A late commit outside of one could undo that of a later transaction.
    fn commit_ends(&mut self) -> anyhow::Result<()> {
        if self.ends_committed.elapsed() < self.settings.consumer.commit_interval {
            return Ok(());
        }
        self.ends_committed = Instant::now();
        if !self.consumer.other_offsets().is_empty() {
            self.producer.begin()?;
            self.open = Some(Transaction::new());
            self.end_transaction()?;
        }
        Ok(())
    }

    /// Commits the open transaction with the group's offsets; one that cannot be is aborted, and
    /// its messages are read again.
    fn end_transaction(&mut self) -> anyhow::Result<()> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        self.selection.show(|| Some(self.consumer.standing()));
        let mut offsets = self.consumer.other_offsets();
        offsets.extend(open.offsets(|range| range.1));
        let ended = self.producer.commit(Some((&offsets, &self.consumer)))?;
        match ended {
            Ended::Committed => {
                self.consumer.committed_elsewhere(&offsets);
                self.copied += open.messages;
                self.transactions += u64::from(open.messages > 0);
                self.aborted_in_a_row = 0;
                for (topic, counts) in open.counts() {
                    self.counts.entry(topic.to_owned()).or_default().add(counts);
                }
                self.give_metrics();
            }
            Ended::Refused { number, reason } => {
                self.aborted += 1;
                self.producer.abort()?;
                return Err(Stop::new(
                    Exit::Messages,
                    format!(
                        "{} cannot be copied: {reason}; its transaction of {} messages was aborted, and nothing of it was copied or \
                         committed",
                        open.place(number),
                        open.messages
                    ),
                )
                .into());
            }
            Ended::MustAbort(ref reason) | Ended::Lost(ref reason) => {
                self.aborted += 1;
                self.aborted_in_a_row += 1;
                if let Ended::Lost(_) = ended {
                    // It takes the id over, which aborts what the one before it has left open.
                    self.producer = Producer::connect_forwarder(self.settings, self.topic)?;
                    self.stop_producer_in_time();
                } else {
                    self.producer.abort()?;
                }
                if self.aborted_in_a_row == ABORTS {
                    return Err(Stop::new(
                        Exit::Messages,
                        format!(
                            "{ABORTS} transactions in a row were aborted: {reason}; the last one had {} messages, {open}; nothing of it \
                             was copied or committed",
                            open.messages
                        ),
                    )
                    .into());
                }
                tracing::warn!(
                    "a transaction was aborted ({reason}); its {} messages are read again",
                    open.messages
                );
                self.selection.take_back(open.read);
                self.consumer.go_back(&open.offsets(|range| range.0))?;
                let pause = Duration::from_millis(50 << self.aborted_in_a_row);
                std::thread::sleep(pause.min(LONGEST_PAUSE).min(self.grace.left()));
            }
            Ended::Stopped => {
                // Nothing more may be committed: it could outrun what is on its way.
                self.consumer.committed_elsewhere(&offsets);
                return Err(Stop::new(
                    Exit::Messages,
                    format!(
                        "a transaction of {} messages, {open}, was left open when the time for ending was over (--shutdown-timeout): \
                         it counts only if its commit was on its way",
                        open.messages
                    ),
                )
                .into());
            }
        }
        Ok(())
    }

    fn give_metrics(&self) {
        let counts = self.counts.iter().map(|(topic, counts)| (topic.as_str(), *counts));
        let transactions = (self.transactions, self.aborted);
        metrics::give(self.board.as_ref(), &self.consumer, counts, transactions);
    }

    fn leave(mut self, end: anyhow::Result<End>, start: Instant) -> anyhow::Result<Exit> {
        if end.is_err() && self.open.take().is_some() {
            // This spares readers of the topic a wait: by itself the broker aborts only after
            // transaction.timeout.ms. A producer that was fenced cannot abort.
            let grace = self.grace.clone();
            self.producer.stop_when(move || grace.is_half_over());
            let _ = self.producer.abort();
        }
        self.selection.say();
        let Self { copied, transactions, aborted, topic, limits, .. } = self;
        let gaps = self.consumer.gaps();
        let gaps = gaps.map_or_else(String::new, |gaps| format!("; {gaps}"));
        // A closed stderr means that nobody wants the summary.
        if !kp_cli::is_quiet() {
            let _ = writeln!(
                io::stderr(),
                "{copied} messages copied to {topic} in {transactions} transactions, {aborted} aborted{gaps}"
            );
        }
        if copied == 0 && matches!(end, Ok(End::Complete)) {
            let why = self.selection.why_nothing().unwrap_or_else(|| self.consumer.why_nothing());
            limits.say_why_nothing(&format!("copied nothing: {why}"));
        }
        let left_group = self.consumer.leave();
        let end = end?;
        left_group?;
        if !kp_cli::is_quiet() {
            let seconds = start.elapsed().as_secs_f64();
            kp_cli::written(writeln!(io::stdout(), "[Done]: {seconds:.4}"))?;
        }
        Ok(limits.exit(&end, copied > 0))
    }
}
