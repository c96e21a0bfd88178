//! How things are, as far as a plan needs to know.

use std::collections::{BTreeSet, HashMap};
use std::time::{SystemTime, UNIX_EPOCH};

use kp_client::Error;
use kp_client::admin::{Acl, Admin, Purpose, TopicState};

use super::changes::{Change, Unnamed};
use super::state::{Actual, Config, Desired, Topic};
use super::words::Deleted;

/// The things that the file names; all of them where others are to be taken away.
pub(super) fn actual(admin: &Admin, desired: &Desired, unnamed: Unnamed) -> Result<Actual, Error> {
    let mut actual = Actual::default();
    if let Some(topics) = &desired.topics {
        let named: Vec<&str> = topics.keys().map(String::as_str).collect();
        add_topics(&mut actual, admin, &named)?;
        if unnamed == Unnamed::Pruned {
            for other in admin.topics() {
                actual.topics.entry(other.name).or_insert_with(|| Topic {
                    is_internal: other.is_internal,
                    ..Topic::default()
                });
            }
        }
    }
    if desired.acls.is_some() {
        actual.acls = admin.acls(None, Purpose::Look)?.into_iter().collect();
    }
    Ok(actual)
}

/// All topics but Kafka's own, and all ACLs; none of these without an authorizer, with the reason.
pub(super) fn everything(admin: &Admin) -> Result<(Actual, Result<BTreeSet<Acl>, String>), Error> {
    let mut actual = Actual::default();
    let topics = admin.topics();
    let names = topics.iter().filter(|topic| !topic.is_internal);
    let names: Vec<&str> = names.map(|topic| topic.name.as_str()).collect();
    add_topics(&mut actual, admin, &names)?;
    let acls = match admin.acls(None, Purpose::Look) {
        Ok(acls) => Ok(acls.into_iter().collect()),
        Err(Error::Lacking(why)) => Err(why),
        Err(error) => return Err(error),
    };
    Ok((actual, acls))
}

fn add_topics(actual: &mut Actual, admin: &Admin, names: &[&str]) -> Result<(), Error> {
    let states = admin.topic_states(names)?.into_iter();
    actual.topics.extend(states.map(|state| (state.name.clone(), topic(state))));
    Ok(())
}

fn topic(state: TopicState) -> Topic {
    let configs = state.configs.into_iter();
    Topic {
        partitions: u32::try_from(state.partitions).unwrap_or(u32::MAX),
        replication_factor: u16::try_from(state.replication_factor).unwrap_or(u16::MAX),
        is_internal: state.is_internal,
        configs: configs
            .map(|config| (config.name, Config { value: config.value, is_set: config.is_set }))
            .collect(),
    }
}

/// How many messages changes would delete, by their places in the plan.
pub(super) fn deleted(admin: &Admin, changes: &[Change], actual: &Actual) -> Deleted {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    let numbered = || changes.iter().enumerate();
    let expiring: Vec<(usize, (&str, i64))> = numbered()
        .filter_map(|(place, change)| match change {
            Change::SetConfig { topic, config, to, .. } if config == "retention.ms" => {
                let kept = to.parse::<i64>().ok().filter(|kept| *kept >= 0)?;
                // What is only compacted is not deleted by its age.
                let policy = &actual.topics.get(topic)?.configs.get("cleanup.policy")?.value;
                let is_deleted = policy.split(',').any(|one| one.trim() == "delete");
                is_deleted.then(|| (place, (topic.as_str(), now.saturating_sub(kept).max(0))))
            }
            _ => None,
        })
        .collect();
    let going: Vec<(usize, &str)> = numbered()
        .filter_map(|(place, change)| match change {
            Change::DeleteTopic { topic } => Some((place, topic.as_str())),
            _ => None,
        })
        .collect();
    let mut deleted = HashMap::new();
    if !expiring.is_empty() {
        let topics: Vec<_> = expiring.iter().map(|(_, topic)| *topic).collect();
        let counts = expiring.iter().zip(admin.messages_before(&topics));
        deleted.extend(counts.filter_map(|((place, _), count)| Some((*place, count?))));
    }
    if !going.is_empty() {
        let topics: Vec<_> = going.iter().map(|(_, topic)| *topic).collect();
        let counts = going.iter().zip(admin.message_counts(&topics));
        deleted.extend(counts.filter_map(|((place, _), count)| Some((*place, count?))));
    }
    deleted
}
