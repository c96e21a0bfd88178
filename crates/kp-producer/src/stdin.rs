//! Lines of standard input, one by one as they come; while none comes, the caller gets a moment for
//! other things.

use std::io;
use std::time::Duration;

use anyhow::Context as _;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Read at once: enough for a pipe's whole content.
const CHUNK: usize = 64 * 1024;
/// Read at first where there is a rate: the length of the lines is not known yet.
const FIRST_BYTES: u64 = 64;
/// With a rate, lines are read ahead for this part of a second.
const PARTS_OF_A_SECOND: u64 = 20;

/// What [`Lines::next_line`] came back with.
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

/// Standard input by lines.
pub(crate) struct Lines {
    input: io::Stdin,
    chunk: Vec<u8>,
    /// The part of the chunk that was not handed out yet.
    start: usize,
    end: usize,
    number: u64,
    /// Bytes of all lines so far.
    bytes: u64,
    /// How many lines a second are wanted at most; 0 is as many as there are.
    rate: u32,
    /// Whether the caller's buffer holds the beginning of a line.
    partial: bool,
    ended: bool,
    stopped: bool,
}

impl Lines {
    /// Nothing is read yet. With a `rate` in lines per second little is read ahead, because after a
    /// stop all of it still has to be sent or counted.
    pub(crate) fn new(rate: u32) -> Self {
        Self {
            input: io::stdin(),
            chunk: vec![0; CHUNK],
            start: 0,
            end: 0,
            number: 0,
            bytes: 0,
            rate,
            partial: false,
            ended: false,
            stopped: false,
        }
    }

    /// The number of the last line, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line, without its newline (`\n` or `\r\n`), into `line`. While only a part of
    /// it has come, that stays in `line` for the next call. A last line without a newline
    /// counts. No more than `most` bytes of a line are kept.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn next_line(
        &mut self,
        line: &mut Vec<u8>,
        most: usize,
        patience: Duration,
    ) -> anyhow::Result<Line> {
        if !self.partial {
            line.clear();
        }
        loop {
            let rest = &self.chunk[self.start..self.end];
            let newline = memchr::memchr(b'\n', rest);
            let length = newline.unwrap_or(rest.len());
            // One more, for the \r of a newline.
            if line.len() + length > most.saturating_add(1) {
                return Ok(self.refuse());
            }
            if newline.is_some() {
                line.extend_from_slice(&rest[..length]);
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                if line.len() > most {
                    return Ok(self.refuse());
                }
                self.start += length + 1;
                self.partial = false;
                self.number += 1;
                self.bytes += line.len() as u64 + 1;
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
                if line.len() > most {
                    return Ok(self.refuse());
                }
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

    fn refuse(&mut self) -> Line {
        self.number += 1;
        self.stopped = true;
        self.partial = false;
        self.start = self.end;
        Line::TooLong
    }

    /// How many bytes to read at once. With a rate it is what its next moment needs, by the mean
    /// length of the lines so far.
    fn at_once(&self) -> usize {
        let bytes = match (self.rate, self.number) {
            (0, _) => return CHUNK,
            (_, 0) => FIRST_BYTES,
            (rate, lines) => {
                let wanted = u64::from(rate).div_ceil(PARTS_OF_A_SECOND);
                self.bytes.div_ceil(lines).saturating_mul(wanted)
            }
        };
        usize::try_from(bytes).map_or(CHUNK, |bytes| bytes.clamp(1, CHUNK))
    }

    /// Reads what is there; false when nothing came in time.
    fn fill(&mut self, patience: Duration) -> io::Result<bool> {
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(patience.subsec_nanos()) };
        let mut descriptors = [PollFd::new(&self.input, PollFlags::IN)];
        match poll(&mut descriptors, Some(&timeout)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(false),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let at_once = self.at_once();
        match rustix::io::read(&self.input, &mut self.chunk[..at_once]) {
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
