//! A saved file that is sent back: where its records go, and that none goes twice.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use kp_e2e::{Call, Cluster, EmbeddedBroker, Finished, Program, Signal, eventually};
use tempfile::TempDir;

/// A file of dead letters, and a broker with the topics that they came from.
struct Letters {
    broker: EmbeddedBroker,
    folder: TempDir,
}

const ORIGINS: [&str; 3] = ["orders", "users", "visits"];

impl Letters {
    /// Sends these records to the topic `letters`, and saves it.
    fn of(records: String) -> Self {
        let broker = EmbeddedBroker::start(&["letters", "orders:3", "users", "visits:2"]);
        let letters = Self { broker, folder: TempDir::new().unwrap() };
        let producer = letters.broker.producer();
        let producer = producer.args(["--topic", "letters", "--stdin-format", "json"]);
        producer.stdin(records).run().exits(0);
        letters.save();
        letters
    }

    fn save(&self) {
        let call = self.broker.consumer().args(["--topic", "letters", "--until-end", "--save"]);
        call.args([self.file().as_os_str()]).run().exits(0);
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("letters.kp")
    }

    fn notes(&self) -> PathBuf {
        self.folder.path().join("letters.kp.sent")
    }

    fn load(&self, arguments: &[&str]) -> Call {
        let call = self.broker.producer().args(["--load"]).args([self.file().as_os_str()]);
        call.args(arguments)
    }

    /// The messages of a topic in this format.
    fn stored(&self, topic: &str, format: &str) -> Vec<String> {
        let call = self.broker.consumer().args(["--topic", topic, "--until-end"]);
        let read = call.args(["--format", format]).run().exits(0);
        read.lines().into_iter().map(str::to_owned).collect()
    }
}

/// A dead letter of each kind; one without a header, one of a topic that is gone, one that names
/// none.
const MIXED: &str = r#"{"key":"k","value":"ours","timestamp":1732300000000,"headers":[{"key":"trace","value":"7"},{"key":"kp-dead-letter-from","value":"orders [0] @ 5"},{"key":"kp-dead-letter-reason","value":"x"}]}
{"key":"k","value":"spring","headers":[{"key":"kafka_dlt-original-topic","value":"users"},{"key":"kafka_dlt-original-timestamp","value_base64":"AAABk1VZIAA="},{"key":"kafka_dlt-exception-message","value":"x"}]}
{"value":"connect","headers":[{"key":"__connect.errors.topic","value":"visits"},{"key":"__connect.errors.stage","value":"x"}]}
{"value":"none"}
{"value":"gone","headers":[{"key":"__connect.errors.topic","value":"gone"}]}
{"value":"bad","headers":[{"key":"kafka_dlt-original-topic","value":null}]}
"#;

#[test]
fn each_letter_goes_back_to_the_topic_that_it_came_from() {
    let letters = Letters::of(MIXED.to_owned());
    letters.load(&["--to-origin"]).run().exits(5).says(&[
        "4 records sent back, 0 sent before, 1 failed",
        "1 failed (line 6): topic gone does not exist",
        "1 cannot go back (line 7): its header kafka_dlt-original-topic names no topic",
    ]);
    let format = r"%k %s %T %h\n";
    let one = |topic| letters.stored(topic, format).pop().unwrap();
    assert!(
        one("orders").starts_with("k ours 1732300000000 trace=7,kp-redrive="),
        "{}",
        one("orders")
    );
    assert!(one("users").starts_with("k spring 1732303724544 kp-redrive="), "{}", one("users"));
    assert!(one("visits").contains("connect"));
    // What names no origin goes to where it was read.
    assert_eq!(letters.stored("letters", r"%s\n").len(), 7);
    // Called again it sends nothing, and what failed is tried again.
    letters.load(&["--to-origin"]).run().exits(5).says(&["0 records sent back, 4 sent before"]);
    assert_eq!(letters.stored("orders", r"%s\n"), ["ours"]);
    // To one topic all go, with all of their headers.
    letters.load(&["--topic", "copy"]).run().exits(0).says(&["6 to copy"]);
    let copied = letters.stored("copy", "json").join("\n");
    assert!(copied.contains("kafka_dlt-exception-message"), "{copied}");
}

#[test]
fn a_dry_run_shows_what_would_go_where_without_a_broker() {
    let letters = Letters::of(MIXED.to_owned());
    let dry = |arguments: &[&str]| -> Finished {
        let call = Call::new(Program::Producer).args(["--load"]).args([letters.file().as_os_str()]);
        call.args(["--dry-run"]).args(arguments).run()
    };
    let shown = dry(&["--to-origin"]).exits(5).is_quiet();
    assert_eq!(
        shown.lines()[1..],
        [
            "TOPIC    TO SEND  SENT BEFORE",
            "gone           1            0",
            "letters        1            0",
            "orders         1            0",
            "users          1            0",
            "visits         1            0",
            "1 cannot go back (line 7): its header kafka_dlt-original-topic names no topic",
            "Nothing was sent (--dry-run).",
        ]
    );
    assert!(!letters.notes().exists());
    letters.load(&["--topic", "copy"]).run().exits(0);
    let shown = dry(&["--topic", "copy"]).exits(0);
    assert_eq!(shown.lines()[2], "copy         0            6");
}

#[test]
fn a_redrive_that_is_killed_again_and_again_loses_nothing_and_sends_nothing_twice() {
    const COUNT: usize = 3_000;
    let mut records = String::new();
    for number in 0..COUNT {
        let topic = ORIGINS[number % ORIGINS.len()];
        writeln!(
            records,
            r#"{{"key":"k{number}","value":"{number}","headers":[{{"key":"kafka_dlt-original-topic","value":"{topic}"}}]}}"#
        )
        .unwrap();
    }
    let letters = Letters::of(records);
    // A record that stands in the file twice goes once.
    letters.save();
    let length = || fs::metadata(letters.notes()).map_or(0, |about| about.len());
    let mut looked = 0;
    for round in 0..6 {
        let redrive = letters.load(&["--to-origin", "--rate", "1500"]).start();
        let before = length();
        eventually("notes", || length() > before + 4_000 || !redrive.is_running());
        // What a broker that hangs has in its socket it stores after the kill.
        let hangs = round % 2 == 0;
        if hangs {
            letters.broker.signal(Signal::STOP);
            let is_open =
                |notes: String| notes.lines().last().is_some_and(|l| l.starts_with("try"));
            eventually("a batch under way", || {
                is_open(fs::read_to_string(letters.notes()).unwrap())
            });
        }
        redrive.signal(Signal::KILL);
        let ended = redrive.finish();
        if hangs {
            letters.broker.signal(Signal::CONT);
        }
        assert_eq!(ended.code(), None);
        looked += usize::from(ended.stderr.contains("were under way"));
    }
    assert!(looked > 0, "no kill came in the middle of a batch");
    letters.load(&["--to-origin"]).run().exits(0).says(&["0 failed"]);
    for (index, topic) in ORIGINS.into_iter().enumerate() {
        let stored = letters.stored(topic, r"%s\n");
        let numbers: BTreeSet<usize> = stored.iter().map(|value| value.parse().unwrap()).collect();
        let expected: BTreeSet<usize> = (index..COUNT).step_by(ORIGINS.len()).collect();
        assert_eq!(numbers, expected, "{topic}: lost");
        assert_eq!(stored.len(), expected.len(), "{topic}: twice");
    }
}

#[test]
fn the_ledger_says_which_came_back() {
    let letters = Letters::of(MIXED.lines().take(3).collect::<Vec<_>>().join("\n"));
    let ledger = letters.folder.path().join("ledger");
    letters.load(&["--to-origin", "--audit"]).args([ledger.as_os_str()]).run().exits(0);
    let audit = letters.broker.admin().args(["audit", "--output", "json"]);
    let found = audit.args([ledger.as_os_str()]).run().exits(0).json();
    assert_eq!(
        (&found["stored"], &found["lost"], &found["twice"]),
        (&3.into(), &0.into(), &0.into())
    );
}

#[test]
fn what_has_no_meaning_together_is_refused_in_words() {
    let letters = Letters::of(MIXED.to_owned());
    for (arguments, words) in [
        (&[][..], "--load: where do the records go? --topic TOPIC"),
        (&["--to-origin", "--topic", "t"], "--to-origin: not together with --topic"),
        (&["--to-origin", "--stdin"], "--stdin: not together with --load"),
        (&["--to-origin", "--key", "k"], "--key: not together with --load"),
        (&["--to-origin", "--acks", "1"], "--acks: not together with --load"),
        (&["--to-origin", "--count", "1"], "--count: not together with --load"),
    ] {
        letters.load(arguments).run().exits(3).says(&[words]);
    }
    for flag in ["--to-origin", "--dry-run"] {
        letters.broker.producer().args([flag]).run().exits(3).says(&[flag, "name it with --load"]);
    }
    fs::write(letters.notes(), "kp-sent/1\nrun 1 2 3\n").unwrap();
    letters.load(&["--to-origin"]).run().exits(1).says(&["the notes on another file of records"]);
    let damaged = fs::read_to_string(letters.file()).unwrap().replace("spring", "spr1ng");
    fs::remove_file(letters.notes()).unwrap();
    fs::write(letters.file(), damaged).unwrap();
    letters.load(&["--to-origin"]).run().exits(5).says(&["line 3", "nothing was sent"]);
    assert!(letters.stored("orders", r"%s\n").is_empty());
}
