//! The layer of `kp.toml`, a project's own settings, in the working folder or above it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::SettingsError;
use crate::input::Input;
use crate::kind::Kind;
use crate::layer::folder::Found;
use crate::layer::{Layer, file};
use crate::origin::Origin;
use crate::table;
use crate::value::Value;

/// The file's name, which belongs to kp: it is never another project's.
const FILE: &str = "kp.toml";

/// Reads the nearest `kp.toml`. A path in it starts from its own folder.
///
/// A file that another user may have put there is not read: anybody could send kp to brokers of
/// theirs, from a folder that all may write to.
pub(crate) fn read(input: &Input) -> Result<Found, SettingsError> {
    let Some((above, path)) = nearest(&input.working_folder) else {
        return Ok(Found::default());
    };
    let file = input.working_folder.join(&path);
    if let Some(why) = doubt(&file, input.user) {
        let path = path.display();
        let warning =
            format!("{path} is not read: {why}; if it is to be trusted, name it by --config");
        return Ok(Found { warning: Some(warning), ..Found::default() });
    }
    let text = fs::read_to_string(&file).map_err(|source| SettingsError::Unreadable {
        place: "the project's settings".to_owned(),
        path: path.clone(),
        source,
    })?;
    let mut layer = file::read(&text, &Origin::File(path.clone()), &input.local_zone)?;
    layer.refuse_what_runs()?;
    start_from(&above, &mut layer);
    let remark = Some(format!("settings are read from {}", path.display()));
    Ok(Found { layer, remark, warning: None })
}

/// The folder of the nearest file, as the way up to it, and the file.
fn nearest(working_folder: &Path) -> Option<(PathBuf, PathBuf)> {
    let mut above = PathBuf::new();
    for _ in working_folder.ancestors() {
        let path = above.join(FILE);
        if working_folder.join(&path).is_file() {
            return Some((above, path));
        }
        above.push("..");
    }
    None
}

/// Why a file may be another user's, if it may. `user` is who runs kp.
#[cfg(unix)]
fn doubt(file: &Path, user: Option<u32>) -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt;
    // What cannot be looked at cannot be read either, which is an error.
    let metadata = fs::symlink_metadata(file).ok()?;
    if metadata.is_symlink() {
        return Some("it is a symbolic link");
    }
    why_doubted(metadata.uid(), metadata.mode(), user)
}

/// Other systems have other owners, which are not looked at.
#[cfg(not(unix))]
fn doubt(_file: &Path, _user: Option<u32>) -> Option<&'static str> {
    None
}

#[cfg(unix)]
fn why_doubted(owner: u32, mode: u32, user: Option<u32>) -> Option<&'static str> {
    if ![Some(0), user].contains(&Some(owner)) {
        return Some("it belongs to another user of this machine");
    }
    (mode & 0o002 != 0).then_some("everybody on this machine may write to it")
}

/// Makes the relative paths in the layer start from this folder.
fn start_from(folder: &Path, layer: &mut Layer) {
    for own in &mut layer.assignments {
        let kind = table::find(&own.written).map(|setting| setting.kind);
        if let (Some(Kind::Path | Kind::SecretFile), Value::Text(path)) = (kind, &mut own.value) {
            *path = folder.join(&*path).to_string_lossy().into_owned();
        }
    }
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
