//! One layer of settings: checked values, each with the name it was written under.

pub(crate) mod environment;
pub(crate) mod file;
pub(crate) mod flags;

use config::ValueKind;

use crate::error::SettingsError;
use crate::given::Given;
use crate::names::RAW;
use crate::origin::Origin;
use crate::secret::UNDISCLOSED;
use crate::{librdkafka, nearest, owned, table};

/// A checked value of one setting or raw property.
#[derive(Clone)]
pub(crate) struct Assignment {
    pub(crate) key: String,
    pub(crate) value: ValueKind,
    pub(crate) origin: Origin,
}

/// One layer: everything that one file, the environment or the flags set.
#[derive(Clone, Default)]
pub(crate) struct Layer {
    pub(crate) assignments: Vec<Assignment>,
}

impl Layer {
    /// Checks a value and takes it in.
    pub(crate) fn assign(
        &mut self,
        key: &str,
        given: &Given,
        origin: Origin,
    ) -> Result<(), SettingsError> {
        let value = check(key, given, &origin)?;
        let before = self
            .assignments
            .iter()
            .find(|assignment| assignment.key == key);
        match before {
            // A flag that is typed again outranks itself, as everywhere.
            Some(before) if !matches!(origin, Origin::Flag(_)) => Err(SettingsError::Twice {
                first: place(&before.origin, &before.key),
                second: place(&origin, key),
            }),
            _ => {
                self.assignments.push(Assignment {
                    key: key.to_owned(),
                    value,
                    origin,
                });
                Ok(())
            }
        }
    }
}

fn check(key: &str, given: &Given, origin: &Origin) -> Result<ValueKind, SettingsError> {
    if let Some(name) = key.strip_prefix(RAW) {
        return check_raw(key, name, given, origin);
    }
    let Some(setting) = table::find(key) else {
        let hint = nearest::setting(key, origin);
        return Err(SettingsError::Unknown {
            place: place(origin, key),
            what: "a setting",
            hint,
        });
    };
    setting
        .kind
        .read(given)
        .map_err(|problem| SettingsError::Value {
            place: place(origin, key),
            problem: setting.disclosed(problem),
            expected: setting.kind.expected(),
        })
}

fn check_raw(
    key: &str,
    name: &str,
    given: &Given,
    origin: &Origin,
) -> Result<ValueKind, SettingsError> {
    let Some(property) = librdkafka::find(name) else {
        let hint = nearest::property(name, origin);
        return Err(SettingsError::Unknown {
            place: place(origin, key),
            what: "a librdkafka property",
            hint,
        });
    };
    if let Some(owned) = owned::find(name) {
        return Err(SettingsError::Owned {
            place: place(origin, key),
            reason: owned.reason,
        });
    }
    property
        .kind
        .read(given)
        .map(ValueKind::from)
        .ok_or_else(|| SettingsError::Value {
            place: place(origin, key),
            problem: if property.secret {
                UNDISCLOSED.to_owned()
            } else {
                format!("{} is refused", given.quoted())
            },
            expected: property.kind.expected(),
        })
}

/// Where a value stands and its name, as an error message begins: on one line, whatever stands in the name.
pub(crate) fn place(origin: &Origin, key: &str) -> String {
    let place = match (origin, key.strip_prefix(RAW)) {
        (Origin::Flag(flag), Some(name)) => format!("{flag} {name}"),
        (Origin::Flag(name) | Origin::Environment(name), _) => name.clone(),
        (Origin::File(path), _) => format!("{}: {key}", path.display()),
        (Origin::Default | Origin::Prompt | Origin::Kp, _) => key.to_owned(),
    };
    if place.contains(char::is_control) {
        place.escape_debug().to_string()
    } else {
        place
    }
}
