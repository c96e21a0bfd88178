//! The one loop that sends: take a message, queue it, keep the pace, and wait for what became of it.

use std::time::{Duration, Instant};

use kp_cli::{Exit, Grace, Stop, StopSignal};
use kp_client::produce::{Producer, Tally};
use kp_client::{Class, Outgoing, OutgoingHeader};
use kp_core::json::InputRecord;
use kp_settings::{Flush, Settings, StdinFormat};

use crate::progress::Progress;
use crate::source::{Item, Next, Source, bad_line};
use crate::stdin::Lines;
use crate::transactions::Transactions;

/// How long a pause may be before the stop signal is looked at.
const GLANCE: Duration = Duration::from_millis(50);
/// How long standard input is waited for while delivery reports are awaited too, and the other way round.
const TURN: Duration = Duration::from_millis(1);
/// The shortest pause that librdkafka can make.
const NAP: Duration = Duration::from_millis(1);

/// What is to be sent.
pub(crate) struct Job {
    source: Source,
    /// Whether the topic of the settings outranks the topic of a record.
    topic_is_chosen: bool,
}

impl Job {
    /// Reads the job from the settings.
    ///
    /// # Errors
    /// Settings that contradict the source.
    pub(crate) fn new(settings: &Settings, stdin: bool) -> Result<Self, Stop> {
        let producer = &settings.producer;
        if stdin && producer.stdin_format == StdinFormat::Json {
            for (key, is_set) in [
                ("producer.key", producer.key.is_some()),
                ("producer.headers", !producer.headers.is_empty()),
            ] {
                if is_set {
                    return Err(Stop::new(
                        Exit::Settings,
                        format!(
                            "{key}, from {}: not together with --stdin-format json, where each record brings its own",
                            settings.origin(key)
                        ),
                    ));
                }
            }
        }
        let source = if stdin {
            Source::Stdin {
                lines: Lines::new(),
                format: producer.stdin_format,
            }
        } else {
            Source::Numbered {
                next: 0,
                count: producer.count,
            }
        };
        Ok(Self {
            source,
            topic_is_chosen: !settings.is_default("producer.topic"),
        })
    }
}

impl Job {
    /// The topic that all messages go to, where that is known beforehand.
    pub(crate) fn only_topic<'s>(&self, settings: &'s Settings) -> Option<&'s str> {
        let records_choose = matches!(
            self.source,
            Source::Stdin {
                format: StdinFormat::Json,
                ..
            }
        ) && !self.topic_is_chosen;
        (!records_choose).then_some(settings.producer.topic.as_str())
    }
}

/// How a run went.
pub(crate) struct Run {
    /// Where the messages went.
    pub(crate) topics: Vec<String>,
    pub(crate) tally: Tally,
    /// Messages that were taken from their source and not sent because there was no time for them.
    pub(crate) unsent: u64,
    /// Whether the source is no input.
    pub(crate) made_up: bool,
    /// From when the connection was ready until the last message was settled.
    pub(crate) elapsed: Duration,
    /// Whether acknowledgements mean anything.
    pub(crate) confirmed: bool,
    /// Committed and aborted transactions, and messages of one that was left open, where there were any.
    pub(crate) transactions: Option<(u64, u64, u64)>,
    /// Whether a signal ended it early.
    pub(crate) interrupted: bool,
    /// Why it ended early otherwise.
    pub(crate) error: Option<anyhow::Error>,
}

impl Run {
    /// Whether every message that was taken was delivered.
    pub(crate) fn is_complete(&self) -> bool {
        self.tally.failed == 0 && self.tally.open() == 0 && self.unsent == 0 && self.error.is_none()
    }
}

/// Sends all that the source has, until it ends or the stop signal comes, and waits for the deliveries.
pub(crate) fn send_all(
    mut job: Job,
    mut producer: Producer,
    settings: &Settings,
    stop: &StopSignal,
) -> Run {
    let start = Instant::now();
    let grace = Grace::new(stop, settings.producer.shutdown_timeout);
    let mut progress = Progress::new(job.source.len());
    let transactional = settings.producer.transactional_id.is_some();
    let mut transactions =
        Transactions::new(transactional.then_some(settings.producer.per_transaction));
    let fed = feed(
        &mut job,
        &mut producer,
        &mut transactions,
        settings,
        &grace,
        &mut progress,
    );
    let (rest, mut error) = match fed {
        Ok(rest) => (rest, None),
        Err(error) => (0, Some(error)),
    };
    // Each message has its own limit, the delivery timeout; after a signal all have what is left of the time.
    while producer.is_busy() && !grace.is_over() {
        if let Err(fatal) = producer.flush(GLANCE, &|| grace.is_over()) {
            error.get_or_insert(fatal.into());
            break;
        }
        progress.show(producer.tally());
    }
    let was_refused = matches!(
        error.as_ref().and_then(anyhow::Error::downcast_ref),
        Some(kp_client::Error::Refused { .. })
    );
    if was_refused && transactions.open() > 0 {
        // Sent again it would be refused again. Only for those who wait behind it; the broker aborts it by itself in time.
        let _ = producer.abort(&|| grace.is_over());
    } else if let Err(failed) = transactions.end(&mut producer, &|| grace.is_over()) {
        // What was taken before a line that cannot be sent is committed.
        error.get_or_insert(failed);
    }
    producer.take_back_uncommitted();
    if let Err(unwritten) = producer.close_ledger() {
        error.get_or_insert(unwritten.into());
    }
    let elapsed = start.elapsed();
    progress.clear();
    Run {
        topics: producer.topics(),
        tally: producer.tally().clone(),
        unsent: producer.pending() + rest,
        made_up: job.source.len().is_some(),
        elapsed,
        confirmed: producer.confirms(),
        transactions: transactions.are_used().then_some((
            transactions.committed,
            transactions.aborted,
            transactions.open(),
        )),
        interrupted: stop.requested(),
        error,
    }
}

/// Takes and queues message after message; once a stop is asked for, only what was taken already. Returns how many lines were
/// read and not sent because there was no time for them.
fn feed(
    job: &mut Job,
    producer: &mut Producer,
    transactions: &mut Transactions,
    settings: &Settings,
    grace: &Grace<'_>,
    progress: &mut Progress,
) -> anyhow::Result<u64> {
    let given = &settings.producer;
    let headers: Vec<OutgoingHeader<'_>> = given
        .headers
        .iter()
        .map(|(key, value)| (key.as_bytes(), Some(value.as_bytes())))
        .collect();
    let start = Instant::now();
    let mut buffer = Vec::new();
    let mut sent: u64 = 0;
    loop {
        transactions.end_in_time(producer, &|| grace.is_over())?;
        if grace.stop_requested() {
            job.source.stop();
        } else if !is_due(producer, given.rate, sent, start)? {
            continue;
        }
        // While reports are awaited, the two are listened for in turns. What is pending waits for nothing.
        let open = producer.is_busy();
        let patience = match open {
            _ if producer.pending() > 0 => Duration::ZERO,
            true => TURN,
            false => GLANCE,
        };
        let taken = match job.source.next(&mut buffer, patience)? {
            Next::End => return Ok(0),
            Next::Waiting => {
                producer.serve(if open { TURN } else { Duration::ZERO })?;
                continue;
            }
            Next::Item(Item::Value) => {
                let message = Outgoing {
                    partition: given.partition,
                    key: given.key.as_deref().map(str::as_bytes),
                    value: Some(&buffer),
                    headers: &headers,
                    timestamp: None,
                };
                transactions.send(producer, &given.topic, &message, &|| grace.is_over())?
            }
            Next::Item(Item::Record(record)) => {
                let own = record.topic.as_deref().filter(|_| !job.topic_is_chosen);
                let topic = own.unwrap_or(&given.topic);
                with_message(topic, given.partition, &record, |message| {
                    transactions.send(producer, topic, message, &|| grace.is_over())
                })
                .map_err(|error| at_line(job.source.line(), error))?
            }
        };
        if !taken {
            return Ok(1 + job.source.rest(&mut buffer));
        }
        sent += 1;
        if given.flush == Flush::Each {
            producer.settle(&|| grace.is_over())?;
        }
        progress.show(producer.tally());
    }
}

/// Lends a record to `send` as the message that it becomes.
fn with_message<T>(
    topic: &str,
    partition: Option<i32>,
    record: &InputRecord,
    send: impl FnOnce(&Outgoing<'_>) -> T,
) -> T {
    if record.timestamp_ms == Some(0) {
        tracing::warn!(
            "a record of {topic} gets the present time: librdkafka cannot send the timestamp 0"
        );
    }
    let headers: Vec<OutgoingHeader<'_>> = record
        .headers
        .iter()
        .map(|(key, value)| (key.as_slice(), value.as_deref()))
        .collect();
    let message = Outgoing {
        partition,
        key: record.key.as_deref(),
        value: record.value.as_deref(),
        headers: &headers,
        timestamp: record.timestamp_ms,
    };
    send(&message)
}

/// A record that cannot be sent ends the run at its line, unless it is not the record's fault.
fn at_line(line: Option<u64>, error: anyhow::Error) -> anyhow::Error {
    match (line, error.downcast_ref::<kp_client::Error>()) {
        (Some(number), Some(cause))
            if matches!(cause.class(), Class::Other | Class::Broker)
                && !matches!(
                    cause,
                    kp_client::Error::Journal(_) | kp_client::Error::Refused { .. }
                ) =>
        {
            bad_line(number, cause).into()
        }
        _ => error,
    }
}

/// Whether message number `sent` is due now; if not, serves reports for a moment. A rate of 0 is no limit.
fn is_due(
    producer: &mut Producer,
    rate: u32,
    sent: u64,
    start: Instant,
) -> Result<bool, kp_client::Error> {
    if rate == 0 {
        return Ok(true);
    }
    let due = Duration::from_secs_f64(sent as f64 / f64::from(rate));
    let left = due.saturating_sub(start.elapsed());
    if !left.is_zero() {
        // Not less than librdkafka's clock has: a shorter wait would be none, and a loop without pause. What is late then follows at once.
        producer.serve(left.clamp(NAP, GLANCE))?;
    }
    Ok(left.is_zero())
}
