//! Whether the settings for TLS and SASL fit together, and which secret is missing.
//!
//! Only typed settings are checked. librdkafka judges raw `ssl.*` and `sasl.*` properties.

use std::fs;
use std::path::{Path, PathBuf};

use crate::choice::SaslMechanism;
use crate::error::SettingsError;
use crate::layer::Assignment;
use crate::names::RAW;
use crate::origin::Origin;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::value::Value;

const FOR_TLS: [&str; 4] =
    ["kafka.ca", "kafka.certificate", "kafka.key", "kafka.ssl_key_password_file"];
const COMMAND: &str = "kafka.sasl_password_command";
const PASSWORD: &str = "sasl.password";
const FOR_SASL: [&str; 4] =
    ["kafka.sasl_mechanism", "kafka.sasl_username", "kafka.sasl_password_file", COMMAND];

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

/// The setting where it was set under its own name, not by a raw property.
fn typed<'a>(settings: &'a Settings, key: &str) -> Option<&'a Assignment> {
    settings.values.explicit(key).filter(|in_force| in_force.written == key)
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
    if let Some(command) = settings.values.get(COMMAND) {
        let file = settings.values.get("kafka.sasl_password_file");
        let raw = settings.values.raw_named(PASSWORD).map(|(_, raw)| raw);
        if let Some(other) = file.or(raw) {
            let (first, second) = (command.place(), other.place());
            return Err(SettingsError::Twice { first, second });
        }
        return Ok(());
    }
    if lacks(settings, PASSWORD, kafka.sasl_password_file.as_ref()) {
        return missing(
            "kafka.sasl_password_file, kafka.sasl_password_command, or the variable KP_KAFKA__LIBRDKAFKA__SASL_PASSWORD",
            &format!("and {mechanism} needs a password"),
        );
    }
    Ok(())
}

fn lacks(settings: &Settings, property: &str, file: Option<&PathBuf>) -> bool {
    file.is_none() && settings.values.raw_named(property).is_none()
}

/// A secret that is needed and was set nowhere, so that kp has to ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingSecret {
    /// The librdkafka property that it belongs to.
    pub property: &'static str,
    /// The question, without its colon: `Password of alice`.
    pub what: String,
}

/// A program that prints the password, and has not been asked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordCommand {
    /// The program.
    pub program: Secret,
    /// Its arguments.
    pub arguments: Vec<Secret>,
    /// Where it was set, and under which name.
    pub place: String,
}

impl Settings {
    /// The program that is to be asked for the password, if one is needed and set.
    #[must_use]
    pub fn password_command(&self) -> Option<PasswordCommand> {
        let words = self.kafka.sasl_password_command.as_ref();
        let words = words.filter(|_| self.kafka.security_protocol.uses_sasl())?;
        let (program, arguments) = words.split_first()?;
        Some(PasswordCommand {
            program: program.clone(),
            arguments: arguments.to_vec(),
            place: self.values.get(COMMAND)?.place(),
        })
    }

    /// Takes over the password that the program printed, in the command's place.
    pub fn add_password(&mut self, password: String) {
        self.kafka.sasl_password_command = None;
        if let Some(command) = self.values.remove(COMMAND) {
            let key = format!("{RAW}{PASSWORD}");
            let password = Assignment::new(&key, Value::Text(password), command.origin);
            self.values.set(&key, password);
        }
    }

    /// The secrets that are needed and were set nowhere.
    #[must_use]
    pub fn missing_secrets(&self) -> Vec<MissingSecret> {
        let kafka = &self.kafka;
        let mut missing = Vec::new();
        let has_password =
            kafka.sasl_mechanism.is_some_and(|mechanism| mechanism != SaslMechanism::OauthBearer);
        if kafka.security_protocol.uses_sasl()
            && has_password
            && kafka.sasl_password_command.is_none()
            && lacks(self, PASSWORD, kafka.sasl_password_file.as_ref())
            && let Some(user) = &kafka.sasl_username
        {
            missing.push(MissingSecret {
                property: PASSWORD,
                what: format!("Password of {}", user.expose()),
            });
        }
        if kafka.security_protocol.uses_tls()
            && lacks(self, "ssl.key.password", kafka.ssl_key_password_file.as_ref())
            && let Some(key) = &kafka.key
            && is_encrypted(&self.working_folder.join(key.expose()))
        {
            missing.push(MissingSecret {
                property: "ssl.key.password",
                what: format!("Password of the key {}", key.expose()),
            });
        }
        missing
    }

    /// Adds a secret that was asked for.
    pub fn add_secret(&mut self, missing: &MissingSecret, secret: String) {
        let key = format!("{RAW}{}", missing.property);
        self.values.set(&key, Assignment::new(&key, Value::Text(secret), Origin::Prompt));
    }
}

/// Whether a private key in PEM says that it is encrypted. librdkafka complains about a file that
/// cannot be read.
fn is_encrypted(key: &Path) -> bool {
    fs::read_to_string(key).is_ok_and(|pem| {
        pem.contains("BEGIN ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED")
    })
}
