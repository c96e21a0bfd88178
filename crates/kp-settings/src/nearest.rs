//! What a misspelt name was probably meant to be.

use crate::names::RAW;
use crate::origin::Origin;
use crate::table::Setting;
use crate::{librdkafka, table};

/// How alike two names must be for one to be suggested, from 0 to 1.
const ALIKE: f64 = 0.5;

/// The hint for a key that is no setting, in the spelling of where it stands.
pub(crate) fn setting(key: &str, origin: &Origin) -> String {
    if key == "kafka.sasl_password" {
        return format!(
            "{} or, for the password itself, the variable {}",
            did_you_mean("kafka.sasl_password_file", origin),
            variable("kafka.librdkafka.sasl.password")
        );
    }
    let keys = || table::settings().iter().map(|setting| setting.key);
    let (section, name) = key.split_once('.').unwrap_or((key, key));
    if let Some(in_another_section) = keys().find(|known| known.ends_with(&format!(".{name}"))) {
        return did_you_mean(in_another_section, origin);
    }
    if librdkafka::find(name).is_some() {
        return did_you_mean(&format!("{RAW}{name}"), origin);
    }
    let nearest = if section == key {
        most_alike(key, table::settings().iter().map(Setting::section))
    } else {
        most_alike(key, keys())
    };
    match nearest {
        Some(nearest) => did_you_mean(nearest, origin),
        None => "config/default.toml lists the settings".to_owned(),
    }
}

/// The hint for a raw property that librdkafka does not know.
pub(crate) fn property(name: &str, origin: &Origin) -> String {
    let names = librdkafka::librdkafka_properties()
        .iter()
        .map(|property| property.name);
    match most_alike(&name.replace('_', "."), names) {
        Some(nearest) => did_you_mean(&format!("{RAW}{nearest}"), origin),
        None => "librdkafka's CONFIGURATION.md lists the properties".to_owned(),
    }
}

/// The name that was probably meant, in any case of letters; none when no candidate is like it.
pub fn most_alike<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    candidates
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(&name, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
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
