//! Waiting until each broker knows of a change.
//!
//! The controller answers for a change, and each broker hears of it a moment later. The next
//! program may ask any of them. So a change is done only once all of them show it.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use kp_rdkafka::admin::{
    self, Acl, AdminError, ConfigChanges, ConfigSource, Named, ScramMechanism, Topic, Whom,
};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::{Admin, LOOK};
use crate::error::is_refusal;

/// How long a broker may take to hear of a change. One that takes longer is away.
const SETTLES: Duration = Duration::from_secs(3);

impl Admin {
    /// Waits until all brokers show these topics as they are to be: with so many partitions, or
    /// gone.
    pub(super) fn until_all_know_topics(&self, topics: &[(&str, Option<usize>)]) {
        let names: Vec<&str> = topics.iter().map(|(name, _)| *name).collect();
        if names.is_empty() {
            return;
        }
        let is_as_wanted = |one: &Named<Topic>| match &one.result {
            Ok(topic) => {
                let wanted = topics.iter().find(|(name, _)| *name == one.name);
                wanted.is_none_or(|(_, wanted)| *wanted == Some(topic.partitions.len()))
            }
            Err(error) if error.code == Code::UnknownTopicOrPartition => {
                topics.iter().any(|(name, wanted)| *name == one.name && wanted.is_none())
            }
            // There is nothing to wait for: it will not be shown.
            Err(error) => is_refusal(error.code),
        };
        self.until_all(
            |whom, left| admin::ask_topics(self.client(), whom, &names, left),
            |asked| asked.wait().map(|topics| topics.iter().all(is_as_wanted)),
        );
    }

    /// Waits until all brokers show these configs.
    pub(super) fn until_all_know_configs(&self, topics: &[&ConfigChanges<'_>]) {
        let names: Vec<&str> = topics.iter().map(|topic| topic.topic).collect();
        if names.is_empty() {
            return;
        }
        self.until_all(
            |whom, left| admin::ask_configs(self.client(), whom, &names, left),
            |asked| {
                let described = asked.wait()?;
                let mut set = BTreeMap::new();
                for topic in &described {
                    match &topic.result {
                        Ok(entries) => {
                            let own = entries.iter();
                            let own = own.filter(|entry| entry.source == ConfigSource::Topic);
                            set.extend(own.map(|entry| {
                                let value = entry.value.as_deref().unwrap_or_default();
                                ((topic.name.as_str(), entry.name.as_str()), value)
                            }));
                        }
                        Err(error) => return Ok(is_refusal(error.code)),
                    }
                }
                let is_shown = |topic: &&ConfigChanges<'_>| {
                    let mut configs = topic.configs.iter();
                    configs
                        .all(|(config, value)| set.get(&(topic.topic, *config)).copied() == *value)
                };
                Ok(topics.iter().all(is_shown))
            },
        );
    }

    /// Waits until all brokers show the ACLs so. Whoever may not see them does not wait long.
    pub(super) fn until_all_know_acls(&self, is_shown: impl Fn(&HashSet<Acl>) -> bool) {
        self.until_all(
            |whom, left| admin::ask_acls(self.client(), whom, None, left),
            |asked| Ok(is_shown(&asked.wait()?.into_iter().collect())),
        );
    }

    /// Waits until all brokers show that this user has a password, hashed so many times, or none.
    /// Only an administrator may ask this; see [`admin::describe_users`].
    pub(super) fn until_all_know_login(
        &self,
        user: &str,
        mechanism: ScramMechanism,
        iterations: Option<i32>,
    ) {
        self.until_all(
            |whom, left| admin::ask_users(self.client(), whom, left),
            |asked| {
                let users = asked.wait()?;
                let own = users.iter().find(|one| one.name == user);
                let known = own.and_then(|user| user.result.as_ref().ok()).into_iter().flatten();
                let mut known = known.filter(|one| one.mechanism == mechanism);
                Ok(known.next().map(|one| one.iterations) == iterations)
            },
        );
    }

    /// Asks each broker until it shows what is wanted. A broker that does not within a time is left
    /// alone: the change was made.
    fn until_all<P>(
        &self,
        ask: impl Fn(Whom, Duration) -> Result<P, AdminError>,
        shows: impl Fn(&P) -> Result<bool, AdminError>,
    ) {
        let deadline = Instant::now() + SETTLES.min(self.timeout);
        let mut behind: Vec<i32> = self.metadata.brokers().iter().map(|one| one.id()).collect();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // All are asked before the first is waited for.
            let asked: Vec<_> =
                behind.iter().map(|id| (*id, ask(Whom::Broker(*id), left.max(LOOK)))).collect();
            let is_behind = |asked: Result<P, AdminError>| {
                asked
                    .and_then(|asked| shows(&asked))
                    .map_or_else(|error| !is_refusal(error.code()), |is_shown| !is_shown)
            };
            behind = asked
                .into_iter()
                .filter_map(|(id, asked)| is_behind(asked).then_some(id))
                .collect();
            if behind.is_empty() || left.is_zero() {
                return;
            }
            std::thread::sleep(LOOK.min(left));
        }
    }
}
