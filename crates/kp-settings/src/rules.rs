//! What follows from settings together: one thing under two names, and defaults that depend on others.

use config::ValueKind;

use crate::choice::{Acks, Flush};
use crate::duration;
use crate::error::SettingsError;
use crate::given::{Given, shown};
use crate::kind::Kind;
use crate::librdkafka;
use crate::merge::{InForce, Values};
use crate::origin::Origin;
use crate::table::{Setting, settings};

/// Moves raw properties that have a typed setting over to it, so that the rest of kp sees one value;
/// refuses what was set explicitly under two names.
pub(crate) fn unify(values: &mut Values) -> Result<(), SettingsError> {
    refuse_aliases_set_twice(values)?;
    for setting in settings() {
        let Some(property) = setting.property else {
            continue;
        };
        let raw = values
            .raw()
            .find(|(name, _)| librdkafka::same(name, property));
        let Some((name, raw)) = raw.map(|(name, raw)| (name.to_owned(), raw.clone())) else {
            continue;
        };
        if let Some(typed) = values.explicit(setting.key) {
            return Err(SettingsError::Twice {
                first: typed.place(),
                second: raw.place(),
            });
        }
        // The property holds the secret, the setting the path of a file with it.
        if setting.kind != Kind::SecretFile {
            let value = typed(setting, &raw)?;
            values.remove(&format!("{}{name}", crate::names::RAW));
            values.set(setting.key, InForce { value, ..raw });
        }
    }
    Ok(())
}

fn refuse_aliases_set_twice(values: &Values) -> Result<(), SettingsError> {
    for (name, raw) in values.raw() {
        let other = values
            .raw()
            .find(|(other, _)| *other > name && librdkafka::same(other, name));
        if let Some((_, other)) = other {
            return Err(SettingsError::Twice {
                first: raw.place(),
                second: other.place(),
            });
        }
    }
    Ok(())
}

/// The value of a raw property in the form of the typed setting.
fn typed(setting: &Setting, raw: &InForce) -> Result<ValueKind, SettingsError> {
    let text = shown(&raw.value);
    let read = match setting.kind {
        Kind::Duration { .. } => {
            let with_unit = duration::from_milliseconds(&text).map(duration::format);
            setting
                .kind
                .read(&Given::Variable(with_unit.unwrap_or_default()))
        }
        _ => setting.kind.read(&Given::Variable(text.clone())),
    };
    read.map_err(|problem| match setting.kind {
        // In librdkafka's unit: the setting's own words would ask for another one.
        Kind::Duration { min, max } => SettingsError::Value {
            place: raw.place(),
            problem: format!("{text} is out of range"),
            expected: format!(
                "between {} and {} milliseconds",
                min.as_millis(),
                max.as_millis()
            ),
        },
        kind => SettingsError::Value {
            place: raw.place(),
            problem: setting.disclosed(problem),
            expected: kind.expected(),
        },
    })
}

/// Adapts defaults to what was chosen elsewhere.
pub(crate) fn adapt(values: &mut Values) -> Result<(), SettingsError> {
    idempotence_needs_all_acks(values)?;
    transactions_need_idempotence(values)?;
    let each = values
        .get("producer.flush")
        .is_some_and(|flush| shown(&flush.value) == Flush::Each.as_str());
    if each && values.explicit("producer.linger").is_none() {
        // Whoever waits for each message would wait for the linger time as well, each time.
        values.set("producer.linger", by_kp("producer.linger", "0ms".into()));
    }
    Ok(())
}

fn idempotence_needs_all_acks(values: &mut Values) -> Result<(), SettingsError> {
    let Some(acks) = values
        .get("producer.acks")
        .filter(|acks| shown(&acks.value) != Acks::All.as_str())
    else {
        return Ok(());
    };
    match values.explicit("producer.idempotence") {
        Some(idempotence) if idempotence.value == ValueKind::Boolean(true) => {
            Err(SettingsError::Contradiction(format!(
                "{} is {}, and {} is true: idempotence needs acks = all; change one of them",
                acks.place(),
                shown(&acks.value),
                idempotence.place(),
            )))
        }
        Some(_) => Ok(()),
        None => {
            values.set(
                "producer.idempotence",
                by_kp("producer.idempotence", false.into()),
            );
            Ok(())
        }
    }
}

fn transactions_need_idempotence(values: &Values) -> Result<(), SettingsError> {
    let (Some(name), Some(idempotence)) = (
        values.get("producer.transactional_id"),
        values.get("producer.idempotence"),
    ) else {
        return Ok(());
    };
    if idempotence.value == ValueKind::Boolean(true) {
        return Ok(());
    }
    let cause = values.explicit("producer.acks").unwrap_or(idempotence);
    Err(SettingsError::Contradiction(format!(
        "{} is set, and {} is {}: transactions need acks = all and idempotence; change one of them",
        name.place(),
        cause.place(),
        shown(&cause.value),
    )))
}

fn by_kp(key: &str, value: ValueKind) -> InForce {
    InForce {
        value,
        origin: Origin::Kp,
        written: key.to_owned(),
    }
}
