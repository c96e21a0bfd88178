//! The layers laid over one another, key by key.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use config::{Config, ConfigError, Map, Source};

use crate::error::SettingsError;
use crate::layer::{Assignment, Layer};
use crate::librdkafka;
use crate::names::RAW;
use crate::value::Value;

/// The values in force by key, each with its origin. `Debug` shows origins only: the values may be
/// secrets.
#[derive(Clone)]
pub(crate) struct Values(BTreeMap<String, Assignment>);

impl Values {
    pub(crate) fn get(&self, key: &str) -> Option<&Assignment> {
        self.0.get(key)
    }

    pub(crate) fn explicit(&self, key: &str) -> Option<&Assignment> {
        self.get(key).filter(|in_force| in_force.origin.is_explicit())
    }

    pub(crate) fn set(&mut self, key: &str, in_force: Assignment) {
        self.0.insert(key.to_owned(), in_force);
    }

    /// Puts another value in the place of one, as if it had been written there.
    pub(crate) fn replace(&mut self, key: &str, value: Value) {
        if let Some(in_force) = self.0.get_mut(key) {
            in_force.value = value;
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Assignment> {
        self.0.remove(key)
    }

    /// A raw property, by the name that it was set under or by another of its names.
    pub(crate) fn raw_named(&self, property: &str) -> Option<(&str, &Assignment)> {
        self.raw().find(|(name, _)| librdkafka::same(name, property))
    }

    /// The raw properties by librdkafka's names.
    pub(crate) fn raw(&self) -> impl Iterator<Item = (&str, &Assignment)> {
        self.0.iter().filter_map(|(key, in_force)| Some((key.strip_prefix(RAW)?, in_force)))
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(key, in_force)| (key, &in_force.origin))).finish()
    }
}

/// Lays the layers over one another, the lowest first.
///
/// The `config` crate merges keys, and for each the index of its value. So a value keeps its type
/// and its origin, and no error of that crate can be about what a person wrote.
pub(crate) fn merge(layers: Vec<Layer>) -> Result<Values, SettingsError> {
    let mut assignments = Vec::new();
    let mut builder = Config::builder();
    for layer in layers {
        let keys = layer.assignments.iter().map(|one| one.written.clone());
        builder = builder.add_source(Keys(keys.zip(assignments.len() as u64..).collect()));
        assignments.extend(layer.assignments);
    }
    let merged = builder.build().and_then(|config| config.get::<HashMap<String, usize>>(ROOT));
    let merged = merged.map_err(|error| SettingsError::Misfit(error.to_string()))?;
    let in_force = assignments.into_iter().enumerate().filter_map(|(index, one)| {
        (merged.get(&one.written) == Some(&index)).then(|| (one.written.clone(), one))
    });
    Ok(Values(in_force.collect()))
}

/// The keys of one layer, each with the index of its value.
#[derive(Debug, Clone)]
struct Keys(Vec<(String, u64)>);

/// All keys stand below one name: `config` takes the dots in a name at the top for a path.
const ROOT: &str = "settings";

impl Source for Keys {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, config::Value>, ConfigError> {
        let keys: Map<String, u64> = self.0.iter().cloned().collect();
        Ok(Map::from([(ROOT.to_owned(), keys.into())]))
    }
}
