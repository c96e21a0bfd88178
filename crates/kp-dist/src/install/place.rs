//! Files below a prefix: put there whole or not at all, and noted, so that they can be removed.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::NamedTempFile;

use crate::tree;

/// The list of what was put below a prefix, a name a line.
const NOTES: &str = "share/kp/installed.txt";

/// A folder with `bin` and `share`.
pub(crate) struct Prefix {
    folder: PathBuf,
}

impl Prefix {
    /// The one in this folder, which need not be there yet.
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// # Errors
    /// Nothing can be written there.
    pub(crate) fn ensure_writable(&self) -> Result<()> {
        let folder = self.folder.join(tree::PROGRAMS);
        let write = || {
            make_folder(&folder)?;
            NamedTempFile::new_in(&folder).map(drop)
        };
        write().with_context(|| {
            format!("cannot write to {}; --prefix names another folder", folder.display())
        })
    }

    /// Puts the files there, and removes what an earlier version had and this one has not.
    ///
    /// A program that runs goes on with its old file. When this is ended half way, all that was put
    /// there is noted.
    ///
    /// # Errors
    /// A file cannot be written; those before it are in place.
    pub(crate) fn put(&self, files: &[tree::File]) -> Result<()> {
        let before = self.noted()?;
        let now: BTreeSet<String> = files.iter().map(|file| file.name.clone()).collect();
        self.note(&before.union(&now).cloned().collect())?;
        for file in files {
            let target = self.folder.join(&file.name);
            let mode = if file.is_program() { 0o755 } else { 0o644 };
            File::open(&file.source)
                .and_then(|mut source| write_whole(&target, mode, &mut source))
                .with_context(|| format!("cannot put {} in place", target.display()))?;
        }
        for stale in before.difference(&now) {
            self.remove_file(stale)?;
        }
        self.note(&now)
    }

    /// Removes all that was put there, and returns how many files that were.
    ///
    /// # Errors
    /// Nothing was put there, or a file cannot be removed.
    pub(crate) fn remove(&self) -> Result<usize> {
        let noted = self.noted()?;
        if noted.is_empty() {
            bail!(
                "`cargo xtask install` has put nothing into {}: there is no {NOTES}; \
                 --prefix names another folder",
                self.folder.display()
            );
        }
        for name in &noted {
            self.remove_file(name)?;
        }
        self.remove_file(NOTES)?;
        // Nobody else writes there.
        let own = self.folder.join(NOTES);
        own.parent().map_or(Ok(()), fs::remove_dir).or_else(|error| match error.kind() {
            ErrorKind::DirectoryNotEmpty => Ok(()),
            _ => Err(error).context("cannot remove the folder share/kp"),
        })?;
        Ok(noted.len())
    }

    fn remove_file(&self, name: &str) -> Result<()> {
        let path = self.folder.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    fn note(&self, names: &BTreeSet<String>) -> Result<()> {
        let text: String = names.iter().map(|name| format!("{name}\n")).collect();
        let path = self.folder.join(NOTES);
        write_whole(&path, 0o644, &mut text.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// What was put there before; nothing where nothing was.
    fn noted(&self) -> Result<BTreeSet<String>> {
        let path = self.folder.join(NOTES);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
            read => read.with_context(|| format!("cannot read {}", path.display()))?,
        };
        // An empty name would be the prefix itself.
        let lines = text.lines().filter(|line| !line.is_empty());
        let names: BTreeSet<String> = lines.map(str::to_owned).collect();
        // Files are removed by it.
        let is_below = |name: &str| {
            Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
        };
        if let Some((number, _)) = (1..).zip(text.lines()).find(|(_, name)| !is_below(name)) {
            bail!("{}: line {number} leads out of the prefix; nothing was changed", path.display());
        }
        Ok(names)
    }
}

/// Makes a folder, and those above it. Others can enter what is made, whatever the umask is; what
/// was there stays as it is.
fn make_folder(folder: &Path) -> io::Result<()> {
    let new: Vec<&Path> = folder.ancestors().take_while(|one| !one.exists()).collect();
    fs::create_dir_all(folder)?;
    let made = new.into_iter().filter(|one| !one.as_os_str().is_empty());
    made.into_iter().try_for_each(|one| fs::set_permissions(one, Permissions::from_mode(0o755)))
}

/// Replaces a file in one step.
fn write_whole(target: &Path, mode: u32, source: &mut dyn io::Read) -> io::Result<()> {
    let folder = target.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    let mut new = NamedTempFile::new_in(folder)?;
    io::copy(source, &mut new)?;
    new.as_file().set_permissions(Permissions::from_mode(mode))?;
    new.persist(target)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    /// Files of this name, with the name as their text.
    fn files(at: &TempDir, names: &[&str]) -> Vec<tree::File> {
        let file = |name: &&str| {
            let source = at.path().join(name.replace('/', "-"));
            fs::write(&source, name).unwrap();
            tree::File { name: (*name).to_owned(), source }
        };
        names.iter().map(file).collect()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn what_was_put_there_is_removed_and_nothing_else() {
        let (at, from) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let prefix = Prefix::at(at.path().join("new"));
        prefix.put(&files(&from, &["bin/kp-admin", "share/man/man1/kp-admin.1"])).unwrap();
        let program = prefix.folder().join("bin/kp-admin");
        assert_eq!(fs::read_to_string(&program).unwrap(), "bin/kp-admin");
        assert_eq!(mode(&program), 0o755);
        assert_eq!(mode(&prefix.folder().join("share/man/man1/kp-admin.1")), 0o644);
        fs::write(prefix.folder().join("bin/other"), "").unwrap();
        assert_eq!(prefix.remove().unwrap(), 2);
        assert!(!program.exists());
        assert!(prefix.folder().join("bin/other").exists());
        assert!(!prefix.folder().join("share/kp").exists());
        let again = prefix.remove().unwrap_err().to_string();
        assert!(again.contains("has put nothing into"), "{again}");
    }

    #[test]
    fn an_empty_line_of_the_notes_is_nothing_to_remove() {
        let (at, from) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let prefix = Prefix::at(at.path().to_owned());
        prefix.put(&files(&from, &["bin/kp-admin"])).unwrap();
        let notes = at.path().join(NOTES);
        let text = fs::read_to_string(&notes).unwrap();
        fs::write(&notes, format!("\n{text}\n")).unwrap();
        assert_eq!(prefix.remove().unwrap(), 1);
        assert!(!notes.exists());
    }

    #[test]
    fn others_can_enter_the_folders_whatever_the_umask_is() {
        const AGAIN: &str = "KP_TEST_PREFIX";
        if let Some(folder) = std::env::var_os(AGAIN) {
            let (prefix, from) = (Prefix::at(folder.into()), TempDir::new().unwrap());
            prefix.ensure_writable().unwrap();
            prefix.put(&files(&from, &["share/man/man1/kp-admin.1"])).unwrap();
            return;
        }
        let at = TempDir::new().unwrap();
        fs::set_permissions(at.path(), Permissions::from_mode(0o700)).unwrap();
        // A umask is one of the whole process.
        let name = "others_can_enter_the_folders_whatever_the_umask_is";
        let done = std::process::Command::new("/bin/sh")
            .args(["-c", "umask 077; exec \"$0\" \"$1\""])
            .args([std::env::current_exe().unwrap().as_os_str(), name.as_ref()])
            .env(AGAIN, at.path().join("new"))
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        for folder in ["new", "new/bin", "new/share/man/man1", "new/share/kp"] {
            assert_eq!(mode(&at.path().join(folder)), 0o755, "{folder}");
        }
        assert_eq!(mode(at.path()), 0o700);
    }

    #[test]
    fn what_the_new_version_has_no_more_goes() {
        let (at, from) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let prefix = Prefix::at(at.path().to_owned());
        prefix.put(&files(&from, &["bin/kp-admin", "share/man/man1/kp-admin-old.1"])).unwrap();
        prefix.put(&files(&from, &["bin/kp-admin"])).unwrap();
        assert!(prefix.folder().join("bin/kp-admin").exists());
        assert!(!prefix.folder().join("share/man/man1/kp-admin-old.1").exists());
    }

    #[test]
    fn a_program_that_runs_is_replaced_and_goes_on() {
        let (at, from) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let prefix = Prefix::at(at.path().to_owned());
        let sleep = tree::File { name: "bin/kp-admin".to_owned(), source: "/bin/sleep".into() };
        prefix.put(&[sleep]).unwrap();
        let running = kp_process::Call::new(at.path().join("bin/kp-admin"));
        let running = running.args(["60"]).start().unwrap();
        prefix.put(&files(&from, &["bin/kp-admin"])).unwrap();
        assert!(!running.has_ended());
        running.kill();
    }

    #[test]
    fn notes_that_lead_elsewhere_remove_nothing() {
        let at = TempDir::new().unwrap();
        let prefix = Prefix::at(at.path().join("prefix"));
        let other = at.path().join("other");
        fs::write(&other, "").unwrap();
        for name in ["../other", other.to_str().unwrap(), "bin/../../other"] {
            prefix.note(&[name.to_owned()].into()).unwrap();
            let error = prefix.remove().unwrap_err().to_string();
            assert!(error.contains("line 1 leads out of the prefix"), "{error}");
            assert!(other.exists());
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named_with_the_way_out() {
        let at = TempDir::new().unwrap();
        let file = at.path().join("file");
        fs::write(&file, "").unwrap();
        let error = format!("{:#}", Prefix::at(file).ensure_writable().unwrap_err());
        assert!(error.contains("file/bin; --prefix names another folder: "), "{error}");
    }
}
