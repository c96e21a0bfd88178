//! Where messages come from: made up by number, or read from standard input.

use std::time::Duration;

use kp_cli::{Exit, Stop};
use kp_core::{OwnedRecord, json};
use kp_settings::StdinFormat;

use crate::made_up::MadeUp;
use crate::stdin::{Line, Lines};

/// What some editors begin a text with, to say that it is UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// A JSON record has more bytes than its message: names, base64, escapes.
const JSON_BYTES: usize = 64 * 1024;

/// What the next message is.
pub(crate) enum Item {
    /// The bytes in the buffer are its value.
    Value,
    /// A whole record with key, headers and time of its own.
    Record(OwnedRecord),
}

/// What a source answers.
pub(crate) enum Next {
    /// The next message.
    Item(Item),
    /// Nothing yet.
    Waiting,
    /// A line that is no message.
    Blank,
    /// There is nothing more.
    End,
}

/// The source of a run.
pub(crate) enum Source {
    /// `{"str":"result0"}` and so on.
    MadeUp(MadeUp),
    /// Lines of standard input, each a value or a JSON record.
    Stdin {
        /// The lines.
        lines: Lines,
        /// What a line is.
        format: StdinFormat,
        /// Where a record belongs that names no topic.
        topic: String,
        /// How many messages they are at most; `None` is all.
        most: Option<u64>,
    },
}

impl Source {
    /// How many messages there will be, where that is known.
    pub(crate) fn len(&self) -> Option<u64> {
        match self {
            Self::MadeUp(made_up) => made_up.len(),
            Self::Stdin { .. } => None,
        }
    }

    /// Messages that are made up, if they are.
    pub(crate) fn made_up(&self) -> Option<&MadeUp> {
        match self {
            Self::MadeUp(made_up) => Some(made_up),
            Self::Stdin { .. } => None,
        }
    }

    /// From here on only what was taken already comes: of standard input the lines that were read.
    pub(crate) fn stop(&mut self) {
        match self {
            Self::MadeUp(made_up) => made_up.stop(),
            Self::Stdin { lines, .. } => lines.stop_reading(),
        }
    }

    /// How many messages were read and not asked for, after [`Source::stop`] and beyond the first
    /// `sent`.
    pub(crate) fn rest(&mut self, buffer: &mut Vec<u8>, sent: u64) -> u64 {
        self.stop();
        let mut rest = 0;
        if let Self::Stdin { lines, format, most, .. } = self {
            let left = most.map_or(u64::MAX, |most| most.saturating_sub(sent));
            while rest < left
                && let Ok(Line::Read) = lines.next_line(buffer, usize::MAX, Duration::ZERO)
            {
                rest += u64::from(!is_blank(*format, buffer));
            }
        }
        rest
    }

    /// The number of the last message: its own, from 0, or that of its line, from 1.
    pub(crate) fn number(&self) -> u64 {
        match self {
            Self::MadeUp(made_up) => made_up.number(),
            Self::Stdin { lines, .. } => lines.number(),
        }
    }

    /// The next message, its value in `buffer`; a source that has none yet waits for it at most for
    /// `patience`. `limits` are those of a message.
    ///
    /// # Errors
    /// Standard input cannot be read, or a line is too long or no JSON record.
    pub(crate) fn next(
        &mut self,
        buffer: &mut Vec<u8>,
        patience: Duration,
        limits: Limits,
    ) -> anyhow::Result<Next> {
        match self {
            Self::MadeUp(made_up) => {
                Ok(if made_up.next(buffer) { Next::Item(Item::Value) } else { Next::End })
            }
            Self::Stdin { most, .. } if most.is_some_and(|most| limits.sent >= most) => {
                Ok(Next::End)
            }
            Self::Stdin { lines, format, topic, .. } => {
                let most = match format {
                    StdinFormat::Lines => limits.message,
                    StdinFormat::Json => {
                        limits.message.saturating_mul(2).saturating_add(JSON_BYTES)
                    }
                };
                match lines.next_line(buffer, most, patience)? {
                    Line::Waiting => Ok(Next::Waiting),
                    Line::End => Ok(Next::End),
                    Line::TooLong => {
                        let problem = too_long(*format, most, limits.message);
                        Err(bad_line(lines.number(), problem, limits.sent).into())
                    }
                    Line::Read => item(*format, topic, lines.number(), buffer)
                        .map_err(|error| bad_line(lines.number(), error, limits.sent).into()),
                }
            }
        }
    }
}

/// What bounds the next message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes that the producer takes of one message.
    pub(crate) message: usize,
    /// Messages that were sent before it.
    pub(crate) sent: u64,
}

/// What a line is. A byte order mark is no part of it: before a JSON record, and at the beginning
/// of the input.
fn item(format: StdinFormat, topic: &str, number: u64, line: &mut Vec<u8>) -> Result<Next, String> {
    if line.starts_with(BYTE_ORDER_MARK) && (number == 1 || format == StdinFormat::Json) {
        line.drain(..BYTE_ORDER_MARK.len());
    }
    match format {
        _ if is_blank(format, line) => Ok(Next::Blank),
        StdinFormat::Lines => Ok(Next::Item(Item::Value)),
        StdinFormat::Json if line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff") => {
            Err("this is UTF-16, and JSON is UTF-8; `iconv -f UTF-16 -t UTF-8` makes it so"
                .to_owned())
        }
        StdinFormat::Json => match json::parse(line, topic) {
            Ok(record) => Ok(Next::Item(Item::Record(record))),
            Err(error) => Err(error.to_string()),
        },
    }
}

fn is_blank(format: StdinFormat, line: &[u8]) -> bool {
    format == StdinFormat::Json && line.trim_ascii().is_empty()
}

fn too_long(format: StdinFormat, most: usize, message: usize) -> String {
    let how = "`-X message.max.bytes=N` raises it";
    match format {
        StdinFormat::Lines => {
            format!("longer than {most} bytes, the most that a message may have; {how}")
        }
        StdinFormat::Json => {
            format!(
                "longer than {most} bytes, although a message may have {message} at most; {how}"
            )
        }
    }
}

/// The error for a line that cannot be sent, after `sent` messages that were.
pub(crate) fn bad_line(number: u64, problem: impl std::fmt::Display, sent: u64) -> Stop {
    let before = match sent {
        0 => "nothing was sent",
        1 => "the line before it was sent",
        _ => "the lines before it were sent",
    };
    Stop::new(Exit::Messages, format!("standard input, line {number}: {problem}; {before}"))
}
