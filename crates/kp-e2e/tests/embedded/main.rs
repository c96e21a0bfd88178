//! The programs together, on the embedded broker: no Docker, no network.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod archive;
mod audit;
mod bad_messages;
mod broker;
mod completion;
mod delivery;
mod filters;
mod first_contact;
mod foreign_text;
mod formats;
mod gaps;
mod input_layouts;
mod layers;
mod load;
mod main_job;
mod man_pages;
mod many_partitions;
mod metrics;
mod missing;
mod pipes;
mod ranges;
mod read_only;
mod receipts;
mod redrive;
mod screens;
mod secrets;
mod signals;
mod standard_input;
mod timeouts;
mod topic_patterns;
mod unasked_input;

use kp_e2e::{Call, Cluster, EmbeddedBroker, random_name};

/// A broker with one topic, and a group that nobody else uses.
struct Stage {
    broker: EmbeddedBroker,
    topic: String,
    group: String,
}

impl Stage {
    fn new() -> Self {
        Self::with_partitions(1)
    }

    fn with_partitions(partitions: u32) -> Self {
        let topic = random_name("topic");
        Self {
            broker: EmbeddedBroker::start(&[&format!("{topic}:{partitions}")]),
            topic,
            group: random_name("group"),
        }
    }

    /// Sends to the topic.
    fn producer(&self) -> Call {
        self.broker.producer().args(["--topic", &self.topic])
    }

    /// Reads the topic as a member of the group.
    fn consumer(&self) -> Call {
        self.reader().args(["--group", &self.group])
    }

    /// Reads the topic alone.
    fn reader(&self) -> Call {
        self.broker.consumer().args(["--topic", &self.topic])
    }

    /// Sends this many messages `result0` and so on.
    fn produce(&self, count: usize) {
        self.producer().args(["--count", &count.to_string()]).run().exits(0);
    }

    /// Sends each line as a value.
    fn produce_lines(&self, lines: &str) {
        self.producer().args(["--stdin"]).stdin(lines).run().exits(0);
    }

    /// What the group has committed in the topic's only partition; none if nothing.
    #[track_caller]
    fn committed(&self) -> Option<i64> {
        let committed = self.broker.committed(&self.group, &self.topic);
        assert!(committed.len() <= 1, "one partition: {committed:?}");
        committed.first().map(|(_, offset)| *offset)
    }

    /// The line of message number `number`, in the format `line`.
    fn line(&self, number: usize) -> String {
        format!(
            "Topic : {}, Partition : 0, Offset : {number}, Key : null, value : {{\"str\":\"result{number}\"}}",
            self.topic
        )
    }

    /// The lines of these messages.
    fn lines_of(&self, numbers: std::ops::Range<usize>) -> Vec<String> {
        numbers.map(|number| self.line(number)).collect()
    }
}
