//! The topic's leaders and replicas.

use std::time::Duration;

use kp_core::most_alike;
use kp_rdkafka::{Client, admin};
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::metadata::{Metadata, MetadataPartition};

use super::step::Finding;
use crate::advice::Advice;
use crate::connect;
use crate::replicas;

/// Looks at a topic. `is_embedded` is whether the broker knows no configs, and hides nothing.
pub(crate) fn look(
    client: &Client,
    metadata: &Metadata,
    name: &str,
    is_embedded: bool,
    timeout: Duration,
) -> Finding {
    let Some(topic) = connect::topic(metadata, name) else {
        let is_hidden = !is_embedded && is_hidden(client, name, timeout);
        return if is_hidden {
            // Which ACL is missing is the next step's.
            Finding::untold(format!("{name} is not shown to this user"))
        } else {
            Finding::failed(Vec::new(), missing(metadata, name, is_embedded))
        };
    };
    let partitions = topic.partitions();
    let behind = partitions.iter().filter(|one| lags(one)).count();
    let found = vec![words(name, partitions.len(), behind)];
    let is_lacking = behind > 0 || partitions.iter().any(|one| one.leader() < 0);
    match replicas::shortage(client, &[name], !is_embedded) {
        Some(sentence) if is_lacking => Finding::failed(found, Advice::of(&sentence)),
        Some(sentence) => Finding::doubtful(found, Advice::of(&sentence)),
        None if behind > 0 => Finding::doubtful(
            found,
            Advice::new(
                format!("{name}: replicas are not in sync in {behind} partitions"),
                "start the brokers that are down; `kp-admin topics health` names the partitions",
            ),
        ),
        None => Finding::right(found),
    }
}

/// Whether the topic is there, and this user may not see it.
fn is_hidden(client: &Client, name: &str, timeout: Duration) -> bool {
    let told = admin::topic_operations(client, name, timeout);
    told.is_ok_and(|told| told.is_err_and(|error| error.code == Code::TopicAuthorizationFailed))
}

/// What to do about a topic that does not exist.
fn missing(metadata: &Metadata, name: &str, is_embedded: bool) -> Advice {
    let names = metadata.topics().iter().map(|topic| topic.name());
    let change = match most_alike(name, names) {
        Some(nearest) => format!("did you mean {nearest}?"),
        // The embedded broker takes no request to make one.
        None if is_embedded => format!("a first message makes it: `kp-producer -t {name}`"),
        None => format!(
            "make it: `kp-admin topics create {name}`; `kp-admin topics list` shows those that exist"
        ),
    };
    Advice::new(format!("topic {name} does not exist"), change)
}

fn lags(partition: &MetadataPartition) -> bool {
    partition.isr().len() < partition.replicas().len()
}

fn words(name: &str, partitions: usize, behind: usize) -> String {
    let plural = if partitions == 1 { "" } else { "s" };
    let sync = match behind {
        0 => "all replicas in sync".to_owned(),
        behind => format!("replicas missing in {behind}"),
    };
    format!("{name}: {partitions} partition{plural}, {sync}")
}
