//! The one loop that reads: take a message, print it if it is wanted, say that it is done; and know
//! when to end.

use std::time::Duration;

use kp_cli::metrics::Board;
use kp_cli::{Exit, Grace, Outcome, Stop};
use kp_client::Fetched;
use kp_client::consume::{Consumer, Next};
use kp_core::BadMessage;
use kp_settings::{Delivery, OnBadMessage, Settings};

use crate::dead_letters::DeadLetters;
use crate::metrics::{self, Metrics};
use crate::printer::Printer;
use crate::selection::Selection;

/// How long nothing may come before the limits are looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// How often in a row a commit before printing may fail.
const COMMIT_TRIES: u32 = 3;

/// When reading ends.
pub(crate) struct Limits {
    pub(crate) max_messages: Option<u64>,
    until_end: bool,
}

impl Limits {
    /// As the settings say.
    pub(crate) fn new(settings: &Settings, until_end: bool) -> Self {
        let consumer = &settings.consumer;
        // Where it stops is known when it begins, and nothing that comes later is read.
        let until_end = until_end || consumer.until.is_some();
        Self { max_messages: consumer.max_messages, until_end }
    }

    /// The exit code for this end, with any message or without. A run that was asked for a number
    /// of messages and got none must not look like a success.
    pub(crate) fn exit(&self, end: &End, any: bool) -> Exit {
        match end {
            End::Complete if !any && self.max_messages.is_some() => Exit::Broker,
            _ => Exit::Done,
        }
    }

    /// Says why nothing came. Where messages were asked for, that is an error.
    pub(crate) fn say_why_nothing(&self, words: &str) {
        let tell = if self.max_messages.is_some() { kp_cli::complain } else { kp_cli::say };
        tell("kp-consumer", words);
    }

    /// Nothing came: is this the end?
    ///
    /// # Errors
    /// Nothing goes forward, and has not for too long.
    pub(crate) fn at_rest(&self, consumer: &mut Consumer) -> Result<Option<End>, kp_client::Error> {
        if let Some(end) = self.at_end(consumer) {
            return Ok(Some(end));
        }
        if consumer.is_idle() {
            return Ok(Some(complete(consumer)));
        }
        consumer.check_progress()?;
        Ok(None)
    }

    /// Whether the end is reached, if that is where reading is to end.
    fn at_end(&self, consumer: &mut Consumer) -> Option<End> {
        (self.until_end && consumer.is_at_end()).then(|| complete(consumer))
    }
}

/// The end was reached. What is not part of it is reported: messages that an open transaction
/// hides, and partitions that others in the group read.
fn complete(consumer: &Consumer) -> End {
    for missing in [consumer.hidden(), consumer.elsewhere()].into_iter().flatten() {
        tracing::warn!("{missing}");
    }
    End::Complete
}

/// Why reading ended.
pub(crate) enum End {
    /// There is nothing more to read, or enough was read.
    Complete,
    /// A signal asked for it.
    Signal,
    /// Nobody reads what is printed.
    Closed,
}

/// What a run goes by.
pub(crate) struct Terms<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) limits: &'a Limits,
    pub(crate) grace: Grace,
    /// Where metrics are wanted.
    pub(crate) board: Option<Board<Metrics>>,
}

/// Reads and prints until a limit is reached, then commits and leaves.
pub(crate) fn read_all(
    consumer: Consumer,
    printer: Printer,
    selection: Selection,
    dead_letters: Option<DeadLetters<'_>>,
    terms: Terms<'_>,
) -> anyhow::Result<Exit> {
    let Terms { settings, limits, grace, board } = terms;
    let on_bad_message = &settings.consumer.on_bad_message;
    let mut reader = Reader {
        consumer,
        printer,
        selection,
        limits,
        delivery: settings.consumer.delivery,
        on_bad_message,
        dead_letters,
        grace,
        printed: 0,
        passed_over: 0,
        refused_commits: 0,
        all_written: true,
        board,
    };
    let end = reader.read();
    reader.leave(end)
}

struct Reader<'a> {
    consumer: Consumer,
    printer: Printer,
    selection: Selection,
    limits: &'a Limits,
    delivery: Delivery,
    on_bad_message: &'a OnBadMessage,
    dead_letters: Option<DeadLetters<'a>>,
    grace: Grace,
    printed: u64,
    passed_over: u64,
    /// Commits before printing that failed, in a row.
    refused_commits: u32,
    /// Whether all messages that left the buffer were written.
    all_written: bool,
    board: Option<Board<Metrics>>,
}

impl Reader<'_> {
    fn read(&mut self) -> anyhow::Result<End> {
        if let Some(end) = ended(self.printer.banner("[Start] get consumer"))? {
            return Ok(end);
        }
        loop {
            if self.grace.stop_requested() {
                return Ok(End::Signal);
            }
            // While something waits to be printed, only what is there already may come before it.
            let wait = if self.printer.is_empty() { GLANCE } else { Duration::ZERO };
            let end = match self.consumer.next(wait)? {
                Next::Message(message) => self.take(&message)?,
                Next::Revoking(revoked) => {
                    let end = self.flush()?;
                    self.note_ends();
                    self.consumer.release(revoked)?;
                    end
                }
                Next::Gap(gap) => {
                    let end = self.flush()?;
                    // What nobody took is not passed over.
                    if end.is_none() {
                        self.consumer.pass_gaps(gap)?;
                    }
                    end
                }
                Next::Nothing => match self.flush()? {
                    None => {
                        self.note_ends();
                        self.show_status();
                        self.at_rest()?
                    }
                    end => end,
                },
            };
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    fn take(&mut self, message: &Fetched) -> anyhow::Result<Option<End>> {
        if self.selection.takes(message) {
            match self.printer.print(message) {
                Ok(()) => self.printed += 1,
                Err(error) => self.pass_over(message, &error)?,
            }
        } else {
            self.printer.leave_out(message);
        }
        if self.limits.max_messages.is_some_and(|max| self.printed >= max) {
            return Ok(Some(End::Complete));
        }
        if !self.printer.is_full() {
            return Ok(None);
        }
        match self.flush()? {
            // Where nothing matches, nothing is written, which would tell it.
            None if self.printer.is_closed() => Ok(Some(End::Closed)),
            // Where messages come faster than they are read, reading never rests.
            None => Ok(self.limits.at_end(&mut self.consumer)),
            end => Ok(end),
        }
    }

    fn pass_over(&mut self, message: &Fetched, error: &BadMessage) -> anyhow::Result<()> {
        match (self.on_bad_message, &mut self.dead_letters) {
            (OnBadMessage::DeadLetter(topic), Some(letters)) => {
                tracing::warn!("{error}; sent to {topic} as it is (--on-bad-message dead-letter)");
                letters.send(message, error)?;
            }
            (OnBadMessage::Skip, _) => {
                tracing::warn!("{error}; passed over (--on-bad-message skip)");
            }
            _ => {
                let advice = "to see such messages as text: --on-bad-message show; to pass over them: --on-bad-message skip, or \
                              dead-letter:TOPIC";
                return Err(Stop::new(Exit::Messages, format!("{error}; {advice}")).into());
            }
        }
        self.printer.pass_over(message);
        self.passed_over += 1;
        Ok(())
    }

    fn flush(&mut self) -> anyhow::Result<Option<End>> {
        self.flush_out(false)
    }

    /// `is_last` when nothing more is read, so that nothing can be tried again.
    fn flush_out(&mut self, is_last: bool) -> anyhow::Result<Option<End>> {
        if self.printer.is_empty() {
            return Ok(None);
        }
        if let Some(letters) = &mut self.dead_letters {
            letters.settle()?;
        }
        if self.delivery == Delivery::AtMostOnce
            && let Err(error) = self.printer.commit_first(&mut self.consumer)
        {
            self.refused_commits += 1;
            if self.refused_commits == COMMIT_TRIES {
                self.printer.take_back(&mut self.consumer)?;
                return Err(error.into());
            }
            if is_last {
                self.printer.take_back(&mut self.consumer)?;
                return Err(error.into());
            }
            tracing::warn!("{error}; nothing of it was printed, and it is read again");
            let taken_back = self.printer.take_back(&mut self.consumer)?;
            self.printed = self.printed.saturating_sub(taken_back.printed);
            self.passed_over = self.passed_over.saturating_sub(taken_back.passed_over);
            self.selection.take_back(taken_back.counts);
            return Ok(None);
        }
        self.refused_commits = 0;
        self.selection.make_room();
        let end = ended(self.printer.flush(&mut self.consumer)?)?;
        self.show_status();
        self.all_written &= end.is_none();
        Ok(end)
    }

    fn show_status(&mut self) {
        metrics::give(self.board.as_ref(), &self.consumer, self.printer.counts(), (0, 0));
        if !self.printer.is_mid_line() {
            self.selection.show(|| Some(self.consumer.standing()));
        }
    }

    /// An end that was reached counts once everything before it is written.
    fn note_ends(&mut self) {
        if self.all_written && self.printer.is_empty() {
            self.consumer.all_done();
        }
    }

    /// Nothing came: is this the end?
    fn at_rest(&mut self) -> anyhow::Result<Option<End>> {
        if self.printer.is_closed() {
            return Ok(Some(End::Closed));
        }
        Ok(self.limits.at_rest(&mut self.consumer)?)
    }

    /// Writes out what was read, commits it, leaves the group.
    fn leave(mut self, end: anyhow::Result<End>) -> anyhow::Result<Exit> {
        // Whatever ended the reading, what was read before it is printed. Of two failures the first
        // is reported.
        let flushed = self.flush_out(true);
        if end.is_ok() && flushed.is_ok() {
            self.note_ends();
        }
        let end = match (end, flushed) {
            (Err(error), _) => Err(error),
            (Ok(_), Err(error)) => Err(error),
            (Ok(_), Ok(Some(end))) | (Ok(end), Ok(None)) => Ok(end),
        };
        self.selection.say();
        if matches!(end, Ok(End::Complete | End::Signal)) {
            // A reader that went away or stalls misses nothing but this line.
            let _ = self.printer.banner("[End] get consumer");
        }
        if self.printed == 0 && matches!(end, Ok(End::Complete)) {
            let why = match self.passed_over {
                0 => self.selection.why_nothing().unwrap_or_else(|| self.consumer.why_nothing()),
                1 => {
                    format!("1 message was passed over (--on-bad-message {})", self.on_bad_message)
                }
                count => format!(
                    "{count} messages were passed over (--on-bad-message {})",
                    self.on_bad_message
                ),
            };
            let saved = self.printer.saved().is_some();
            let what = if saved { "saved" } else { "printed" };
            self.limits.say_why_nothing(&format!("{what} nothing: {why}"));
        } else if let Some(saved) = self.printer.saved() {
            kp_cli::say("kp-consumer", &saved);
        }
        let listed = self.printer.close_list();
        let left_group = self.consumer.leave();
        let end = end?;
        listed?;
        left_group?;
        let any = self.printed + self.passed_over > 0;
        Ok(self.limits.exit(&end, any))
    }
}

/// What a write that came to its end means for the run.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn ended(outcome: Outcome) -> anyhow::Result<Option<End>> {
    match outcome {
        Outcome::Written => Ok(None),
        Outcome::Closed => Ok(Some(End::Closed)),
        Outcome::Stopped => Ok(Some(End::Signal)),
        Outcome::Failed(error) => {
            Err(anyhow::Error::new(error).context("cannot write to standard output"))
        }
    }
}
