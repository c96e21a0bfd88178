//! An input cut at its newlines, or at another delimiter.

use std::time::Duration;

use memchr::memmem::Finder;

use crate::stdin::{More, Stream};

/// What [`Lines::next`] came back with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line.
    Read,
    /// No whole line yet.
    Waiting,
    /// More bytes than a line may have, and no end of it yet; nothing comes after it.
    TooLong,
    /// The input is at its end.
    End,
}

/// Where lines end.
pub(crate) struct Lines {
    delimiter: Finder<'static>,
    /// Whether a `\r` before the newline belongs to it.
    is_newline: bool,
    number: u64,
    /// How much of what is unread was searched.
    searched: usize,
}

impl Lines {
    /// Lines end with this delimiter; without one, with `\n` or `\r\n`.
    pub(crate) fn new(delimiter: Option<&[u8]>) -> Self {
        Self {
            delimiter: Finder::new(delimiter.unwrap_or(b"\n")).into_owned(),
            is_newline: delimiter.is_none(),
            number: 0,
            searched: 0,
        }
    }

    /// The number of the last line, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Puts the next line, without its end, into `line`. A last line without an end counts. No more
    /// than `most` bytes of a line are kept.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn next(
        &mut self,
        stream: &mut Stream,
        line: &mut Vec<u8>,
        most: usize,
        patience: Duration,
    ) -> anyhow::Result<Line> {
        let delimiter = self.delimiter.needle().len();
        loop {
            let unread = stream.unread();
            let found = self.delimiter.find(&unread[self.searched..]).map(|at| at + self.searched);
            let is_last = found.is_none() && stream.has_ended();
            if is_last && unread.is_empty() {
                return Ok(Line::End);
            }
            let length = found.unwrap_or(unread.len());
            let content = match unread[..length].split_last() {
                Some((b'\r', content)) if self.is_newline && !is_last => content,
                _ => &unread[..length],
            };
            if content.len() > most {
                self.number += 1;
                stream.give_up();
                return Ok(Line::TooLong);
            }
            if found.is_some() || is_last {
                line.clear();
                line.extend_from_slice(content);
                stream.take(length + if is_last { 0 } else { delimiter });
                self.searched = 0;
                self.number += 1;
                return Ok(Line::Read);
            }
            // The delimiter's beginning may stand at the end already.
            self.searched = (unread.len() + 1).saturating_sub(delimiter);
            match stream.more(patience)? {
                More::Came => {}
                More::Waiting => return Ok(Line::Waiting),
                // Half a line is no line: its rest was never read.
                More::Stopped => return Ok(Line::End),
            }
        }
    }
}
