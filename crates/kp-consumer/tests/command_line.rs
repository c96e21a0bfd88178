//! The command line: the whole table of flags, and what a person sees.

use std::collections::BTreeSet;
use std::process::Command;

/// Every flag that stands for a setting, a value that is not its default, and the setting.
const SETTINGS: [(&str, &str, &str); 13] = [
    ("bootstrap-server", "broker:1", "kafka.bootstrap_servers"),
    ("topic", "t2", "consumer.topic"),
    ("group", "g2", "consumer.group_id"),
    ("from", "earliest", "consumer.from"),
    ("idle-exit", "never", "consumer.idle_exit"),
    ("stall-timeout", "9s", "consumer.stall_timeout"),
    ("shutdown-timeout", "3s", "consumer.shutdown_timeout"),
    ("max-messages", "7", "consumer.max_messages"),
    ("format", "seed", "consumer.format"),
    ("on-bad-message", "skip", "consumer.on_bad_message"),
    ("delivery", "at-most-once", "consumer.delivery"),
    ("copy-to", "t3", "consumer.copy_to"),
    ("transactional-id", "id", "consumer.transactional_id"),
];

/// Flags that are no settings.
const OTHERS: [&str; 7] = [
    "config",
    "show-config",
    "verbose",
    "X",
    "no-group",
    "until-end",
    "audit",
];

fn kp_consumer() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kp-consumer"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KP_") {
            command.env_remove(name);
        }
    }
    command
}

#[test]
fn the_flag_table_is_sound() {
    kp_consumer::command().debug_assert();
}

#[test]
fn every_flag_has_help_and_stands_in_one_of_the_tables() {
    let command = kp_consumer::command();
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
        let output = kp_consumer()
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
    let output = kp_consumer()
        .args(["--idle-exit", "1s", "--idle-exit", "2s", "--show-config"])
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let mut values = shown
        .lines()
        .filter(|line| line.contains("--idle-exit"))
        .map(|line| line.split_whitespace().nth(1).unwrap());
    assert_eq!((values.next(), values.next()), (Some("2s"), None));
}

/// `TRYCMD=overwrite cargo test -p kp-consumer` takes over what the program prints now.
#[test]
fn screens() {
    trycmd::TestCases::new()
        .env("COLUMNS", "100")
        .case("tests/cmd/*.trycmd");
}
