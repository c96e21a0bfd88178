//! What `--show-config` shows.

use crate::given::shown;
use crate::librdkafka;
use crate::merge::InForce;
use crate::names::RAW;
use crate::origin::Origin;
use crate::role::Role;
use crate::secret::REDACTED;
use crate::settings::Settings;
use crate::table::settings;

/// A line of `--show-config`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The setting, such as `producer.linger` or `kafka.librdkafka.fetch.max.bytes`.
    pub key: String,
    /// Its value as one would write it; `***` for a secret, empty where an optional setting is not set.
    pub value: String,
    /// Where it came from.
    pub origin: String,
    /// The librdkafka property that it sets, if any.
    pub property: Option<String>,
}

impl Settings {
    /// Every setting in force for this role: `[kafka]`, the role's own section, all raw properties, and
    /// what kp sets on its own (origin `kp`).
    #[must_use]
    pub fn entries(&self, role: Role) -> Vec<Entry> {
        let typed = settings()
            .iter()
            .filter(|setting| role.heeds(setting.section()))
            .map(|setting| {
                let in_force = self.values.get(setting.key);
                Entry {
                    key: setting.key.to_owned(),
                    value: in_force
                        .map(|in_force| readable(in_force, setting.is_secret()))
                        .unwrap_or_default(),
                    origin: self.origin(setting.key).to_string(),
                    property: setting.property.map(str::to_owned),
                }
            });
        let raw = self.values.raw().map(|(name, in_force)| Entry {
            key: format!("{RAW}{name}"),
            value: readable(in_force, librdkafka::is_secret(name)),
            origin: in_force.origin.to_string(),
            property: Some(name.to_owned()),
        });
        let by_kp = self.by_kp(role).map(|(name, value)| Entry {
            key: format!("{RAW}{name}"),
            value: value.to_owned(),
            origin: Origin::Kp.to_string(),
            property: Some(name.to_owned()),
        });
        typed.chain(raw).chain(by_kp).collect()
    }
}

fn readable(in_force: &InForce, secret: bool) -> String {
    if secret {
        REDACTED.to_owned()
    } else {
        shown(&in_force.value)
    }
}
