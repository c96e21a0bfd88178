//! Where a setting's value came from.

use std::fmt;
use std::path::{Path, PathBuf};

/// The files that come with kp. They describe the exercise, so a topic in them counts as not named.
const SHIPPED: [&str; 2] = ["config/default.toml", "config/seed.toml"];

/// Where a setting's value came from, named as a person would find it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The defaults that are built into the program.
    Default,
    /// A settings file, by the path that was given.
    File(PathBuf),
    /// A profile, by its name, in this settings file.
    Profile(String, PathBuf),
    /// An environment variable, by its name.
    Environment(String),
    /// A flag, by its name with the dashes.
    Flag(String),
    /// Somebody typed it when the program asked.
    Prompt,
    /// kp itself: it follows from another setting, or kp needs it to work.
    Kp,
    /// The default of a program that is used as a tool, because a topic was named.
    Mode,
}

impl Origin {
    /// Whether a person chose the value: in a file, in the environment, by a flag, or when asked.
    #[must_use]
    pub fn is_explicit(&self) -> bool {
        match self {
            Self::File(_)
            | Self::Profile(..)
            | Self::Environment(_)
            | Self::Flag(_)
            | Self::Prompt => true,
            Self::Default | Self::Kp | Self::Mode => false,
        }
    }

    /// Whether a person named the value: by a flag, by a variable, when asked, or in a file of
    /// their own. `folder` is the one that a file's path starts from.
    pub(crate) fn is_named(&self, folder: &Path) -> bool {
        match self {
            Self::File(path) => {
                let path = folder.join(path);
                !SHIPPED.iter().any(|shipped| path.ends_with(shipped))
            }
            other => other.is_explicit(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.pad("default"),
            Self::File(path) => f.pad(&path.to_string_lossy()),
            Self::Profile(name, _) => f.pad(&format!("profile {name}")),
            Self::Environment(name) | Self::Flag(name) => f.pad(name),
            Self::Prompt => f.pad("prompt"),
            Self::Kp => f.pad("kp"),
            Self::Mode => f.pad("mode"),
        }
    }
}
