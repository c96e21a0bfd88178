//! A working folder with settings files, an environment and flags.

use std::fs;

use kp_settings::{FlagValue, Input, Settings, SettingsError, load};
use tempfile::TempDir;

pub(crate) struct Scene {
    folder: TempDir,
    pub(crate) input: Input,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The folder belongs to who runs the test.
        let input = Input {
            working_folder: folder.path().to_owned(),
            user: user_of(folder.path()),
            ..Input::default()
        };
        Self { folder, input }
    }

    /// Writes a file below the working folder.
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Writes `x.toml` and names it by `--config`.
    pub(crate) fn config(self, content: &str) -> Self {
        let mut scene = self.file("x.toml", content);
        scene.input.config_file = Some("x.toml".into());
        scene
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.input.environment.push((name.into(), value.into()));
        self
    }

    pub(crate) fn flag(mut self, flag: &str, key: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        self.input.flags.push(FlagValue { flag: flag.to_owned(), key: key.to_owned(), values });
        self
    }

    /// `-X name=value`.
    pub(crate) fn raw_flag(self, name: &str, value: &str) -> Self {
        self.flag("-X", &format!("kafka.librdkafka.{name}"), &[value])
    }

    pub(crate) fn load(&self) -> Settings {
        load(&self.input).unwrap()
    }

    pub(crate) fn error(&self) -> SettingsError {
        load(&self.input).unwrap_err()
    }
}

#[cfg(unix)]
fn user_of(folder: &std::path::Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    Some(fs::metadata(folder).unwrap().uid())
}

#[cfg(not(unix))]
fn user_of(_folder: &std::path::Path) -> Option<u32> {
    None
}
