//! The command line: the whole table of flags, and what a person sees.

use std::collections::BTreeSet;
use std::process::Command;

/// Every flag that stands for a setting, a value that is not its default, and the setting.
const SETTINGS: [(&str, &str, &str); 16] = [
    ("bootstrap-server", "broker:1", "kafka.bootstrap_servers"),
    ("topic", "t2", "producer.topic"),
    ("count", "7", "producer.count"),
    ("rate", "9", "producer.rate"),
    ("key", "k", "producer.key"),
    ("header", "a=b", "producer.headers"),
    ("partition", "3", "producer.partition"),
    ("acks", "1", "producer.acks"),
    ("compression", "zstd", "producer.compression"),
    ("linger", "7ms", "producer.linger"),
    ("flush", "each", "producer.flush"),
    ("delivery-timeout", "9s", "producer.delivery_timeout"),
    ("shutdown-timeout", "3s", "producer.shutdown_timeout"),
    ("stdin-format", "json", "producer.stdin_format"),
    ("transactional-id", "id", "producer.transactional_id"),
    ("per-transaction", "7", "producer.per_transaction"),
];

/// Flags that are no settings.
const OTHERS: [&str; 7] = [
    "config",
    "show-config",
    "verbose",
    "X",
    "stdin",
    "report",
    "audit",
];

fn kp_producer() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kp-producer"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KP_") {
            command.env_remove(name);
        }
    }
    command
}

#[test]
fn the_flag_table_is_sound() {
    kp_producer::command().debug_assert();
}

#[test]
fn every_flag_has_help_and_stands_in_one_of_the_tables() {
    let command = kp_producer::command();
    let flags: BTreeSet<_> = command
        .get_arguments()
        .map(|flag| {
            assert!(flag.get_help().is_some(), "{flag} has no help");
            // Only -X has no long form.
            flag.get_long().unwrap_or("X")
        })
        .collect();
    let known = SETTINGS.iter().map(|(flag, _, _)| *flag).chain(OTHERS);
    assert_eq!(flags, known.collect());
}

#[test]
fn each_flag_sets_its_own_setting_and_no_other() {
    for (flag, value, setting) in SETTINGS {
        let flag = format!("--{flag}");
        let output = kp_producer()
            .args([&flag, value, "--show-config"])
            .output()
            .unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        let by_flag: Vec<Vec<&str>> = shown
            .lines()
            .map(|line| line.split_whitespace().take(3).collect())
            .filter(|row: &Vec<&str>| row.get(2) == Some(&flag.as_str()))
            .collect();
        assert_eq!(by_flag, [[setting, value, flag.as_str()]], "{shown}");
    }
}

#[test]
fn the_last_of_a_repeated_flag_counts() {
    let output = kp_producer()
        .args(["--linger", "1s", "--linger", "2s", "--show-config"])
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let mut values = shown
        .lines()
        .filter(|line| line.contains("--linger"))
        .map(|line| line.split_whitespace().nth(1).unwrap());
    assert_eq!((values.next(), values.next()), (Some("2s"), None));
}

/// `TRYCMD=overwrite cargo test -p kp-producer` takes over what the program prints now.
#[test]
fn screens() {
    trycmd::TestCases::new()
        .env("COLUMNS", "100")
        .case("tests/cmd/*.trycmd");
}
