//! The guard of settings that are read only, for the programs that send and read.

use kp_e2e::{Call, Cluster};

use crate::Stage;

const GUARD: (&str, &str) = ("KP_KAFKA__READ_ONLY", "true");
const WHY: &str = "the settings are read only (KP_KAFKA__READ_ONLY), so ";

fn guarded(call: Call) -> Call {
    call.env(GUARD.0, GUARD.1)
}

#[test]
fn nothing_is_sent_copied_or_committed() {
    let stage = Stage::new();
    stage.produce(3);
    let saved = stage.reader().args(["--save", "kept.kp", "--format", "json", "--until-end"]);
    let line = saved.run().exits(0).lines()[0].to_owned();
    let producer = || guarded(stage.broker.producer());
    let consumer = || guarded(stage.broker.consumer().args(["--topic", &stage.topic]));
    let topic = stage.topic.as_str();
    let refused: Vec<(Call, &[&str])> = vec![
        (producer(), &["nothing is sent; --write"]),
        (producer().args(["--topic", topic]).stdin("x\n"), &["nothing is sent; --write"]),
        (producer().args(["--topic", topic, "--count", "1"]), &["nothing is sent; --write"]),
        (
            producer().args(["--topic", topic, "--stdin-format", "json"]).stdin(line),
            &["nothing is sent; --write"],
        ),
        (
            producer().args(["--topic", topic, "--count", "1", "--transactional-id", "t"]),
            &["nothing is sent; --write"],
        ),
        (
            guarded(stage.broker.consumer()),
            &["group test-group is not joined", "--no-group reads without a group, or --write"],
        ),
        (
            consumer().args(["--group", "g"]),
            &["group g is not joined", "without --group none is joined"],
        ),
        (
            consumer().args(["--group", "g", "--copy-to", "other", "--transactional-id", "t"]),
            &["nothing is copied; --write"],
        ),
        (
            consumer().args(["--on-bad-message", "dead-letter:dead", "--until-end"]),
            &["no dead letter is sent; --on-bad-message skip"],
        ),
    ];
    for (call, words) in refused {
        call.run().exits(3).says(&[WHY]).says(words);
    }
    let stored = stage.reader().args(["--until-end"]).run().exits(0);
    assert_eq!(stored.lines().len(), 3, "{stored}");
    let topics = stage.broker.admin().args(["topics", "list"]).run().exits(0);
    assert!(!topics.text().contains("topic1 ") && !topics.text().contains("dead"), "{topics}");
}

#[test]
fn what_only_looks_is_allowed_and_write_allows_the_rest_once() {
    let stage = Stage::new();
    let producer = || guarded(stage.broker.producer().args(["--topic", &stage.topic]));
    producer().args(["--write"]).stdin("1\n2\n").run().exits(0);
    producer().args(["--explain"]).run().exits(0);
    let shown = producer().args(["--show-config"]).run().exits(0);
    assert!(shown.text().contains("KP_KAFKA__READ_ONLY"), "{shown}");
    let consumer = || guarded(stage.broker.consumer().args(["--topic", &stage.topic]));
    let read = consumer().args(["--until-end"]).run().exits(0);
    assert_eq!(read.lines().len(), 2);
    let bare = guarded(stage.broker.consumer()).args(["--no-group", "--idle-exit", "1s"]);
    bare.env("KP_CONSUMER__TOPIC", &stage.topic).run().exits(0);
    let group = ["--group", "g", "--until-end", "--write"];
    assert_eq!(consumer().args(group).run().exits(0).lines().len(), 2);
}

#[test]
fn a_file_is_not_sent_back_but_looked_through() {
    let stage = Stage::new();
    stage.produce(2);
    let kept = tempfile::tempdir().unwrap().keep().join("kept.kp");
    let kept = kept.to_str().unwrap();
    stage.reader().args(["--save", kept, "--until-end"]).run().exits(0);
    let back = || {
        let to = ["--load", kept, "--topic", &stage.topic];
        guarded(stage.broker.producer().args(to))
    };
    back().run().exits(3).says(&[WHY, "nothing is sent back; --dry-run shows what would be"]);
    back().args(["--dry-run"]).run().exits(0);
    back().args(["--write"]).run().exits(0);
    assert_eq!(stage.reader().args(["--until-end"]).run().lines().len(), 4);
}
