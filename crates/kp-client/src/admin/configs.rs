//! What is set on a topic, in the order in which Kafka's own tool prints it.
//!
//! `kafka-topics --describe` puts the settings of a broker's answer into a Java `HashMap` and
//! prints those that are no default in that map's order. To print the same line, the order is made
//! here: by bucket, and inside a bucket as they were put in.

use kp_rdkafka::admin::{ConfigEntry, ConfigSource};

/// Names and values of the settings that are not Kafka's own default, from all settings of a topic
/// in the order of the answer.
pub(super) fn not_default(entries: Vec<ConfigEntry>) -> Vec<(String, Option<String>)> {
    let buckets = buckets_for(entries.len());
    let mut set: Vec<_> = entries
        .into_iter()
        .filter(|entry| entry.source != ConfigSource::Default)
        .map(|entry| (entry.name, entry.value))
        .collect();
    // A stable sort: it keeps the order inside a bucket.
    set.sort_by_key(|(name, _)| bucket(name, buckets));
    set
}

/// A map starts with 16 buckets and doubles them once they are more than three quarters full.
fn buckets_for(entries: usize) -> u32 {
    let mut buckets: u32 = 16;
    while entries > buckets as usize / 4 * 3 {
        buckets *= 2;
    }
    buckets
}

fn bucket(name: &str, buckets: u32) -> u32 {
    let hash = name
        .encode_utf16()
        .fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
    (hash ^ (hash >> 16)) & (buckets - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, source: ConfigSource) -> ConfigEntry {
        ConfigEntry {
            name: name.to_owned(),
            value: Some("1".to_owned()),
            source,
            is_sensitive: false,
            is_read_only: false,
        }
    }

    #[test]
    fn the_order_is_the_one_that_kafka_topics_printed() {
        // As Kafka 4.3.1's tool printed them, out of an answer of 33 settings.
        let printed = [
            "min.insync.replicas",
            "cleanup.policy",
            "retention.ms",
            "flush.messages",
            "max.message.bytes",
        ];
        let mut entries: Vec<_> = (0..33 - printed.len())
            .map(|number| entry(&format!("default.{number}"), ConfigSource::Default))
            .collect();
        let mut alphabetical = printed;
        alphabetical.sort_unstable();
        entries.extend(alphabetical.iter().map(|name| entry(name, ConfigSource::Topic)));
        let names: Vec<_> = not_default(entries).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, printed);
    }
}
