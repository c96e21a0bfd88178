//! Reading a settings file that nobody named: whether it may be another user's, and whether it is a
//! file at all.
//!
//! `user` is who runs kp. Other systems than Unix have other owners, which are not looked at.

use std::path::Path;
use std::{fs, io};

/// Settings are not longer. Who has just found a file does not wait for gigabytes.
const LONGEST: u64 = 1024 * 1024;

/// The text of a file.
///
/// # Errors
/// The system's; a pipe, which would be waited for; a file that is too long.
pub(crate) fn read(file: &Path) -> io::Result<String> {
    let about = fs::metadata(file)?;
    let wrong = |text| Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    if !about.is_file() {
        return wrong("it is no file");
    }
    if about.len() > LONGEST {
        return wrong("it is longer than 1 MiB");
    }
    fs::read_to_string(file)
}

/// Why a file that is found somewhere is not trusted, if it is not. A link may lead to a file of
/// one's own that is not meant for kp.
#[cfg(unix)]
pub(crate) fn why_not_found(file: &Path, user: Option<u32>) -> Option<&'static str> {
    // What cannot be looked at cannot be read either, which is an error.
    if fs::symlink_metadata(file).ok()?.is_symlink() {
        return Some("it is a symbolic link");
    }
    why_not_own(file, user)
}

/// Why a file in the user's own folder is not trusted, if it is not. A link there is the user's.
#[cfg(unix)]
pub(crate) fn why_not_own(file: &Path, user: Option<u32>) -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(file).ok()?;
    why_doubted(metadata.uid(), metadata.mode(), user)
}

#[cfg(unix)]
fn why_doubted(owner: u32, mode: u32, user: Option<u32>) -> Option<&'static str> {
    if ![Some(0), user].contains(&Some(owner)) {
        return Some("it belongs to another user of this machine");
    }
    (mode & 0o002 != 0).then_some("everybody on this machine may write to it")
}

#[cfg(not(unix))]
pub(crate) fn why_not_found(_file: &Path, _user: Option<u32>) -> Option<&'static str> {
    None
}

#[cfg(not(unix))]
pub(crate) fn why_not_own(_file: &Path, _user: Option<u32>) -> Option<&'static str> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_another_user_may_have_written_is_not_trusted() {
        for (owner, mode, user, trusted) in [
            (1000, 0o644, Some(1000), true),
            (1000, 0o664, Some(1000), true),
            (0, 0o600, Some(1000), true),
            (1000, 0o666, Some(1000), false),
            (1001, 0o644, Some(1000), false),
            (1000, 0o644, Some(0), false),
            (1000, 0o644, None, false),
        ] {
            let is_trusted = why_doubted(owner, mode, user).is_none();
            assert_eq!(is_trusted, trusted, "{owner} {mode:o} {user:?}");
        }
    }
}
