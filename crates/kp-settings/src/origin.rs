//! Where a setting's value came from.

use std::fmt;
use std::path::PathBuf;

/// Where a setting's value came from, named as a person would find it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The defaults that are built into the program.
    Default,
    /// A settings file, by the path that was given.
    File(PathBuf),
    /// An environment variable, by its name.
    Environment(String),
    /// A flag, by its name with the dashes.
    Flag(String),
    /// Somebody typed it when the program asked.
    Prompt,
    /// kp itself: it follows from another setting, or kp needs it to work.
    Kp,
}

impl Origin {
    /// Whether a person chose the value: in a file, in the environment, by a flag, or when asked.
    #[must_use]
    pub fn is_explicit(&self) -> bool {
        matches!(
            self,
            Self::File(_) | Self::Environment(_) | Self::Flag(_) | Self::Prompt
        )
    }

    /// The origin as one text that `from_tag` reads back: all that the `config` crate carries along.
    pub(crate) fn tag(&self) -> String {
        match self {
            Self::Default => "default:".to_owned(),
            Self::File(path) => format!("file:{}", path.to_string_lossy()),
            Self::Environment(name) => format!("environment:{name}"),
            Self::Flag(name) => format!("flag:{name}"),
            Self::Prompt => "prompt:".to_owned(),
            Self::Kp => "kp:".to_owned(),
        }
    }

    pub(crate) fn from_tag(tag: &str) -> Self {
        match tag.split_once(':') {
            Some(("file", path)) => Self::File(path.into()),
            Some(("environment", name)) => Self::Environment(name.to_owned()),
            Some(("flag", name)) => Self::Flag(name.to_owned()),
            Some(("prompt", _)) => Self::Prompt,
            Some(("kp", _)) => Self::Kp,
            _ => Self::Default,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.pad("default"),
            Self::File(path) => f.pad(&path.to_string_lossy()),
            Self::Environment(name) | Self::Flag(name) => f.pad(name),
            Self::Prompt => f.pad("prompt"),
            Self::Kp => f.pad("kp"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_reads_back_as_the_same_origin() {
        for origin in [
            Origin::Default,
            Origin::File("a:b/default:.toml".into()),
            Origin::Environment("KP_KAFKA__CLIENT_ID".to_owned()),
            Origin::Flag("-X".to_owned()),
            Origin::Prompt,
            Origin::Kp,
        ] {
            assert_eq!(Origin::from_tag(&origin.tag()), origin);
        }
    }
}
