//! Where messages come from: made up by number, or read from standard input.

use std::time::Duration;

use kp_cli::{Exit, Stop};
use kp_core::json::{self, InputRecord};
use kp_core::message;
use kp_settings::StdinFormat;

use crate::stdin::{Line, Lines};

/// What the next message is.
pub(crate) enum Item {
    /// The bytes in the buffer are its value.
    Value,
    /// A whole record with key, headers and time of its own.
    Record(InputRecord),
}

/// What a source answers.
pub(crate) enum Next {
    /// The next message.
    Item(Item),
    /// Nothing yet.
    Waiting,
    /// There is nothing more.
    End,
}

/// The source of a run.
pub(crate) enum Source {
    /// `{"str":"result0"}` and so on.
    Numbered {
        /// The next number.
        next: u64,
        /// How many there are.
        count: u64,
    },
    /// Lines of standard input, each a value or a JSON record.
    Stdin {
        /// The lines.
        lines: Lines,
        /// What a line is.
        format: StdinFormat,
    },
}

impl Source {
    /// How many messages there will be, where that is known.
    pub(crate) fn len(&self) -> Option<u64> {
        match self {
            Self::Numbered { count, .. } => Some(*count),
            Self::Stdin { .. } => None,
        }
    }

    /// From here on only what was taken already comes: of standard input the lines that were read.
    pub(crate) fn stop(&mut self) {
        match self {
            Self::Numbered { next, count } => *count = *next,
            Self::Stdin { lines, .. } => lines.stop_reading(),
        }
    }

    /// How many messages were taken and not asked for, after [`Source::stop`].
    pub(crate) fn rest(&mut self, buffer: &mut Vec<u8>) -> u64 {
        self.stop();
        let mut rest = 0;
        if let Self::Stdin { lines, .. } = self {
            while let Ok(Line::Read) = lines.next_line(buffer, Duration::ZERO) {
                rest += 1;
            }
        }
        rest
    }

    /// Where the last message stands in standard input.
    pub(crate) fn line(&self) -> Option<u64> {
        match self {
            Self::Numbered { .. } => None,
            Self::Stdin { lines, .. } => Some(lines.number()),
        }
    }

    /// The next message, its value in `buffer`; a source that has none yet waits for it at most for `patience`.
    ///
    /// # Errors
    /// Standard input cannot be read, or a line is not a JSON record.
    pub(crate) fn next(
        &mut self,
        buffer: &mut Vec<u8>,
        patience: Duration,
    ) -> anyhow::Result<Next> {
        match self {
            Self::Numbered { next, count } if *next < *count => {
                buffer.clear();
                message::encode_numbered(*next, buffer);
                *next += 1;
                Ok(Next::Item(Item::Value))
            }
            Self::Numbered { .. } => Ok(Next::End),
            Self::Stdin { lines, format } => match (lines.next_line(buffer, patience)?, format) {
                (Line::Waiting, _) => Ok(Next::Waiting),
                (Line::End, _) => Ok(Next::End),
                (Line::Read, StdinFormat::Lines) => Ok(Next::Item(Item::Value)),
                (Line::Read, StdinFormat::Json) => match json::parse(buffer) {
                    Ok(record) => Ok(Next::Item(Item::Record(record))),
                    Err(error) => Err(bad_line(lines.number(), &error).into()),
                },
            },
        }
    }
}

/// What is told of a line that cannot be sent.
pub(crate) fn bad_line(number: u64, error: &dyn std::error::Error) -> Stop {
    Stop::new(
        Exit::Messages,
        format!("standard input, line {number}: {error}; the lines before it were sent"),
    )
}
