//! Where messages come from: made up by number, or read.

use std::time::Duration;

use crate::item::{Item, Limits, Next};
use crate::made_up::MadeUp;
use crate::reading::Reading;

/// The source of a run.
pub(crate) enum Source {
    /// `{"str":"result0"}` and so on.
    MadeUp(Box<MadeUp>),
    /// An input.
    Stdin(Box<Reading>),
}

impl Source {
    /// How many bytes the input has, where that is known, and how many of them were taken.
    pub(crate) fn bytes(&self) -> Option<(u64, u64)> {
        match self {
            Self::MadeUp(_) => None,
            Self::Stdin(reading) => reading.bytes(),
        }
    }

    /// How many messages there will be, where that is known.
    pub(crate) fn len(&self) -> Option<u64> {
        match self {
            Self::MadeUp(made_up) => made_up.len(),
            Self::Stdin(_) => None,
        }
    }

    /// Messages that are made up, if they are.
    pub(crate) fn made_up(&self) -> Option<&MadeUp> {
        match self {
            Self::MadeUp(made_up) => Some(made_up),
            Self::Stdin(_) => None,
        }
    }

    /// From here on only what was taken already comes: of an input what was read.
    pub(crate) fn stop(&mut self) {
        match self {
            Self::MadeUp(made_up) => made_up.stop(),
            Self::Stdin(reading) => reading.stop(),
        }
    }

    /// How many messages were read and not asked for, after [`Source::stop`] and beyond the first
    /// `sent`.
    pub(crate) fn rest(&mut self, buffer: &mut Vec<u8>, sent: u64) -> u64 {
        self.stop();
        match self {
            Self::MadeUp(_) => 0,
            Self::Stdin(reading) => reading.rest(buffer, sent),
        }
    }

    /// The number of the last message: its own, from 0, or that in the input, from 1.
    pub(crate) fn number(&self) -> u64 {
        match self {
            Self::MadeUp(made_up) => made_up.number(),
            Self::Stdin(reading) => reading.number(),
        }
    }

    /// The next message, its value in `buffer`; a source that has none yet waits for it at most for
    /// `patience`. `limits` are those of a message.
    ///
    /// # Errors
    /// The input cannot be read, or is no message, or is too long.
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
            Self::Stdin(reading) => reading.next(buffer, patience, limits),
        }
    }
}
