//! A file that one process appends to.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

/// Opens a file to append to it, and makes it when it is not there. None where another process has
/// it.
///
/// # Errors
/// The operating system's.
pub fn open(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        // A file system without locks must not keep a single writer from writing.
        _ => Ok(Some(file)),
    }
}

/// Makes sure that all is on the disk. A pipe or a device has nothing to sync.
///
/// # Errors
/// The operating system's.
pub fn sync(file: &File) -> io::Result<()> {
    match file.sync_data() {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}
