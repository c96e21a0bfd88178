//! Why settings were refused.

use std::io;
use std::path::PathBuf;

/// Why settings were refused. Names the file, variable or flag, the key, and what to write instead.
///
/// No variant holds the value of a secret, so that neither `Display` nor `Debug` can show one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A settings file, or a file that a setting names, cannot be read.
    #[error("{place}: cannot read {}", path.display())]
    Unreadable {
        /// The setting, the flag or the variable that named the file.
        place: String,
        /// The file, as it was named.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file of kp's own cannot be written.
    #[error("cannot write {}", path.display())]
    Unwritable {
        /// The file, as it is named.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A settings file is not TOML. The line itself is not quoted: it may hold a secret.
    #[error("{}:{line}:{column}: not valid TOML: {reason}", path.display())]
    Syntax {
        /// The file, as it was named.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What was expected there.
        reason: String,
    },
    /// A setting or a librdkafka property that does not exist.
    #[error("{place} is not {what}; {hint}")]
    Unknown {
        /// Where it stands, and its name.
        place: String,
        /// What it was taken for: "a setting" or "a librdkafka property".
        what: &'static str,
        /// The nearest right name, or where the names are listed.
        hint: String,
    },
    /// A value of the wrong type, or out of its range.
    #[error("{place}: {problem}; expected {expected}")]
    Value {
        /// Where it stands, and its name.
        place: String,
        /// What is wrong; quotes the value only where it is no secret.
        problem: String,
        /// Type, unit and range, or the choices.
        expected: String,
    },
    /// The same thing was set explicitly under two names.
    #[error("{first} and {second} set the same thing; keep one of them")]
    Twice {
        /// Where the one stands, and its name.
        first: String,
        /// Where the other stands, and its name.
        second: String,
    },
    /// A librdkafka property that kp sets itself.
    #[error("{place}: kp sets this itself because {reason}")]
    Owned {
        /// Where it stands, and its name.
        place: String,
        /// Why kp sets it, and which setting to use instead, if any.
        reason: &'static str,
    },
    /// A secret on the command line, where every user of the machine can read it.
    #[error("{flag} {property}: a secret on the command line shows in ps; {instead}")]
    SecretInFlag {
        /// The flag.
        flag: String,
        /// The librdkafka property.
        property: &'static str,
        /// Where the secret belongs.
        instead: String,
    },
    /// Settings that contradict each other, although each is right.
    #[error("{0}")]
    Contradiction(String),
    /// An environment variable of kp's whose value is not UTF-8.
    #[error("{0}: the variable's value is not UTF-8")]
    NotUnicode(String),
    /// The table of settings, the built-in defaults and the model do not fit together: a mistake
    /// in kp.
    #[error("a mistake in kp's own settings: {0}")]
    Misfit(String),
}
