//! The file that whole records are saved in (`--save`).
//!
//! ```text
//!  printer.rs: Save::take -> lines -> Save::write: append, fsync -> only then Consumer::done
//! ```
//! An offset is stored once its record is on the disk. A run that is killed loses nothing, and the
//! next one may save again what was not committed yet.

use std::path::{Path, PathBuf};

use kp_archive::{ArchiveError, Writer, encode};
use kp_cli::Stop;
use kp_core::Record;
use kp_settings::{Delivery, Settings};

use crate::format;

/// So many bytes are written and synced at once.
const FULL: usize = 1 << 20;

/// The file, and the records that are not in it yet.
pub(crate) struct Save {
    writer: Writer,
    path: PathBuf,
    lines: Vec<u8>,
    saved: u64,
}

/// Looks for what has no meaning beside `--save`.
///
/// # Errors
/// It, naming both sides.
pub(crate) fn check(settings: &Settings) -> Result<(), Stop> {
    let consumer = &settings.consumer;
    if consumer.copy_to.is_some() {
        let why = "not together with --save: a copy is sent on and kept nowhere else";
        return Err(Stop::wrong(settings, "consumer.copy_to", why));
    }
    if consumer.delivery == Delivery::AtMostOnce {
        let why = "not together with --save: what is committed first may never be saved";
        return Err(Stop::wrong(settings, "consumer.delivery", why));
    }
    if settings.is_typed("consumer.on_bad_message") && !prints(settings) {
        let why =
            "--save keeps any bytes, so that no message is bad; use it with --format line or seed";
        return Err(Stop::wrong(settings, "consumer.on_bad_message", why));
    }
    Ok(())
}

/// Whether the records are printed as well: a format was typed.
pub(crate) fn prints(settings: &Settings) -> bool {
    format::is_typed(settings)
}

impl Save {
    /// Opens the file, which is made when it is not there, and says if a torn record was cut off.
    ///
    /// # Errors
    /// The file cannot be written, is something else, or is written by another process.
    pub(crate) fn open(path: &Path) -> Result<Self, ArchiveError> {
        let writer = Writer::open(path)?;
        if writer.cut() > 0 {
            tracing::warn!(
                "{} ended in the middle of a record, as when its process was killed: those {} bytes were cut off, and what was \
                 not committed is read again",
                path.display(),
                writer.cut()
            );
        }
        Ok(Self { writer, path: path.to_owned(), lines: Vec::new(), saved: 0 })
    }

    /// Takes a record, which [`Save::write`] writes.
    pub(crate) fn take(&mut self, record: &Record<'_>) {
        encode(record, &mut self.lines);
    }

    /// Where the records that were taken end.
    pub(crate) fn end(&self) -> usize {
        self.lines.len()
    }

    /// Whether it is time to write.
    pub(crate) fn is_full(&self) -> bool {
        self.lines.len() >= FULL
    }

    /// Puts the records up to this end on the disk, and forgets all others.
    ///
    /// # Errors
    /// The file cannot be written: none of them is saved.
    pub(crate) fn write(&mut self, end: usize) -> Result<(), ArchiveError> {
        let lines = self.lines.get(..end).unwrap_or(&self.lines);
        if !lines.is_empty() {
            self.writer.append(lines)?;
            self.saved += lines.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        self.lines.clear();
        Ok(())
    }

    /// How many records this run has saved, in words.
    pub(crate) fn summary(&self) -> String {
        let plural = if self.saved == 1 { "" } else { "s" };
        format!("{} record{plural} saved to {}", self.saved, self.path.display())
    }
}
