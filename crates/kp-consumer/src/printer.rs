//! Messages on their way to standard output, and what is known of each: written or not.

use std::collections::BTreeMap;

use kp_audit::{DeliveredList, Entry, Stamp, checksum};
use kp_cli::{Grace, Outcome, Output};
use kp_client::consume::Consumer;
use kp_client::{Fetched, Offsets};
use kp_core::{BadMessage, Format, Header};

use crate::metrics;
use crate::save::Save;
use crate::selection::Counts;

/// The buffer is full with so many messages, even if they are empty or passed over.
const MOST_POSITIONS: usize = 10_000;

/// Where a message stands, as its place in the buffer.
struct Position {
    topic: usize,
    partition: i32,
    next_offset: i64,
    /// The end of its line in the list of what was delivered.
    line_end: usize,
    fate: Fate,
    /// The end of its record in the file that is saved to.
    save_end: usize,
    /// Its bytes of key and value.
    bytes: u64,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Printed,
    /// The format cannot show it.
    PassedOver,
    /// It does not match the filters.
    LeftOut,
}

/// What was in the buffer when it was emptied without writing it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TakenBack {
    /// Messages that the format could show.
    pub(crate) printed: u64,
    /// Messages that it could not.
    pub(crate) passed_over: u64,
    /// All of them.
    pub(crate) counts: Counts,
}

/// The output, and the offset of each message in its buffer.
pub(crate) struct Printer {
    output: Output,
    format: Format,
    positions: Vec<Position>,
    topics: Vec<String>,
    /// What became of the messages of each of these topics.
    counts: Vec<metrics::Counts>,
    /// The list to keep of what was delivered.
    list: Option<DeliveredList>,
    /// Its lines for the messages in the buffer.
    lines: Vec<u8>,
    /// The file that whole records are saved in.
    save: Option<Save>,
    style: Style,
    /// A reader that takes nothing is waited for half of it; what is left is for the commit.
    grace: Grace,
}

/// How messages are printed, besides their format.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    /// Whether they stand between `[Start]` and `[End]`.
    pub(crate) banner: bool,
    /// Whether a value that the format cannot show is printed as text.
    pub(crate) any_bytes: bool,
    /// Whether they are printed at all: what is saved is not, unless that was asked for.
    pub(crate) prints: bool,
}

impl Printer {
    /// Prints to standard output, and keeps a list of it and saves the records, if there are files
    /// for that.
    pub(crate) fn new(
        format: Format,
        style: Style,
        list: Option<DeliveredList>,
        save: Option<Save>,
        grace: Grace,
    ) -> Self {
        Self {
            output: Output::stdout(),
            style,
            format,
            positions: Vec::new(),
            topics: Vec::new(),
            counts: Vec::new(),
            list,
            lines: Vec::new(),
            save,
            grace,
        }
    }

    /// Puts a message into the buffer.
    ///
    /// # Errors
    /// The format cannot show it. It is not in the buffer then, and [`Printer::pass_over`] may
    /// follow.
    pub(crate) fn print(&mut self, message: &Fetched) -> Result<(), BadMessage> {
        let is_kept = self.list.is_some() || self.save.is_some();
        let headers: Vec<Header<'_>> = if self.format.needs_headers() || is_kept {
            message.headers().collect()
        } else {
            Vec::new()
        };
        let record = message.record(&headers);
        if self.style.prints {
            match self.format.write(&record, self.output.buffer()) {
                Err(_) if self.style.any_bytes => {
                    self.format.write_as_text(&record, self.output.buffer());
                }
                written => written?,
            }
        }
        if let Some(save) = &mut self.save {
            save.take(&record);
        }
        if self.list.is_some() {
            note(message, &headers, &mut self.lines);
        }
        self.end(message, Fate::Printed);
        Ok(())
    }

    /// Counts a message that the format cannot show as done once all before it is written.
    pub(crate) fn pass_over(&mut self, message: &Fetched) {
        self.end(message, Fate::PassedOver);
    }

    /// The same for a message that does not match the filters.
    pub(crate) fn leave_out(&mut self, message: &Fetched) {
        self.end(message, Fate::LeftOut);
    }

    fn end(&mut self, message: &Fetched, fate: Fate) {
        self.output.end_message();
        let topic = self.topic_index(message.topic());
        self.positions.push(Position {
            topic,
            partition: message.partition(),
            next_offset: message.offset() + 1,
            line_end: self.lines.len(),
            fate,
            save_end: self.save.as_ref().map_or(0, Save::end),
            bytes: message.size(),
        });
    }

    /// Topics are few, and messages of one topic come one after the other.
    fn topic_index(&mut self, name: &str) -> usize {
        self.topics.iter().position(|topic| topic == name).unwrap_or_else(|| {
            self.topics.push(name.to_owned());
            self.counts.push(metrics::Counts::default());
            self.topics.len() - 1
        })
    }

    /// Writes a line that is no message; the buffer was flushed before.
    pub(crate) fn banner(&mut self, line: &str) -> Outcome {
        if !self.style.banner {
            return Outcome::Written;
        }
        self.output.buffer().extend_from_slice(line.as_bytes());
        self.output.buffer().push(b'\n');
        self.output.end_message();
        self.write_out().1
    }

    fn write_out(&mut self) -> (usize, Outcome) {
        self.output.flush(&|| self.grace.is_half_over())
    }

    /// Whether it is time to flush.
    pub(crate) fn is_full(&self) -> bool {
        // Messages that are passed over take no room in the output, but their offsets have to be
        // stored as well.
        self.output.is_full()
            || self.positions.len() >= MOST_POSITIONS
            || self.save.as_ref().is_some_and(Save::is_full)
    }

    /// Whether nothing waits to be written.
    pub(crate) fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Whether a message stands on the terminal whose line is not ended yet.
    pub(crate) fn is_mid_line(&self) -> bool {
        self.output.is_mid_line()
    }

    /// Whether nobody reads any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.style.prints && self.output.is_closed()
    }

    /// Writes the buffer out, and tells the consumer which messages are done with: those that were
    /// written, no others.
    ///
    /// # Errors
    /// The list of what was delivered, or the file that is saved to, cannot be written: then none
    /// of them is done with.
    pub(crate) fn flush(&mut self, consumer: &mut Consumer) -> anyhow::Result<Outcome> {
        let (written, outcome) = self.write_out();
        self.positions.truncate(written);
        let last = self.positions.last();
        if let Some(save) = &mut self.save {
            save.write(last.map_or(0, |last| last.save_end))?;
        }
        if let (Some(list), Some(last)) = (&self.list, last) {
            list.write(&self.lines[..last.line_end])?;
        }
        self.lines.clear();
        let mut last = BTreeMap::new();
        for position in self.positions.drain(..) {
            let counts = &mut self.counts[position.topic];
            counts.read += 1;
            counts.bytes += position.bytes;
            counts.delivered += u64::from(position.fate == Fate::Printed);
            counts.bad += u64::from(position.fate == Fate::PassedOver);
            last.insert((position.topic, position.partition), position.next_offset);
        }
        for ((topic, partition), next_offset) in last {
            consumer.done(&self.topics[topic], partition, next_offset);
        }
        Ok(outcome)
    }

    /// Commits the offsets of all messages in the buffer before they are written.
    ///
    /// # Errors
    /// The group did not take them: the messages must not be written, [`Printer::take_back`]
    /// follows.
    pub(crate) fn commit_first(&self, consumer: &mut Consumer) -> Result<(), kp_client::Error> {
        consumer.commit_first(&self.offsets(self.positions.iter(), 0))
    }

    /// Empties the buffer without writing it, and goes back to its first messages. Returns what was
    /// in it.
    ///
    /// # Errors
    /// The consumer cannot go back.
    pub(crate) fn take_back(
        &mut self,
        consumer: &mut Consumer,
    ) -> Result<TakenBack, kp_client::Error> {
        let first = self.offsets(self.positions.iter().rev(), -1);
        let mut taken_back = TakenBack::default();
        for position in &self.positions {
            taken_back.printed += u64::from(position.fate == Fate::Printed);
            taken_back.passed_over += u64::from(position.fate == Fate::PassedOver);
            taken_back.counts.add(position.fate != Fate::LeftOut);
        }
        self.output.discard();
        self.positions.clear();
        self.lines.clear();
        consumer.go_back(&first)?;
        Ok(taken_back)
    }

    /// The offset of each partition, of these positions the last one's, that far behind its next
    /// offset.
    fn offsets<'p>(&self, positions: impl Iterator<Item = &'p Position>, behind: i64) -> Offsets {
        let mut last = BTreeMap::new();
        for position in positions {
            last.insert((position.topic, position.partition), position.next_offset + behind);
        }
        let by_name = last
            .into_iter()
            .map(|((topic, partition), offset)| ((self.topics[topic].clone(), partition), offset));
        by_name.collect()
    }

    /// What became of messages that are done with, by topic.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&str, metrics::Counts)> {
        self.topics.iter().map(String::as_str).zip(self.counts.iter().copied())
    }

    /// What was saved, in words, if anything is.
    pub(crate) fn saved(&self) -> Option<String> {
        self.save.as_ref().map(Save::summary)
    }

    /// Makes sure that the list of what was delivered is on the disk.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn close_list(&self) -> Result<(), kp_audit::JournalError> {
        self.list.as_ref().map_or(Ok(()), DeliveredList::close)
    }
}

fn note(message: &Fetched, headers: &[Header<'_>], lines: &mut Vec<u8>) {
    let stamp = Stamp::read(headers.iter().copied());
    let entry = Entry {
        topic: message.topic(),
        partition: message.partition(),
        offset: message.offset(),
        record: stamp.map(|stamp| (stamp.run, stamp.sequence)),
        checksum: checksum(message.key(), message.value()),
    };
    entry.write(lines);
}
