//! The layer of the environment: `KP_<SECTION>__<KEY>`, and `KP_BROKERS` for the brokers.

use std::ffi::{OsStr, OsString};

use kp_core::most_alike;

use crate::error::SettingsError;
use crate::given::Given;
use crate::input::Input;
use crate::layer::{Layer, place};
use crate::librdkafka;
use crate::names::RAW;
use crate::nearest::variable_meant as meant;
use crate::origin::Origin;

/// The short name of the variable that is set most often.
const BROKERS: &str = "KP_BROKERS";
/// The other variables of kp that are no `KP_SECTION__NAME`: the names of the settings file and of
/// the profile, and the images of the brokers.
const OTHERS: [&str; 6] =
    [BROKERS, CONFIG, PROFILE, "KP_KAFKA_IMAGE", "KP_ZOOKEEPER_IMAGE", "KP_ZOOKEEPER_KAFKA_IMAGE"];
/// What the variables inside kp's Compose files begin with.
const COMPOSE: &str = "KP_COMPOSE_";
const CONFIG: &str = "KP_CONFIG";
/// The variable that names a profile.
pub(crate) const PROFILE: &str = "KP_PROFILE";

/// Reads the variables that are settings. Any other `KP_` name without a double underscore is none.
pub(crate) fn read(input: &Input) -> Result<Layer, SettingsError> {
    let mut layer = Layer::new(&input.local_zone);
    for (name, value) in &input.environment {
        // A setting's name is ASCII. The readable form of another name is only compared.
        let name = name.to_string_lossy();
        let Some(key) = key(&name) else { continue };
        let Some(value) = value.to_str() else {
            return Err(SettingsError::NotUnicode(name.into_owned()));
        };
        layer.assign(
            &key,
            &Given::Variable(value.to_owned()),
            Origin::Environment(name.into_owned()),
        )?;
    }
    Ok(layer)
}

/// A sentence for each variable that looks like kp's and is not, with the name that was probably
/// meant.
pub(crate) fn unknown(environment: &[(OsString, OsString)]) -> Vec<String> {
    let mut names: Vec<_> = environment.iter().map(|(name, _)| name.to_string_lossy()).collect();
    names.sort_unstable();
    let is_unknown = |name: &str| {
        name.starts_with("KP_")
            && key(name).is_none()
            && !OTHERS.contains(&name)
            && !name.starts_with(COMPOSE)
    };
    names
        .iter()
        .filter(|name| is_unknown(name))
        .map(|name| {
            let hint = match most_alike(name, OTHERS).map(str::to_owned).or_else(|| meant(name)) {
                Some(meant) => format!("did you mean {meant}?"),
                None => "a setting's variable is KP_SECTION__NAME".to_owned(),
            };
            let place = place(&Origin::Environment(name.to_string()), "");
            format!("{place} is no setting and has no effect; {hint}")
        })
        .collect()
}

/// The value of `KP_CONFIG`, unless it is empty.
pub(crate) fn config_file(environment: &[(OsString, OsString)]) -> Option<&OsStr> {
    value_of(environment, CONFIG)
}

/// The value of `KP_PROFILE`, unless it is empty.
pub(crate) fn profile(environment: &[(OsString, OsString)]) -> Option<String> {
    value_of(environment, PROFILE).map(|name| name.to_string_lossy().into_owned())
}

fn value_of<'e>(environment: &'e [(OsString, OsString)], variable: &str) -> Option<&'e OsStr> {
    let (_, value) = environment.iter().rev().find(|(name, _)| name == variable)?;
    (!value.is_empty()).then_some(value)
}

fn key(variable: &str) -> Option<String> {
    if variable == BROKERS {
        return Some("kafka.bootstrap_servers".to_owned());
    }
    let (section, name) = variable.strip_prefix("KP_")?.split_once("__")?;
    let (section, name) = (section.to_ascii_lowercase(), name.to_ascii_lowercase());
    match name.strip_prefix("librdkafka__") {
        Some(property) if section == "kafka" => {
            let name =
                librdkafka::find_normalised(property).map_or(property, |property| property.name);
            Some(format!("{RAW}{name}"))
        }
        _ => Some(format!("{section}.{name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_underscore_makes_a_setting() {
        assert_eq!(key("KP_KAFKA__BOOTSTRAP_SERVERS").as_deref(), Some("kafka.bootstrap_servers"));
        assert_eq!(key("KP_PRODUCER__COUNT").as_deref(), Some("producer.count"));
        assert_eq!(key("KP_BROKERS").as_deref(), Some("kafka.bootstrap_servers"));
        for other in
            ["KP_KAFKA_IMAGE", "KP_CONFIG", "KP_", "KPX__A", "PATH", "kp_kafka__client_id", "__"]
        {
            assert_eq!(key(other), None, "{other}");
        }
    }

    #[test]
    fn an_underscore_stands_for_a_dot_in_a_raw_name() {
        assert_eq!(
            key("KP_KAFKA__LIBRDKAFKA__SASL_PASSWORD").as_deref(),
            Some("kafka.librdkafka.sasl.password")
        );
        assert_eq!(
            key("KP_KAFKA__LIBRDKAFKA__MAX_IN_FLIGHT").as_deref(),
            Some("kafka.librdkafka.max.in.flight"),
        );
        for property in librdkafka::librdkafka_properties() {
            let full = format!("{RAW}{}", property.name);
            assert_eq!(key(&crate::nearest::variable(&full)), Some(full));
        }
    }
}
