//! What a misspelt name was probably meant to be.

use kp_core::most_alike;

use crate::kind::Kind;
use crate::names::RAW;
use crate::origin::Origin;
use crate::table::Setting;
use crate::{librdkafka, table};

/// What other clients call a setting, without its section.
const ELSEWHERE: [(&str, &str); 10] = [
    ("bootstrap", "kafka.bootstrap_servers"),
    ("broker", "kafka.bootstrap_servers"),
    ("broker_list", "kafka.bootstrap_servers"),
    ("brokers", "kafka.bootstrap_servers"),
    ("servers", "kafka.bootstrap_servers"),
    ("group", "consumer.group_id"),
    ("protocol", "kafka.security_protocol"),
    ("mechanism", "kafka.sasl_mechanism"),
    ("user", "kafka.sasl_username"),
    ("username", "kafka.sasl_username"),
];

/// The hint for a key that is no setting, in the spelling of where it stands.
pub(crate) fn setting(key: &str, origin: &Origin) -> String {
    if key == "kafka.sasl_password" {
        return format!(
            "{} or, for the password itself, the variable {}",
            did_you_mean("kafka.sasl_password_file", origin),
            variable("kafka.librdkafka.sasl.password")
        );
    }
    match meant(key) {
        Some(meant) => did_you_mean(&meant, origin),
        None => "config/default.toml lists the settings".to_owned(),
    }
}

/// The setting, section or raw property that a key was probably meant to be.
fn meant(key: &str) -> Option<String> {
    let Some((section, name)) = key.split_once('.') else {
        return most_alike(key, table::settings().iter().map(Setting::section)).map(str::to_owned);
    };
    let settings = || table::settings().iter();
    let in_any_section = |name: &str| {
        settings().find(|setting| setting.name() == name).map(|setting| setting.key.to_owned())
    };
    let raw = || librdkafka::find(name).map(|_| format!("{RAW}{name}"));
    let elsewhere = || {
        let name = name.replace(['.', '-'], "_");
        ELSEWHERE.iter().find(|(word, _)| *word == name).map(|(_, key)| (*key).to_owned())
    };
    let misspelt = || {
        let section = most_alike(section, settings().map(Setting::section))?;
        let own = settings().filter(|setting| setting.section() == section);
        Some(format!("{section}.{}", most_alike(name, own.map(Setting::name))?))
    };
    let anywhere = || most_alike(name, settings().map(Setting::name)).and_then(in_any_section);
    // A right name in the wrong section, or without one, is nearer than a misspelt name.
    let right = in_any_section(name).or_else(raw).or_else(elsewhere);
    right.or_else(misspelt).or_else(anywhere)
}

/// The variable that one with single underscores was meant to be.
pub(crate) fn variable_meant(name: &str) -> Option<String> {
    let words = name.strip_prefix("KP_")?.to_ascii_lowercase();
    let raw = |name: &str| librdkafka::find_normalised(name).map(|property| property.name);
    let raw_variable = |name: &str| variable(&format!("{RAW}{name}"));
    // The file of a secret is not the secret itself.
    let sets = |name: &str| {
        let mut settings = table::settings().iter();
        settings.find(|one| one.property == Some(name) && one.kind != Kind::SecretFile)
    };
    let typed = |name: &str| {
        let mut settings = table::settings().iter();
        settings.find(|setting| setting.key.replace('.', "_") == name)
    };
    if let Some(setting) = typed(&words) {
        return Some(variable(setting.key));
    }
    if let Some(property) = words.strip_prefix("kafka_librdkafka_") {
        return raw(property).map(raw_variable);
    }
    let sections = table::settings().iter().map(Setting::section);
    let (section, name) = match words.split_once('_') {
        Some((section, name)) => (most_alike(section, sections), name),
        None => (None, words.as_str()),
    };
    // Where there is no section, all of it is the name.
    let (section, name) = section.map_or(("", words.as_str()), |section| (section, name));
    match raw(name) {
        Some(raw) => Some(sets(raw).map_or_else(|| raw_variable(raw), |typed| variable(typed.key))),
        None => meant(&format!("{section}.{name}")).map(|key| variable(&key)),
    }
}

/// The hint for a raw property that librdkafka does not know.
pub(crate) fn property(name: &str, origin: &Origin) -> String {
    let names = librdkafka::librdkafka_properties().iter().map(|property| property.name);
    match most_alike(&name.replace('_', "."), names) {
        Some(nearest) => did_you_mean(&format!("{RAW}{nearest}"), origin),
        None => "librdkafka's CONFIGURATION.md lists the properties".to_owned(),
    }
}

fn did_you_mean(key: &str, origin: &Origin) -> String {
    let name = match (origin, key.strip_prefix(RAW)) {
        (Origin::Environment(_), _) => variable(key),
        (Origin::Flag(_), Some(name)) => name.to_owned(),
        _ => key.to_owned(),
    };
    format!("did you mean {name}?")
}

/// The environment variable for a setting or a raw property.
#[must_use]
pub fn variable(key: &str) -> String {
    let name = match key.strip_prefix(RAW) {
        Some(property) => format!("kafka__librdkafka__{}", property.replace('.', "_")),
        None => key.replacen('.', "__", 1),
    };
    format!("KP_{}", name.to_uppercase())
}
