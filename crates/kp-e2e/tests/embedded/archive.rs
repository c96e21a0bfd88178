//! Whole records saved in a file, and printed from there without a broker.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use kp_e2e::{Call, Finished, Program, Signal, eventually};
use tempfile::TempDir;

use crate::Stage;

/// A stage with a folder for the file.
struct Saved {
    stage: Stage,
    folder: TempDir,
}

impl Saved {
    fn new() -> Self {
        Self { stage: Stage::new(), folder: TempDir::new().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("orders.kp")
    }

    /// Saves what the topic has.
    fn save(&self) -> Call {
        saving(self.stage.reader(), &self.file())
    }

    fn load(&self, arguments: &[&str]) -> Finished {
        load(&self.file(), arguments)
    }
}

fn saving(call: Call, file: &std::path::Path) -> Call {
    call.args(["--until-end", "--save"]).args([file.as_os_str()])
}

/// Prints a file; there is no broker for it.
fn load(file: &std::path::Path, arguments: &[&str]) -> Finished {
    let call = Call::new(Program::Consumer).args(["--load"]).args([file.as_os_str()]);
    call.args(arguments).run()
}

/// Records of which each part differs.
const RECORDS: &str = r#"{"key":"k","value":"{\"n\":1}","timestamp":1732300000000,"headers":[{"key":"h","value":"v"}]}
{"key":null,"value":"two\nlines"}
{"key_base64":"/w==","value_base64":"//5h","headers":[{"key":"h","value":null},{"key":"h","value":""}]}
{"key":"","value":null}
{"value":""}
"#;

#[test]
fn a_saved_topic_is_printed_in_each_format_as_the_topic_is() {
    let saved = Saved::new();
    saved.stage.producer().args(["--stdin-format", "json"]).stdin(RECORDS).run().exits(0);
    let report = saved.save().run().exits(0).says(&["5 records saved to", "orders.kp"]);
    assert_eq!(report.text(), "");
    for format in ["line", "seed", "json", "value", r"%t %p %o %T %k %h %s\n"] {
        let printed = saved.stage.reader().args(["--until-end", "--format", format]).run().exits(0);
        let loaded = saved.load(&["--format", format]).exits(0).is_quiet();
        assert_eq!(loaded.stdout, printed.stdout, "{format}");
    }
    let first = saved.load(&["--max-messages", "2", "--format", "value"]).exits(0);
    assert_eq!(first.text(), "{\"n\":1}\ntwo\nlines\n");
    // Saved and printed at once.
    let both = saved.save().args(["--format", "value"]).run().exits(0);
    assert_eq!(both.stdout, saved.load(&["--format", "value", "--max-messages", "5"]).stdout);
}

#[test]
fn a_file_is_appended_to_and_a_topic_selects_from_it() {
    let saved = Saved::new();
    saved.stage.produce(3);
    saved.save().run().exits(0);
    let others = Stage::new();
    others.produce_lines("other\n");
    saving(others.reader(), &saved.file()).run().exits(0);
    assert_eq!(saved.load(&["--format", "value"]).exits(0).lines().len(), 4);
    let one = saved.load(&["--format", "value", "--topic", &others.topic]).exits(0);
    assert_eq!(one.text(), "other\n");
    saved.load(&["--topic", "none"]).exits(0).says(&["printed nothing", "no record of topic none"]);
    saved.load(&["--topic", "none", "--max-messages", "1"]).exits(4);
    // An empty topic adds nothing.
    let empty = Stage::new();
    saving(empty.reader(), &saved.file()).run().exits(0).says(&["saved nothing"]);
    assert_eq!(saved.load(&["--format", "value"]).exits(0).lines().len(), 4);
}

#[test]
fn a_consumer_that_is_killed_while_it_saves_loses_nothing() {
    const COUNT: usize = 20_000;
    let saved = Saved::new();
    let file = saved.file();
    let producer = saved.stage.producer();
    let producer = producer.args(["--count", &COUNT.to_string(), "--rate", "2000"]).start();
    let save = || {
        let call = saved.stage.consumer().env("KP_CONSUMER__COMMIT_INTERVAL", "50ms");
        call.args(["--idle-exit", "never", "--save"]).args([file.as_os_str()]).start()
    };
    for kill in 1..=3 {
        let consumer = save();
        let length = || fs::metadata(&file).map_or(0, |about| about.len());
        let before = length();
        eventually("records in the file", || length() > before + 10_000);
        consumer.signal(Signal::KILL);
        assert_eq!(consumer.finish().code(), None, "kill {kill}");
    }
    producer.finish().exits(0);
    saving(saved.stage.consumer(), &file).run().exits(0);
    let printed = saved.load(&["--format", r"%o\n"]).exits(0);
    let offsets: BTreeSet<usize> =
        printed.lines().iter().map(|line| line.parse().unwrap()).collect();
    assert_eq!(offsets.len(), COUNT, "{} records in the file", printed.lines().len());
    assert_eq!(offsets.last(), Some(&(COUNT - 1)));
}

#[test]
fn what_is_committed_is_in_the_file_and_a_full_disk_commits_nothing() {
    let stage = Stage::new();
    stage.produce(10);
    let full = std::path::Path::new("/dev/full");
    saving(stage.consumer(), full).run().exits(1).says(&["cannot write /dev/full"]);
    assert!(matches!(stage.committed(), None | Some(0)));
    let folder = TempDir::new().unwrap();
    saving(stage.consumer(), &folder.path().join("a.kp")).run().exits(0);
    assert_eq!(stage.committed(), Some(10));
}

#[test]
fn a_torn_record_and_a_damaged_one_are_told_with_their_place() {
    let saved = Saved::new();
    saved.stage.produce(3);
    saved.save().run().exits(0);
    let whole = fs::read_to_string(saved.file()).unwrap();
    fs::write(saved.file(), format!("{whole}{{\"crc32\":\"0")).unwrap();
    let loaded = saved.load(&["--format", "value"]).exits(0);
    let loaded = loaded.says(&["orders.kp, line 5: the file ends in the middle of a record"]);
    assert_eq!(loaded.lines().len(), 3);
    saved.save().run().exits(0).says(&["11 bytes were cut off"]);
    fs::write(saved.file(), whole.replace("result1", "result7")).unwrap();
    let loaded = saved.load(&["--format", "value"]).exits(5);
    let loaded = loaded.says(&["line 3: this record is damaged", "--on-bad-message skip"]);
    assert_eq!(loaded.text(), "{\"str\":\"result0\"}\n");
    let skipped = saved.load(&["--format", "value", "--on-bad-message", "skip"]).exits(0);
    assert_eq!(skipped.text(), "{\"str\":\"result0\"}\n{\"str\":\"result2\"}\n");
}

#[test]
fn what_has_no_meaning_together_is_refused_in_words() {
    let saved = Saved::new();
    saved.stage.produce(1);
    saved.save().run().exits(0);
    for arguments in [
        &["--group", "g"][..],
        &["--from", "earliest"],
        &["--bootstrap-server", "localhost:1"],
        &["--copy-to", "t", "--transactional-id", "i"],
        &["--on-bad-message", "dead-letter:t"],
        &["--audit", "list"],
        &["--save", "other.kp"],
    ] {
        saved.load(arguments).exits(3).says(&[arguments[0], "not together with --load"]);
    }
    for arguments in
        [&["--delivery", "at-most-once"][..], &["--copy-to", "t", "--transactional-id", "i"]]
    {
        let call = saving(saved.stage.consumer(), &saved.file()).args(arguments);
        call.run().exits(3).says(&[arguments[0], "not together with --save"]);
    }
    let call = saved.save().args(["--on-bad-message", "skip"]);
    call.run().exits(3).says(&["--save keeps any bytes"]);
    let other = saved.folder.path().join("precious");
    fs::write(&other, "precious\n").unwrap();
    load(&other, &[]).exits(1).says(&["precious is not a file of saved records"]);
    saving(saved.stage.reader(), &other).run().exits(1).says(&["is not a file of saved records"]);
    assert_eq!(fs::read_to_string(&other).unwrap(), "precious\n");
}

#[test]
fn filters_choose_from_a_file_and_what_is_saved() {
    let saved = Saved::new();
    saved.stage.producer().args(["--stdin-format", "json"]).stdin(RECORDS).run().exits(0);
    saved.save().args(["--not", "--grep", "two"]).run().exits(0).says(&["4 records saved to"]);
    let all = saved.load(&["--format", "%o "]).exits(0);
    assert_eq!(all.lines().join("").split(' ').count(), 5, "{all}");
    let one = saved.load(&["--format", r"%k\n", "--where", ".value.n == 1", "--header", "h=v"]);
    let one = one.exits(0).says(&["scanned 4 messages, 1 matched"]);
    assert_eq!(one.lines(), ["k"]);
    let none = saved.load(&["--grep", "nobody"]).exits(0);
    none.says(&["4 messages were read, and none matched"]);
}
