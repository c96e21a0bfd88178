//! The layer of the user's own file, `~/.config/kp/config.toml`, which may have profiles.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::SettingsError;
use crate::input::Input;
use crate::layer::{Content, file, trust};
use crate::origin::Origin;

/// The folder of the user's own files, in the system's folder for these.
const FOLDER: &str = "kp";
const FILE: &str = "config.toml";

/// What came of looking for the file.
#[derive(Default)]
pub(crate) struct Own {
    pub(crate) content: Content,
    /// That it was read.
    pub(crate) remark: Option<String>,
    /// That it was not.
    pub(crate) warning: Option<String>,
}

/// The folder of the user's own files, for reading and as it is named.
#[derive(Clone)]
pub(crate) struct Folder {
    real: PathBuf,
    named: PathBuf,
}

impl Folder {
    /// By the rule of freedesktop.org, which other command lines keep as well. `None` where the
    /// environment has neither `XDG_CONFIG_HOME` nor `HOME`.
    pub(crate) fn of(input: &Input) -> Option<Self> {
        let variable = |name: &str| {
            let (_, value) = input.environment.iter().rev().find(|(own, _)| own == name)?;
            // By that rule a relative path has no effect.
            Some(Path::new(value)).filter(|path| path.is_absolute())
        };
        let home = variable("HOME");
        let real = match variable("XDG_CONFIG_HOME") {
            Some(path) => path.join(FOLDER),
            None => home?.join(".config").join(FOLDER),
        };
        let below_home = home.and_then(|home| real.strip_prefix(home).ok());
        let named = below_home.map_or_else(|| real.clone(), |rest| Path::new("~").join(rest));
        Some(Self { real, named })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.real
    }

    /// A file in it, as it is named.
    pub(crate) fn name_of(&self, name: &str) -> PathBuf {
        self.named.join(name)
    }

    /// The name of the settings file.
    pub(crate) fn settings_file(&self) -> PathBuf {
        self.name_of(FILE)
    }

    /// The text of a file in it, if there is one. `Err` in the answer is why it is not trusted.
    pub(crate) fn read(
        &self,
        name: &str,
        user: Option<u32>,
    ) -> Result<Option<Result<String, &'static str>>, SettingsError> {
        let path = self.real.join(name);
        if let Some(why) = trust::why_not_own(&path, user) {
            return Ok(Some(Err(why)));
        }
        match trust::read(&path) {
            Ok(text) => Ok(Some(Ok(text))),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(source) => Err(SettingsError::Unreadable {
                place: "your own settings".to_owned(),
                path: self.name_of(name),
                source,
            }),
        }
    }
}

/// Reads the user's own file. A relative path in it starts from its folder.
pub(crate) fn read(input: &Input) -> Result<Own, SettingsError> {
    let Some(folder) = Folder::of(input) else {
        return Ok(Own::default());
    };
    let named = folder.settings_file();
    match folder.read(FILE, input.user)? {
        None => Ok(Own::default()),
        Some(Err(why)) => {
            let warning = format!(
                "{} is not read: {why}; make it yours alone (chown, chmod 600)",
                named.display()
            );
            Ok(Own { warning: Some(warning), ..Own::default() })
        }
        Some(Ok(text)) => {
            let origin = Origin::File(named.clone());
            let mut content = file::read_with_profiles(&text, &origin, &input.local_zone)?;
            content.layer.start_from(&folder.real);
            let remark = Some(format!("settings are read from {}", named.display()));
            Ok(Own { content, remark, warning: None })
        }
    }
}
