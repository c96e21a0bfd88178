//! Copying to another topic, exactly once: messages and the group's offsets are committed in the same transactions.
//!
//! ```text
//!  next -> send (same key, value, headers, time) -> ... -> commit with the offsets -> next transaction
//!                                                     |-> abort -> go back to where the transaction began
//!                                                     |-> lost -> a new producer takes over -> go back likewise
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use kp_cli::{Exit, Grace, Stop, StopSignal};
use kp_client::consume::{Consumer, Membership, Next};
use kp_client::produce::{Ended, Producer};
use kp_client::{Message, Offset, OutgoingHeader, TopicPartitionList};

use kp_settings::{Delivery, Role, Settings};

use crate::forward;
use crate::read::{End, Limits};

const COPY_TO: &str = "consumer.copy_to";
/// How long nothing may come before the limits are looked at.
const GLANCE: Duration = Duration::from_millis(100);
/// A transaction has so many messages at the most, and is open for so long.
const MOST_MESSAGES: u64 = 1000;
const LONGEST: Duration = Duration::from_millis(500);
/// So many transactions in a row may be aborted, with a pause in between that grows up to the longest.
const ABORTS: u32 = 10;
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The topic to copy to, if that is what is wanted and everything else goes with it.
///
/// # Errors
/// Copying commits for a group, in transactions, prints nothing, and passes messages on as they are.
pub(crate) fn topic(
    settings: &Settings,
    membership: Membership,
    is_audited: bool,
) -> Result<Option<&str>, Stop> {
    let consumer = &settings.consumer;
    let (key, problem) = match (&consumer.copy_to, &consumer.transactional_id) {
        (None, None) => return Ok(None),
        (Some(_), None) => (
            COPY_TO,
            "needs consumer.transactional_id (--transactional-id) as well",
        ),
        (None, Some(_)) => (
            "consumer.transactional_id",
            "is for copying: it needs consumer.copy_to (--copy-to) as well",
        ),
        (Some(topic), Some(_)) if consumer.topic.contains(topic) => {
            (COPY_TO, "the topic would be copied to itself without end")
        }
        _ if membership == Membership::Alone => (COPY_TO, "not together with --no-group"),
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
    let origin = settings.origin(key);
    Err(Stop::new(
        Exit::Settings,
        format!("{key}, from {origin}: {problem}"),
    ))
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
    topic: &str,
    limits: &Limits,
    settings: &Settings,
    stop: &StopSignal,
) -> anyhow::Result<Exit> {
    let mut copier = Copier {
        consumer,
        producer,
        topic,
        settings,
        limits,
        grace: Grace::new(stop, limits.shutdown_timeout),
        open: None,
        copied: 0,
        transactions: 0,
        aborted: 0,
        aborted_in_a_row: 0,
    };
    let start = Instant::now();
    let end = copier.copy();
    copier.leave(end, start)
}

struct Copier<'a> {
    consumer: Consumer,
    producer: Producer,
    topic: &'a str,
    settings: &'a Settings,
    limits: &'a Limits,
    grace: Grace<'a>,
    open: Option<Transaction>,
    copied: u64,
    transactions: u64,
    aborted: u64,
    aborted_in_a_row: u32,
}

/// The transaction that is open.
struct Transaction {
    since: Instant,
    messages: u64,
    /// The first offset of it, and the one behind its last, by topic and partition.
    ranges: BTreeMap<(String, i32), (i64, i64)>,
}

impl Transaction {
    fn offsets(&self, of: impl Fn(&(i64, i64)) -> i64) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for ((topic, partition), range) in &self.ranges {
            // It refuses only negative offsets, which no message has.
            let _ = list.add_partition_offset(topic, *partition, Offset::Offset(of(range)));
        }
        list
    }
}

impl fmt::Display for Transaction {
    /// As `topic1 [0] @ 5 to 9`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ((topic, partition), (first, next))) in self.ranges.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{topic} [{partition}] @ {first} to {}", next - 1)?;
        }
        Ok(())
    }
}

impl Copier<'_> {
    fn copy(&mut self) -> anyhow::Result<End> {
        loop {
            if self.grace.stop_requested() {
                self.end_transaction()?;
                return Ok(End::Signal);
            }
            let wait = self.open.as_ref().map_or(GLANCE, |open| {
                LONGEST.saturating_sub(open.since.elapsed()).min(GLANCE)
            });
            match self.consumer.next(wait)? {
                Next::Message(message) => self.take(&message)?,
                Next::Revoking => {
                    self.end_transaction()?;
                    self.consumer.release(self.grace.left())?;
                }
                Next::Nothing if self.open.is_some() => self.end_transaction()?,
                Next::Nothing => {}
            }
            if self.is_due() {
                self.end_transaction()?;
            }
            if self.open.is_none() {
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
        self.limits
            .max_messages
            .is_some_and(|most| self.taken() >= most)
    }

    fn is_due(&self) -> bool {
        self.open.as_ref().is_some_and(|open| {
            open.messages >= MOST_MESSAGES || open.since.elapsed() >= LONGEST || self.enough()
        })
    }

    fn take(&mut self, message: &Message) -> anyhow::Result<()> {
        if self.open.is_none() {
            self.producer.begin()?;
        }
        let open = self.open.get_or_insert_with(|| Transaction {
            since: Instant::now(),
            messages: 0,
            ranges: BTreeMap::new(),
        });
        let headers: Vec<OutgoingHeader<'_>> = message.headers().collect();
        let outgoing = forward::as_it_is(message, &headers);
        // What there is no time for belongs to no transaction: it is read again.
        let grace = &self.grace;
        if self
            .producer
            .send(self.topic, &outgoing, &|| grace.is_over())?
        {
            let place = (message.topic().to_owned(), message.partition());
            let range = open
                .ranges
                .entry(place)
                .or_insert((message.offset(), message.offset()));
            range.1 = message.offset() + 1;
            open.messages += 1;
        }
        Ok(())
    }

    /// Commits the open transaction with the group's offsets; one that cannot be is aborted, and its messages are read again.
    fn end_transaction(&mut self) -> anyhow::Result<()> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        let grace = &self.grace;
        let stopped = || grace.is_over();
        let mut offsets = open.offsets(|range| range.1);
        for start in self.consumer.start_offsets().elements() {
            let place = (start.topic().to_owned(), start.partition());
            if !open.ranges.contains_key(&place) {
                let _ =
                    offsets.add_partition_offset(start.topic(), start.partition(), start.offset());
            }
        }
        let ended = self
            .producer
            .commit(Some((&offsets, &self.consumer)), &stopped)?;
        match ended {
            Ended::Committed => {
                self.consumer.committed_elsewhere(&offsets);
                self.copied += open.messages;
                self.transactions += 1;
                self.aborted_in_a_row = 0;
            }
            Ended::MustAbort(ref reason) | Ended::Lost(ref reason) => {
                self.aborted += 1;
                self.aborted_in_a_row += 1;
                if let Ended::Lost(_) = ended {
                    // It takes the id over, which aborts what the one before it has left open.
                    self.producer = Producer::connect_forwarder(self.settings, self.topic)?;
                } else {
                    self.producer.abort(&stopped)?;
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

    fn leave(mut self, end: anyhow::Result<End>, start: Instant) -> anyhow::Result<Exit> {
        if end.is_err() && self.open.take().is_some() {
            // Only for those that wait behind it; the broker ends it by itself after transaction.timeout.ms. A producer that was
            // fenced cannot.
            let grace = &self.grace;
            let _ = self.producer.abort(&|| grace.is_half_over());
        }
        let Self {
            copied,
            transactions,
            aborted,
            topic,
            ..
        } = self;
        // Who closed stderr does not want the summary.
        let _ = writeln!(
            io::stderr(),
            "{copied} messages copied to {topic} in {transactions} transactions, {aborted} aborted"
        );
        if copied == 0 && matches!(end, Ok(End::Complete)) {
            let _ = writeln!(
                io::stderr(),
                "kp-consumer: copied nothing: {}",
                self.consumer.why_nothing()
            );
        }
        let left_group = self.consumer.leave(self.grace.left());
        end?;
        left_group?;
        kp_cli::written(writeln!(
            io::stdout(),
            "[Done]: {:.4}",
            start.elapsed().as_secs_f64()
        ))?;
        Ok(Exit::Done)
    }
}
