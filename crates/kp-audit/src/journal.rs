//! A text file that is only ever appended to, and that stays readable when its process is killed.
//!
//! What [`Journal::write`] has handed to the system survives a SIGKILL of the process. It survives
//! a crash of the machine once it was synced, which a thread does each second and
//! [`Journal::close`] at once. The last line of a process that was killed may be torn: the next
//! writer ends it, and a reader skips it.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::append;

/// The time whose lines may be lost when the machine crashes. None are lost when the process is
/// killed.
const SYNC_EACH: Duration = Duration::from_secs(1);

/// Why a ledger, or a list of what was delivered, cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refuses.
    #[error("cannot {action} {path}", path = path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The file is something else.
    #[error("{path} is not a {kind}: its first line is not `{head}`", path = path.display())]
    Other {
        /// What it should be.
        kind: &'static str,
        /// The file.
        path: PathBuf,
        /// What its first line should be.
        head: &'static str,
    },
    /// Another process writes it.
    #[error("{path} is being written by another process; each needs a file of its own", path = path.display())]
    Taken {
        /// The file.
        path: PathBuf,
    },
    /// A line that no version of kp has written.
    #[error("{path}, line {line}: {reason}", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// What a journal is: its name in sentences, and its first line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) kind: &'static str,
    pub(crate) head: &'static str,
}

/// A journal that is being written.
#[derive(Debug)]
pub(crate) struct Journal {
    /// The thread that syncs does not hold it, so that the file is free with the journal's end.
    file: Arc<File>,
    path: PathBuf,
    sync: Arc<Sync>,
    /// Whether a write failed.
    is_torn: Cell<bool>,
    /// The thread that syncs goes on until this is dropped.
    _running: Sender<()>,
}

#[derive(Debug, Default)]
struct Sync {
    needed: AtomicBool,
    failed: Mutex<Option<io::Error>>,
}

impl Journal {
    /// Opens a journal for appending, and makes it when it is not there.
    pub(crate) fn open(path: &Path, form: Form) -> Result<Self, JournalError> {
        let failed = |action, source| failed(path, action, source);
        let file = append::open(path).map_err(|error| failed("open", error))?;
        let file = file.ok_or_else(|| JournalError::Taken { path: path.to_owned() })?;
        let last = last_byte(&file).map_err(|error| failed("read", error))?;
        if last.is_some() {
            check_head(BufReader::new(&file), path, form)?;
        }
        let file = Arc::new(file);
        let sync = Arc::new(Sync::default());
        let journal = Self {
            _running: keep_synced(Arc::downgrade(&file), Arc::clone(&sync))
                .map_err(|error| failed("start a thread that syncs", error))?,
            file,
            path: path.to_owned(),
            sync,
            is_torn: Cell::new(false),
        };
        match last {
            None => journal.write(format!("{}\n", form.head).as_bytes())?,
            Some(b'\n') => {}
            // A torn line is ended by `?`, as no whole line is.
            Some(_) => journal.write(b"?\n")?,
        }
        Ok(journal)
    }

    /// Hands whole lines to the system. After a failure, which may have left a part of a line,
    /// nothing more is written.
    pub(crate) fn write(&self, lines: &[u8]) -> Result<(), JournalError> {
        if self.is_torn.get() {
            let reason = io::Error::other("an earlier line could not be written");
            return Err(failed(&self.path, "write", reason));
        }
        (&*self.file).write_all(lines).map_err(|error| {
            self.is_torn.set(true);
            failed(&self.path, "write", error)
        })?;
        self.sync.needed.store(true, Ordering::Release);
        let mut failure = self.sync.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take().map_or(Ok(()), |error| Err(failed(&self.path, "sync", error)))
    }

    /// Makes sure that all is on the disk.
    pub(crate) fn close(&self) -> Result<(), JournalError> {
        append::sync(&self.file).map_err(|error| failed(&self.path, "sync", error))
    }
}

fn keep_synced(file: Weak<File>, state: Arc<Sync>) -> io::Result<Sender<()>> {
    let (running, ended) = mpsc::channel();
    std::thread::Builder::new().name("kp-sync".to_owned()).spawn(move || {
        while ended.recv_timeout(SYNC_EACH) == Err(RecvTimeoutError::Timeout) {
            if state.needed.swap(false, Ordering::Acquire)
                && let Some(file) = file.upgrade()
                && let Err(error) = append::sync(&file)
            {
                let mut failure = state.failed.lock().unwrap_or_else(PoisonError::into_inner);
                *failure = Some(error);
            }
        }
    })?;
    Ok(running)
}

fn failed(path: &Path, action: &'static str, source: io::Error) -> JournalError {
    JournalError::File { action, path: path.to_owned(), source }
}

fn last_byte(mut file: &File) -> io::Result<Option<u8>> {
    if !file.metadata()?.is_file() || file.seek(SeekFrom::End(0))? == 0 {
        return Ok(None);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    file.rewind()?;
    Ok(Some(last[0]))
}

fn check_head(mut file: impl BufRead, path: &Path, form: Form) -> Result<(), JournalError> {
    let mut head = Vec::new();
    // However long the first line is, this much of it decides.
    (&mut file)
        .take(256)
        .read_until(b'\n', &mut head)
        .map_err(|error| failed(path, "read", error))?;
    if head.trim_ascii_end() == form.head.as_bytes() {
        return Ok(());
    }
    Err(JournalError::Other { kind: form.kind, path: path.to_owned(), head: form.head })
}

/// Reads a journal's lines one by one.
///
/// `take` is given each line after the first and says what is wrong with it, if anything. A wrong
/// line that is the last of its process is torn, and no error. It is at the end, or before a line
/// that starts with `first_of_process`. The latter may be torn itself, when a full disk stopped
/// each process there.
pub(crate) fn read_lines(
    path: &Path,
    form: Form,
    first_of_process: &str,
    mut take: impl FnMut(&str) -> Result<(), &'static str>,
) -> Result<(), JournalError> {
    let file = File::open(path).map_err(|error| failed(path, "open", error))?;
    let mut file = BufReader::with_capacity(1 << 16, file);
    check_head(&mut file, path, form)?;
    let mut torn: Option<JournalError> = None;
    let mut buffer = Vec::new();
    for number in 2_u64.. {
        buffer.clear();
        let length =
            file.read_until(b'\n', &mut buffer).map_err(|error| failed(path, "read", error))?;
        if length == 0 {
            break;
        }
        let whole = buffer.last() == Some(&b'\n');
        let line = std::str::from_utf8(buffer.trim_ascii_end()).unwrap_or("\0");
        if let Some(error) = torn.take()
            && !begins_process(&buffer, first_of_process.as_bytes())
        {
            return Err(error);
        }
        let taken = if whole { take(line) } else { Err("a torn line") };
        torn = taken.err().map(|reason| JournalError::Line {
            path: path.to_owned(),
            line: number,
            reason,
        });
    }
    Ok(())
}

/// Whether this is the first line of a process, or as much of it as a full disk has let through;
/// [`Journal::open`] ends that by `?`.
fn begins_process(line: &[u8], first: &[u8]) -> bool {
    let is_torn = !line.ends_with(b"\n") || line.ends_with(b"?\n");
    let end = line.iter().rposition(|byte| !b"?\n".contains(byte));
    let left = &line[..end.map_or(0, |end| end + 1)];
    line.starts_with(first) || (is_torn && first.starts_with(left))
}

/// The words of a line, one after the other.
pub(crate) struct Words<'a>(pub(crate) std::str::SplitN<'a, char>);

impl<'a> Words<'a> {
    /// Up to so many words; the last one is the rest of the line.
    pub(crate) fn of(line: &'a str, most: usize) -> Self {
        Self(line.splitn(most, ' '))
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, &'static str> {
        self.0.next().ok_or("a word is missing")
    }

    pub(crate) fn number<T: std::str::FromStr>(&mut self) -> Result<T, &'static str> {
        self.text()?.parse().map_err(|_| "a number is wrong")
    }

    pub(crate) fn hexadecimal(&mut self) -> Result<u32, &'static str> {
        u32::from_str_radix(self.text()?, 16).map_err(|_| "a checksum is wrong")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Form = Form { kind: "test's journal", head: "test/1" };

    fn lines(path: &Path) -> Result<Vec<String>, JournalError> {
        let mut found = Vec::new();
        read_lines(path, FORM, "start", |line| {
            if line.starts_with("bad") {
                return Err("it is bad");
            }
            found.push(line.to_owned());
            Ok(())
        })?;
        Ok(found)
    }

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn what_was_written_is_read_also_by_who_appends_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        for line in ["start 1\n", "start 2\n"] {
            let journal = Journal::open(&path, FORM).unwrap();
            journal.write(line.as_bytes()).unwrap();
            journal.close().unwrap();
        }
        assert_eq!(lines(&path).unwrap(), ["start 1", "start 2"]);
    }

    #[test]
    fn a_torn_line_is_passed_over_and_ended_by_who_appends_next() {
        let (_folder, path) = file("test/1\nstart 1\nbad lin");
        assert_eq!(lines(&path).unwrap(), ["start 1"]);
        let journal = Journal::open(&path, FORM).unwrap();
        journal.write(b"start 2\n").unwrap();
        assert_eq!(lines(&path).unwrap(), ["start 1", "start 2"]);
    }

    #[test]
    fn a_process_that_tears_its_first_line_does_no_harm_to_the_torn_line_before() {
        let (_folder, path) = file("test/1\nstart 1\nbad lin");
        for torn in ["st", "start", "s", "st?"] {
            let journal = Journal::open(&path, FORM).unwrap();
            journal.write(torn.as_bytes()).unwrap();
            assert_eq!(lines(&path).unwrap()[0], "start 1");
        }
        Journal::open(&path, FORM).unwrap().write(b"start 2\n").unwrap();
        assert_eq!(lines(&path).unwrap().last().unwrap(), "start 2");
    }

    #[test]
    fn a_bad_line_among_others_is_named() {
        let (_folder, path) = file("test/1\nstart 1\nbad line\nmore\n");
        let error = lines(&path).unwrap_err().to_string();
        assert!(error.ends_with("journal, line 3: it is bad"), "{error}");
    }

    #[test]
    fn another_file_is_left_as_it_is() {
        let (_folder, path) = file("precious\n");
        let error = Journal::open(&path, FORM).unwrap_err().to_string();
        assert!(
            error.ends_with("is not a test's journal: its first line is not `test/1`"),
            "{error}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious\n");
    }

    #[test]
    fn two_do_not_write_the_same_journal() {
        let (_folder, path) = file("test/1\n");
        let _first = Journal::open(&path, FORM).unwrap();
        let second = Journal::open(&path, FORM);
        assert!(matches!(second, Err(JournalError::Taken { .. })));
    }

    #[test]
    fn a_full_disk_is_an_error_that_names_the_file() {
        let error = Journal::open(Path::new("/dev/full"), FORM).unwrap_err().to_string();
        assert_eq!(error, "cannot write /dev/full");
    }
}
