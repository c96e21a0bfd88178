//! Dead letters that are sent back to where they came from, while the program is killed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use kp_e2e::{Cluster, Signal, eventually, random_name};
use tempfile::TempDir;

use crate::Stack;

const COUNT: usize = 10_000;
const KILLS: usize = 5;

/// The values of a topic, and how often each is stored.
fn stored(stack: &Stack, topic: &str) -> BTreeMap<usize, usize> {
    let read = ["--topic", topic, "--until-end", "--format", "%s\\n"];
    let read = stack.consumer().args(read).run().exits(0);
    let mut values = BTreeMap::new();
    for line in read.lines() {
        *values.entry(line.parse().unwrap()).or_default() += 1;
    }
    values
}

#[test]
fn ten_thousand_dead_letters_go_back_once_each_whenever_the_redrive_is_killed() {
    let stack = Stack::kraft();
    let (letters, gone) = (random_name("letters"), random_name("gone"));
    let origins = [random_name("orders"), random_name("users"), random_name("visits")];
    for topic in origins.iter().chain([&letters]) {
        stack.admin().args(["topics", "create", topic, "--partitions", "3"]).run().exits(0);
    }
    let mut records = String::new();
    for number in 0..COUNT {
        // One of a hundred came from a topic that is gone.
        let topic = if number % 100 == 99 { &gone } else { &origins[number % 3] };
        writeln!(
            records,
            r#"{{"key":"k{number}","value":"{number}","headers":[{{"key":"__connect.errors.topic","value":"{topic}"}}]}}"#
        )
        .unwrap();
    }
    let send = ["--topic", &letters, "--stdin-format", "json"];
    stack.producer().args(send).stdin(records).run().exits(0);

    let folder = TempDir::new().unwrap();
    let file = folder.path().join("letters.kp");
    let (notes, file) = (folder.path().join("letters.kp.sent"), file.to_str().unwrap().to_owned());
    let save = ["--topic", &letters, "--until-end", "--save", &file];
    stack.consumer().args(save).run().exits(0).says(&["10000 records saved"]);
    let dry = ["--load", &file, "--to-origin", "--dry-run"];
    let dry = stack.producer().args(dry).run().exits(0);
    assert!(dry.lines().iter().any(|line| line.starts_with(&gone)), "{dry}");

    let length = || fs::metadata(&notes).map_or(0, |about| about.len());
    let redrive = ["--load", &file, "--to-origin"];
    for kill in 0..KILLS {
        let running = stack.producer().args(redrive).args(["--rate", "3000"]).start();
        let before = length();
        eventually("something is sent", || length() > before + 10_000 || !running.is_running());
        // Not always at the same place of a batch.
        std::thread::sleep(Duration::from_millis(37 * kill as u64));
        running.signal(Signal::KILL);
        assert_eq!(running.finish().code(), None, "it was over before the kill");
    }
    let ledger = folder.path().join("ledger");
    let ledger = ledger.to_str().unwrap();
    let last = stack.producer().args(redrive).args(["--audit", ledger]).run().exits(5);
    last.says(&["100 failed", &format!("topic {gone} does not exist")]);
    let audit = stack.admin().args(["audit", ledger, "--output", "json"]).run();
    let audit = audit.json();
    assert_eq!((&audit["lost"], &audit["twice"]), (&0.into(), &0.into()), "{audit}");

    for (index, topic) in origins.iter().enumerate() {
        let expected: BTreeMap<usize, usize> = (index..COUNT)
            .step_by(3)
            .filter(|number| number % 100 != 99)
            .map(|number| (number, 1))
            .collect();
        let stored = stored(&stack, topic);
        assert_eq!(stored.len(), expected.len(), "{topic}: lost");
        assert_eq!(stored, expected, "{topic}: twice");
    }
    // Called once more there is nothing to do but what cannot be done.
    let again = stack.producer().args(redrive).run().exits(5);
    again.says(&["0 records sent back, 9900 sent before", "100 failed"]);
}
