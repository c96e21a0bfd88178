//! Whether the settings for TLS and SASL fit together.
//!
//! Only typed settings are looked at: whoever sets raw `ssl.*` and `sasl.*` properties is taken at
//! their word, and librdkafka judges.

use crate::choice::SaslMechanism;
use crate::error::SettingsError;
use crate::merge::InForce;
use crate::settings::Settings;

const FOR_TLS: [&str; 4] = [
    "kafka.ca",
    "kafka.certificate",
    "kafka.key",
    "kafka.ssl_key_password_file",
];
const FOR_SASL: [&str; 3] = [
    "kafka.sasl_mechanism",
    "kafka.sasl_username",
    "kafka.sasl_password_file",
];

pub(crate) fn check(settings: &Settings) -> Result<(), SettingsError> {
    let protocol = settings.kafka.security_protocol;
    if !protocol.uses_tls() {
        refuse_without_effect(settings, &FOR_TLS, "ssl or sasl_ssl")?;
    }
    if protocol.uses_sasl() {
        check_login(settings)
    } else {
        refuse_without_effect(settings, &FOR_SASL, "sasl_ssl or sasl_plaintext")
    }
}

fn refuse_without_effect(
    settings: &Settings,
    keys: &[&str],
    protocols: &str,
) -> Result<(), SettingsError> {
    match keys.iter().find_map(|key| typed(settings, key)) {
        Some(in_force) => Err(SettingsError::Contradiction(format!(
            "{} has no effect while kafka.security_protocol is {}; set that to {protocols}",
            in_force.place(),
            settings.kafka.security_protocol,
        ))),
        None => Ok(()),
    }
}

/// The setting as somebody typed it, not as a raw property set it.
fn typed<'a>(settings: &'a Settings, key: &str) -> Option<&'a InForce> {
    settings
        .values
        .explicit(key)
        .filter(|in_force| in_force.written == key)
}

fn check_login(settings: &Settings) -> Result<(), SettingsError> {
    let kafka = &settings.kafka;
    let missing = |what: &str, because: &str| {
        Err(SettingsError::Contradiction(format!(
            "kafka.security_protocol is {} {because}; set {what}",
            kafka.security_protocol
        )))
    };
    let Some(mechanism) = kafka.sasl_mechanism else {
        let choices = SaslMechanism::WORDS.join(", ");
        return missing(
            &format!("kafka.sasl_mechanism to one of {choices}"),
            "and nothing says how to log in",
        );
    };
    if mechanism == SaslMechanism::OauthBearer {
        return Ok(());
    }
    if kafka.sasl_username.is_none() {
        return missing(
            "kafka.sasl_username",
            &format!("and {mechanism} needs a name to log in with"),
        );
    }
    let raw_password = settings
        .values
        .raw()
        .any(|(name, _)| name == "sasl.password");
    if kafka.sasl_password_file.is_none() && !raw_password {
        return missing(
            "kafka.sasl_password_file, or the variable KP_KAFKA__LIBRDKAFKA__SASL_PASSWORD",
            &format!("and {mechanism} needs a password"),
        );
    }
    Ok(())
}
