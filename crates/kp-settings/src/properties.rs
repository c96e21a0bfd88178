//! The librdkafka properties that follow from the settings.

use std::path::Path;
use std::{fmt, fs};

use crate::choice::OnTimeout;
use crate::error::SettingsError;
use crate::kind::Kind;
use crate::layer::Assignment;
use crate::names::RAW;
use crate::origin::Origin;
use crate::role::Role;
use crate::secret::REDACTED;
use crate::settings::Settings;
use crate::table::{Setting, settings};
use crate::value::Value;
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

impl Property {
    fn new(name: &str, value: String, origin: &Origin, setting: Option<&str>) -> Self {
        Self {
            name: name.to_owned(),
            value,
            secret: librdkafka::is_secret(name),
            origin: origin.clone(),
            setting: setting.map(str::to_owned),
        }
    }

    fn by_kp((name, value): (&str, &str)) -> Self {
        Self::new(name, value.to_owned(), &Origin::Kp, None)
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
    /// The librdkafka properties for a client of this role, each name once. A raw property for
    /// another kind of client is left out: librdkafka would only warn of it.
    ///
    /// # Errors
    /// A password file that cannot be read, or settings that contradict each other.
    pub fn properties(&self, role: Role) -> Result<Vec<Property>, SettingsError> {
        security::check(self)?;
        if matches!(role, Role::Producer | Role::Forwarder) {
            self.check_delivery_timeout()?;
        }
        let mut properties = Vec::new();
        for setting in settings().iter().filter(|setting| role.uses(setting.section())) {
            if let (Some(name), Some(in_force)) = (setting.property, self.values.get(setting.key))
                && !is_forwarders_own(role, name)
                && !(name == owned::MESSAGE_TIMEOUT && self.gives_up_all(role))
            {
                let value = self.property_value(setting, in_force)?;
                properties.push(Property::new(name, value, &in_force.origin, Some(setting.key)));
            }
        }
        properties.extend(self.raw_for(role).map(|(name, in_force)| {
            Property::new(name, in_force.value.to_string(), &in_force.origin, None)
        }));
        properties.extend(self.by_kp(role).map(Property::by_kp));
        if role == Role::Forwarder {
            properties.extend(owned::SAFE.iter().copied().map(Property::by_kp));
            properties.extend(self.copying().map(|(key, in_force)| {
                let id = in_force.value.to_string();
                Property::new(TRANSACTIONAL_ID, id, &in_force.origin, Some(key))
            }));
        }
        Ok(properties)
    }

    /// The name under which a consumer copies in transactions, if it does.
    fn copying(&self) -> Option<(&'static str, &Assignment)> {
        let key = "consumer.transactional_id";
        self.consumer.copy_to.as_ref()?;
        Some((key, self.values.get(key)?))
    }

    /// A property that was typed (`-X`) and that no client of these roles has, by the name that it
    /// was typed under.
    #[must_use]
    pub fn idle_property(&self, roles: &[Role]) -> Option<&str> {
        let is_typed = |in_force: &Assignment| matches!(in_force.origin, Origin::Flag(_));
        let mut typed = settings().iter().filter_map(|setting| {
            let in_force = self.values.get(setting.key)?;
            let is_used = roles.iter().any(|role| role.uses(setting.section()));
            let name = in_force.written.strip_prefix(RAW)?;
            (is_typed(in_force) && !is_used).then_some(name)
        });
        let mut raw = self.values.raw().filter_map(|(name, in_force)| {
            let property = librdkafka::find(name)?;
            let applies = roles.iter().any(|role| property.applies_to(*role));
            (is_typed(in_force) && !applies).then_some(name)
        });
        typed.next().or_else(|| raw.next())
    }

    fn raw_for(&self, role: Role) -> impl Iterator<Item = (&str, &Assignment)> {
        let applies = move |name: &str| {
            librdkafka::find(name).is_some_and(|property| property.applies_to(role))
        };
        self.values.raw().filter(move |(name, _)| applies(name))
    }

    /// Whether a producer of this role gives up all messages when one takes too long. It does so by
    /// its own clock, before librdkafka times the message out. In transactions librdkafka may time
    /// out: what it stores twice is aborted.
    #[must_use]
    pub fn gives_up_all(&self, role: Role) -> bool {
        matches!(role, Role::Producer | Role::Forwarder)
            && self.producer.on_timeout == OnTimeout::Stop
            && !self.sends_in_transactions(role)
    }

    fn sends_in_transactions(&self, role: Role) -> bool {
        match role {
            Role::Producer => self.producer.transactional_id.is_some(),
            Role::Forwarder => self.copying().is_some(),
            Role::Consumer | Role::Admin => false,
        }
    }

    /// What kp sets on its own for this role.
    pub(crate) fn by_kp(&self, role: Role) -> impl Iterator<Item = (&'static str, &'static str)> {
        let chosen =
            move |name: &str| self.values.raw().any(|(raw, _)| librdkafka::same(raw, name));
        let trusts_system = self.kafka.security_protocol.uses_tls()
            && self.kafka.ca.is_none()
            && !owned::TRUST.iter().any(|name| chosen(name));
        let retries_soon = self.sends_in_transactions(role)
            && !owned::REQUEST_TIMEOUTS.iter().any(|name| chosen(name));
        let is_alone = role == Role::Consumer && self.consumer.group_id.is_none();
        owned::fixed(role)
            .chain(retries_soon.then_some(owned::REQUEST_TIMEOUT))
            .chain(self.gives_up_all(role).then_some(owned::NEVER_TIMED_OUT))
            .chain(is_alone.then_some(owned::NO_GROUP))
            .chain(owned::tuned(role, chosen))
            .chain(trusts_system.then_some(owned::SYSTEM_TRUST))
    }

    fn property_value(
        &self,
        setting: &Setting,
        in_force: &Assignment,
    ) -> Result<String, SettingsError> {
        match &in_force.value {
            Value::Text(path) if setting.kind == Kind::SecretFile => {
                self.read_secret(Path::new(path), in_force)
            }
            Value::Duration(time) => Ok(duration::to_milliseconds(*time)),
            value => Ok(value.to_string()),
        }
    }

    /// The content of a secret's file without the newline that editors end it with.
    fn read_secret(&self, path: &Path, in_force: &Assignment) -> Result<String, SettingsError> {
        let content = fs::read_to_string(self.working_folder.join(path)).map_err(|source| {
            SettingsError::Unreadable { place: in_force.place(), path: path.to_owned(), source }
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
        let written =
            |key: &str| self.values.get(key).map_or_else(|| key.to_owned(), Assignment::place);
        Err(SettingsError::Contradiction(format!(
            "{} ({}) must be longer than {} ({})",
            written("producer.delivery_timeout"),
            duration::format(producer.delivery_timeout),
            written("producer.linger"),
            duration::format(producer.linger),
        )))
    }
}
