//! The one loop that sends: take a message, queue it, keep the pace, and wait for what became of
//! it.

use std::io;
use std::path::Path;
use std::time::Duration;

use kp_cli::{Exit, Grace, StopSignal};
use kp_client::Class;
use kp_client::produce::{Producer, Promise};
use kp_core::{Header, Record, Timestamp};
use kp_settings::{Flush, Settings};
use memchr::memmem::Finder;

use crate::cli::ReceiptForm;
use crate::contradictions;
use crate::input::{Choice, Silence};
use crate::item::{Item, Limits, Next};
use crate::made_up::{MadeUp, ends_after};
use crate::pace::{Pace, Turn};
use crate::progress::Progress;
use crate::reading::Reading;
use crate::receipts::{Receipts, Taken};
use crate::run::Run;
use crate::source::Source;
use crate::transactions::Transactions;

/// How long a pause may be before the stop signal is looked at.
const GLANCE: Duration = Duration::from_millis(50);
/// How long standard input is waited for while delivery reports are awaited too, and the other way
/// round.
const TURN: Duration = Duration::from_millis(1);
/// The shortest pause that librdkafka can make.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

/// What is to be sent.
pub(crate) struct Job {
    source: Source,
    /// After how long nothing more is made up.
    ends: Option<Duration>,
    /// Whether the topic of the settings overrides the topic of a record.
    topic_is_chosen: bool,
    /// What is said when standard input stays silent.
    silent: Option<&'static str>,
    /// What the summary says of the source.
    note: Option<&'static str>,
}

impl Job {
    /// Reads the job from the settings.
    ///
    /// # Errors
    /// Settings that contradict the source, a file that cannot be read.
    pub(crate) fn new(
        settings: &Settings,
        choice: Choice,
        file: Option<&Path>,
    ) -> anyhow::Result<Self> {
        contradictions::check(settings, matches!(choice, Choice::Stdin { .. }))?;
        let mut ends = None;
        let (source, silent) = match choice {
            Choice::Stdin { most, silent } => {
                (Source::Stdin(Box::new(Reading::new(settings, file, most)?)), silent)
            }
            Choice::MadeUp(_) => {
                ends = ends_after(settings);
                (Source::MadeUp(Box::new(MadeUp::new(settings)?)), None)
            }
        };
        Ok(Self {
            source,
            ends,
            topic_is_chosen: !settings.is_default("producer.topic"),
            silent,
            note: choice.note(),
        })
    }
}

impl Job {
    /// The topic that all messages go to, where that is known beforehand.
    pub(crate) fn only_topic<'s>(&self, settings: &'s Settings) -> Option<&'s str> {
        let records_choose = !self.topic_is_chosen
            && matches!(&self.source, Source::Stdin(reading) if reading.names_topics());
        (!records_choose).then_some(settings.producer.topic.as_str())
    }
}

/// What is to be noted of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notes {
    /// Whether there is a ledger, which has numbers of its own.
    pub(crate) ledger: bool,
    /// What happens in each second.
    pub(crate) timeline: bool,
    /// What becomes of each record, for standard output.
    pub(crate) receipts: Option<ReceiptForm>,
}

/// Sends all that the source has, until it ends or the stop signal comes, and waits for the
/// deliveries.
pub(crate) fn send_all(
    job: Job,
    mut producer: Producer,
    settings: &Settings,
    stop: &StopSignal,
    notes: Notes,
) -> Run {
    let given = &settings.producer;
    let grace = Grace::new(stop, given.shutdown_timeout);
    let patience = grace.clone();
    producer.stop_when(move || patience.is_over());
    let headers = given.headers.iter();
    let is_transactional = given.transactional_id.is_some();
    let pace = Pace::new(given.rate, job.ends);
    // A ledger numbers a message anew when its transaction is sent again.
    let is_from_due = job.source.made_up().is_some()
        && !given.rate.is_unlimited()
        && !(notes.ledger && is_transactional);
    if is_from_due {
        producer.keep_schedule(pace.start(), given.rate);
    }
    if notes.receipts.is_some() {
        producer.keep_reports();
    }
    let noun = if job.source.made_up().is_some() { "message" } else { "line" };
    if notes.timeline {
        producer.keep_timeline(pace.start());
    }
    let sender = Sender {
        given,
        receipts: notes.receipts.map(|form| Receipts::new(form, noun, producer.confirms())),
        taken: None,
        is_from_due,
        headers: headers
            .map(|(key, value)| Header { key: key.as_bytes(), value: Some(value.as_bytes()) })
            .collect(),
        delimiter: given
            .key_delimiter
            .as_ref()
            .filter(|_| matches!(job.source, Source::Stdin(_)))
            .map(|delimiter| Finder::new(delimiter.bytes())),
        is_zero_time_told: false,
        silence: Silence::new(job.silent),
        progress: match job.source.bytes() {
            Some((total, _)) => Progress::of_bytes(total),
            None => Progress::new(job.source.len()),
        },
        pace,
        job,
        transactions: Transactions::new(is_transactional.then_some(given.per_transaction)),
        grace,
        sent: 0,
        in_hand: 0,
        promise: producer.promise(),
        producer,
    };
    sender.run(notes, stop)
}

struct Sender<'a> {
    given: &'a kp_settings::Producer,
    /// Those that each message gets.
    headers: Vec<Header<'a>>,
    /// What stands between the key and the value of a line.
    delimiter: Option<Finder<'a>>,
    /// Whether it was said that librdkafka cannot send the timestamp 0.
    is_zero_time_told: bool,
    job: Job,
    silence: Silence,
    producer: Producer,
    transactions: Transactions,
    /// The producer waits for the whole of it.
    grace: Grace,
    progress: Progress,
    pace: Pace,
    is_from_due: bool,
    receipts: Option<Receipts>,
    /// The record that is being sent, for its receipt.
    taken: Option<Taken>,
    /// What the settings promise.
    promise: Promise,
    sent: u64,
    /// 1 while a message was taken from its source that the producer did not take.
    in_hand: u64,
}

impl Sender<'_> {
    fn run(mut self, notes: Notes, stop: &StopSignal) -> Run {
        let count = self.job.source.len();
        let mut error = self.feed().err();
        let fed = self.pace.start().elapsed();
        let unsent = match &error {
            Some(error) if !is_overdue(error) => 0,
            _ => {
                let taken = self.producer.taken() + self.in_hand;
                self.in_hand + self.job.source.rest(&mut Vec::new(), taken)
            }
        };
        // Each message has its own limit, the delivery timeout; after a signal all have what is
        // left of the time.
        while self.producer.is_busy() && !self.grace.is_over() {
            if let Err(fatal) = self.producer.flush(GLANCE) {
                error.get_or_insert(fatal.into());
                break;
            }
            self.write_receipts(&mut error);
            self.show_progress();
        }
        if error.as_ref().is_some_and(is_refusal) && self.transactions.open() > 0 {
            // Sent again it would be refused again. The abort spares others that read the topic a
            // wait: the broker would abort by itself in time.
            let _ = self.producer.abort();
        } else if let Err(failed) = self.transactions.end(&mut self.producer) {
            // What was taken before a line that cannot be sent is committed.
            error.get_or_insert(failed);
        }
        self.producer.take_back_uncommitted();
        if let Err(unwritten) = self.producer.close_ledger() {
            error.get_or_insert(unwritten.into());
        }
        self.close_receipts(&mut error);
        let elapsed = self.pace.start().elapsed();
        self.progress.clear();
        let waited = self.producer.waited_for_room();
        let made_up = self.job.source.made_up();
        let kept = made_up.and_then(|_| self.pace.kept(self.sent, fed, count, waited));
        let timeline = self.producer.timeline();
        let Self { producer, transactions, job, .. } = self;
        Run {
            topics: producer.topics(),
            tally: producer.tally().clone(),
            unsent: producer.pending() + unsent,
            input: match &job.source {
                Source::MadeUp(_) => None,
                Source::Stdin(reading) => Some(reading.name().to_owned()),
            },
            seed: job.source.made_up().and_then(MadeUp::seed),
            noun: match &job.source {
                _ if notes.ledger => "record",
                Source::MadeUp(_) => "message",
                Source::Stdin(reading) => reading.noun(),
            },
            promise: producer.promise(),
            is_weaker: producer.promise() < self.promise,
            note: job.note,
            elapsed,
            confirmed: producer.confirms(),
            transactions: transactions.are_used().then_some((
                transactions.committed,
                transactions.aborted,
                transactions.open(),
            )),
            interrupted: stop.requested(),
            kept,
            is_from_due: self.is_from_due,
            is_flushed_each: self.given.flush == Flush::Each,
            timeline,
            unwritten_receipts: self.receipts.as_ref().map_or(0, Receipts::unwritten),
            error,
        }
    }

    fn show_progress(&mut self) {
        match self.job.source.bytes() {
            Some((_, taken)) => self.progress.move_to(taken),
            None => self.progress.show(self.producer.tally()),
        }
    }

    /// Takes and queues message after message; once a stop is asked for, only what was taken
    /// already.
    fn feed(&mut self) -> anyhow::Result<()> {
        let mut buffer = Vec::new();
        loop {
            self.transactions.end_in_time(&mut self.producer)?;
            let mut unwritten = None;
            self.write_receipts(&mut unwritten);
            if let Some(error) = unwritten {
                return Err(error);
            }
            let is_closed = self.receipts.as_ref().is_some_and(Receipts::is_closed);
            if is_closed || self.grace.stop_requested() {
                self.job.source.stop();
            }
            match self.pace.turn(self.sent) {
                Turn::Due => {}
                Turn::Over => return Ok(()),
                Turn::Wait(left) => {
                    // librdkafka's clock has no shorter wait, so that the loop would never pause.
                    // What is late then follows at once.
                    self.producer.serve(left.clamp(SHORTEST_PAUSE, GLANCE))?;
                    // The other half is for the reports.
                    if self.grace.is_half_over() {
                        return Ok(());
                    }
                    continue;
                }
            }
            // While reports are awaited, input and reports are waited for in turns. With messages
            // that are not queued yet there is no wait.
            let open = self.producer.is_busy();
            let patience = match open {
                _ if self.producer.pending() > 0 => Duration::ZERO,
                true => TURN,
                false => GLANCE,
            };
            let limits = Limits { message: self.producer.largest_message(), sent: self.sent };
            match self.job.source.next(&mut buffer, patience, limits)? {
                Next::End => return Ok(()),
                Next::Blank => {}
                Next::Waiting => {
                    self.silence.goes_on(self.sent);
                    self.producer.serve(if open { TURN } else { Duration::ZERO })?;
                }
                Next::Item(item) => {
                    let taken_before = self.producer.taken();
                    let taken = self.send(item, &buffer);
                    self.in_hand = u64::from(self.producer.taken() == taken_before);
                    if let (Some(receipts), Some(one)) = (&mut self.receipts, self.taken.take())
                        && self.in_hand == 0
                    {
                        receipts.open(self.job.source.number(), one);
                    }
                    if !taken? {
                        return Ok(());
                    }
                    self.in_hand = 0;
                    self.sent += 1;
                    if self.given.flush == Flush::Each {
                        self.producer.settle()?;
                    }
                    self.show_progress();
                }
            }
        }
    }

    /// Queues the message that the source gave; false when there was no time left to take it. An
    /// item that is no whole record has its value in `value`.
    fn send(&mut self, item: Item, value: &[u8]) -> anyhow::Result<bool> {
        let given = self.given;
        let number = self.job.source.number();
        match item {
            Item::Value => {
                let (key, value) = match &self.delimiter {
                    None => {
                        let drawn = self.job.source.made_up().and_then(MadeUp::key);
                        (drawn.or(given.key.as_deref().map(str::as_bytes)), value)
                    }
                    Some(delimiter) => {
                        let (key, value) = split(value, delimiter);
                        (key.filter(|key| !(given.null_empty && key.is_empty())), value)
                    }
                };
                let record = Record {
                    topic: &given.topic,
                    partition: given.partition,
                    key,
                    value: (!(given.null_empty && value.is_empty())).then_some(value),
                    headers: &self.headers,
                    ..Record::default()
                };
                self.taken = self.receipts.as_ref().map(|_| Taken::new(&record));
                self.transactions.send(&mut self.producer, number, &record)
            }
            Item::Record(mut record) => {
                record.partition = given.partition;
                if self.job.topic_is_chosen {
                    record.topic.clone_from(&given.topic);
                }
                if record.timestamp == Timestamp::CreateTime(0) && !self.is_zero_time_told {
                    self.is_zero_time_told = true;
                    tracing::warn!(
                        "a record of {} gets the present time, as each with the timestamp 0: librdkafka cannot send it",
                        record.topic
                    );
                }
                self.taken = self.receipts.as_ref().map(|_| record.lend(Taken::new));
                record
                    .lend(|record| self.transactions.send(&mut self.producer, number, record))
                    .map_err(|error| at_place(&self.job.source, number, self.sent, error))
            }
        }
    }
}

impl Sender<'_> {
    /// Writes the receipts of what is settled.
    fn write_receipts(&mut self, error: &mut Option<anyhow::Error>) {
        let Some(receipts) = &mut self.receipts else {
            return;
        };
        let reports = self.transactions.take_reports(&mut self.producer);
        let grace = &self.grace;
        let written = receipts.settle(reports, &|| grace.is_over());
        note_unwritten(written, error);
    }

    /// Writes the receipts of the rest, of which nothing will be known.
    fn close_receipts(&mut self, error: &mut Option<anyhow::Error>) {
        self.write_receipts(error);
        let is_open = self.transactions.open() > 0;
        let Some(receipts) = &mut self.receipts else {
            return;
        };
        let unknown = if is_open {
            "its transaction was left open: nobody will see it unless the commit was on its way"
        } else {
            "the run ended before its delivery was reported"
        };
        let grace = &self.grace;
        let written = receipts.close(self.producer.pending(), unknown, &|| grace.is_over());
        note_unwritten(written, error);
    }
}

fn note_unwritten(written: io::Result<()>, error: &mut Option<anyhow::Error>) {
    if let Err(failed) = kp_cli::written(written) {
        error.get_or_insert(failed);
    }
}

fn is_overdue(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(kp_client::Error::Overdue(_)))
}

fn is_refusal(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(kp_client::Error::Refused { .. }))
}

/// The error for a record that cannot be sent: it names its place in the input, if the fault is the
/// record's.
fn at_place(source: &Source, number: u64, sent: u64, error: anyhow::Error) -> anyhow::Error {
    let (Source::Stdin(reading), Some(cause)) = (source, error.downcast_ref::<kp_client::Error>())
    else {
        return error;
    };
    match cause {
        kp_client::Error::NoTopic { .. } => {
            // A missing topic has the same exit code everywhere.
            let mut stop = reading.bad(number, cause, sent);
            stop.exit = Exit::Broker;
            stop.into()
        }
        kp_client::Error::Journal(_) | kp_client::Error::Refused { .. } => error,
        _ if matches!(cause.class(), Class::Other | Class::Broker) => {
            reading.bad(number, cause, sent).into()
        }
        _ => error,
    }
}

/// The key and the value of a line; none but the value where the delimiter is not in it.
fn split<'l>(line: &'l [u8], delimiter: &Finder<'_>) -> (Option<&'l [u8]>, &'l [u8]) {
    match delimiter.find(line) {
        Some(at) => (Some(&line[..at]), &line[at + delimiter.needle().len()..]),
        None => (None, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_at_the_first_delimiter() {
        let of = |line: &'static str, delimiter: &str| {
            let (key, value) = split(line.as_bytes(), &Finder::new(delimiter));
            (key.map(|key| std::str::from_utf8(key).unwrap()), std::str::from_utf8(value).unwrap())
        };
        assert_eq!(of("k:v:w", ":"), (Some("k"), "v:w"));
        assert_eq!(of("k::v", "::"), (Some("k"), "v"));
        assert_eq!(of(":v", ":"), (Some(""), "v"));
        assert_eq!(of("k:", ":"), (Some("k"), ""));
        assert_eq!(of("v", ":"), (None, "v"));
    }
}
