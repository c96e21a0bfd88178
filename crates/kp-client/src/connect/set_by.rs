//! Where the bootstrap addresses come from.

use kp_settings::{Origin, Settings};

/// Where the bootstrap addresses were set.
pub(super) struct SetBy {
    pub(super) origin: Origin,
    /// As a person finds it again: `my.toml: kafka.bootstrap_servers`.
    pub(super) place: String,
}

impl SetBy {
    /// None for the default, which nobody set.
    pub(super) fn of(settings: &Settings) -> Option<Self> {
        let key = "kafka.bootstrap_servers";
        let place = settings.place(key)?;
        Some(Self { origin: settings.origin(key).clone(), place })
    }

    /// What to do so that it is set no more, as in "to use the default, ...".
    pub(super) fn undo(&self) -> String {
        let verb = match self.origin {
            Origin::Environment(_) => "unset",
            Origin::Flag(_) => "leave out",
            _ => "change",
        };
        format!("{verb} {}", self.place)
    }
}
