//! The one loop that reads: take a message, print it, say that it is done; and know when to end.

use std::io::{self, Write};
use std::time::Duration;

use kp_cli::{Exit, Grace, Outcome, Stop, StopSignal};
use kp_client::Message;
use kp_client::consume::{Consumer, Next};
use kp_core::Format;
use kp_settings::{OnBadMessage, Settings};

use crate::printer::Printer;

/// How long nothing may come before the limits are looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// When reading ends, and what a bad message means.
pub(crate) struct Limits {
    idle_exit: Option<Duration>,
    stall_timeout: Duration,
    shutdown_timeout: Duration,
    max_messages: Option<u64>,
    until_end: bool,
    on_bad_message: OnBadMessage,
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
            on_bad_message: consumer.on_bad_message,
        }
    }
}

/// Why reading ended.
enum End {
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
    format: Format,
    limits: &Limits,
    stop: &StopSignal,
) -> anyhow::Result<Exit> {
    let mut reader = Reader {
        consumer,
        printer: Printer::new(format),
        limits,
        grace: Grace::new(stop, limits.shutdown_timeout),
        printed: 0,
        passed_over: 0,
    };
    let end = reader.read();
    reader.leave(end)
}

struct Reader<'a> {
    consumer: Consumer,
    printer: Printer,
    limits: &'a Limits,
    /// A reader that takes nothing is waited for half of it; what is left is for the commit.
    grace: Grace<'a>,
    printed: u64,
    passed_over: u64,
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
            Err(error) if self.limits.on_bad_message == OnBadMessage::Skip => {
                tracing::warn!("{error}; passed over (--on-bad-message skip)");
                self.printer.pass_over(message);
                self.passed_over += 1;
            }
            Err(error) => {
                let advice =
                    "to see it: --format json; to pass over such messages: --on-bad-message skip";
                return Err(Stop::new(Exit::Messages, format!("{error}; {advice}")).into());
            }
        }
        if self
            .limits
            .max_messages
            .is_some_and(|max| self.printed >= max)
        {
            return Ok(Some(End::Complete));
        }
        if self.printer.is_full() {
            self.flush()
        } else {
            Ok(None)
        }
    }

    fn flush(&mut self) -> anyhow::Result<Option<End>> {
        if self.printer.is_empty() {
            return Ok(None);
        }
        let outcome = self
            .printer
            .flush(&mut self.consumer, &|| self.grace.is_half_over());
        ended(outcome)
    }

    /// Nothing came: is this the end?
    fn at_rest(&mut self) -> anyhow::Result<Option<End>> {
        if self.printer.is_closed() {
            return Ok(Some(End::Closed));
        }
        if self.limits.until_end && self.consumer.is_at_end() {
            return Ok(Some(End::Complete));
        }
        if self
            .limits
            .idle_exit
            .is_some_and(|idle| self.consumer.is_idle(idle))
        {
            return Ok(Some(End::Complete));
        }
        self.consumer.check_progress(self.limits.stall_timeout)?;
        Ok(None)
    }

    /// Writes out what was read, commits it, leaves the group.
    fn leave(mut self, end: anyhow::Result<End>) -> anyhow::Result<Exit> {
        // Whatever ended the reading, what was read before it is printed; of a second failure the first is told.
        let flushed = self.flush();
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
                count => format!("{count} messages were passed over (--on-bad-message skip)"),
            };
            // Who closed stderr does not want to know.
            let _ = writeln!(io::stderr(), "kp-consumer: printed nothing: {why}");
        }
        let left_group = self.consumer.leave(self.grace.left());
        end?;
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
