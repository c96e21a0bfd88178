//! An input that is read: what its messages are, one after the other.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use kp_cli::{Exit, Stop};
use kp_core::{OwnedRecord, Read, Template, TemplateReader, json};
use kp_settings::{Settings, StdinFormat};

use crate::csv::{Csv, Row};
use crate::encoding::{BYTE_ORDER_MARK, utf16};
use crate::item::{Item, Limits, Next};
use crate::lines::{Line, Lines};
use crate::stdin::{More, Stream};

/// A record has more bytes than its message: names, base64, escapes.
const RECORD_BYTES: usize = 64 * 1024;

/// An input.
pub(crate) struct Reading {
    stream: Stream,
    layout: Layout,
    /// Where a record belongs that names no topic.
    topic: String,
    /// Key and headers of a record that brings none.
    key: Option<Vec<u8>>,
    headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// Whether an empty key is null.
    null_empty: bool,
    /// How many messages they are at most; `None` is all.
    most: Option<u64>,
}

/// How the input is laid out.
enum Layout {
    /// A value a line.
    Values(Lines),
    /// A JSON record a line.
    Json(Lines),
    /// A JSON object a row.
    Csv(Box<Csv>),
    /// What a template prints, and the number of the last record.
    Template(Box<TemplateReader>, u64),
}

impl Reading {
    /// An input as the settings say: this file, or standard input.
    ///
    /// # Errors
    /// A file that cannot be read, a template that cannot be read back.
    pub(crate) fn new(
        settings: &Settings,
        file: Option<&Path>,
        most: Option<u64>,
    ) -> Result<Self, Stop> {
        let producer = &settings.producer;
        let lines = || Lines::new(producer.delimiter.as_ref().map(kp_settings::Delimiter::bytes));
        let layout = match (&producer.input_template, producer.stdin_format) {
            (Some(template), _) => Layout::Template(
                template_reader(template, producer.null_empty)
                    .map_err(|why| Stop::wrong(settings, "producer.input_template", why))?,
                0,
            ),
            (None, StdinFormat::Lines) => Layout::Values(lines()),
            (None, StdinFormat::Json) => Layout::Json(lines()),
            (None, StdinFormat::Csv) => {
                Layout::Csv(Box::new(Csv::new(producer.key_column.clone())))
            }
        };
        let headers = producer.headers.iter();
        Ok(Self {
            stream: Stream::open(file, producer.rate.messages_per_second().ceil() as u32)?,
            layout,
            topic: producer.topic.clone(),
            key: producer.key.clone().map(String::into_bytes),
            headers: headers
                .map(|(key, value)| (key.clone().into_bytes(), Some(value.clone().into_bytes())))
                .collect(),
            null_empty: producer.null_empty,
            most,
        })
    }

    /// `standard input`, or the file.
    pub(crate) fn name(&self) -> &str {
        self.stream.name()
    }

    /// How many bytes it has, where that is known, and how many of them were taken.
    pub(crate) fn bytes(&self) -> Option<(u64, u64)> {
        self.stream.total().map(|total| (total, self.stream.taken()))
    }

    /// Whether records may name topics of their own.
    pub(crate) fn names_topics(&self) -> bool {
        match &self.layout {
            Layout::Values(_) | Layout::Csv(_) => false,
            Layout::Json(_) => true,
            Layout::Template(reader, _) => reader.has_topic(),
        }
    }

    /// What the numbers of its messages count.
    pub(crate) fn noun(&self) -> &'static str {
        match self.layout {
            Layout::Values(_) | Layout::Json(_) | Layout::Csv(_) => "line",
            Layout::Template(..) => "record",
        }
    }

    /// From here on only what was read already comes.
    pub(crate) fn stop(&mut self) {
        self.stream.stop_reading();
    }

    /// How many messages were read and not asked for, beyond the first `sent`; reading ends.
    pub(crate) fn rest(&mut self, buffer: &mut Vec<u8>, sent: u64) -> u64 {
        self.stop();
        let mut rest = 0;
        let limits = Limits { message: usize::MAX, sent };
        loop {
            let is_over = self.most.is_some_and(|most| sent.saturating_add(rest) >= most);
            let next =
                if is_over { Ok(Next::End) } else { self.read(buffer, Duration::ZERO, limits) };
            match next {
                Ok(Next::Item(_)) => rest += 1,
                Ok(Next::Blank) => {}
                // A line that is no record has been read, too.
                Err(_) if matches!(self.layout, Layout::Json(_)) => rest += 1,
                Ok(Next::Waiting | Next::End) | Err(_) => return rest,
            }
        }
    }

    /// The number of the last message, from 1.
    pub(crate) fn number(&self) -> u64 {
        match &self.layout {
            Layout::Values(lines) | Layout::Json(lines) => lines.number(),
            Layout::Csv(csv) => csv.line(),
            Layout::Template(_, number) => *number,
        }
    }

    /// The next message; one that is a value alone is in `buffer`.
    ///
    /// # Errors
    /// The input cannot be read, or is not laid out as it should be, or is too long.
    pub(crate) fn next(
        &mut self,
        buffer: &mut Vec<u8>,
        patience: Duration,
        limits: Limits,
    ) -> anyhow::Result<Next> {
        if self.most.is_some_and(|most| limits.sent >= most) {
            return Ok(Next::End);
        }
        self.read(buffer, patience, limits)
    }

    fn read(
        &mut self,
        buffer: &mut Vec<u8>,
        patience: Duration,
        limits: Limits,
    ) -> anyhow::Result<Next> {
        let record_bytes = limits.message.saturating_mul(2).saturating_add(RECORD_BYTES);
        let problem = match &mut self.layout {
            Layout::Values(lines) => {
                match lines.next(&mut self.stream, buffer, limits.message, patience)? {
                    Line::Waiting => return Ok(Next::Waiting),
                    Line::End => return Ok(Next::End),
                    Line::TooLong => too_long(limits.message),
                    Line::Read => {
                        if lines.number() == 1 && buffer.starts_with(BYTE_ORDER_MARK) {
                            buffer.drain(..BYTE_ORDER_MARK.len());
                        }
                        return Ok(Next::Item(Item::Value));
                    }
                }
            }
            Layout::Json(lines) => {
                match lines.next(&mut self.stream, buffer, record_bytes, patience)? {
                    Line::Waiting => return Ok(Next::Waiting),
                    Line::End => return Ok(Next::End),
                    Line::TooLong => record_too_long(record_bytes, limits.message),
                    Line::Read => match json_record(buffer, &self.topic) {
                        Ok(next) => return Ok(next),
                        Err(problem) => problem,
                    },
                }
            }
            Layout::Csv(csv) => {
                match csv.next(&mut self.stream, buffer, record_bytes, patience)? {
                    Row::Waiting => return Ok(Next::Waiting),
                    Row::End => return Ok(Next::End),
                    Row::TooLong => {
                        let problem = record_too_long(record_bytes, limits.message);
                        format!("{problem}; or a quotation mark is not closed")
                    }
                    Row::Wrong(problem) => problem,
                    Row::Read(key) => {
                        let key = key.filter(|key| !(self.null_empty && key.is_empty()));
                        let record = OwnedRecord {
                            topic: self.topic.clone(),
                            key: if csv.has_key() { key } else { self.key.clone() },
                            value: Some(std::mem::take(buffer)),
                            headers: self.headers.clone(),
                            ..OwnedRecord::default()
                        };
                        return Ok(Next::Item(Item::Record(record)));
                    }
                }
            }
            Layout::Template(reader, number) => loop {
                let (unread, ended) = (self.stream.unread(), self.stream.has_ended());
                match reader.read(unread, ended, &self.topic, limits.message) {
                    Ok(Read::End) => return Ok(Next::End),
                    Ok(Read::Record(mut record, length)) => {
                        *number += 1;
                        self.stream.take(length);
                        if !reader.has_key() {
                            record.key.clone_from(&self.key);
                        }
                        if !reader.has_headers() {
                            record.headers.clone_from(&self.headers);
                        }
                        return Ok(Next::Item(Item::Record(record)));
                    }
                    Ok(Read::More) if unread.len() > record_bytes => {
                        *number += 1;
                        self.stream.give_up();
                        break record_too_long(record_bytes, limits.message);
                    }
                    Ok(Read::More) => match self.stream.more(patience)? {
                        More::Came => {}
                        More::Waiting => return Ok(Next::Waiting),
                        More::Stopped => return Ok(Next::End),
                    },
                    Err(mismatch) => {
                        *number += 1;
                        let byte = self.stream.taken() + mismatch.byte as u64;
                        self.stream.give_up();
                        break format!("byte {byte} of the input: {}", mismatch.problem);
                    }
                }
            },
        };
        Err(self.bad(self.number(), problem, limits.sent).into())
    }

    /// The error for a message that cannot be sent, after `sent` that were.
    pub(crate) fn bad(&self, number: u64, problem: impl Display, sent: u64) -> Stop {
        let noun = self.noun();
        let before = match sent {
            0 => "nothing was sent".to_owned(),
            1 => format!("the {noun} before it was sent"),
            _ => format!("the {noun}s before it were sent"),
        };
        let text = format!("{}, {noun} {number}: {problem}; {before}", self.name());
        Stop::new(Exit::Messages, text)
    }
}

fn template_reader(template: &str, null_empty: bool) -> Result<Box<TemplateReader>, String> {
    let template: Template = template.parse().map_err(|error| format!("{error}"))?;
    let reader = template.reader().map_err(|error| error.to_string())?;
    Ok(Box::new(if null_empty { reader.with_null() } else { reader }))
}

/// What a line of JSON is. A byte order mark before it is no part of it.
fn json_record(line: &mut Vec<u8>, topic: &str) -> Result<Next, String> {
    if line.starts_with(BYTE_ORDER_MARK) {
        line.drain(..BYTE_ORDER_MARK.len());
    }
    if line.trim_ascii().is_empty() {
        return Ok(Next::Blank);
    }
    if let Some(why) = utf16(line) {
        return Err(why.to_owned());
    }
    let record: OwnedRecord = json::parse(line, topic).map_err(|error| error.to_string())?;
    Ok(Next::Item(Item::Record(record)))
}

const RAISE: &str = "`-X message.max.bytes=N` raises it";

fn too_long(most: usize) -> String {
    format!("longer than {most} bytes, the most that a message may have; {RAISE}")
}

fn record_too_long(most: usize, message: usize) -> String {
    format!("longer than {most} bytes, although a message may have {message} at most; {RAISE}")
}
