//! What settings are read from.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use crate::zone::LocalZone;

/// Everything that settings are read from.
#[derive(Clone, Default)]
pub struct Input {
    /// The environment, such as `std::env::vars_os().collect()`.
    pub environment: Vec<(OsString, OsString)>,
    /// The folder that relative paths and `config/default.toml` start from, and in which or above
    /// which a `kp.toml` is looked for.
    pub working_folder: PathBuf,
    /// Who runs the program, by the system's number. A `kp.toml` of somebody else is not read.
    pub user: Option<u32>,
    /// The file of `--config`; without it, `KP_CONFIG` names the file, if any.
    pub config_file: Option<PathBuf>,
    /// The profile of `--profile`; without it, `KP_PROFILE` or `kp-admin profile use` names it, if
    /// any. The name `none` is none.
    pub profile: Option<String>,
    /// The flags that were typed and stand for a setting.
    pub flags: Vec<FlagValue>,
    /// The zone of times that are written without one.
    pub local_zone: LocalZone,
}

/// A flag that was typed and stands for a setting.
#[derive(Clone)]
pub struct FlagValue {
    /// The flag as typed: `--topic`, `-X`.
    pub flag: String,
    /// The setting: `producer.topic`, `kafka.librdkafka.linger.ms`.
    pub key: String,
    /// The values, one for each time that it was typed. A setting with one value takes the last.
    pub values: Vec<String>,
}

impl fmt::Debug for FlagValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values may hold a secret that is about to be refused.
        f.debug_struct("FlagValue")
            .field("flag", &self.flag)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The environment holds secrets, kp's and others'.
        f.debug_struct("Input")
            .field("working_folder", &self.working_folder)
            .field("config_file", &self.config_file)
            .field("profile", &self.profile)
            .field("flags", &self.flags)
            .finish_non_exhaustive()
    }
}
