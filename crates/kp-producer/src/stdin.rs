//! Lines of standard input, one by one as they come; while none comes, the caller gets a moment for other things.

use std::io;
use std::time::Duration;

use anyhow::Context as _;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Read at once: enough for a pipe's whole content.
const CHUNK: usize = 64 * 1024;
/// What [`Lines::next_line`] came back with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line.
    Read,
    /// No whole line yet.
    Waiting,
    /// The input is at its end.
    End,
}

/// Standard input by lines.
pub(crate) struct Lines {
    input: io::Stdin,
    chunk: Vec<u8>,
    /// The part of the chunk that was not handed out yet.
    start: usize,
    end: usize,
    number: u64,
    /// Whether the caller's buffer holds the beginning of a line.
    partial: bool,
    ended: bool,
    stopped: bool,
}

impl Lines {
    /// Nothing is read yet.
    pub(crate) fn new() -> Self {
        Self {
            input: io::stdin(),
            chunk: vec![0; CHUNK],
            start: 0,
            end: 0,
            number: 0,
            partial: false,
            ended: false,
            stopped: false,
        }
    }

    /// The number of the last line, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line, without its newline, into `line`; the part of a line that is there already stays in `line` for the
    /// next call. A last line without a newline counts.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn next_line(
        &mut self,
        line: &mut Vec<u8>,
        patience: Duration,
    ) -> anyhow::Result<Line> {
        if !self.partial {
            line.clear();
        }
        loop {
            let rest = &self.chunk[self.start..self.end];
            if let Some(length) = memchr::memchr(b'\n', rest) {
                line.extend_from_slice(&rest[..length]);
                self.start += length + 1;
                self.partial = false;
                self.number += 1;
                return Ok(Line::Read);
            }
            if self.stopped {
                // Half a line is no line: its rest was never read.
                return Ok(Line::End);
            }
            line.extend_from_slice(rest);
            self.start = 0;
            self.end = 0;
            if self.ended {
                let last = !line.is_empty();
                self.partial = false;
                self.number += u64::from(last);
                return Ok(if last { Line::Read } else { Line::End });
            }
            self.partial = !line.is_empty();
            if !self.fill(patience).context("cannot read standard input")? {
                return Ok(Line::Waiting);
            }
        }
    }

    /// From here on nothing more is read: the whole lines that were read already are the last ones.
    pub(crate) fn stop_reading(&mut self) {
        self.stopped = true;
    }

    /// Reads what is there; false when nothing came in time.
    fn fill(&mut self, patience: Duration) -> io::Result<bool> {
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: i64::from(patience.subsec_nanos()),
        };
        let mut descriptors = [PollFd::new(&self.input, PollFlags::IN)];
        match poll(&mut descriptors, Some(&timeout)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(false),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        match rustix::io::read(&self.input, &mut self.chunk) {
            Ok(count) => {
                self.end = count;
                self.ended = count == 0;
                Ok(true)
            }
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
