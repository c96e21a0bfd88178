//! Messages on their way to standard output, and what is known of each: written or not.

use std::collections::BTreeMap;
use std::time::Duration;

use kp_audit::{DeliveredList, Entry, Stamp, checksum};
use kp_cli::{Outcome, Output};
use kp_client::consume::Consumer;
use kp_client::{Message, MessageTime, Offset, TopicPartitionList};
use kp_core::{BadMessage, Format, Header, Record, Timestamp};

/// So many messages in the buffer are enough, also when they are empty or passed over.
const MOST_POSITIONS: usize = 10_000;

/// Where a message stands, as its place in the buffer.
struct Position {
    topic: usize,
    partition: i32,
    next_offset: i64,
    /// The end of its line in the list of what was delivered.
    line_end: usize,
}

/// The output, and the offset of each message in its buffer.
pub(crate) struct Printer {
    output: Output,
    format: Format,
    positions: Vec<Position>,
    topics: Vec<String>,
    /// The list to keep of what was delivered.
    list: Option<DeliveredList>,
    /// Its lines for the messages in the buffer.
    lines: Vec<u8>,
}

impl Printer {
    /// Prints to standard output, and keeps a list of it if one is given.
    pub(crate) fn new(format: Format, list: Option<DeliveredList>) -> Self {
        Self {
            output: Output::stdout(),
            format,
            positions: Vec::new(),
            topics: Vec::new(),
            list,
            lines: Vec::new(),
        }
    }

    /// Puts a message into the buffer.
    ///
    /// # Errors
    /// The format cannot show it. It is not in the buffer then, and [`Printer::pass_over`] may follow.
    pub(crate) fn print(&mut self, message: &Message) -> Result<(), BadMessage> {
        let headers: Vec<Header<'_>> = if self.format.needs_headers() || self.list.is_some() {
            message
                .headers()
                .map(|(key, value)| Header { key, value })
                .collect()
        } else {
            Vec::new()
        };
        let record = Record {
            topic: message.topic(),
            partition: message.partition(),
            offset: message.offset(),
            timestamp: match message.time() {
                MessageTime::NotAvailable => Timestamp::NotAvailable,
                MessageTime::Create(millis) => Timestamp::CreateTime(millis),
                MessageTime::LogAppend(millis) => Timestamp::LogAppendTime(millis),
            },
            key: message.key(),
            value: message.value(),
            headers: &headers,
        };
        self.format.write(&record, self.output.buffer())?;
        if self.list.is_some() {
            note(&record, &mut self.lines);
        }
        self.end(record.topic, message);
        Ok(())
    }

    /// Counts a message as done once all before it is written, without printing it.
    pub(crate) fn pass_over(&mut self, message: &Message) {
        self.end(message.topic(), message);
    }

    fn end(&mut self, topic: &str, message: &Message) {
        self.output.end_message();
        let topic = self.topic_index(topic);
        self.positions.push(Position {
            topic,
            partition: message.partition(),
            next_offset: message.offset() + 1,
            line_end: self.lines.len(),
        });
    }

    /// Topics are few, and messages of one topic come one after the other.
    fn topic_index(&mut self, name: &str) -> usize {
        self.topics
            .iter()
            .position(|topic| topic == name)
            .unwrap_or_else(|| {
                self.topics.push(name.to_owned());
                self.topics.len() - 1
            })
    }

    /// Writes a line that is no message; the buffer was flushed before.
    pub(crate) fn banner(&mut self, line: &str, stopped: &dyn Fn() -> bool) -> Outcome {
        if !self.format.banner() {
            return Outcome::Written;
        }
        self.output.buffer().extend_from_slice(line.as_bytes());
        self.output.buffer().push(b'\n');
        self.output.end_message();
        self.output.flush(stopped).1
    }

    /// Whether it is time to flush.
    pub(crate) fn is_full(&self) -> bool {
        // Those that are passed over take no room in the output, and have to be stored some time, too.
        self.output.is_full() || self.positions.len() >= MOST_POSITIONS
    }

    /// Whether nothing waits to be written.
    pub(crate) fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    /// Whether nobody reads any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.output.is_closed()
    }

    /// Writes the buffer out, and tells the consumer which messages are done with: those that were written, no others.
    ///
    /// # Errors
    /// The list of what was delivered cannot be written: then none of them is done with.
    pub(crate) fn flush(
        &mut self,
        consumer: &mut Consumer,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Outcome, kp_audit::JournalError> {
        let (written, outcome) = self.output.flush(stopped);
        self.positions.truncate(written);
        let last = self.positions.last();
        if let (Some(list), Some(last)) = (&self.list, last) {
            list.write(&self.lines[..last.line_end])?;
        }
        self.lines.clear();
        let mut last = BTreeMap::new();
        for position in self.positions.drain(..) {
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
    /// The group did not take them: the messages must not be written, [`Printer::take_back`] follows.
    pub(crate) fn commit_first(
        &self,
        consumer: &mut Consumer,
        timeout: Duration,
    ) -> Result<(), kp_client::Error> {
        consumer.commit_first(&self.offsets(self.positions.iter(), 0), timeout)
    }

    /// Empties the buffer without writing it, and goes back to its first messages. Returns how many they were.
    ///
    /// # Errors
    /// The consumer cannot go back.
    pub(crate) fn take_back(&mut self, consumer: &mut Consumer) -> Result<usize, kp_client::Error> {
        let first = self.offsets(self.positions.iter().rev(), -1);
        let count = self.positions.len();
        self.output.discard();
        self.positions.clear();
        self.lines.clear();
        consumer.go_back(&first)?;
        Ok(count)
    }

    /// The offset of each partition, of these positions the last one's, that far behind its next offset.
    fn offsets<'p>(
        &self,
        positions: impl Iterator<Item = &'p Position>,
        behind: i64,
    ) -> TopicPartitionList {
        let mut last = BTreeMap::new();
        for position in positions {
            last.insert((position.topic, position.partition), position.next_offset);
        }
        let mut list = TopicPartitionList::new();
        for ((topic, partition), next_offset) in last {
            // It refuses only negative offsets, which no message has.
            let offset = Offset::Offset(next_offset + behind);
            let _ = list.add_partition_offset(&self.topics[topic], partition, offset);
        }
        list
    }

    /// Makes sure that the list of what was delivered is on the disk.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn close_list(&self) -> Result<(), kp_audit::JournalError> {
        self.list.as_ref().map_or(Ok(()), DeliveredList::close)
    }
}

fn note(record: &Record<'_>, lines: &mut Vec<u8>) {
    let headers = record
        .headers
        .iter()
        .map(|header| (header.key, header.value));
    let stamp = Stamp::read(headers);
    let entry = Entry {
        topic: record.topic,
        partition: record.partition,
        offset: record.offset,
        record: stamp.map(|stamp| (stamp.run, stamp.sequence)),
        checksum: checksum(record.key, record.value),
    };
    entry.write(lines);
}
