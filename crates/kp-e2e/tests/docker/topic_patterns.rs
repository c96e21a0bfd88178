//! Topics by pattern, while topics are made and deleted.

use kp_e2e::{Cluster, Signal, random_name};

use crate::Stack;

const LOOK_OFTEN: [&str; 2] = ["-X", "topic.metadata.refresh.interval.ms=300"];

#[test]
fn topics_that_are_made_are_read_and_those_that_are_deleted_are_told() {
    let stack = Stack::kraft();
    let name = random_name("orders");
    let topic = |ending: &str| format!("{name}.{ending}");
    let create = |topic: &str| {
        stack.admin().args(["topics", "create", topic, "--partitions", "2"]).run().exits(0);
    };
    let send = |topic: &str, lines: &str| {
        stack.producer().args(["--topic", topic, "--stdin"]).stdin(lines).run().exits(0);
    };
    create(&topic("eu"));
    send(&topic("eu"), "1\n2\n3\n");
    let pattern = format!("{name}.*");
    let group = random_name("group");
    let ways: [&[&str]; 2] = [&["--no-group"], &["--group", &group, "--from", "earliest"]];
    let readers = ways.map(|way| {
        let call = stack.consumer().args(["--topic", &pattern, "--idle-exit", "never"]).args(way);
        call.args(["--format", "%t %s\n"]).args(LOOK_OFTEN).start()
    });
    for reader in &readers {
        reader.wait_for_lines(3);
    }

    create(&topic("us"));
    send(&topic("us"), "4\n5\n");
    for reader in &readers {
        reader.wait_for_words(&format!("topic {} is new and matches", topic("us")));
        let lines = reader.wait_for_lines(5);
        let new = lines[3..].iter().filter(|line| line.starts_with(&topic("us")));
        assert_eq!(new.count(), 2, "{lines:?}");
    }

    stack.admin().args(["topics", "delete", &topic("us"), "--yes"]).run().exits(0);
    for reader in &readers {
        reader.wait_for_words(&format!("topic {} was deleted", topic("us")));
    }
    send(&topic("eu"), "6\n");
    for reader in readers {
        let lines = reader.wait_for_lines(6);
        assert_eq!(lines[5], format!("{} 6", topic("eu")));
        reader.signal(Signal::TERM);
        assert_eq!(reader.finish().exits(0).lines().len(), 6);
    }

    // The last messages of all topics together, by their time.
    send(&topic("eu"), "7\n");
    create(&topic("jp"));
    send(&topic("jp"), "8\n");
    let last = ["--topic", &pattern, "--from", "-2", "--until", "end", "--format", "%s\n"];
    let last = stack.consumer().args(last).run().exits(0);
    let mut lines = last.lines();
    lines.sort_unstable();
    assert_eq!(lines, ["7", "8"]);
}
