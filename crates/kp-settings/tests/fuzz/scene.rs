//! A working folder with one settings file, which each input writes anew.

use std::error::Error;
use std::path::PathBuf;

use kp_settings::{FlagValue, Input, Role, Settings, SettingsError, load};
use tempfile::TempDir;

pub(crate) const ROLES: [Role; 4] = [Role::Producer, Role::Consumer, Role::Admin, Role::Forwarder];
/// Stands in each place where a secret may stand, and must not show.
pub(crate) const CANARY: &str = "canary7Hq";

const FILE: &str = "x.toml";

pub(crate) struct Scene {
    folder: TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder }
    }

    /// Nothing but the defaults.
    pub(crate) fn empty(&self) -> Input {
        Input { working_folder: self.folder.path().to_owned(), ..Input::default() }
    }

    pub(crate) fn with_file(&self, content: &str) -> Input {
        std::fs::write(self.folder.path().join(FILE), content).expect("a file");
        Input { config_file: Some(PathBuf::from(FILE)), ..self.empty() }
    }

    pub(crate) fn with_variable(&self, name: &str, value: &str) -> Input {
        Input { environment: vec![(name.into(), value.into())], ..self.empty() }
    }

    pub(crate) fn with_flag(&self, key: &str, value: &str) -> Input {
        Input { flags: vec![flag(key, value)], ..self.empty() }
    }
}

pub(crate) fn flag(key: &str, value: &str) -> FlagValue {
    FlagValue { flag: "--flag".to_owned(), key: key.to_owned(), values: vec![value.to_owned()] }
}

/// A setting may name any file as one with a secret, also one that never ends.
pub(crate) fn may_never_end(text: &str) -> bool {
    ["dev", "proc", "sys"].iter().any(|folder| text.contains(folder))
}

/// Loads the settings and whatever follows from them, and returns all that anybody could print
/// about them.
pub(crate) fn everything_shown(input: &Input) -> (Result<Settings, SettingsError>, String) {
    let mut shown = format!("{input:?}");
    let loaded = load(input);
    match &loaded {
        Err(error) => show(error, &mut shown),
        Ok(settings) => {
            shown += &format!("{settings:?} {:?}", settings.tls_setting());
            for role in ROLES {
                shown += &format!("{:?}", settings.entries(role));
                match settings.properties(role) {
                    Ok(properties) => shown += &format!("{properties:?}"),
                    Err(error) => show(&error, &mut shown),
                }
            }
        }
    }
    (loaded, shown)
}

fn show(error: &dyn Error, shown: &mut String) {
    assert_is_one_line(&error.to_string());
    *shown += &format!("{error} {error:?}");
    if let Some(source) = error.source() {
        show(source, shown);
    }
}

/// An error is one line, and as short as the names that it repeats allow.
fn assert_is_one_line(error: &str) {
    assert!(!error.is_empty());
    assert!(!error.contains(char::is_control), "{error:?}");
    assert!(error.len() < 20_000, "{} bytes: {error:.200}", error.len());
}
