//! The layers laid over one another, key by key, and each value's origin.

use std::collections::BTreeMap;
use std::fmt;

use config::{Config, ConfigError, Map, Source, Value, ValueKind};

use crate::error::SettingsError;
use crate::layer::{Assignment, Layer, place};
use crate::names::RAW;
use crate::origin::Origin;

/// The value in force of one setting or raw property.
#[derive(Clone)]
pub(crate) struct InForce {
    pub(crate) value: ValueKind,
    pub(crate) origin: Origin,
    /// The key that it was written under: a raw property may have set a typed setting.
    pub(crate) written: String,
}

impl InForce {
    /// Where it stands and its name, as an error message begins.
    pub(crate) fn place(&self) -> String {
        place(&self.origin, &self.written)
    }
}

/// The values in force by key. `Debug` shows origins only: the values may be secrets.
#[derive(Clone, Default)]
pub(crate) struct Values(BTreeMap<String, InForce>);

impl Values {
    pub(crate) fn get(&self, key: &str) -> Option<&InForce> {
        self.0.get(key)
    }

    pub(crate) fn explicit(&self, key: &str) -> Option<&InForce> {
        self.get(key)
            .filter(|in_force| in_force.origin.is_explicit())
    }

    pub(crate) fn set(&mut self, key: &str, in_force: InForce) {
        self.0.insert(key.to_owned(), in_force);
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// A raw property, by the name that it was set under or by another of its names.
    pub(crate) fn raw_named(&self, property: &str) -> Option<(&str, &InForce)> {
        self.raw()
            .find(|(name, _)| crate::librdkafka::same(name, property))
    }

    /// The raw properties by librdkafka's names.
    pub(crate) fn raw(&self) -> impl Iterator<Item = (&str, &InForce)> {
        self.0
            .iter()
            .filter_map(|(key, in_force)| Some((key.strip_prefix(RAW)?, in_force)))
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.iter().map(|(key, in_force)| (key, &in_force.origin)))
            .finish()
    }
}

/// Lays the layers over one another, the lowest first.
pub(crate) fn merge(layers: Vec<Layer>) -> Result<Values, SettingsError> {
    let builder = layers
        .into_iter()
        .fold(Config::builder(), |builder, layer| {
            builder.add_source(layer)
        });
    // Built from checked values alone, so that the error cannot be about what a person wrote.
    let merged = builder
        .build()
        .and_then(|config| config.collect())
        .map_err(|_| SettingsError::Merge)?;
    let mut values = Values::default();
    flatten(&mut values, "", merged);
    Ok(values)
}

fn flatten(values: &mut Values, prefix: &str, table: Map<String, Value>) {
    for (name, value) in table {
        let key = format!("{prefix}{name}");
        let origin = value.origin().map_or(Origin::Default, Origin::from_tag);
        match value.kind {
            ValueKind::Table(table) => flatten(values, &format!("{key}."), table),
            value => values.set(
                &key,
                InForce {
                    value,
                    origin,
                    written: key.clone(),
                },
            ),
        }
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.assignments.iter().map(|assignment| &assignment.key))
            .finish()
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let mut sections: Map<String, Map<String, Value>> = Map::new();
        let mut raw: Map<String, Value> = Map::new();
        for Assignment { key, value, origin } in &self.assignments {
            let value = Value::new(Some(&origin.tag()), value.clone());
            if let Some(name) = key.strip_prefix(RAW) {
                // Names with dots are safe one level down: only top-level keys are taken for paths.
                raw.insert(name.to_owned(), value);
            } else if let Some((section, name)) = key.split_once('.') {
                sections
                    .entry(section.to_owned())
                    .or_default()
                    .insert(name.to_owned(), value);
            }
        }
        if !raw.is_empty() {
            sections
                .entry("kafka".to_owned())
                .or_default()
                .insert("librdkafka".to_owned(), raw.into());
        }
        Ok(sections
            .into_iter()
            .map(|(section, table)| (section, table.into()))
            .collect())
    }
}
