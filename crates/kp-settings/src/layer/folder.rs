//! The layer of `config/default.toml` in the working folder, where other projects have files of
//! that name too.

use std::path::Path;
use std::{fs, io};

use crate::error::SettingsError;
use crate::input::Input;
use crate::layer::{Assignment, Layer, file, is_section, place};
use crate::origin::Origin;
use crate::table;
use crate::zone::LocalZone;

/// A project's own defaults, in the working folder.
const FILE: &str = "config/default.toml";
/// The word that makes a comment in the first line say whose the file is.
const MARK: &str = "kp";
/// The section that says where the cluster is. Another project's file must not move kp there.
const CLUSTER: &str = "kafka";
const HOW_TO: &str =
    "if the file is kp's, write `# kp` into its first line, or name it by --config";

/// What came of looking for a file that nobody named.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) layer: Layer,
    /// That it was read, or that it is somebody else's.
    pub(crate) remark: Option<String>,
    /// That it looks like kp's, and was not read.
    pub(crate) warning: Option<String>,
}

impl Found {
    fn strange(remark: impl Into<String>) -> Self {
        Self { remark: Some(remark.into()), ..Self::default() }
    }

    fn doubtful(reason: &str) -> Self {
        Self { warning: Some(format!("{FILE} is not read: {reason}; {HOW_TO}")), ..Self::default() }
    }
}

/// Reads the file where it is kp's. Either its first line says so, or it holds nothing but settings
/// of kp, none of them about the cluster. Any other file is passed over and does not stop kp.
///
/// A value that only repeats the built-in one is left out: nobody chose it. As a choice it would
/// contradict others: `idempotence = true` there must not forbid `--acks 1`.
pub(crate) fn read(input: &Input, built_in: &Layer) -> Result<Found, SettingsError> {
    let path = Path::new(FILE);
    let bytes = match fs::read(input.working_folder.join(path)) {
        Ok(bytes) => bytes,
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(Found::default());
        }
        Err(error) => return Ok(Found::doubtful(&error.to_string())),
    };
    let (origin, here) = (Origin::File(path.to_owned()), &input.local_zone);
    let text = String::from_utf8_lossy(&bytes);
    let mut layer = if is_marked(&text) {
        let text = String::from_utf8(bytes.clone()).map_err(|error| SettingsError::Unreadable {
            place: "the defaults in the working folder".to_owned(),
            path: path.to_owned(),
            source: io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()),
        })?;
        file::read(&text, &origin, here)?
    } else {
        match of_unmarked(&text, &origin, here) {
            Ok(layer) => layer,
            Err(not_read) => return Ok(*not_read),
        }
    };
    let repeats = |own: &Assignment, default: &Assignment| {
        default.written == own.written && default.value == own.value
    };
    layer
        .assignments
        .retain(|own| !built_in.assignments.iter().any(|default| repeats(own, default)));
    layer.refuse_what_is_the_users()?;
    Ok(Found { layer, remark: Some(format!("settings are read from {FILE}")), warning: None })
}

/// Whether the first line that is not empty is a comment with kp's name in it.
fn is_marked(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let comment = text.lines().next().and_then(|line| line.strip_prefix('#'));
    comment.is_some_and(|comment| {
        comment.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| word == MARK)
    })
}

/// The settings in a file that does not say whose it is. None of its values is quoted: it may be
/// somebody else's.
fn of_unmarked(text: &str, origin: &Origin, here: &LocalZone) -> Result<Layer, Box<Found>> {
    let strange = || Box::new(Found::strange(format!("{FILE} is not kp's and not read")));
    let doubtful = |reason: &str| Box::new(Found::doubtful(reason));
    let table: toml::Table = text.parse().map_err(|_| strange())?;
    if table.is_empty() || !table.keys().all(|key| is_section(key)) {
        return Err(strange());
    }
    if table.contains_key(CLUSTER) {
        return Err(doubtful("it has a section [kafka], and nothing says that this is kp's"));
    }
    let named = table.iter().flat_map(|(section, settings)| {
        let names = settings.as_table().into_iter().flat_map(toml::Table::keys);
        names.map(move |name| format!("{section}.{name}"))
    });
    let unknown = named.into_iter().find(|key| table::find(key).is_none());
    if let Some(key) = unknown {
        return Err(doubtful(&format!("{} is not a setting of kp", place(&Origin::Default, &key))));
    }
    file::read(text, origin, here).map_err(|_| doubtful("a value in it is not one of kp's"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_says_whose_it_is() {
        for marked in
            ["# kp", "\n#kp's settings\n", "\u{feff}# Every setting of kp.", "# kp: us\r\n"]
        {
            assert!(is_marked(marked), "{marked:?}");
        }
        for other in
            ["", "#", "# settings\n# kp", "kp = 1", "# kpi", "# kp-operator", "[kafka] # kp"]
        {
            assert!(!is_marked(other), "{other:?}");
        }
    }
}
