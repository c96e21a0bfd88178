//! The layer of the environment: `KP_<SECTION>__<KEY>`.

use std::ffi::{OsStr, OsString};

use crate::error::SettingsError;
use crate::given::Given;
use crate::layer::Layer;
use crate::librdkafka;
use crate::names::RAW;
use crate::origin::Origin;

/// Reads the variables that are settings. A `KP_` name without a double underscore is none.
pub(crate) fn read(environment: &[(OsString, OsString)]) -> Result<Layer, SettingsError> {
    let mut layer = Layer::default();
    for (name, value) in environment {
        // A setting's name is ASCII; where a stranger's is not, its readable form is only looked at.
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

/// The value of `KP_CONFIG`, unless it is empty.
pub(crate) fn config_file(environment: &[(OsString, OsString)]) -> Option<&OsStr> {
    let (_, value) = environment
        .iter()
        .rev()
        .find(|(name, _)| name == "KP_CONFIG")?;
    (!value.is_empty()).then_some(value)
}

fn key(variable: &str) -> Option<String> {
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
        assert_eq!(
            key("KP_KAFKA__BOOTSTRAP_SERVERS").as_deref(),
            Some("kafka.bootstrap_servers")
        );
        assert_eq!(key("KP_PRODUCER__COUNT").as_deref(), Some("producer.count"));
        for other in [
            "KP_KAFKA_IMAGE",
            "KP_CONFIG",
            "KP_",
            "KPX__A",
            "PATH",
            "kp_kafka__client_id",
            "__",
        ] {
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
