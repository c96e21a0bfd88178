//! The layer of the settings file that was named.

use std::fs;
use std::path::Path;

use crate::error::SettingsError;
use crate::input::Input;
use crate::layer::{Content, environment, file};
use crate::origin::Origin;

/// The file of `--config` or `KP_CONFIG`, and which of the two names it.
pub(crate) fn path(input: &Input) -> Option<(&Path, &'static str)> {
    let by_flag = input.config_file.as_deref().map(|path| (path, "--config"));
    by_flag.or_else(|| {
        let path = environment::config_file(&input.environment)?;
        Some((Path::new(path), "KP_CONFIG"))
    })
}

/// What that file holds, if there is one.
pub(crate) fn read(input: &Input) -> Result<Option<(&Path, Content)>, SettingsError> {
    let Some((path, place)) = path(input) else {
        return Ok(None);
    };
    let text = fs::read_to_string(input.working_folder.join(path)).map_err(|source| {
        SettingsError::Unreadable { place: place.to_owned(), path: path.to_owned(), source }
    })?;
    let origin = Origin::File(path.to_owned());
    let content = file::read_with_profiles(&text, &origin, &input.local_zone)?;
    Ok(Some((path, content)))
}
