//! The layer of a settings file.

use std::path::Path;

use crate::error::SettingsError;
use crate::given::Given;
use crate::layer::{Layer, place};
use crate::names::RAW;
use crate::origin::Origin;
use crate::table;

/// Reads the text of a settings file; `path` is what error messages call it.
pub(crate) fn read(text: &str, path: &Path, origin: &Origin) -> Result<Layer, SettingsError> {
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| syntax(text, path, &error))?;
    let mut layer = Layer::default();
    take(&mut layer, "", table, origin)?;
    Ok(layer)
}

/// Takes in a table and the tables inside it: `linger.ms = 5` and `"linger.ms" = 5` mean the same here.
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
    // An empty table of an unknown name would go unnoticed if it were looked into.
    is_section(key) || key.starts_with(RAW) || (table::find(key).is_none() && !table.is_empty())
}

fn is_section(key: &str) -> bool {
    format!("{key}.") == RAW
        || table::settings()
            .iter()
            .any(|setting| setting.section() == key)
}

fn syntax(text: &str, path: &Path, error: &toml::de::Error) -> SettingsError {
    let before = error
        .span()
        .and_then(|span| text.get(..span.start))
        .unwrap_or_default();
    let line_starts = before.rfind('\n').map_or(0, |newline| newline + 1);
    SettingsError::Syntax {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_starts..].chars().count() + 1,
        // `message`, never the error's own `Display`: that quotes the line.
        reason: error.message().replace('\n', "; "),
    }
}
