//! Brokers of any kind, as the programs see them.

use serde_json::Value;

use crate::call::Call;
use crate::program::Program;

/// Brokers that programs can be called on.
pub trait Cluster {
    /// The address to contact first.
    fn bootstrap(&self) -> &str;

    /// A call of a program on this cluster.
    fn call(&self, program: Program) -> Call {
        Call::new(program).bootstrap(self.bootstrap())
    }

    /// A call of `kp-producer` on this cluster.
    fn producer(&self) -> Call {
        self.call(Program::Producer)
    }

    /// A call of `kp-consumer` on this cluster.
    fn consumer(&self) -> Call {
        self.call(Program::Consumer)
    }

    /// A call of `kp-admin` on this cluster.
    fn admin(&self) -> Call {
        self.call(Program::Admin)
    }

    /// How far a group has read each partition, in order of topic and partition. It is empty where
    /// there is no such group yet.
    ///
    /// # Panics
    /// When `kp-admin` does not say.
    #[track_caller]
    fn offsets(&self, group: &str) -> Vec<Offsets> {
        let described = self.admin().args(["groups", "describe", group, "--output", "json"]).run();
        let absent = ["does not exist", "just being made"];
        if described.code() == Some(4) && absent.iter().any(|word| described.stderr.contains(word))
        {
            return Vec::new();
        }
        let described = described.exits(0);
        let mut offsets = Vec::new();
        collect(&described.json(), &mut offsets);
        offsets.sort();
        offsets
    }

    /// The committed offset of each partition of a topic where a group has committed something.
    ///
    /// # Panics
    /// When `kp-admin` does not say.
    #[track_caller]
    fn committed(&self, group: &str, topic: &str) -> Vec<(i64, i64)> {
        self.offsets(group)
            .into_iter()
            .filter(|offsets| offsets.topic == topic)
            .filter_map(|offsets| Some((offsets.partition, offsets.committed?)))
            .collect()
    }
}

/// Finds the partitions in the answer, at whatever depth.
fn collect(document: &Value, found: &mut Vec<Offsets>) {
    match document {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) if fields.contains_key("committed") => {
            let number = |name: &str| fields.get(name).and_then(Value::as_i64);
            found.push(Offsets {
                topic: fields["topic"].as_str().unwrap_or_default().to_owned(),
                partition: number("partition").unwrap_or(-1),
                committed: number("committed"),
                end: number("end"),
                lag: number("lag"),
            });
        }
        Value::Object(fields) => fields.values().for_each(|field| collect(field, found)),
        _ => {}
    }
}

/// How far a group has read one partition, as `kp-admin groups describe` says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offsets {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i64,
    /// The next offset that the group reads, or none if it has committed nothing.
    pub committed: Option<i64>,
    /// The offset that the next message will get.
    pub end: Option<i64>,
    /// Messages between the two.
    pub lag: Option<i64>,
}
