//! A `.tar.gz` that is the same bytes for the same files: sorted, of one time and one owner.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use tar::{Builder, Header};
use tempfile::NamedTempFile;

use crate::tree::File;

/// Packs the files into a folder `top`, with this time in seconds since 1970.
///
/// # Errors
/// A file cannot be read, or the archive not be written; an earlier one is then as it was.
pub(crate) fn pack(archive: &Path, top: &str, files: &[File], time: u64) -> Result<()> {
    let folder = archive.parent().unwrap_or(Path::new("."));
    let begin = || {
        fs::create_dir_all(folder)?;
        // Others may read it as any other file of this user.
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        tempfile::Builder::new().permissions(readable).tempfile_in(folder)
    };
    let new = begin().with_context(|| format!("cannot write to {}", folder.display()))?;
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort();
    write(&new, top, &sorted, time)?;
    new.persist(archive).with_context(|| format!("cannot write {}", archive.display()))?;
    Ok(())
}

fn write(to: &NamedTempFile, top: &str, files: &[&File], time: u64) -> Result<()> {
    // Neither the name nor the time of a file is in the head.
    let packer = GzBuilder::new().write(BufWriter::new(to), Compression::default());
    let mut archive = Builder::new(packer);
    for file in files {
        let mut append = || -> io::Result<()> {
            let source = fs::File::open(&file.source)?;
            let mut header = Header::new_gnu();
            header.set_size(source.metadata()?.len());
            header.set_mode(if file.is_program() { 0o755 } else { 0o644 });
            header.set_mtime(time);
            header.set_uid(0);
            header.set_gid(0);
            archive.append_data(&mut header, format!("{top}/{}", file.name), source)
        };
        append().with_context(|| format!("cannot pack {}", file.source.display()))?;
    }
    let end = || archive.into_inner()?.finish()?.flush();
    end().context("cannot write the archive to its end")
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    use std::time::{Duration, SystemTime};

    use flate2::read::GzDecoder;
    use tempfile::TempDir;

    use super::*;

    /// Files of these names, with their names as their texts.
    fn files(folder: &TempDir, names: &[&str], mode: u32, age: Duration) -> Vec<File> {
        let file = |name: &&str| {
            let source = folder.path().join(name.replace('/', "-"));
            fs::write(&source, name).unwrap();
            let opened = fs::File::options().append(true).open(&source).unwrap();
            opened.set_permissions(Permissions::from_mode(mode)).unwrap();
            opened.set_modified(SystemTime::now() - age).unwrap();
            File { name: (*name).to_owned(), source }
        };
        names.iter().map(file).collect()
    }

    #[test]
    fn order_age_and_permissions_of_the_files_do_not_change_a_byte() {
        let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let names = ["bin/kp-admin", "share/man/man1/kp-admin.1"];
        let backwards = ["share/man/man1/kp-admin.1", "bin/kp-admin"];
        let (first, second) = (one.path().join("a.tar.gz"), other.path().join("b.tar.gz"));
        pack(&first, "kp", &files(&one, &names, 0o644, Duration::ZERO), 1_000_000_000).unwrap();
        let day = Duration::from_secs(86_400);
        pack(&second, "kp", &files(&other, &backwards, 0o600, day), 1_000_000_000).unwrap();
        assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
        // Only what is in it does.
        pack(&second, "kp", &files(&other, &names[..1], 0o600, day), 1_000_000_000).unwrap();
        assert_ne!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    }

    #[test]
    fn it_is_read_back_with_one_time_one_owner_and_programs_that_run() {
        let folder = TempDir::new().unwrap();
        let archive = folder.path().join("dist/a.tar.gz");
        let names = ["share/man/man1/kp-admin.1", "bin/kp-admin"];
        pack(&archive, "kp-1", &files(&folder, &names, 0o600, Duration::ZERO), 77).unwrap();
        let mut read = tar::Archive::new(GzDecoder::new(fs::File::open(archive).unwrap()));
        let mut found = Vec::new();
        for entry in read.entries().unwrap() {
            let mut entry = entry.unwrap();
            let text = io::read_to_string(&mut entry).unwrap();
            let header = entry.header();
            assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
            assert_eq!(header.mtime().unwrap(), 77);
            let name = entry.path().unwrap().display().to_string();
            found.push((name, header.mode().unwrap(), text));
        }
        let expected = [
            ("kp-1/bin/kp-admin", 0o755, "bin/kp-admin"),
            ("kp-1/share/man/man1/kp-admin.1", 0o644, "share/man/man1/kp-admin.1"),
        ];
        let expected = expected.map(|(name, mode, text)| (name.to_owned(), mode, text.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_file_that_is_not_there_leaves_the_earlier_archive() {
        let folder = TempDir::new().unwrap();
        let archive = folder.path().join("a.tar.gz");
        fs::write(&archive, "earlier").unwrap();
        let gone = File { name: "bin/gone".to_owned(), source: folder.path().join("gone") };
        let error = pack(&archive, "kp", &[gone], 0).unwrap_err().to_string();
        assert!(error.starts_with("cannot pack "), "{error}");
        assert_eq!(fs::read_to_string(&archive).unwrap(), "earlier");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
