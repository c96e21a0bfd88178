//! The bytes of the input as they come; while none come, the caller gets a moment for other things.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::Duration;

use kp_cli::{Exit, Stop};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Read at once: enough for a pipe's whole content.
const CHUNK: usize = 64 * 1024;
/// Read at first where there is a rate: the length of the messages is not known yet.
const FIRST_BYTES: u64 = 64;
/// With a rate, messages are read ahead for this part of a second.
const PARTS_OF_A_SECOND: u64 = 20;

/// What [`Stream::more`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum More {
    /// More bytes, or the end.
    Came,
    /// Nothing yet.
    Waiting,
    /// Nothing comes any more, because reading was stopped.
    Stopped,
}

/// Where bytes come from.
enum Descriptor {
    Stdin(io::Stdin),
    File(File),
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Stdin(stdin) => stdin.as_fd(),
            Self::File(file) => file.as_fd(),
        }
    }
}

/// Standard input, or a file.
pub(crate) struct Stream {
    input: Descriptor,
    /// What it is called.
    name: String,
    /// How many bytes it has, where that is known.
    total: Option<u64>,
    buffer: Vec<u8>,
    /// The part of the buffer that was not taken yet.
    start: usize,
    end: usize,
    /// Bytes that were taken, and the messages that they were.
    taken: u64,
    messages: u64,
    /// How many messages a second are wanted at most; 0 is as many as there are.
    rate: u32,
    ended: bool,
    stopped: bool,
}

impl Stream {
    /// Nothing is read yet. With a `rate` in messages per second little is read ahead, because
    /// after a stop all of it still has to be sent or counted. Without a file it is standard input.
    ///
    /// # Errors
    /// The file cannot be opened, or is a folder.
    pub(crate) fn open(file: Option<&Path>, rate: u32) -> Result<Self, Stop> {
        let Some(path) = file else {
            let stdin = Descriptor::Stdin(io::stdin());
            return Ok(Self::of(stdin, "standard input".to_owned(), None, rate));
        };
        let name = path.display().to_string();
        let wrong = |why: String| Stop::new(Exit::Unexpected, format!("{name}: {why}"));
        let file = File::open(path).map_err(|error| wrong(format!("cannot open it: {error}")))?;
        let about = file.metadata().map_err(|error| wrong(format!("cannot read it: {error}")))?;
        if about.is_dir() {
            return Err(wrong("this is a folder, and --file reads one file".to_owned()));
        }
        let total = about.is_file().then_some(about.len());
        Ok(Self::of(Descriptor::File(file), name, total, rate))
    }

    fn of(input: Descriptor, name: String, total: Option<u64>, rate: u32) -> Self {
        Self {
            input,
            name,
            total,
            buffer: vec![0; 2 * CHUNK],
            start: 0,
            end: 0,
            taken: 0,
            messages: 0,
            rate,
            ended: false,
            stopped: false,
        }
    }

    /// `standard input`, or the file.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How many bytes it has, where that is known.
    pub(crate) fn total(&self) -> Option<u64> {
        self.total
    }

    /// What was read and not taken yet.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether nothing comes behind what is unread: the input is at its end.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Bytes that were taken so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Takes so many bytes of what is unread, which were a message.
    pub(crate) fn take(&mut self, count: usize) {
        self.pass(count);
        self.count_message();
    }

    /// Takes so many bytes of what is unread.
    pub(crate) fn pass(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.taken += count as u64;
    }

    /// What was passed last was a message.
    pub(crate) fn count_message(&mut self) {
        self.messages += 1;
    }

    /// From here on nothing more is read: the whole messages that were read already are the last.
    pub(crate) fn stop_reading(&mut self) {
        self.stopped = true;
    }

    /// Nothing comes any more, not even what was read.
    pub(crate) fn give_up(&mut self) {
        self.stopped = true;
        self.start = self.end;
    }

    /// Reads what is there, and waits for it at most for `patience`, which is less than a second.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn more(&mut self, patience: Duration) -> anyhow::Result<More> {
        if self.stopped {
            return Ok(More::Stopped);
        }
        self.fill(patience).map_err(|error| {
            anyhow::Error::new(error).context(format!("cannot read {}", self.name))
        })
    }

    /// How many bytes to read at once. With a rate it is what its next moment needs, by the mean
    /// length of the messages so far.
    fn at_once(&self) -> usize {
        let bytes = match (self.rate, self.messages) {
            (0, _) => return CHUNK,
            (_, 0) => FIRST_BYTES,
            (rate, messages) => {
                let wanted = u64::from(rate).div_ceil(PARTS_OF_A_SECOND);
                self.taken.div_ceil(messages).saturating_mul(wanted)
            }
        };
        usize::try_from(bytes).map_or(CHUNK, |bytes| bytes.clamp(1, CHUNK))
    }

    fn fill(&mut self, patience: Duration) -> io::Result<More> {
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(patience.subsec_nanos()) };
        let mut descriptors = [PollFd::new(&self.input, PollFlags::IN)];
        match poll(&mut descriptors, Some(&timeout)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(More::Waiting),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let at_once = self.at_once();
        self.make_room(at_once);
        match rustix::io::read(&self.input, &mut self.buffer[self.end..self.end + at_once]) {
            Ok(count) => {
                self.end += count;
                self.ended = count == 0;
                Ok(More::Came)
            }
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ok(More::Waiting),
            Err(error) => Err(error.into()),
        }
    }

    /// Moves what is unread to the front, and makes the buffer larger where a message is longer.
    fn make_room(&mut self, bytes: usize) {
        if self.buffer.len() - self.end >= bytes {
            return;
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() - self.end < bytes {
            self.buffer.resize(2 * self.buffer.len(), 0);
        }
    }
}
