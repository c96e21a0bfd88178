//! Whether the programs did what the demo says they did.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// How far a group has read a partition.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// The offset that the group reads next.
    pub(super) committed: i64,
    /// The offset that the next message gets.
    pub(super) end: i64,
    /// How many messages lie between.
    pub(super) lag: i64,
}

/// The seconds in the producer's last line, `[Done]: 0.0421`.
pub(super) fn seconds(produced: &str) -> Result<(&str, f64)> {
    let line = produced.lines().last().context("kp-producer printed nothing")?;
    let seconds = line.strip_prefix("[Done]: ").and_then(|seconds| seconds.parse().ok());
    Ok((
        line,
        seconds.with_context(|| {
            format!("kp-producer's last line is not `[Done]: SECONDS` but `{line}`")
        })?,
    ))
}

/// The consumer's lines, once it is sure that they hold `count` messages, each one in its place.
pub(super) fn messages(consumed: &str, count: usize) -> Result<Vec<&str>> {
    let lines: Vec<_> = consumed.lines().collect();
    let [start, messages @ .., end] = lines.as_slice() else {
        anyhow::bail!("kp-consumer printed less than two lines: `{consumed}`");
    };
    ensure!(*start == "[Start] get consumer", "kp-consumer's first line is `{start}`");
    ensure!(*end == "[End] get consumer", "kp-consumer's last line is `{end}`");
    for (offset, message) in messages.iter().enumerate() {
        let expected = format!(
            r#"Topic : topic1, Partition : 0, Offset : {offset}, Key : null, value : {{"str":"result{offset}"}}"#
        );
        ensure!(*message == expected, "message {offset} reads `{message}` instead of `{expected}`");
    }
    ensure!(
        messages.len() == count,
        "kp-consumer printed {} messages instead of {count}",
        messages.len()
    );
    Ok(messages.to_vec())
}

/// Whether a word stands on its own in a table.
pub(super) fn has_word(table: &str, word: &str) -> bool {
    table.split_whitespace().any(|found| found == word)
}

/// A group's progress on its only partition, from `groups describe --output json`.
pub(super) fn progress(described: &str) -> Result<Progress> {
    let described: Value =
        serde_json::from_str(described).context("kp-admin did not print JSON")?;
    let partitions = described["partitions"].as_array().map_or(&[][..], Vec::as_slice);
    let count = partitions.len();
    ensure!(count == 1, "the group has {count} partitions instead of 1: {described}");
    let number = |name| partitions[0][name].as_i64().with_context(|| format!("no {name}"));
    Ok(Progress { committed: number("committed")?, end: number("end")?, lag: number("lag")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consumed(offsets: impl IntoIterator<Item = usize>) -> String {
        let mut lines = vec!["[Start] get consumer".to_owned()];
        lines.extend(offsets.into_iter().map(|offset| {
            format!(
                r#"Topic : topic1, Partition : 0, Offset : {offset}, Key : null, value : {{"str":"result{offset}"}}"#
            )
        }));
        lines.push("[End] get consumer".to_owned());
        lines.join("\n") + "\n"
    }

    #[test]
    fn all_messages_in_order_pass() {
        assert_eq!(messages(&consumed(0..1000), 1000).unwrap().len(), 1000);
    }

    #[test]
    fn a_missing_a_repeated_and_a_swapped_message_are_seen() {
        assert!(messages(&consumed(0..999), 1000).is_err());
        assert!(messages(&consumed((0..500).chain(501..1001)), 1000).is_err());
        assert!(messages(&consumed((0..500).chain(499..999)), 1000).is_err());
        assert!(messages(&consumed([1, 0]), 2).is_err());
        assert!(messages(&consumed([]), 1000).is_err());
        assert!(messages("", 0).is_err());
        assert!(messages("[Start] get consumer\n", 0).is_err());
    }

    #[test]
    fn the_seconds_stand_in_the_last_line() {
        assert_eq!(seconds("[Done]: 0.0421\n").unwrap(), ("[Done]: 0.0421", 0.0421));
        assert!(seconds("").is_err());
        assert!(seconds("[Done]: soon\n").is_err());
    }

    #[test]
    fn the_progress_is_found_in_the_json() {
        let described = r#"{"schema":"kp.group/1","group":"test-group","partitions":[
            {"topic":"topic1","partition":0,"committed":1000,"end":1000,"lag":0}]}"#;
        assert_eq!(progress(described).unwrap(), Progress { committed: 1000, end: 1000, lag: 0 });
        assert!(progress(r#"{"partitions":[]}"#).is_err());
        assert!(progress("GROUP TOPIC").is_err());
    }

    #[test]
    fn a_topic_is_a_whole_word() {
        assert!(has_word("topic1\nother\n", "topic1"));
        assert!(!has_word("topic10\n", "topic1"));
    }
}
