//! Printing a file of saved records as if it were a topic (`--load`), without a broker.

use std::path::Path;

use kp_archive::{Archive, ArchiveError, Entry};
use kp_cli::{Exit, Grace, Outcome, Output, Stop, StopSignal};
use kp_core::{BadMessage, Format, WantedTopics};
use kp_settings::{OnBadMessage, Settings};

use crate::cli::Call;
use crate::contradictions::{decodes, decodes_nothing};
use crate::read::{End, Limits, ended};
use crate::selection::Selection;

/// After so many records it is looked whether anybody reads.
const LOOK: u32 = 10_000;

/// What may be typed beside `--load`.
const TAKEN: [&str; 8] = [
    "consumer.topic",
    "consumer.format",
    "consumer.delimiter",
    "consumer.print_null",
    "consumer.decode",
    "consumer.max_messages",
    "consumer.on_bad_message",
    "consumer.shutdown_timeout",
];

/// Prints the records of this file, until its end or another limit.
///
/// # Errors
/// Flags that need a broker, a file that cannot be read, a record that is damaged or that the
/// format cannot show.
pub(crate) fn print_all(
    path: &Path,
    call: Call,
    settings: &Settings,
    format: Format,
) -> anyhow::Result<Exit> {
    check(&call, settings, &format)?;
    let archive = Archive::open(path)?;
    let consumer = &settings.consumer;
    let limits = Limits::new(settings, true);
    let loader = Loader {
        archive,
        path,
        selection: Selection::new(call.filters, false),
        topics: settings.is_typed("consumer.topic").then_some(&consumer.topic),
        // A named topic is read so, and a file is named just as well.
        on_bad_message: match settings.is_default("consumer.on_bad_message") {
            true => &OnBadMessage::Show,
            false => &consumer.on_bad_message,
        },
        format,
        output: Output::stdout(),
        grace: Grace::new(&StopSignal::install()?, consumer.shutdown_timeout),
        printed: 0,
        passed_over: 0,
        unflushed: 0,
    };
    loader.run(&limits)
}

fn check(call: &Call, settings: &Settings, format: &Format) -> Result<(), Stop> {
    const WHY: &str = "not together with --load, which reads a file and connects to no broker";
    let mut keys = kp_settings::settings().iter().map(|setting| setting.key);
    if let Some(key) = keys.find(|key| settings.is_typed(key) && !TAKEN.contains(key)) {
        return Err(Stop::wrong(settings, key, WHY));
    }
    for (flag, is_typed) in [("--audit", call.audit.is_some()), ("--save", call.save.is_some())] {
        if is_typed {
            return Err(Stop::new(Exit::Settings, format!("{flag}: {WHY}")));
        }
    }
    if decodes(settings) && !format.decodes() {
        return Err(Stop::wrong(settings, "consumer.decode", decodes_nothing(format)));
    }
    if let OnBadMessage::DeadLetter(_) = settings.consumer.on_bad_message {
        return Err(Stop::wrong(
            settings,
            "consumer.on_bad_message",
            format!("{WHY}; use show, skip or fail"),
        ));
    }
    kp_cli::refuse_idle_property(settings, &[])
}

struct Loader<'a> {
    archive: Archive,
    path: &'a Path,
    selection: Selection,
    /// The topics to print; without them all.
    topics: Option<&'a WantedTopics>,
    on_bad_message: &'a OnBadMessage,
    format: Format,
    output: Output,
    grace: Grace,
    printed: u64,
    passed_over: u64,
    /// Records since the output was last looked at.
    unflushed: u32,
}

impl Loader<'_> {
    fn run(mut self, limits: &Limits) -> anyhow::Result<Exit> {
        let end = self.print(limits);
        // Whatever ended the reading, what was read before it is printed.
        let flushed = self.flush();
        let end = match (end, flushed) {
            (Err(error), _) | (Ok(_), Err(error)) => return Err(error),
            (Ok(_), Ok(Some(end))) | (Ok(end), Ok(None)) => end,
        };
        if let Some(torn) = self.archive.torn() {
            tracing::warn!("{torn}");
        }
        self.selection.say();
        if self.printed == 0 && matches!(end, End::Complete) {
            let of = self.topics.map_or_else(String::new, |topics| format!(" of topic {topics}"));
            let why = match self.passed_over {
                0 => self
                    .selection
                    .why_nothing()
                    .unwrap_or_else(|| format!("{} has no record{of}", self.path.display())),
                _ => format!("all were passed over (--on-bad-message {})", self.on_bad_message),
            };
            limits.say_why_nothing(&format!("printed nothing: {why}"));
        }
        Ok(limits.exit(&end, self.printed + self.passed_over > 0))
    }

    fn print(&mut self, limits: &Limits) -> anyhow::Result<End> {
        let is_original = self.format == Format::Seed;
        if is_original {
            self.line("[Start] get consumer");
        }
        while limits.max_messages.is_none_or(|most| self.printed < most) {
            if self.grace.stop_requested() {
                return Ok(End::Signal);
            }
            match self.archive.next_entry() {
                Ok(None) => break,
                Ok(Some(entry)) => self.take(&entry)?,
                Err(error @ ArchiveError::Damaged { .. }) => self.pass_over(
                    &error,
                    "what is behind it was not printed; to pass over it: --on-bad-message skip",
                )?,
                Err(error) => return Err(error.into()),
            }
            self.unflushed += 1;
            // Where filters match nothing, nothing is written, which would tell that nobody reads.
            if (self.output.is_full() || self.unflushed >= LOOK)
                && let Some(end) = self.flush()?
            {
                return Ok(end);
            }
        }
        if is_original {
            self.line("[End] get consumer");
        }
        Ok(End::Complete)
    }

    fn line(&mut self, line: &str) {
        self.output.buffer().extend_from_slice(line.as_bytes());
        self.output.buffer().push(b'\n');
        self.output.end_message();
    }

    fn take(&mut self, entry: &Entry) -> anyhow::Result<()> {
        if self.topics.is_some_and(|topics| !topics.has(&entry.record.topic)) {
            return Ok(());
        }
        if !entry.record.lend(|record| self.selection.takes_whole(record)) {
            return Ok(());
        }
        let (format, buffer) = (&self.format, self.output.buffer());
        let written = entry.record.lend(|record| match format.write(record, buffer) {
            Err(_) if *self.on_bad_message == OnBadMessage::Show => {
                format.write_as_text(record, buffer);
                Ok(())
            }
            written => written,
        });
        match written {
            Ok(()) => {
                self.output.end_message();
                self.printed += 1;
                Ok(())
            }
            Err(error) => self.pass_over::<BadMessage>(
                &error,
                "to see such messages as text: --on-bad-message show; to pass over them: --on-bad-message skip",
            ),
        }
    }

    fn pass_over<E: std::fmt::Display>(&mut self, error: &E, advice: &str) -> anyhow::Result<()> {
        if *self.on_bad_message != OnBadMessage::Skip {
            return Err(Stop::new(Exit::Messages, format!("{error}; {advice}")).into());
        }
        tracing::warn!("{error}; passed over (--on-bad-message skip)");
        self.passed_over += 1;
        Ok(())
    }

    fn flush(&mut self) -> anyhow::Result<Option<End>> {
        self.unflushed = 0;
        self.selection.make_room();
        if !self.output.is_mid_line() {
            self.selection.show(|| None);
        }
        if self.output.is_closed() {
            return Ok(Some(End::Closed));
        }
        let (_, outcome): (_, Outcome) = self.output.flush(&|| self.grace.is_half_over());
        ended(outcome)
    }
}
