//! What keeps partitions from taking messages: no leader, or fewer replicas in sync than
//! `min.insync.replicas`.
//!
//! Clients try again while that is so, without a word. So kp looks for it once nothing has gone
//! forward for a while.

use std::collections::HashMap;
use std::time::Duration;

use kp_rdkafka::{Client, Place, admin};
use rdkafka::metadata::MetadataPartition;

use crate::connect;

/// Where groups keep what they committed; made for the first group.
pub(crate) const OFFSETS: &str = "__consumer_offsets";
/// Where producers keep their transactions; made for the first of them.
pub(crate) const TRANSACTIONS: &str = "__transaction_state";

/// How long one question may take.
const ASK: Duration = Duration::from_secs(1);

/// Partitions that are named; of more it is said how many.
const NAMED: usize = 10;

/// What keeps partitions of these topics from taking messages, in words; none if nothing does, or
/// if it cannot be told. `all_acks` is whether a message has to be stored by all replicas that are
/// in sync.
pub(crate) fn shortage(client: &Client, topics: &[&str], all_acks: bool) -> Option<String> {
    // All topics, because asking for one by its name may make it.
    let metadata = client.metadata(None, ASK).ok()?;
    let needed = if all_acks { min_insync(client, topics) } else { HashMap::new() };
    let said = topics.iter().filter_map(|&topic| {
        let partitions = connect::topic(&metadata, topic)?.partitions();
        lack(topic, partitions.iter(), needed.get(topic).copied(), true)
    });
    joined(said)
}

/// What keeps the coordinator of a group or a transactional id from working, in words; its topic is
/// [`OFFSETS`] or [`TRANSACTIONS`].
pub(crate) fn coordinator_shortage(client: &Client, topic: &str, name: &str) -> Option<String> {
    let metadata = client.metadata(None, ASK).ok()?;
    let partitions = connect::topic(&metadata, topic)?.partitions();
    let place = kept_in(name, partitions.len())?;
    let needed = min_insync(client, &[topic]).get(topic).copied();
    let its = partitions.iter().filter(|partition| partition.id() == place);
    lack(topic, its, needed, false)
}

/// What partitions of a topic lack of a leader or of replicas, of which so many are `needed`. Where
/// a partition has no more replicas in all, only older brokers refuse messages: that is said if
/// `perhaps`.
fn lack<'m>(
    topic: &str,
    partitions: impl Iterator<Item = &'m MetadataPartition> + Clone,
    needed: Option<usize>,
    perhaps: bool,
) -> Option<String> {
    let leaderless: Vec<_> = partitions.clone().filter(|one| one.leader() < 0).collect();
    if !leaderless.is_empty() {
        return Some(without_leader(topic, &leaderless));
    }
    let needed = needed?;
    let short: Vec<_> = partitions
        .clone()
        .filter(|one| one.isr().len() < needed.min(one.replicas().len()))
        .collect();
    if let Some(first) = short.first() {
        return Some(format!(
            "{topic} {} {} in sync (on {}), and min.insync.replicas={needed} asks for {needed}; start the brokers that are down, or \
             lower the topic's min.insync.replicas",
            named(&short),
            has_replicas(short.len(), first.isr().len()),
            brokers(first.isr()),
        ));
    }
    let few: Vec<_> = partitions.filter(|one| one.replicas().len() < needed).collect();
    let first = few.first().filter(|_| perhaps)?;
    Some(format!(
        "{topic} {} {}, and min.insync.replicas={needed} asks for {needed}, which brokers older than Kafka 4.1 insist on; lower the \
         topic's min.insync.replicas",
        named(&few),
        has_replicas(few.len(), first.replicas().len()),
    ))
}

fn has_replicas(partitions: usize, replicas: usize) -> String {
    let has = if partitions == 1 { "has" } else { "have" };
    let plural = if replicas == 1 { "" } else { "s" };
    format!("{has} {replicas} replica{plural}")
}

/// The partitions of a topic among these that have no leader, in words; none if all have one.
pub(crate) fn leaderless(client: &Client, held: &[Place]) -> Option<String> {
    let metadata = client.metadata(None, ASK).ok()?;
    let mut topics: Vec<&str> = held.iter().map(|(topic, _)| topic.as_str()).collect();
    topics.sort_unstable();
    topics.dedup();
    joined(topics.into_iter().filter_map(|topic| {
        let partitions = connect::topic(&metadata, topic)?.partitions().iter();
        let lacking: Vec<&MetadataPartition> = partitions
            .filter(|one| one.leader() < 0)
            .filter(|one| held.iter().any(|(name, id)| name == topic && *id == one.id()))
            .collect();
        (!lacking.is_empty()).then(|| without_leader(topic, &lacking))
    }))
}

fn joined(said: impl Iterator<Item = String>) -> Option<String> {
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then(|| said.join("; "))
}

fn without_leader(topic: &str, partitions: &[&MetadataPartition]) -> String {
    let mut holders: Vec<i32> =
        partitions.iter().flat_map(|partition| partition.replicas().iter().copied()).collect();
    holders.sort_unstable();
    holders.dedup();
    let has = if partitions.len() == 1 { "has" } else { "have" };
    format!(
        "{topic} {} {has} no leader; start {}, which keeps the messages",
        named(partitions),
        brokers(&holders)
    )
}

/// `[0, 3]`, as partitions are written everywhere.
fn named(partitions: &[&MetadataPartition]) -> String {
    let mut ids: Vec<i32> = partitions.iter().map(|partition| partition.id()).collect();
    ids.sort_unstable();
    let shown: Vec<String> = ids.iter().take(NAMED).map(i32::to_string).collect();
    let more = match ids.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("[{}{more}]", shown.join(", "))
}

fn brokers(ids: &[i32]) -> String {
    let names: Vec<String> = ids.iter().map(i32::to_string).collect();
    match names.as_slice() {
        [] => "no broker".to_owned(),
        [one] => format!("broker {one}"),
        several => format!("brokers {}", several.join(", ")),
    }
}

/// By topic, where it can be told.
fn min_insync<'t>(client: &Client, topics: &[&'t str]) -> HashMap<&'t str, usize> {
    let described = admin::describe_configs(client, topics, ASK);
    let described = described.unwrap_or_default().into_iter();
    described
        .filter_map(|topic| {
            let name = topics.iter().find(|name| **name == topic.name)?;
            let mut entries = topic.result.ok()?.into_iter();
            let entry = entries.find(|entry| entry.name == "min.insync.replicas")?;
            Some((*name, entry.value?.parse().ok()?))
        })
        .collect()
}

/// Which partition of [`OFFSETS`] or [`TRANSACTIONS`] keeps what belongs to a group or a
/// transactional id. Kafka chooses it by Java's hash of the name.
fn kept_in(name: &str, partitions: usize) -> Option<i32> {
    let hash = name
        .encode_utf16()
        .fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    let hash = hash.checked_abs().unwrap_or(0);
    hash.checked_rem(i32::try_from(partitions).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_kept_where_java_says() {
        // By `Utils.abs("...".hashCode()) % 50`.
        assert_eq!(kept_in("test-group", 50), Some(12));
        assert_eq!(kept_in("", 50), Some(0));
        assert_eq!(kept_in("polygenelubricants", 50), Some(0), "its hash is the smallest number");
        assert_eq!(kept_in("g", 0), None);
    }
}
