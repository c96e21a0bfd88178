//! A text that must not be shown.

use std::fmt;

use serde::Deserialize;

/// What is shown instead of a secret.
pub const REDACTED: &str = "***";

/// What an error says of a secret's value, whatever is wrong with it.
pub(crate) const UNDISCLOSED: &str = "the value is refused (and not shown)";

/// A text that must not be shown: its `Debug` is `***`, and it has no `Display`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself, to hand it to librdkafka.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}
