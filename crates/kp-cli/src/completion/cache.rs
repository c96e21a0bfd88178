//! Names of a cluster, for a minute, in a file of the user's own.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::time::Duration;

use kp_settings::{Role, Settings};
use rustix::fs::OFlags;
use rustix::process::geteuid;

use crate::names::Names;

/// How long names are good for.
const FRESH: Duration = Duration::from_secs(60);
/// How long a cluster that has not answered is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(10);
/// More than that are not names.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

const FIRST_LINE: &str = "kp names 1";
/// No topic and no group that is offered has this name.
const LAST_LINE: &str = ";";

/// Names as a text that is seen to be whole.
pub(super) fn text_of(mut names: Vec<String>) -> String {
    names.insert(0, FIRST_LINE.to_owned());
    names.push(LAST_LINE.to_owned());
    names.join("\n")
}

/// The reverse; none where the text is not whole.
pub(super) fn names_in(text: &str) -> Option<Vec<String>> {
    let mut lines: Vec<&str> = text.lines().collect();
    if lines.pop() != Some(LAST_LINE) || lines.first() != Some(&FIRST_LINE) {
        return None;
    }
    Some(lines[1..].iter().map(|&name| name.to_owned()).collect())
}

/// Where names of one kind are kept.
pub(super) struct Cache {
    folder: PathBuf,
    file: String,
}

impl Cache {
    /// The place for this cluster and this login; none where there is no home.
    pub(super) fn of(kind: Names, settings: &Settings) -> Option<Self> {
        let folder = folder(|name| std::env::var_os(name))?;
        let mut hasher = DefaultHasher::new();
        for property in settings.properties(Role::Admin).ok()? {
            // Who logs in sees other topics. No secret is in it, not even as a hash.
            if !property.secret || property.name == "sasl.username" {
                (property.name, property.value).hash(&mut hasher);
            }
        }
        Some(Self { folder, file: format!("{:016x}.{}", hasher.finish(), kind.word()) })
    }

    /// Names that are not older than a minute.
    pub(super) fn names(&self) -> Option<Vec<String>> {
        names_in(&self.read(&self.file, FRESH)?)
    }

    /// Whether the cluster has been asked a moment ago, and has not answered.
    pub(super) fn was_just_asked(&self) -> bool {
        self.read(&self.asked(), LEFT_ALONE).is_some()
    }

    /// Notes names. A cache that cannot be written is no failure: then each TAB asks.
    pub(super) fn note(&self, text: &str) {
        let _ = self.write(&self.file, text);
    }

    /// Notes that the cluster is being asked.
    pub(super) fn note_asked(&self) {
        let _ = self.write(&self.asked(), "");
    }

    fn asked(&self) -> String {
        format!("{}.asked", self.file)
    }

    /// What is in a file of ours that nobody else can have written, if it is young enough.
    fn read(&self, name: &str, age: Duration) -> Option<String> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let mut file = OpenOptions::new()
            .read(true)
            .custom_flags(i32::try_from(flags.bits()).ok()?)
            .open(self.folder.join(name))
            .ok()?;
        let about = file.metadata().ok()?;
        let is_ours = about.is_file() && about.uid() == geteuid().as_raw();
        if !is_ours || about.mode() & 0o077 != 0 || about.len() > MOST_BYTES {
            return None;
        }
        // One of the future is none: the clock was set.
        about.modified().ok()?.elapsed().ok().filter(|elapsed| *elapsed < age)?;
        let mut text = String::new();
        file.read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// Writes a file at once, so that nobody reads half of it.
    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let new = self.folder.join(format!("{name}.{}", std::process::id()));
        let written = new_file(&new).and_then(|mut file| file.write_all(text.as_bytes()));
        let done = written.and_then(|()| fs::rename(&new, self.folder.join(name)));
        done.inspect_err(|_| {
            let _ = fs::remove_file(&new);
        })
    }
}

fn new_file(path: &PathBuf) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let place = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = place("XDG_CACHE_HOME").or_else(|| Some(place("HOME")?.join(".cache")));
    Some(caches?.join("kp"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::time::SystemTime;

    use tempfile::TempDir;

    use super::*;

    fn cache() -> (TempDir, Cache) {
        let folder = TempDir::new().unwrap();
        let cache = Cache { folder: folder.path().join("kp"), file: "names".to_owned() };
        (folder, cache)
    }

    fn text() -> String {
        text_of(vec!["a".to_owned(), "b".to_owned()])
    }

    fn age(cache: &Cache, name: &str, by: Duration) {
        let file = File::options().write(true).open(cache.folder.join(name)).unwrap();
        file.set_modified(SystemTime::now() - by).unwrap();
    }

    #[test]
    fn names_are_known_for_a_minute_to_their_owner_alone() {
        let (_folder, cache) = cache();
        assert_eq!(cache.names(), None);
        cache.note(&text());
        assert_eq!(cache.names(), Some(vec!["a".to_owned(), "b".to_owned()]));
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(cache.folder.clone()), 0o700);
        assert_eq!(mode(cache.folder.join("names")), 0o600);
        assert_eq!(fs::read_dir(&cache.folder).unwrap().count(), 1);
        age(&cache, "names", FRESH);
        assert_eq!(cache.names(), None);
    }

    #[test]
    fn a_cluster_that_does_not_answer_is_left_alone_for_ten_seconds() {
        let (_folder, cache) = cache();
        assert!(!cache.was_just_asked());
        cache.note_asked();
        assert!(cache.was_just_asked());
        age(&cache, "names.asked", LEFT_ALONE);
        assert!(!cache.was_just_asked());
    }

    #[test]
    fn what_is_not_whole_or_not_ours_is_no_cache() {
        let (_folder, cache) = cache();
        cache.note("kp names 1\na\n");
        assert_eq!(cache.names(), None);
        cache.note("\u{0}\u{1}");
        assert_eq!(cache.names(), None);
        cache.note(&text());
        let path = cache.folder.join("names");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(cache.names(), None, "everybody can write it");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::rename(&path, cache.folder.join("other")).unwrap();
        symlink(cache.folder.join("other"), &path).unwrap();
        assert_eq!(cache.names(), None, "a link");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_eq!(cache.names(), None);
        cache.note(&text());
        assert_eq!(fs::read_dir(&cache.folder).unwrap().count(), 2, "what was tried is taken away");
    }

    #[test]
    fn one_of_the_future_is_no_cache() {
        let (_folder, cache) = cache();
        cache.note(&text());
        let file = File::options().write(true).open(cache.folder.join("names")).unwrap();
        file.set_modified(SystemTime::now() + FRESH).unwrap();
        assert_eq!(cache.names(), None, "the clock was set");
    }

    #[test]
    fn caches_have_their_place() {
        let of = |xdg: &'static str, home: &'static str| {
            folder(move |name| Some(if name == "HOME" { home.into() } else { xdg.into() }))
        };
        assert_eq!(of("/c", "/h"), Some("/c/kp".into()));
        assert_eq!(of("", "/h"), Some("/h/.cache/kp".into()));
        assert_eq!(of("relative", "/h"), Some("/h/.cache/kp".into()));
        assert_eq!(of("", ""), None);
    }
}
