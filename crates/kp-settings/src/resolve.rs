//! From checked values to plain types.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use config::ValueKind;

use crate::duration;
use crate::error::SettingsError;
use crate::merge::Values;
use crate::model::{Admin, Consumer, Kafka, Producer};
use crate::secret::Secret;

/// A setting's value in a plain type. The layers have checked every value by the table, so that an
/// error here is a default that is missing.
type Resolved<T> = Result<T, SettingsError>;

pub(crate) fn kafka(values: &Values) -> Resolved<Kafka> {
    Ok(Kafka {
        bootstrap_servers: text(values, "kafka.bootstrap_servers")?,
        client_id: text(values, "kafka.client_id")?,
        security_protocol: parsed(values, "kafka.security_protocol")?,
        ca: optional(values, "kafka.ca", path)?,
        certificate: optional(values, "kafka.certificate", path)?,
        key: optional(values, "kafka.key", secret)?,
        ssl_key_password_file: optional(values, "kafka.ssl_key_password_file", path)?,
        sasl_mechanism: optional(values, "kafka.sasl_mechanism", parsed)?,
        sasl_username: optional(values, "kafka.sasl_username", secret)?,
        sasl_password_file: optional(values, "kafka.sasl_password_file", path)?,
        connect_timeout: length(values, "kafka.connect_timeout")?,
    })
}

pub(crate) fn producer(values: &Values) -> Resolved<Producer> {
    Ok(Producer {
        topic: text(values, "producer.topic")?,
        count: integer(values, "producer.count")?,
        rate: integer(values, "producer.rate")?,
        key: optional(values, "producer.key", text)?,
        headers: list(values, "producer.headers")?
            .iter()
            .filter_map(|header| header.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        partition: optional(values, "producer.partition", integer)?,
        acks: parsed(values, "producer.acks")?,
        idempotence: boolean(values, "producer.idempotence")?,
        compression: parsed(values, "producer.compression")?,
        linger: length(values, "producer.linger")?,
        flush: parsed(values, "producer.flush")?,
        delivery_timeout: length(values, "producer.delivery_timeout")?,
        shutdown_timeout: length(values, "producer.shutdown_timeout")?,
        partitioner: parsed(values, "producer.partitioner")?,
        create_topics: boolean(values, "producer.create_topics")?,
        stdin_format: parsed(values, "producer.stdin_format")?,
        transactional_id: optional(values, "producer.transactional_id", text)?,
        per_transaction: integer(values, "producer.per_transaction")?,
    })
}

pub(crate) fn consumer(values: &Values) -> Resolved<Consumer> {
    Ok(Consumer {
        topic: list(values, "consumer.topic")?,
        group_id: text(values, "consumer.group_id")?,
        from: parsed(values, "consumer.from")?,
        idle_exit: match text(values, "consumer.idle_exit")?.as_str() {
            "never" => None,
            _ => Some(length(values, "consumer.idle_exit")?),
        },
        stall_timeout: length(values, "consumer.stall_timeout")?,
        shutdown_timeout: length(values, "consumer.shutdown_timeout")?,
        max_messages: optional(values, "consumer.max_messages", integer)?,
        format: text(values, "consumer.format")?,
        on_bad_message: parsed(values, "consumer.on_bad_message")?,
        delivery: parsed(values, "consumer.delivery")?,
        copy_to: optional(values, "consumer.copy_to", text)?,
        transactional_id: optional(values, "consumer.transactional_id", text)?,
        commit_interval: length(values, "consumer.commit_interval")?,
    })
}

pub(crate) fn admin(values: &Values) -> Resolved<Admin> {
    Ok(Admin {
        timeout: length(values, "admin.timeout")?,
        output: parsed(values, "admin.output")?,
    })
}

fn optional<T>(
    values: &Values,
    key: &'static str,
    read: fn(&Values, &'static str) -> Resolved<T>,
) -> Resolved<Option<T>> {
    values.get(key).map(|_| read(values, key)).transpose()
}

fn value<'a>(values: &'a Values, key: &'static str) -> Resolved<&'a ValueKind> {
    values
        .get(key)
        .map(|in_force| &in_force.value)
        .ok_or(SettingsError::Missing(key))
}

fn text(values: &Values, key: &'static str) -> Resolved<String> {
    match value(values, key)? {
        ValueKind::String(text) => Ok(text.clone()),
        _ => Err(SettingsError::Missing(key)),
    }
}

fn path(values: &Values, key: &'static str) -> Resolved<PathBuf> {
    text(values, key).map(PathBuf::from)
}

fn secret(values: &Values, key: &'static str) -> Resolved<Secret> {
    text(values, key).map(Secret::new)
}

fn parsed<T: FromStr>(values: &Values, key: &'static str) -> Resolved<T> {
    text(values, key)?
        .parse()
        .map_err(|_| SettingsError::Missing(key))
}

fn length(values: &Values, key: &'static str) -> Resolved<Duration> {
    duration::parse(&text(values, key)?).ok_or(SettingsError::Missing(key))
}

fn integer<T: TryFrom<i64>>(values: &Values, key: &'static str) -> Resolved<T> {
    match value(values, key)? {
        ValueKind::I64(number) => T::try_from(*number).map_err(|_| SettingsError::Missing(key)),
        _ => Err(SettingsError::Missing(key)),
    }
}

fn boolean(values: &Values, key: &'static str) -> Resolved<bool> {
    match value(values, key)? {
        ValueKind::Boolean(yes) => Ok(*yes),
        _ => Err(SettingsError::Missing(key)),
    }
}

fn list(values: &Values, key: &'static str) -> Resolved<Vec<String>> {
    match value(values, key)? {
        ValueKind::Array(items) => Ok(items.iter().map(|item| item.to_string()).collect()),
        _ => Err(SettingsError::Missing(key)),
    }
}
