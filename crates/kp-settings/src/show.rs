//! What `--show-config` shows.

use crate::librdkafka;
use crate::mode::{Mode, topic_of};
use crate::names::RAW;
use crate::origin::Origin;
use crate::owned::MESSAGE_TIMEOUT;
use crate::role::Role;
use crate::settings::Settings;
use crate::table::{Setting, settings};

/// A line of `--show-config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The setting, such as `producer.linger` or `kafka.librdkafka.fetch.max.bytes`.
    pub key: String,
    /// Its value as one would write it; `***` for a secret, empty where an optional setting is not
    /// set.
    pub value: String,
    /// Where it came from.
    pub origin: String,
    /// The librdkafka property that it sets, if any.
    pub property: Option<String>,
}

impl Settings {
    /// The line above the settings: what the program of this role is used for, and what named the
    /// topic.
    #[must_use]
    pub fn mode_entry(&self, role: Role) -> Option<Entry> {
        let origin = self.origin(topic_of(role)?);
        let mode = self.mode(role);
        Some(Entry {
            key: "mode".to_owned(),
            value: mode.to_string(),
            origin: match mode {
                Mode::Tool => format!("topic ({origin})"),
                Mode::Exercise => "no topic named".to_owned(),
            },
            property: None,
        })
    }

    /// The line that names the profile in force, and where it stands.
    #[must_use]
    pub fn profile_entry(&self) -> Option<Entry> {
        let chosen = self.profile()?;
        Some(Entry {
            key: "profile".to_owned(),
            value: chosen.name.clone(),
            origin: format!("{} ({})", chosen.by, chosen.file.display()),
            property: None,
        })
    }

    /// Every setting in force for this role: `[kafka]`, the role's own section, all raw properties,
    /// and what kp sets on its own (origin `kp`).
    #[must_use]
    pub fn entries(&self, role: Role) -> Vec<Entry> {
        let line = |key: String, value: String, origin: &Origin, property: Option<&str>| Entry {
            key,
            value,
            origin: origin.to_string(),
            property: property.map(str::to_owned),
        };
        let is_used = |setting: &&Setting| role.uses(setting.section());
        let typed = settings().iter().filter(is_used).map(|setting| {
            let in_force = self.values.get(setting.key);
            let value = in_force.map(|in_force| in_force.shown(setting.is_secret()));
            let is_set = |name: &&str| *name != MESSAGE_TIMEOUT || !self.gives_up_all(role);
            let property = setting.property.filter(is_set);
            let origin = self.origin(setting.key);
            line(setting.key.to_owned(), value.unwrap_or_default(), origin, property)
        });
        let raw = self.values.raw().map(|(name, in_force)| {
            let value = in_force.shown(librdkafka::is_secret(name));
            line(format!("{RAW}{name}"), value, &in_force.origin, Some(name))
        });
        let by_kp = self.by_kp(role).map(|(name, value)| {
            line(format!("{RAW}{name}"), value.to_owned(), &Origin::Kp, Some(name))
        });
        typed.chain(raw).chain(by_kp).collect()
    }
}
