//! Appending to an archive.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use kp_audit::{RunId, append};

use crate::error::ArchiveError;
use crate::line::{self, HEAD_LENGTH};
use crate::reader::read_head;

/// A file is looked through for its last newline in pieces of so many bytes.
const PIECE: u64 = 1 << 16;

/// An archive that is appended to, by one process.
#[derive(Debug)]
pub struct Writer {
    file: File,
    path: PathBuf,
    /// The bytes of the file that are whole lines.
    length: u64,
    cut: u64,
    is_torn: bool,
}

impl Writer {
    /// Opens an archive to append to it; it is made when it is not there. A torn last line is cut
    /// off.
    ///
    /// # Errors
    /// The file cannot be written, is something else, or is written by another process. It is left
    /// as it is then.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let failed = |action, source| ArchiveError::file(path, action, source);
        let file = append::open(path).map_err(|error| failed("open", error))?;
        let file = file.ok_or_else(|| ArchiveError::Taken { path: path.to_owned() })?;
        let mut writer = Self { file, path: path.to_owned(), length: 0, cut: 0, is_torn: false };
        if writer.find_end()? == 0 {
            let mut head = Vec::with_capacity(HEAD_LENGTH);
            line::encode_head(RunId::new(), &mut head);
            writer.append(&head)?;
            sync_folder(path);
        }
        Ok(writer)
    }

    /// How many bytes of a torn record were cut off when the archive was opened; 0 is none.
    #[must_use]
    pub fn cut(&self) -> u64 {
        self.cut
    }

    /// Appends lines of [`encode`](crate::encode), and returns once they are on the disk.
    ///
    /// # Errors
    /// The file cannot be written, for instance because the disk is full: then none of the lines
    /// counts, and nothing more is written.
    pub fn append(&mut self, lines: &[u8]) -> Result<(), ArchiveError> {
        if self.is_torn {
            let reason = io::Error::other("an earlier record could not be written");
            return Err(ArchiveError::file(&self.path, "write", reason));
        }
        let written = self.file.write_all(lines).map_err(|error| ("write", error));
        let synced =
            written.and_then(|()| append::sync(&self.file).map_err(|error| ("sync", error)));
        match synced {
            Ok(()) => {
                self.length += lines.len() as u64;
                Ok(())
            }
            Err((action, error)) => {
                self.is_torn = true;
                // What cannot be cut off here is cut off by who appends next.
                let _ = self.file.set_len(self.length);
                Err(ArchiveError::file(&self.path, action, error))
            }
        }
    }

    /// Makes sure that the file is an archive of whole lines; returns its length.
    fn find_end(&mut self) -> Result<u64, ArchiveError> {
        let failed = |action, error| ArchiveError::file(&self.path, action, error);
        let about = self.file.metadata().map_err(|error| failed("read", error))?;
        if !about.is_file() || about.len() == 0 {
            return Ok(0);
        }
        let end = about.len();
        let (whole, rest) = self.last_newline(end).map_err(|error| failed("read", error))?;
        let head = (&self.file).rewind().and_then(|()| read_head(&mut BufReader::new(&self.file)));
        let is_archive = head.map_err(|error| failed("read", error))?.is_some();
        // A process may have been killed at its very first write.
        let is_beginning = whole == 0 && line::begins_head(&rest);
        if !is_archive && !is_beginning {
            return Err(ArchiveError::Other { path: self.path.clone() });
        }
        self.length = whole;
        let mut last = rest;
        if whole > 0 && line::decode(&mut last).is_ok() {
            // Only its newline is missing.
            self.length = end;
            self.append(b"\n")?;
        } else if whole < end {
            self.file.set_len(whole).map_err(|error| failed("cut the torn end off", error))?;
            self.cut = end - whole;
        }
        Ok(self.length)
    }

    /// Where the last whole line ends, and what is behind it.
    fn last_newline(&self, end: u64) -> io::Result<(u64, Vec<u8>)> {
        let mut rest = Vec::new();
        let mut from = end;
        while from > 0 {
            let to = from;
            from = to.saturating_sub(PIECE);
            let mut piece = vec![0; usize::try_from(to - from).unwrap_or_default()];
            (&self.file).seek(SeekFrom::Start(from))?;
            (&self.file).read_exact(&mut piece)?;
            if let Some(at) = piece.iter().rposition(|byte| *byte == b'\n') {
                let mut behind = piece.split_off(at + 1);
                behind.append(&mut rest);
                return Ok((from + at as u64 + 1, behind));
            }
            piece.append(&mut rest);
            rest = piece;
        }
        Ok((0, rest))
    }
}

/// So that the file's name outlives a crash of the machine as well. Where that cannot be had, the
/// file still outlives its process.
fn sync_folder(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
}
