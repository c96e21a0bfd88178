//! The layer of a settings file.

use crate::error::SettingsError;
use crate::given::Given;
use crate::layer::{Content, Layer, is_section, place};
use crate::names::RAW;
use crate::origin::Origin;
use crate::table;
use crate::zone::LocalZone;

/// Where profiles stand in a file.
const PROFILES: &str = "profile";
/// The name that means no profile.
pub const NO_PROFILE: &str = "none";
/// The section whose settings stand in a profile without its name.
const CLUSTER: &str = "kafka";

/// Reads the text of a settings file without profiles; `here` is the zone of times that have none.
pub(crate) fn read(text: &str, origin: &Origin, here: &LocalZone) -> Result<Layer, SettingsError> {
    let content = read_with_profiles(text, origin, here)?;
    if content.profiles.is_empty() {
        return Ok(content.layer);
    }
    Err(SettingsError::Contradiction(format!(
        "{}: profiles are your own, and belong in ~/.config/kp/config.toml or a file that is named by \
         --config or KP_CONFIG",
        place(origin, PROFILES)
    )))
}

/// Reads the text of a settings file that may have profiles.
pub(crate) fn read_with_profiles(
    text: &str,
    origin: &Origin,
    here: &LocalZone,
) -> Result<Content, SettingsError> {
    let mut table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| syntax(text, origin, &error))?;
    let profiles = match table.remove(PROFILES) {
        Some(toml::Value::Table(profiles)) => {
            let unfit = profiles.keys().find(|name| !is_profile_name(name));
            if let Some(name) = unfit {
                return Err(SettingsError::Value {
                    place: place(origin, PROFILES),
                    problem: format!("{name:?} cannot be the name of a profile"),
                    expected: "letters, digits, dots, underscores and dashes, and not \"none\""
                        .to_owned(),
                });
            }
            profiles
        }
        Some(_) => return Err(no_table(origin, PROFILES, "[profile.NAME]")),
        None => toml::Table::new(),
    };
    let mut layer = Layer::new(here);
    take(&mut layer, "", table, origin)?;
    Ok(Content { layer, profiles })
}

/// Reads a profile. What does not begin with the name of a section is a setting of `[kafka]`.
pub(crate) fn read_profile(
    profile: toml::Value,
    origin: &Origin,
    here: &LocalZone,
) -> Result<Layer, SettingsError> {
    let toml::Value::Table(table) = profile else {
        return Err(no_table(origin, "it", "settings below its name"));
    };
    let mut layer = Layer::new(here);
    let (sections, cluster): (toml::Table, toml::Table) =
        table.into_iter().partition(|(name, _)| is_section(name));
    take(&mut layer, &format!("{CLUSTER}."), cluster, origin)?;
    take(&mut layer, "", sections, origin)?;
    Ok(layer)
}

/// Whether a profile of this name can be chosen, by a flag and in any shell.
fn is_profile_name(name: &str) -> bool {
    let is_fit = |letter: char| letter.is_alphanumeric() || "._-".contains(letter);
    name != NO_PROFILE && name.starts_with(char::is_alphanumeric) && name.chars().all(is_fit)
}

fn no_table(origin: &Origin, key: &str, expected: &str) -> SettingsError {
    SettingsError::Value {
        place: place(origin, key),
        problem: "this cannot be a single value".to_owned(),
        expected: expected.to_owned(),
    }
}

/// Takes in a table and the tables inside it: `linger.ms = 5` and `"linger.ms" = 5` mean the same
/// here.
fn take(
    layer: &mut Layer,
    prefix: &str,
    table: toml::Table,
    origin: &Origin,
) -> Result<(), SettingsError> {
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        match value {
            toml::Value::Table(table) if holds_names(&key, &table) => {
                take(layer, &format!("{key}."), table, origin)?;
            }
            _ if is_section(&key) => {
                return Err(SettingsError::Value {
                    place: place(origin, &key),
                    problem: "a section cannot be a single value".to_owned(),
                    expected: format!("a table that begins with [{key}]"),
                });
            }
            value => layer.assign(&key, &Given::Toml(value), origin.clone())?,
        }
    }
    Ok(())
}

/// Whether a table is a section or a part of a name with dots, and not the value of a setting.
fn holds_names(key: &str, table: &toml::Table) -> bool {
    // An empty table with an unknown name is not looked into, so that it is refused.
    is_section(key) || key.starts_with(RAW) || (table::find(key).is_none() && !table.is_empty())
}

fn syntax(text: &str, origin: &Origin, error: &toml::de::Error) -> SettingsError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line_starts = before.rfind('\n').map_or(0, |newline| newline + 1);
    SettingsError::Syntax {
        path: origin.to_string().into(),
        line: before.matches('\n').count() + 1,
        column: before[line_starts..].chars().count() + 1,
        // `message`, never the error's own `Display`: that quotes the line.
        reason: error.message().replace('\n', "; "),
    }
}
