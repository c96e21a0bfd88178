//! Standard output for messages: buffered, in whole messages, never stuck on a reader that stalls.
//!
//! A pipe takes up to `PIPE_BUF` bytes at once or not at all, and `poll` says beforehand whether it
//! will. An empty pipe takes as much as it can hold. So the buffer is written in pieces of whole
//! messages that are no larger. Whenever the program is told to stop, a message has reached the
//! pipe or not. Only a message larger than a piece can be cut off.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use anyhow::Context as _;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::FileType;

/// How long a stalled reader is waited for before `stopped` is asked.
const GLANCE: Duration = Duration::from_millis(100);
/// POSIX lets a pipe be as small as this; Linux takes a page at once.
const PIECE: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };
/// Bytes after which the buffer should be written out: with its last message it still fits into an
/// empty pipe of Linux, 64 KiB.
const FULL: usize = 60 * 1024;

/// How a write came to its end.
#[derive(Debug)]
pub enum Outcome {
    /// All was written.
    Written,
    /// The reader went away, as `head` does: nothing to complain about.
    Closed,
    /// The program was told to stop before the reader took all.
    Stopped,
    /// The operating system refuses, for instance on a full disk.
    Failed(io::Error),
}

/// A buffer of messages in front of a file descriptor.
pub struct Output<F: AsFd = io::Stdout> {
    descriptor: F,
    buffer: Vec<u8>,
    /// Where each message in the buffer ends.
    ends: Vec<usize>,
    piece: usize,
    /// Whether the descriptor is a terminal, and what was written last ended no line.
    is_terminal: bool,
    is_mid_line: bool,
    /// What a pipe can hold, where that can be asked.
    pipe: Option<usize>,
}

impl Output {
    /// Standard output.
    pub fn stdout() -> Self {
        Self::new(io::stdout())
    }
}

impl<F: AsFd> Output<F> {
    /// A buffer in front of this descriptor.
    pub fn new(descriptor: F) -> Self {
        let kind = rustix::fs::fstat(&descriptor).map(|stat| FileType::from_raw_mode(stat.st_mode));
        Self {
            buffer: Vec::with_capacity(FULL),
            ends: Vec::new(),
            piece: match kind {
                Ok(FileType::RegularFile) => usize::MAX,
                _ => PIECE,
            },
            pipe: match kind {
                Ok(FileType::Fifo) => capacity(&descriptor),
                _ => None,
            },
            is_terminal: descriptor.as_fd().is_terminal(),
            is_mid_line: false,
            descriptor,
        }
    }

    /// The buffer, to append one message to; [`Output::end_message`] follows.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Says that what was appended is one message.
    pub fn end_message(&mut self) {
        self.ends.push(self.buffer.len());
    }

    /// How many messages are in the buffer.
    pub fn messages(&self) -> usize {
        self.ends.len()
    }

    /// Whether it is time to [`Output::flush`].
    pub fn is_full(&self) -> bool {
        self.buffer.len() >= FULL
    }

    /// Writes all out and empties the buffer. Returns how many whole messages were written, which
    /// is all of them unless the outcome says otherwise.
    pub fn flush(&mut self, stopped: &dyn Fn() -> bool) -> (usize, Outcome) {
        let mut written = 0;
        let mut messages = 0;
        let outcome = loop {
            messages += self.ends[messages..].iter().take_while(|end| **end <= written).count();
            if written == self.buffer.len() {
                break Outcome::Written;
            }
            let end = self.next_piece(messages, written);
            match self.write(&self.buffer[written..end], stopped) {
                Ok(count) => {
                    written += count;
                    self.is_mid_line = self.buffer[..written].last().is_some_and(|b| *b != b'\n');
                }
                Err(outcome) => break outcome,
            }
        };
        self.discard();
        (messages, outcome)
    }

    /// Whether the cursor of the terminal stands behind a message that ended no line. Whatever else
    /// is written to the terminal would stand on that line, or erase it.
    pub fn is_mid_line(&self) -> bool {
        self.is_terminal && self.is_mid_line
    }

    /// Empties the buffer without writing it.
    pub fn discard(&mut self) {
        self.buffer.clear();
        self.ends.clear();
    }

    /// The end of the largest run of whole messages that one write takes, or of as much of one
    /// message as it takes.
    fn next_piece(&self, messages: usize, written: usize) -> usize {
        let most = written.saturating_add(self.room());
        let whole = self.ends[messages..].iter().take_while(|end| **end <= most).last();
        whole.copied().unwrap_or_else(|| most.min(self.buffer.len()))
    }

    /// How much the descriptor takes at once when it is ready.
    fn room(&self) -> usize {
        match self.pipe {
            Some(capacity) if rustix::io::ioctl_fionread(&self.descriptor) == Ok(0) => {
                capacity.max(self.piece)
            }
            _ => self.piece,
        }
    }

    fn write(&self, piece: &[u8], stopped: &dyn Fn() -> bool) -> Result<usize, Outcome> {
        loop {
            match ready(self.descriptor.as_fd(), PollFlags::OUT, GLANCE) {
                Ok(true) => match rustix::io::write(&self.descriptor, piece) {
                    Ok(count) => return Ok(count),
                    Err(rustix::io::Errno::PIPE) => return Err(Outcome::Closed),
                    Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                    Err(error) => return Err(Outcome::Failed(error.into())),
                },
                Ok(false) if stopped() => return Err(Outcome::Stopped),
                Ok(false) => {}
                Err(error) => return Err(Outcome::Failed(error)),
            }
        }
    }

    /// Whether the reader went away. It is told without writing, so that a program that waits for
    /// messages notices.
    pub fn is_closed(&self) -> bool {
        let mut descriptors = [PollFd::new(&self.descriptor, PollFlags::empty())];
        poll(&mut descriptors, Some(&Timespec::default())).is_ok()
            && descriptors[0].revents().contains(PollFlags::ERR)
    }
}

/// The result of writing to standard output, where a reader that went away is no failure, and any
/// other is told as one.
///
/// # Errors
/// The operating system refuses, for instance on a full disk.
pub fn written(result: io::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

#[cfg(target_os = "linux")]
fn capacity(pipe: &impl AsFd) -> Option<usize> {
    rustix::pipe::fcntl_getpipe_size(pipe).ok()
}

/// Only Linux tells.
#[cfg(not(target_os = "linux"))]
fn capacity(_pipe: &impl AsFd) -> Option<usize> {
    None
}

fn ready(descriptor: BorrowedFd<'_>, wanted: PollFlags, timeout: Duration) -> io::Result<bool> {
    let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(timeout.subsec_nanos()) };
    let mut descriptors = [PollFd::from_borrowed_fd(descriptor, wanted)];
    match poll(&mut descriptors, Some(&timeout)) {
        Ok(count) => Ok(count > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read;
    use std::os::fd::OwnedFd;

    use super::*;

    fn pipe() -> (File, Output<OwnedFd>) {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        (File::from(reader), Output::new(writer))
    }

    fn fill(output: &mut Output<OwnedFd>, messages: usize) -> usize {
        for number in 0..messages {
            let line = format!("message {number} {}\n", "x".repeat(number % 300));
            output.buffer().extend_from_slice(line.as_bytes());
            output.end_message();
        }
        output.buffer().len()
    }

    #[test]
    fn a_stalled_reader_has_got_exactly_the_messages_that_count_as_written() {
        let (mut reader, mut output) = pipe();
        let size = fill(&mut output, 5000);
        let (written, outcome) = output.flush(&|| true);
        assert!(matches!(outcome, Outcome::Stopped), "{outcome:?}");
        drop(output);
        let mut got = String::new();
        reader.read_to_string(&mut got).unwrap();
        assert!(got.len() < size && got.ends_with('\n'), "a message was cut off");
        assert_eq!(got.lines().count(), written);
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let (reader, mut output) = pipe();
        assert!(!output.is_closed());
        drop(reader);
        assert!(output.is_closed());
        fill(&mut output, 1);
        let (written, outcome) = output.flush(&|| false);
        assert!(matches!(outcome, Outcome::Closed), "{outcome:?}");
        assert_eq!(written, 0);
    }

    #[test]
    fn a_message_larger_than_a_piece_arrives_whole() {
        let (mut reader, mut output) = pipe();
        output.buffer().extend_from_slice(&vec![b'x'; 3 * PIECE + 1]);
        output.end_message();
        fill(&mut output, 3);
        let size = output.buffer().len();
        let (written, outcome) = output.flush(&|| false);
        assert!(matches!(outcome, Outcome::Written), "{outcome:?}");
        assert_eq!(written, 4);
        drop(output);
        let mut got = Vec::new();
        reader.read_to_end(&mut got).unwrap();
        assert_eq!(got.len(), size);
    }

    #[test]
    fn a_file_gets_everything_in_one_write() {
        let file = tempfile::tempfile().unwrap();
        let mut output = Output::new(file);
        output.buffer().extend_from_slice(&vec![b'x'; 10 * FULL]);
        output.end_message();
        let (written, outcome) = output.flush(&|| false);
        assert!(matches!(outcome, Outcome::Written), "{outcome:?}");
        assert_eq!(written, 1);
    }
}
