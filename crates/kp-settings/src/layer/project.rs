//! The layer of `kp.toml`, a project's own settings, in the working folder or above it.

use std::path::{Path, PathBuf};

use crate::error::SettingsError;
use crate::input::Input;
use crate::layer::folder::Found;
use crate::layer::{file, trust};
use crate::origin::Origin;

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
    if let Some(why) = trust::why_not_found(&file, input.user) {
        let path = path.display();
        let warning =
            format!("{path} is not read: {why}; if it is to be trusted, name it by --config");
        return Ok(Found { warning: Some(warning), ..Found::default() });
    }
    let text = trust::read(&file).map_err(|source| SettingsError::Unreadable {
        place: "the project's settings".to_owned(),
        path: path.clone(),
        source,
    })?;
    let mut layer = file::read(&text, &Origin::File(path.clone()), &input.local_zone)?;
    layer.refuse_what_is_the_users()?;
    layer.start_from(&above);
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
