//! Messages on their way to standard output, and what is known of each: written or not.

use std::collections::BTreeMap;

use kp_cli::{Outcome, Output};
use kp_client::consume::Consumer;
use kp_client::{Message, MessageTime};
use kp_core::{BadMessage, Format, Header, Record, Timestamp};

/// Where a message stands, as its place in the buffer.
struct Position {
    topic: usize,
    partition: i32,
    next_offset: i64,
}

/// The output, and the offset of each message in its buffer.
pub(crate) struct Printer {
    output: Output,
    format: Format,
    positions: Vec<Position>,
    topics: Vec<String>,
}

impl Printer {
    /// Prints to standard output.
    pub(crate) fn new(format: Format) -> Self {
        Self {
            output: Output::stdout(),
            format,
            positions: Vec::new(),
            topics: Vec::new(),
        }
    }

    /// Puts a message into the buffer.
    ///
    /// # Errors
    /// The format cannot show it. It is not in the buffer then, and [`Printer::pass_over`] may follow.
    pub(crate) fn print(&mut self, message: &Message) -> Result<(), BadMessage> {
        let headers: Vec<Header<'_>> = if self.format.needs_headers() {
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
        self.output.is_full()
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
    pub(crate) fn flush(&mut self, consumer: &mut Consumer, stopped: &dyn Fn() -> bool) -> Outcome {
        let (written, outcome) = self.output.flush(stopped);
        let mut last = BTreeMap::new();
        for position in self.positions.drain(..).take(written) {
            last.insert((position.topic, position.partition), position.next_offset);
        }
        for ((topic, partition), next_offset) in last {
            consumer.done(&self.topics[topic], partition, next_offset);
        }
        outcome
    }
}
