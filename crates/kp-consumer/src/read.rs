//! The one loop that reads: take a message, print it, say that it is done; and know when to end.

use std::io::{self, Write};
use std::time::Duration;

use kp_cli::{Exit, Grace, Outcome, Stop, StopSignal};
use kp_client::Message;
use kp_client::consume::{Consumer, Next};
use kp_core::BadMessage;
use kp_settings::{Delivery, OnBadMessage, Settings};

use crate::dead_letters::DeadLetters;
use crate::printer::Printer;

/// How long nothing may come before the limits are looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// How long a commit before printing may take, and how often in a row it may fail.
const COMMIT: Duration = Duration::from_secs(10);
const COMMIT_TRIES: u32 = 3;

/// When reading ends.
pub(crate) struct Limits {
    idle_exit: Option<Duration>,
    stall_timeout: Duration,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) max_messages: Option<u64>,
    until_end: bool,
}

impl Limits {
    /// As the settings say.
    pub(crate) fn new(settings: &Settings, until_end: bool) -> Self {
        let consumer = &settings.consumer;
        Self {
            idle_exit: consumer.idle_exit,
            stall_timeout: consumer.stall_timeout,
            shutdown_timeout: consumer.shutdown_timeout,
            max_messages: consumer.max_messages,
            until_end,
        }
    }

    /// Nothing came: is this the end?
    ///
    /// # Errors
    /// Nothing goes forward, and has not for too long.
    pub(crate) fn at_rest(&self, consumer: &mut Consumer) -> Result<Option<End>, kp_client::Error> {
        let is_end = (self.until_end && consumer.is_at_end())
            || self.idle_exit.is_some_and(|idle| consumer.is_idle(idle));
        if is_end {
            return Ok(Some(End::Complete));
        }
        consumer.check_progress(self.stall_timeout)?;
        Ok(None)
    }
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

/// Reads and prints until a limit is reached, then commits and leaves.
pub(crate) fn read_all(
    consumer: Consumer,
    printer: Printer,
    settings: &Settings,
    dead_letters: Option<DeadLetters<'_>>,
    limits: &Limits,
    stop: &StopSignal,
) -> anyhow::Result<Exit> {
    let on_bad_message = &settings.consumer.on_bad_message;
    let mut reader = Reader {
        consumer,
        printer,
        limits,
        delivery: settings.consumer.delivery,
        on_bad_message,
        dead_letters,
        grace: Grace::new(stop, limits.shutdown_timeout),
        printed: 0,
        passed_over: 0,
        refused_commits: 0,
    };
    let end = reader.read();
    reader.leave(end)
}

struct Reader<'a> {
    consumer: Consumer,
    printer: Printer,
    limits: &'a Limits,
    delivery: Delivery,
    on_bad_message: &'a OnBadMessage,
    dead_letters: Option<DeadLetters<'a>>,
    /// A reader that takes nothing is waited for half of it; what is left is for the commit.
    grace: Grace<'a>,
    printed: u64,
    passed_over: u64,
    /// Commits before printing that failed, in a row.
    refused_commits: u32,
}

impl Reader<'_> {
    fn read(&mut self) -> anyhow::Result<End> {
        if let Some(end) = ended(
            self.printer
                .banner("[Start] get consumer", &|| self.grace.is_half_over()),
        )? {
            return Ok(end);
        }
        loop {
            if self.grace.stop_requested() {
                return Ok(End::Signal);
            }
            // While something waits to be printed, only what is there already may come before it.
            let wait = if self.printer.is_empty() {
                GLANCE
            } else {
                Duration::ZERO
            };
            let end = match self.consumer.next(wait)? {
                Next::Message(message) => self.take(&message)?,
                Next::Revoking => {
                    let end = self.flush()?;
                    self.consumer.release(self.grace.left())?;
                    end
                }
                Next::Nothing => match self.flush()? {
                    None => self.at_rest()?,
                    end => end,
                },
            };
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    fn take(&mut self, message: &Message) -> anyhow::Result<Option<End>> {
        match self.printer.print(message) {
            Ok(()) => self.printed += 1,
            Err(error) => self.pass_over(message, &error)?,
        }
        if self
            .limits
            .max_messages
            .is_some_and(|max| self.printed >= max)
        {
            return Ok(Some(End::Complete));
        }
        if !self.printer.is_full() {
            return Ok(None);
        }
        match self.flush()? {
            // Where somebody writes faster than this reads, nothing ever comes to a rest.
            None if self.limits.until_end && self.consumer.is_at_end() => Ok(Some(End::Complete)),
            end => Ok(end),
        }
    }

    fn pass_over(&mut self, message: &Message, error: &BadMessage) -> anyhow::Result<()> {
        match (self.on_bad_message, &mut self.dead_letters) {
            (OnBadMessage::DeadLetter(topic), Some(letters)) => {
                tracing::warn!("{error}; sent to {topic} as it is (--on-bad-message dead-letter)");
                letters.send(message, error, &|| self.grace.is_half_over())?;
            }
            (OnBadMessage::Skip, _) => {
                tracing::warn!("{error}; passed over (--on-bad-message skip)");
            }
            _ => {
                let advice = "to see it: --format json; to pass over such messages: --on-bad-message skip, or dead-letter:TOPIC";
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
        let grace = &self.grace;
        let stopped = || grace.is_half_over();
        if let Some(letters) = &mut self.dead_letters {
            letters.settle(&stopped)?;
        }
        if self.delivery == Delivery::AtMostOnce
            && let Err(error) = self
                .printer
                .commit_first(&mut self.consumer, COMMIT.min(grace.left()))
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
            let count = self.printer.take_back(&mut self.consumer)?;
            self.printed = self.printed.saturating_sub(count as u64);
            return Ok(None);
        }
        self.refused_commits = 0;
        ended(self.printer.flush(&mut self.consumer, &stopped)?)
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
        // Whatever ended the reading, what was read before it is printed; of a second failure the first is told.
        let flushed = self.flush_out(true);
        let end = match (end, flushed) {
            (Err(error), _) => Err(error),
            (Ok(_), Err(error)) => Err(error),
            (Ok(_), Ok(Some(end))) | (Ok(end), Ok(None)) => Ok(end),
        };
        if matches!(end, Ok(End::Complete | End::Signal)) {
            // A reader that went away or stalls misses nothing but this line.
            let _ = self
                .printer
                .banner("[End] get consumer", &|| self.grace.is_half_over());
        }
        if self.printed == 0 && matches!(end, Ok(End::Complete)) {
            let why = match self.passed_over {
                0 => self.consumer.why_nothing(),
                count => format!(
                    "{count} messages were passed over (--on-bad-message {})",
                    self.on_bad_message
                ),
            };
            // Who closed stderr does not want to know.
            let _ = writeln!(io::stderr(), "kp-consumer: printed nothing: {why}");
        }
        let listed = self.printer.close_list();
        let left_group = self.consumer.leave(self.grace.left());
        end?;
        listed?;
        left_group?;
        Ok(Exit::Done)
    }
}

fn ended(outcome: Outcome) -> anyhow::Result<Option<End>> {
    match outcome {
        Outcome::Written => Ok(None),
        Outcome::Closed => Ok(Some(End::Closed)),
        Outcome::Stopped => Ok(Some(End::Signal)),
        Outcome::Failed(error) => {
            Err(anyhow::Error::new(error).context("cannot write to standard output"))
        }
    }
}
