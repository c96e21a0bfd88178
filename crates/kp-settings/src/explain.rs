//! What the settings in force promise and cost, in words.

mod consumer;
mod point;
mod producer;

use crate::error::SettingsError;
use crate::role::Role;
use crate::settings::Settings;

use point::Properties;

pub use point::{Point, Reading};

impl Settings {
    /// What a producer with these settings promises and costs.
    ///
    /// # Errors
    /// Settings that contradict each other, or a file with a secret that cannot be read.
    pub fn explain_producer(&self) -> Result<Vec<Point>, SettingsError> {
        let in_force = Properties(self.properties(Role::Producer)?);
        Ok(producer::points(self, &in_force))
    }

    /// What a consumer with these settings promises and costs.
    ///
    /// # Errors
    /// The same.
    pub fn explain_consumer(&self, reading: Reading) -> Result<Vec<Point>, SettingsError> {
        let in_force = Properties(self.properties(Role::Consumer)?);
        Ok(consumer::points(&self.consumer, reading, &in_force))
    }
}
