//! A broker's configs.

use kp_rdkafka::admin::{self, Acl, ConfigEntry};

use super::acls::Purpose;
use super::again::complete;
use super::{Admin, ItemError};
use crate::error::Error;

impl Admin {
    /// A broker's configs, by name.
    ///
    /// # Errors
    /// The embedded broker; a broker that is not up; a refusal; no answer in time.
    pub fn broker_configs(&self, broker: i32, purpose: Purpose) -> Result<Vec<ConfigEntry>, Error> {
        self.needs_kafka("tell its configs")?;
        self.is_up(broker)?;
        let what = format!("cannot describe the configs of broker {broker}");
        let asked = self.ask(|left| {
            let described = admin::describe_broker_configs(self.client(), broker, left)?;
            complete(described, |one| one.result.as_ref().err())
        });
        let described = asked.answer.map_err(|error| self.failed(&what, error))?;
        let mut configs = Vec::new();
        for answer in described {
            let refused = |error| self.config_error(&what, error, purpose.with_configs());
            configs.extend(answer.result.map_err(refused)?);
        }
        configs.sort_by(|one: &ConfigEntry, other| one.name.cmp(&other.name));
        Ok(configs)
    }

    /// Changes a broker's configs; none is for what is to be as if it had never been set there.
    ///
    /// # Errors
    /// The embedded broker; a broker that is not up; a refusal, and then nothing was changed; no
    /// answer in time.
    pub fn change_broker_configs(
        &self,
        broker: i32,
        configs: &[(&str, Option<&str>)],
    ) -> Result<(), Error> {
        self.needs_kafka("change its configs")?;
        self.is_up(broker)?;
        let what = format!("cannot change the configs of broker {broker}");
        let asked =
            self.ask(|left| admin::alter_broker_configs(self.client(), broker, configs, left));
        asked
            .answer
            .map_err(|error| self.failed(&what, error))?
            .map_err(|error| self.config_error(&what, error, "AlterConfigs"))
    }

    fn config_error(&self, what: &str, error: ItemError, operation: &str) -> Error {
        self.refused(what, error).needs(format!("{operation} on cluster {}", Acl::CLUSTER))
    }

    /// A broker is asked itself.
    fn is_up(&self, broker: i32) -> Result<(), Error> {
        let mut ids: Vec<i32> = self.metadata.brokers().iter().map(|one| one.id()).collect();
        if ids.contains(&broker) {
            return Ok(());
        }
        ids.sort_unstable();
        let ids: Vec<_> = ids.iter().map(i32::to_string).collect();
        Err(Error::Lacking(format!(
            "broker {broker} is not up on {}; there are {}",
            self.broker(),
            ids.join(", ")
        )))
    }
}
