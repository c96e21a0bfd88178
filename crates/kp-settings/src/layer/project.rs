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
/// A file of somebody else is not read: in a folder that all may write to, anybody could send kp to
/// brokers of theirs.
pub(crate) fn read(input: &Input) -> Result<Found, SettingsError> {
    let Some((above, path)) = nearest(&input.working_folder) else {
        return Ok(Found::default());
    };
    let file = input.working_folder.join(&path);
    if is_strange(&file, input) {
        return Ok(Found {
            warning: Some(format!(
                "{} is not read: it belongs to another user of this machine; if it is to be trusted, name it by --config",
                path.display()
            )),
            ..Found::default()
        });
    }
    let text = fs::read_to_string(&file).map_err(|source| SettingsError::Unreadable {
        place: "the project's settings".to_owned(),
        path: path.clone(),
        source,
    })?;
    let mut layer = file::read(&text, &Origin::File(path.clone()), &input.local_zone)?;
    start_from(&above, &mut layer);
    Ok(Found {
        layer,
        remark: Some(format!("settings are read from {}", path.display())),
        warning: None,
    })
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

#[cfg(unix)]
fn is_strange(file: &Path, input: &Input) -> bool {
    use std::os::unix::fs::MetadataExt;
    let owner = |path: &Path| fs::metadata(path).ok().map(|metadata| metadata.uid());
    let owner_of_folder = owner(&input.working_folder);
    owner(file).is_some_and(|owner| !is_trusted(owner, input.user, owner_of_folder))
}

/// Other systems have other owners, which are not looked at.
#[cfg(not(unix))]
fn is_strange(_file: &Path, _input: &Input) -> bool {
    false
}

/// Whether a file of this owner may say where kp goes: it is root's, or of who runs kp, or of the
/// owner of the folder that kp was started in.
#[cfg(unix)]
fn is_trusted(owner: u32, user: Option<u32>, owner_of_folder: Option<u32>) -> bool {
    [Some(0), user, owner_of_folder].contains(&Some(owner))
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
    fn a_file_of_another_user_is_not_trusted() {
        for (owner, user, owner_of_folder, trusted) in [
            (1000, Some(1000), Some(0), true),
            (0, Some(1000), Some(1000), true),
            // As root in a folder of the user who owns the file as well.
            (1000, Some(0), Some(1000), true),
            (1001, Some(1000), Some(1000), false),
            (1001, Some(0), Some(0), false),
            (1001, None, None, false),
        ] {
            assert_eq!(is_trusted(owner, user, owner_of_folder), trusted, "{owner} {user:?}");
        }
    }
}
