//! The librdkafka properties that follow from the settings.

use std::path::Path;
use std::{fmt, fs};

use config::ValueKind;

use crate::error::SettingsError;
use crate::given::shown;
use crate::kind::Kind;
use crate::merge::InForce;
use crate::origin::Origin;
use crate::role::Role;
use crate::secret::REDACTED;
use crate::settings::Settings;
use crate::table::{Setting, settings};
use crate::{duration, librdkafka, owned, security};

/// A librdkafka property to set.
#[derive(Clone, PartialEq, Eq)]
pub struct Property {
    /// librdkafka's name.
    pub name: String,
    /// The value as librdkafka reads it; in the clear, also where it is a secret.
    pub value: String,
    /// Whether the value must never be shown.
    pub secret: bool,
    /// Where the value came from.
    pub origin: Origin,
    /// The setting that it follows from; `None` for a raw property and for what kp sets on its own.
    pub setting: Option<String>,
}

const TRANSACTIONAL_ID: &str = "transactional.id";

/// Whether a forwarder has a value of its own for this property of `[producer]`.
fn is_forwarders_own(role: Role, name: &str) -> bool {
    let is_safe = || owned::SAFE.iter().any(|(safe, _)| *safe == name);
    role == Role::Forwarder && (name == TRANSACTIONAL_ID || is_safe())
}

fn by_kp((name, value): (&str, &str)) -> Property {
    Property {
        name: name.to_owned(),
        value: value.to_owned(),
        secret: false,
        origin: Origin::Kp,
        setting: None,
    }
}

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Property")
            .field("name", &self.name)
            .field("value", &if self.secret { REDACTED } else { &self.value })
            .field("origin", &self.origin)
            .field("setting", &self.setting)
            .finish()
    }
}

impl Settings {
    /// The librdkafka properties for a client of this role, each name once. A raw property for another
    /// kind of client is left out: librdkafka would only warn of it.
    ///
    /// # Errors
    /// A password file that cannot be read, or settings that contradict each other.
    pub fn properties(&self, role: Role) -> Result<Vec<Property>, SettingsError> {
        security::check(self)?;
        if matches!(role, Role::Producer | Role::Forwarder) {
            self.check_delivery_timeout()?;
        }
        let mut properties = Vec::new();
        for setting in settings()
            .iter()
            .filter(|setting| role.heeds(setting.section()))
        {
            if let (Some(name), Some(in_force)) = (setting.property, self.values.get(setting.key))
                && !is_forwarders_own(role, name)
            {
                properties.push(Property {
                    name: name.to_owned(),
                    value: self.property_value(setting, in_force)?,
                    secret: librdkafka::is_secret(name),
                    origin: in_force.origin.clone(),
                    setting: Some(setting.key.to_owned()),
                });
            }
        }
        properties.extend(self.raw_for(role).map(|(name, in_force)| Property {
            name: name.to_owned(),
            value: shown(&in_force.value),
            secret: librdkafka::is_secret(name),
            origin: in_force.origin.clone(),
            setting: None,
        }));
        properties.extend(self.by_kp(role).map(by_kp));
        if role == Role::Forwarder {
            properties.extend(owned::SAFE.iter().copied().map(by_kp));
            properties.extend(self.copying().map(|(setting, in_force)| Property {
                name: TRANSACTIONAL_ID.to_owned(),
                value: shown(&in_force.value),
                secret: false,
                origin: in_force.origin.clone(),
                setting: Some(setting.to_owned()),
            }));
        }
        Ok(properties)
    }

    /// The name under which a consumer copies in transactions, if it does.
    fn copying(&self) -> Option<(&'static str, &InForce)> {
        let key = "consumer.transactional_id";
        self.consumer.copy_to.as_ref()?;
        Some((key, self.values.get(key)?))
    }

    fn raw_for(&self, role: Role) -> impl Iterator<Item = (&str, &InForce)> {
        let applies = move |name: &str| {
            librdkafka::find(name).is_some_and(|property| property.applies_to(role))
        };
        self.values.raw().filter(move |(name, _)| applies(name))
    }

    /// What kp sets on its own for this role.
    pub(crate) fn by_kp(&self, role: Role) -> impl Iterator<Item = (&'static str, &'static str)> {
        let chosen = move |name: &str| {
            self.values
                .raw()
                .any(|(raw, _)| librdkafka::same(raw, name))
        };
        let trusts_system = self.kafka.security_protocol.uses_tls()
            && self.kafka.ca.is_none()
            && !owned::TRUST.iter().any(|name| chosen(name));
        let sends_in_transactions = match role {
            Role::Producer => self.producer.transactional_id.is_some(),
            Role::Forwarder => self.copying().is_some(),
            Role::Consumer | Role::Admin => false,
        };
        let impatient = sends_in_transactions && !owned::PATIENCE.iter().any(|name| chosen(name));
        owned::fixed(role)
            .chain(impatient.then_some(owned::IMPATIENT))
            .chain(owned::tuned(role, chosen))
            .chain(trusts_system.then_some(owned::SYSTEM_TRUST))
    }

    fn property_value(
        &self,
        setting: &Setting,
        in_force: &InForce,
    ) -> Result<String, SettingsError> {
        let text = shown(&in_force.value);
        match (setting.kind, &in_force.value) {
            (Kind::SecretFile, ValueKind::String(path)) => {
                self.read_secret(Path::new(path), in_force)
            }
            (Kind::Duration { .. }, _) => {
                Ok(duration::parse(&text).map_or(text, duration::to_milliseconds))
            }
            _ => Ok(text),
        }
    }

    /// The content of a secret's file without the newline that editors end it with.
    fn read_secret(&self, path: &Path, in_force: &InForce) -> Result<String, SettingsError> {
        let content = fs::read_to_string(self.working_folder.join(path)).map_err(|source| {
            SettingsError::Unreadable {
                place: in_force.place(),
                path: path.to_owned(),
                source,
            }
        })?;
        let line = content.strip_suffix('\n').unwrap_or(&content);
        let secret = line.strip_suffix('\r').unwrap_or(line);
        if secret.is_empty() || secret.contains('\0') {
            return Err(SettingsError::Value {
                place: in_force.place(),
                problem: format!("{} is empty or holds a NUL character", path.display()),
                expected: "a file that holds the secret and nothing else".to_owned(),
            });
        }
        Ok(secret.to_owned())
    }

    /// librdkafka refuses a producer whose messages would expire while they wait for their batch.
    fn check_delivery_timeout(&self) -> Result<(), SettingsError> {
        let producer = &self.producer;
        if producer.delivery_timeout > producer.linger {
            return Ok(());
        }
        let written = |key: &str| {
            self.values
                .get(key)
                .map_or_else(|| key.to_owned(), InForce::place)
        };
        Err(SettingsError::Contradiction(format!(
            "{} ({}) must be longer than {} ({})",
            written("producer.delivery_timeout"),
            duration::format(producer.delivery_timeout),
            written("producer.linger"),
            duration::format(producer.linger),
        )))
    }
}
