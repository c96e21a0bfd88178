//! A plan as people read it: a sign, what changes, and what follows from that.

use serde::Serialize;

use super::changes::{Change, Impossible};
use super::state::{Actual, WantedTopic};
use crate::acls::sentence;
use crate::answer::counted;
use crate::units::{human, size, span};

/// A change in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// `+` is added, `~` changed, `-` taken away, `!` cannot be done.
    pub(super) sign: char,
    /// What changes.
    pub(super) what: String,
    /// What follows from it.
    pub(super) consequence: Option<String>,
}

impl Line {
    /// As a line of the plan.
    pub(super) fn text(&self) -> String {
        match &self.consequence {
            Some(consequence) => format!("{} {}: {consequence}", self.sign, self.what),
            None => format!("{} {}", self.sign, self.what),
        }
    }
}

/// How many messages each change would delete, where that can be told: by its place in the plan.
pub(super) type Deleted = std::collections::HashMap<usize, i64>;

/// The plan in words, in its order.
pub(super) fn lines(changes: &[Change], actual: &Actual, deleted: &Deleted) -> Vec<Line> {
    let numbered = changes.iter().enumerate();
    numbered.map(|(place, change)| line(change, actual, deleted.get(&place).copied())).collect()
}

fn line(change: &Change, actual: &Actual, deleted: Option<i64>) -> Line {
    let line = |sign, what: String, consequence: Option<String>| Line { sign, what, consequence };
    match change {
        Change::CreateTopic { topic, wanted } => {
            line('+', format!("topic {topic}  {}", shape(wanted)), None)
        }
        Change::AddPartitions { topic, from, to } => line(
            '~',
            format!("{topic} partitions {from} -> {to}"),
            Some(
                "from then on a key may lead to another partition; messages already stored stay"
                    .to_owned(),
            ),
        ),
        Change::SetConfig { topic, config, from, to } => {
            let shown = from.as_deref().map_or("unset".to_owned(), |from| human(config, from));
            let factor = actual.topics.get(topic).map(|topic| topic.replication_factor);
            line(
                '~',
                format!("{topic} {config} {shown} -> {}", human(config, to)),
                consequence(config, from.as_deref(), to, factor, deleted),
            )
        }
        Change::UnsetConfig { topic, config, from } => line(
            '~',
            format!("{topic} {config} {} -> the broker's default", human(config, from)),
            match config.as_str() {
                "retention.ms" | "retention.bytes" => true,
                "cleanup.policy" => from.contains("compact"),
                _ => false,
            }
            .then(|| "what the broker's own value does not keep is deleted soon".to_owned()),
        ),
        Change::AddAcl(acl) => line('+', format!("acl {}", sentence(acl)), None),
        Change::RemoveAcl(acl) => {
            line('-', format!("acl {}", sentence(acl)), Some("it is not in the file".to_owned()))
        }
        Change::DeleteTopic { topic } => line(
            '-',
            format!("topic {topic}"),
            Some(match deleted {
                Some(count) => format!("it is not in the file, and goes with {}", messages(count)),
                None => "it is not in the file, and goes with all its messages".to_owned(),
            }),
        ),
        Change::Impossible(Impossible::FewerPartitions { topic, from, to }) => line(
            '!',
            format!("{topic} partitions {from} -> {to}"),
            Some("partitions cannot be taken away; make a new topic".to_owned()),
        ),
        Change::Impossible(Impossible::ReplicationFactor { topic, from, to }) => line(
            '!',
            format!("{topic} replication factor {from} -> {to}"),
            Some(
                "that takes a reassignment of its partitions, which kp does not do; \
                 kafka-reassign-partitions does"
                    .to_owned(),
            ),
        ),
    }
}

/// `6 partitions, replication factor 3, retention.ms 3d`
fn shape(wanted: &WantedTopic) -> String {
    let partitions = wanted.partitions.map_or_else(
        || "the broker's default number of partitions".to_owned(),
        |count| counted(count, "partition"),
    );
    let factor = wanted.replication_factor.map_or_else(
        || "its default replication factor".to_owned(),
        |factor| format!("replication factor {factor}"),
    );
    let configs = wanted.configs.iter();
    let configs = configs.map(|(name, value)| format!(", {name} {}", human(name, value)));
    format!("{partitions}, {factor}{}", configs.collect::<String>())
}

fn messages(count: i64) -> String {
    format!("about {}", counted(count, "message"))
}

/// What follows from a config's new value.
fn consequence(
    config: &str,
    from: Option<&str>,
    to: &str,
    replication_factor: Option<u16>,
    deleted: Option<i64>,
) -> Option<String> {
    if from == Some(to) {
        return Some("as in force by default; from then on it is set on the topic".to_owned());
    }
    let number = |text: &str| text.parse::<i64>().ok();
    let (was, will) = (from.and_then(number), number(to));
    match config {
        "retention.ms" if lowers(was, will) => {
            let count = deleted.map_or_else(String::new, |count| format!(" ({})", messages(count)));
            Some(format!("messages older than {} are deleted soon{count}", span(will?)))
        }
        "retention.bytes" if lowers(was, will) => Some(format!(
            "the oldest messages of each partition beyond {} are deleted soon",
            size(will?)
        )),
        "retention.ms" | "retention.bytes" => {
            Some("messages are kept longer; those already deleted do not come back".to_owned())
        }
        "cleanup.policy" => policy(from.unwrap_or_default(), to),
        "min.insync.replicas"
            if replication_factor.is_some_and(|held| will > Some(held.into())) =>
        {
            Some(format!(
                "each partition has {} only: brokers count no more than there are, and older ones \
                 refuse each write with acks=all",
                counted(replication_factor?, "replica")
            ))
        }
        "max.message.bytes" if was > will => {
            Some("larger messages are refused; those already stored stay".to_owned())
        }
        _ => None,
    }
}

/// -1 is without a bound.
fn lowers(was: Option<i64>, will: Option<i64>) -> bool {
    match (was, will) {
        (_, Some(will)) if will < 0 => false,
        (Some(was), Some(will)) => was < 0 || will < was,
        // What it was is not known: a warning too many is better than one too few.
        (None, Some(_)) => true,
        _ => false,
    }
}

fn policy(from: &str, to: &str) -> Option<String> {
    let has = |policy: &str, one: &str| policy.split(',').any(|part| part.trim() == one);
    if has(to, "compact") && !has(from, "compact") {
        return Some(
            "of messages with the same key only the newest stays, and messages without a key are \
             refused"
                .to_owned(),
        );
    }
    if has(to, "delete") && !has(from, "delete") {
        return Some("messages past the retention are deleted soon".to_owned());
    }
    has(from, "delete").then(|| "old messages are not deleted any more".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::state::Topic;
    use super::*;

    fn set(config: &str, from: &str, to: &str) -> Change {
        Change::SetConfig {
            topic: "orders".to_owned(),
            config: config.to_owned(),
            from: Some(from.to_owned()),
            to: to.to_owned(),
        }
    }

    fn said(change: Change, deleted: Option<i64>) -> String {
        let topic = Topic { partitions: 6, replication_factor: 3, ..Topic::default() };
        let mut actual = Actual::default();
        actual.topics.insert("orders".to_owned(), topic);
        let deleted = deleted.map(|count| (0, count)).into_iter().collect();
        lines(&[change], &actual, &deleted)[0].text()
    }

    #[test]
    fn each_change_says_what_follows_from_it() {
        let wanted = WantedTopic {
            partitions: Some(6),
            replication_factor: Some(3),
            configs: [("retention.ms".to_owned(), "259200000".to_owned())].into(),
        };
        let topic = "orders".to_owned();
        let create = Change::CreateTopic { topic: topic.clone(), wanted };
        assert_eq!(
            said(create, None),
            "+ topic orders  6 partitions, replication factor 3, retention.ms 3d"
        );
        assert_eq!(
            said(set("retention.ms", "604800000", "259200000"), Some(1200)),
            "~ orders retention.ms 7d -> 3d: messages older than 3 days are deleted soon \
             (about 1200 messages)"
        );
        assert_eq!(
            said(set("retention.ms", "-1", "1500"), None),
            "~ orders retention.ms unlimited -> 1500ms: messages older than 1500 ms are deleted soon"
        );
        assert_eq!(
            said(set("retention.bytes", "1073741824", "-1"), None),
            "~ orders retention.bytes 1GiB -> unlimited: messages are kept longer; those already \
             deleted do not come back"
        );
        assert_eq!(
            said(set("cleanup.policy", "delete", "compact"), None),
            "~ orders cleanup.policy delete -> compact: of messages with the same key only the \
             newest stays, and messages without a key are refused"
        );
        assert_eq!(
            said(set("min.insync.replicas", "2", "4"), None),
            "~ orders min.insync.replicas 2 -> 4: each partition has 3 replicas only: brokers \
             count no more than there are, and older ones refuse each write with acks=all"
        );
        assert_eq!(
            said(set("compression.type", "producer", "zstd"), None),
            "~ orders compression.type producer -> zstd"
        );
        let fewer = Impossible::FewerPartitions { topic, from: 6, to: 3 };
        assert_eq!(
            said(Change::Impossible(fewer), None),
            "! orders partitions 6 -> 3: partitions cannot be taken away; make a new topic"
        );
    }
}
