//! Why an archive cannot be written or read.

use std::io;
use std::path::{Path, PathBuf};

use kp_core::json::JsonRecordError;

/// Why an archive cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
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
    #[error(
        "{path} is not a file of saved records: its first line is not one of `kp-consumer --save`",
        path = path.display()
    )]
    Other {
        /// The file.
        path: PathBuf,
    },
    /// Another process writes it.
    #[error(
        "{path} is being written by another process; each needs a file of its own",
        path = path.display()
    )]
    Taken {
        /// The file.
        path: PathBuf,
    },
    /// A line that is not as it was written. Reading may go on behind it.
    #[error("{path}, line {line}: {reason}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line's number, from 1.
        line: u64,
        /// What is wrong with it.
        reason: Damage,
    },
}

impl ArchiveError {
    pub(crate) fn file(path: &Path, action: &'static str, source: io::Error) -> Self {
        Self::File { action, path: path.to_owned(), source }
    }
}

/// What is wrong with a line. None of the texts shows a value of the record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// It does not begin as a line does.
    #[error("this is no saved record: it does not begin with a checksum")]
    NoChecksum,
    /// It is not what was written.
    #[error("this record is damaged: its checksum does not match")]
    Checksum,
    /// It is what was written, and still no record.
    #[error("this is no saved record: {0}")]
    NoRecord(JsonRecordError),
}
