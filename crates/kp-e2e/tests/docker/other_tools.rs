//! The commands that docs/OTHER-TOOLS.md has for users of other tools, each run on a broker.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use kp_e2e::{Build, Cluster, DEADLINE, Program, random_name};
use kp_process::{Call, Finished};
use tempfile::TempDir;

use crate::Stack;
use crate::side_by_side::try_each;

const PAGE: &str = include_str!("../../../../docs/OTHER-TOOLS.md");

/// What a producer reads, whatever stands between its keys and values.
const LINE: &str = "k:1#2\terror\n";
const JSON: &str = "{\"key\":\"k\",\"value\":null}\n";

/// The commands in the right columns of the tables.
fn commands() -> BTreeSet<&'static str> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| `"));
    let quoted = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    quoted.filter(|words| words.starts_with("kp-") && words.contains(' ')).collect()
}

/// What the letters of the page stand for, here for one command alone.
struct Place<'s> {
    stack: &'s Stack,
    folder: TempDir,
    topic: String,
    group: String,
}

impl<'s> Place<'s> {
    /// A topic with messages of now, of 90 minutes ago and of a day that the page names; a group
    /// that has read a part of it; and a file that a reset of the group has written.
    fn new(stack: &'s Stack, command: &str) -> Self {
        let place = Self {
            stack,
            folder: TempDir::new().unwrap(),
            topic: random_name("topic"),
            group: random_name("group"),
        };
        if !has_word(command, "T") && !has_word(command, "G")
            || command.starts_with("kp-admin topics create")
        {
            return place;
        }
        let topic = &*place.topic;
        stack.admin().args(["topics", "create", topic, "--partitions", "3"]).run().exits(0);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_millis()).unwrap();
        let mut records = String::new();
        let named_day = 1_794_700_800_000; // 2026-11-15
        for time in [named_day, now - 90 * 60_000, now - 1_000] {
            for number in 0..30 {
                let (key, value) = (["k", "bob"][number % 2], ["tea", "error"][number / 2 % 2]);
                records += &format!(
                    r#"{{"key":"{key}","value":"{value} {number}","timestamp":{time}}}{}"#,
                    "\n"
                );
            }
        }
        let send = ["--topic", topic, "--stdin-format", "json"];
        stack.producer().args(send).stdin(records).run().exits(0);
        if has_word(command, "G") {
            let read = ["--topic", topic, "--group", &place.group, "--max-messages", "20"];
            stack.consumer().args(read).run().exits(0);
        }
        let file = place.folder.path().join("FILE");
        if has_word(command, "FILE") && !has_word(command, "G") {
            std::fs::write(&file, LINE).unwrap();
        } else if has_word(command, "FILE") {
            let reset = ["groups", "reset", &place.group, "--to", "earliest", "--yes"];
            stack.admin().args(reset).args([Path::new("--undo-file"), &file]).run().exits(0);
        }
        place
    }

    /// The command as it is typed here, and ended by itself.
    fn typed(&self, command: &str) -> String {
        let mut typed = String::new();
        for word in command.split_inclusive([' ', ':', '.', '\'']) {
            let name = word.trim_end_matches([' ', ':', '.', '\'']);
            typed += match name {
                "T" => &self.topic,
                "G" => &self.group,
                _ => name,
            };
            if name == "T2" {
                typed += &self.topic;
            }
            typed += &word[name.len()..];
        }
        if goes_on(command) {
            typed += " -c 1";
        }
        typed
    }

    /// Runs it; a topic that is read from its end gets messages meanwhile.
    fn run(&self, typed: &str) -> Finished {
        let programs = Program::Producer.path(Build::Plain);
        let path = std::env::var("PATH").unwrap_or_default();
        let call = Call::new("bash")
            .args(["--noprofile", "--norc", "-c", typed])
            .folder(self.folder.path())
            .env("PATH", format!("{}:{path}", programs.parent().unwrap().display()))
            .env("KP_KAFKA__BOOTSTRAP_SERVERS", self.stack.bootstrap())
            .env("KP_KAFKA__CONNECT_TIMEOUT", "20s")
            .stdin(if typed.contains("json") { JSON } else { LINE });
        let mut running = call.start().unwrap();
        let end = Instant::now() + DEADLINE;
        while !running.has_ended() {
            assert!(Instant::now() < end, "it does not end: {typed}\n{}", running.last_words());
            if typed.contains("latest") {
                let send = ["--topic", &self.topic, "--count", "1"];
                self.stack.producer().args(send).run().exits(0);
            }
            thread::sleep(Duration::from_millis(50));
        }
        running.finish()
    }
}

fn goes_on(command: &str) -> bool {
    command.contains("--idle-exit never") || command.contains("--follow")
}

fn has_word(command: &str, letter: &str) -> bool {
    command.split([' ', ':', '.', '\'']).any(|word| word == letter)
}

/// What is wrong with a command of the page, if anything is.
fn problem(stack: &Stack, command: &str) -> Option<String> {
    let place = Place::new(stack, command);
    let typed = place.typed(command);
    let mut ended = place.run(&typed);
    if ended.code() != Some(0) && ended.stderr.contains("--yes") {
        // It asks, and here is no terminal.
        ended = place.run(&format!("{typed} --yes"));
    }
    let has_worked = match () {
        () if command.starts_with("kp-consumer") => !ended.stdout.is_empty(),
        () if command.starts_with("kp-producer") => ended.stderr.contains("1 acknowledged"),
        () => true,
    };
    (ended.code() != Some(0) || !has_worked).then(|| format!("{command}\n{ended}"))
}

#[test]
fn each_command_for_users_of_other_tools_works() {
    let stack = Stack::with_acls();
    let commands = commands();
    assert!(commands.len() > 60, "only {commands:?} were found");
    assert!(problem(&stack, "kp-consumer -t T -e -f value --grep nowhere").is_some());
    try_each(commands, |command| problem(&stack, command));
}
