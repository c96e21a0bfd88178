//! From settings to a librdkafka client, which has spoken with nobody yet.

use kp_rdkafka::{Client, CreateError, Kind};
use kp_settings::{Origin, Property, Role, Settings};
use rdkafka::config::RDKafkaLogLevel;

use crate::error::Error;
#[cfg(feature = "tls")]
use crate::oidc::take_out as token_source;

pub(crate) fn properties(settings: &Settings, role: Role) -> Result<Vec<Property>, Error> {
    match settings.tls_setting().filter(|_| !cfg!(feature = "tls")) {
        None => Ok(settings.properties(role)?),
        Some(setting) => Err(Error::NeedsTls {
            setting,
            program: match role {
                Role::Producer => "kp-producer",
                Role::Consumer | Role::Forwarder => "kp-consumer",
                Role::Admin => "kp-admin",
            }
            .to_owned(),
        }),
    }
}

/// After a member joins or leaves, the embedded broker lets all others wait for nearly the member's
/// session timeout, 44 s by librdkafka's default. Returns false where the user chose one of the two
/// properties.
pub(crate) fn shorten_group_times(properties: &mut Vec<Property>) -> bool {
    let hasty = [("session.timeout.ms", "2500"), ("heartbeat.interval.ms", "250")];
    // The newer group protocol has its times from the broker.
    let newer = properties
        .iter()
        .any(|property| property.name == "group.protocol" && property.value == "consumer");
    if newer
        || properties.iter().any(|property| hasty.iter().any(|(name, _)| property.name == *name))
    {
        return false;
    }
    properties.extend(hasty.map(|(name, value)| Property {
        name: name.to_owned(),
        value: value.to_owned(),
        secret: false,
        origin: Origin::Kp,
        setting: None,
    }));
    true
}

pub(crate) fn create(mut properties: Vec<Property>, role: Role) -> Result<Client, Error> {
    let tokens = token_source(&mut properties)?;
    let properties = properties.as_slice();
    let pairs: Vec<(&str, &str)> = properties
        .iter()
        .map(|property| (property.name.as_str(), property.value.as_str()))
        .collect();
    let kind = match role {
        Role::Producer | Role::Admin | Role::Forwarder => Kind::Producer,
        Role::Consumer => Kind::Consumer,
    };
    Client::new(kind, &pairs, log_level(), tokens).map_err(|error| match error {
        CreateError::Property { name, reason } => refused_property(properties, name, reason),
        CreateError::Client(reason) => unusable(without_secrets(properties, reason)),
    })
}

/// Tokens are fetched by HTTPS, which this build does not have either.
#[cfg(not(feature = "tls"))]
#[expect(clippy::unnecessary_wraps, reason = "it stands for the function of the build with TLS")]
fn token_source(_: &mut Vec<Property>) -> Result<Option<kp_rdkafka::TokenSource>, Error> {
    Ok(None)
}

fn refused_property(properties: &[Property], name: String, reason: String) -> Error {
    let property = properties.iter().find(|property| property.name == name);
    Error::Property {
        setting: property
            .and_then(|property| property.setting.clone())
            .unwrap_or_else(|| format!("kafka.librdkafka.{name:?}")),
        origin: property.map_or_else(String::new, |property| property.origin.to_string()),
        name,
        reason: without_secrets(properties, reason),
    }
}

/// What is wrong with files of keys and certificates, of which librdkafka only repeats OpenSSL's
/// words.
fn unusable(reason: String) -> Error {
    let advice = [
        (
            "ssl.key.location failed",
            "is kafka.key a private key in PEM, and its password (kafka.ssl_key_password_file) the right one?",
        ),
        ("ssl.key.pem failed", "is it a private key in PEM, and its password the right one?"),
        ("ssl.ca.location failed", "is kafka.ca a file of certificates in PEM?"),
        ("ssl.certificate.location failed", "is kafka.certificate a certificate in PEM?"),
        ("Private key check failed", "kafka.key does not belong to kafka.certificate"),
        (
            "PKCS#12",
            "is ssl.keystore.location a PKCS#12 file, and ssl.keystore.password the right one?",
        ),
    ];
    let known = advice.iter().find(|(words, _)| reason.contains(words));
    Error::Properties(match known {
        Some((_, advice)) => format!("{reason}: {advice}"),
        None => reason,
    })
}

/// librdkafka may quote a value that it refuses.
fn without_secrets(properties: &[Property], text: String) -> String {
    properties
        .iter()
        .filter(|property| property.secret && !property.value.is_empty())
        .fold(text, |text, property| text.replace(&property.value, "***"))
}

pub(crate) fn value(properties: &[Property], name: &str) -> String {
    properties
        .iter()
        .find(|property| property.name == name)
        .map_or_else(String::new, |property| property.value.clone())
}

fn log_level() -> RDKafkaLogLevel {
    if tracing::enabled!(target: "librdkafka", tracing::Level::TRACE) {
        RDKafkaLogLevel::Debug
    } else if tracing::enabled!(target: "librdkafka", tracing::Level::DEBUG) {
        RDKafkaLogLevel::Info
    } else {
        RDKafkaLogLevel::Error
    }
}
