//! Reading an archive, record by record.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use kp_audit::RunId;
use kp_core::OwnedRecord;

use crate::error::ArchiveError;
use crate::line::{self, HEAD_LENGTH};

const BUFFER: usize = 1 << 16;

/// A record of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The number of its line, from 1.
    pub number: u64,
    /// The record, with topic, partition and offset of where it was read.
    pub record: OwnedRecord,
    /// The checksum of its line.
    pub checksum: u32,
}

/// An archive that is being read. One line of it is in memory.
#[derive(Debug)]
pub struct Archive {
    file: BufReader<File>,
    path: PathBuf,
    id: RunId,
    /// The number of the last line that was read.
    number: u64,
    line: Vec<u8>,
    is_torn: bool,
}

impl Archive {
    /// Opens an archive. A pipe is one as well, for instance of what `zstdcat` prints.
    ///
    /// # Errors
    /// The file cannot be read, or is something else.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let failed = |action, source| ArchiveError::file(path, action, source);
        let file = File::open(path).map_err(|error| failed("open", error))?;
        let mut file = BufReader::with_capacity(BUFFER, file);
        let id = read_head(&mut file).map_err(|error| failed("read", error))?;
        let id = id.ok_or_else(|| ArchiveError::Other { path: path.to_owned() })?;
        Ok(Self { file, path: path.to_owned(), id, number: 1, line: Vec::new(), is_torn: false })
    }

    /// What tells this archive from all others.
    #[must_use]
    pub fn id(&self) -> RunId {
        self.id
    }

    /// The number of the last line, if it is torn: the process that wrote it was killed, or is
    /// writing it. Known once [`Archive::next_entry`] has come to the end.
    #[must_use]
    pub fn torn_line(&self) -> Option<u64> {
        self.is_torn.then_some(self.number)
    }

    /// The same in words.
    #[must_use]
    pub fn torn(&self) -> Option<String> {
        let line = self.torn_line()?;
        Some(format!(
            "{}, line {line}: the file ends in the middle of a record, as when the process that \
             saved it was killed; it is passed over",
            self.path.display()
        ))
    }

    /// The next record; none at the end.
    ///
    /// # Errors
    /// The file cannot be read. Or a line is damaged: the next call goes on behind it, so that
    /// nothing after it is lost.
    pub fn next_entry(&mut self) -> Result<Option<Entry>, ArchiveError> {
        loop {
            self.line.clear();
            let read = self.file.read_until(b'\n', &mut self.line);
            if read.map_err(|error| ArchiveError::file(&self.path, "read", error))? == 0 {
                return Ok(None);
            }
            self.number += 1;
            let is_whole = self.line.last() == Some(&b'\n');
            if is_whole {
                self.line.pop();
            }
            // Archives that were put one behind the other are one.
            if line::decode_head(&self.line).is_some() {
                continue;
            }
            return match line::decode(&mut self.line) {
                Ok((record, checksum)) => Ok(Some(Entry { number: self.number, record, checksum })),
                Err(_) if !is_whole => {
                    self.is_torn = true;
                    Ok(None)
                }
                Err(reason) => Err(ArchiveError::Damaged {
                    path: self.path.clone(),
                    line: self.number,
                    reason,
                }),
            };
        }
    }
}

/// Reads the first line; none where it is something else. However long the line is, this much of it
/// decides.
pub(crate) fn read_head(file: &mut impl BufRead) -> io::Result<Option<RunId>> {
    let mut head = Vec::with_capacity(HEAD_LENGTH);
    file.take(HEAD_LENGTH as u64).read_until(b'\n', &mut head)?;
    Ok(match head.pop() {
        Some(b'\n') => line::decode_head(&head),
        _ => None,
    })
}
