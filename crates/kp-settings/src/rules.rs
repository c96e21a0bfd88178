//! What follows from settings together: one thing under two names, and defaults that depend on
//! others.

use std::path::Path;
use std::time::Duration;

use crate::choice::{Acks, Flush};
use crate::error::SettingsError;
use crate::given::Given;
use crate::kind::Kind;
use crate::layer::Assignment;
use crate::librdkafka;
use crate::merge::Values;
use crate::origin::Origin;
use crate::table::settings;
use crate::value::Value;
use crate::zone::LocalZone;

/// Applies all rules; `folder` is the one that the paths of settings files start from.
pub(crate) fn apply(values: &mut Values, folder: &Path) -> Result<(), SettingsError> {
    unify(values)?;
    agree_on_protocol(values)?;
    idempotence_needs_all_acks(values)?;
    transactions_need_idempotence(values)?;
    flush_each_needs_no_linger(values);
    take_beside_topic(values, folder)
}

/// Moves raw properties that have a typed setting over to it, so that the rest of kp sees one
/// value. Refuses what was set explicitly under two names.
fn unify(values: &mut Values) -> Result<(), SettingsError> {
    refuse_aliases_set_twice(values)?;
    for setting in settings() {
        let Some(property) = setting.property else {
            continue;
        };
        let Some((_, raw)) = values.raw_named(property) else {
            continue;
        };
        if let Some(typed) = values.explicit(setting.key) {
            return Err(SettingsError::Twice { first: typed.place(), second: raw.place() });
        }
        // The property holds the secret, the setting the path of a file with it.
        if setting.kind != Kind::SecretFile
            && let Some(raw) = values.remove(&raw.written.clone())
        {
            values.set(setting.key, raw);
        }
    }
    Ok(())
}

fn refuse_aliases_set_twice(values: &Values) -> Result<(), SettingsError> {
    for (name, raw) in values.raw() {
        let other = values.raw().find(|(other, _)| *other > name && librdkafka::same(other, name));
        if let Some((_, other)) = other {
            return Err(SettingsError::Twice { first: raw.place(), second: other.place() });
        }
    }
    Ok(())
}

/// Checks that the protocol before an address is that of the settings, and takes it off.
fn agree_on_protocol(values: &mut Values) -> Result<(), SettingsError> {
    let key = "kafka.bootstrap_servers";
    let Some(in_force @ Assignment { value: Value::Servers(servers), .. }) = values.get(key) else {
        return Ok(());
    };
    let Some(protocol) = servers.protocol() else {
        return Ok(());
    };
    if let Some(set) = values.get("kafka.security_protocol")
        && set.value != Value::Word(protocol.as_str())
    {
        return Err(SettingsError::Contradiction(format!(
            "{} says {}://, and {} is {}; set kafka.security_protocol to {protocol}, or leave out \
             the part up to ://",
            in_force.place(),
            protocol.as_str().to_uppercase(),
            set.place(),
            set.value,
        )));
    }
    let servers = servers.clone().without_protocol();
    values.replace(key, Value::Servers(servers));
    Ok(())
}

/// A producer that waits for each message would wait for the linger time as well.
fn flush_each_needs_no_linger(values: &mut Values) {
    let linger = "producer.linger";
    let each = Value::Word(Flush::Each.as_str());
    if values.get("producer.flush").is_some_and(|flush| flush.value == each)
        && values.explicit(linger).is_none()
    {
        values.set(linger, Assignment::new(linger, Value::Duration(Duration::ZERO), Origin::Kp));
    }
}

fn idempotence_needs_all_acks(values: &mut Values) -> Result<(), SettingsError> {
    let key = "producer.idempotence";
    let all = Value::Word(Acks::All.as_str());
    let Some(acks) = values.get("producer.acks").filter(|acks| acks.value != all) else {
        return Ok(());
    };
    match values.explicit(key) {
        Some(idempotence) if idempotence.value == Value::Boolean(true) => {
            Err(SettingsError::Contradiction(format!(
                "{} is {}, and {} is true: idempotence needs acks = all; change one of them",
                acks.place(),
                acks.value,
                idempotence.place(),
            )))
        }
        Some(_) => Ok(()),
        None => {
            values.set(key, Assignment::new(key, Value::Boolean(false), Origin::Kp));
            Ok(())
        }
    }
}

fn transactions_need_idempotence(values: &Values) -> Result<(), SettingsError> {
    let (Some(name), Some(idempotence)) =
        (values.get("producer.transactional_id"), values.get("producer.idempotence"))
    else {
        return Ok(());
    };
    if idempotence.value == Value::Boolean(true) {
        return Ok(());
    }
    let cause = values.explicit("producer.acks").unwrap_or(idempotence);
    Err(SettingsError::Contradiction(format!(
        "{} is set, and {} is {}: transactions need acks = all and idempotence; change one of them",
        name.place(),
        cause.place(),
        cause.value,
    )))
}

/// Where a topic is named, gives each setting that was not named its default for that case.
fn take_beside_topic(values: &mut Values, folder: &Path) -> Result<(), SettingsError> {
    let is_named = |values: &Values, key: &str| {
        values.get(key).is_some_and(|in_force| in_force.origin.is_named(folder))
    };
    for setting in settings() {
        let Some(default) = setting.beside_topic else {
            continue;
        };
        let topic = format!("{}.topic", setting.section());
        if !is_named(values, &topic) || is_named(values, setting.key) {
            continue;
        }
        if default.is_empty() {
            values.remove(setting.key);
            continue;
        }
        let value = setting.kind.read(&Given::Variable(default.to_owned()), &LocalZone::Unknown);
        let value = value.map_err(SettingsError::Misfit)?;
        values.set(setting.key, Assignment::new(setting.key, value, Origin::Mode));
    }
    Ok(())
}
