//! The examples of each `--help`, each run on a broker.

use std::fs;

use kp_e2e::{Build, Cluster, Program, examples, random_name};
use kp_process::{Call, Finished};
use tempfile::TempDir;

use crate::Stack;
use crate::side_by_side::try_each;

/// Runs an example with a topic and a group of its own, in a folder with the files that it names.
fn run(stack: &Stack, example: &str) -> Finished {
    let (topic, group) = (random_name("topic"), random_name("group"));
    let folder = TempDir::new().unwrap();
    let records: String = (0..60)
        .map(|number| format!(r#"{{"key":"{number}","value":{{"total":{number}}}}}"#) + "\n")
        .collect();
    let plan = format!("[topics.{topic}]\npartitions = 3\n");
    for (name, text) in
        [("records.jsonl", &*records), ("password.txt", "secret"), ("cluster.toml", &*plan)]
    {
        if !example.contains("export") {
            fs::write(folder.path().join(name), text).unwrap();
        }
    }
    if !example.starts_with("kp-broker") {
        stack.admin().args(["topics", "create", &topic, "--partitions", "3"]).run().exits(0);
        let send = ["--topic", &topic, "--stdin-format", "json"];
        stack.producer().args(send).stdin(records).run().exits(0);
    }
    if example.contains("readers") {
        // Some of each partition, whatever their order.
        let read = ["--topic", &topic, "--group", &group, "--max-messages", "55"];
        stack.consumer().args(read).run().exits(0);
    }
    let typed = example
        .trim_end()
        .replace("orders.*", &topic)
        .replace("orders", &topic)
        .replace("readers", &group)
        .replace("new-topic", &random_name("new"))
        .replace("localhost:9092", stack.bootstrap());
    let typed = match () {
        () if example.contains("--follow") => format!("{typed} -c 1"),
        // It goes on until it is ended.
        () if example.starts_with("kp-broker") && !example.contains("kill") => {
            format!("timeout --preserve-status -s INT 2 {typed}")
        }
        () if example.contains("acls remove") => {
            let added = typed.replace("acls remove", "acls add").replace(" --yes", "");
            format!("{added}\n{typed}")
        }
        () if example.contains("saved.jsonl") => {
            format!("kp-consumer -t {topic} -e --save saved.jsonl\n{typed}")
        }
        () => typed,
    };
    let programs = Program::Producer.path(Build::Plain);
    let path = std::env::var("PATH").unwrap_or_default();
    let call = Call::new("timeout")
        .args(["60", "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", &typed])
        .folder(folder.path())
        .env("PATH", format!("{}:{path}", programs.parent().unwrap().display()))
        .env("KP_KAFKA__BOOTSTRAP_SERVERS", stack.bootstrap())
        .env("KP_KAFKA__CONNECT_TIMEOUT", "20s");
    call.start().unwrap().finish()
}

/// What is wrong with an example, if anything is.
fn problem(stack: &Stack, example: &str) -> Option<String> {
    let ended = run(stack, example);
    let is_right = match ended.code() {
        // Whether other tests' topics are well is not for this one to say.
        Some(5) => example.contains("topics health"),
        // Passwords are hashed by OpenSSL, which this build does not have.
        Some(3) => example.contains("users set") && ended.stderr.contains("TLS"),
        Some(4) => example.contains("users delete") && ended.stderr.contains("alice has no SCRAM"),
        Some(0) => !example.starts_with("kp-consumer") || !ended.stdout.is_empty(),
        _ => false,
    };
    (!is_right).then(|| format!("{example}\n{ended}"))
}

#[test]
fn each_example_of_a_help_works() {
    let stack = Stack::with_acls();
    let all: Vec<String> = Program::ALL.into_iter().flat_map(examples).collect();
    assert!(all.len() > 45, "only {all:?} were found");
    assert!(problem(&stack, "kp-consumer -t orders --no-such-flag").is_some(), "it would be seen");
    try_each(&all, |example| problem(&stack, example));
}
