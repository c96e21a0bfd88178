//! The guard of settings that are read only: a table of all commands, so that none is forgotten.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::{Command, Stdio};

/// Each command with what it needs, and what the refusal says. One that only looks is not refused.
const COMMANDS: &[(&str, Option<&str>)] = &[
    ("topics list", None),
    ("topics describe t", None),
    ("topics create t", Some("no topic is created")),
    ("topics delete t --yes", Some("no topic is deleted")),
    ("topics add-partitions t --partitions 9", Some("no partitions are added")),
    ("topics configs t", None),
    ("topics configs t --set retention.ms=1 --yes", Some("no config is changed")),
    ("topics configs t --unset retention.ms --yes", Some("no config is changed")),
    ("topics offsets t", None),
    ("topics health", None),
    ("topics trim t --before 5 --yes", Some("no messages are deleted")),
    ("topics clone t u", Some("no topic is created")),
    ("topics elect-leaders t --yes", Some("no leader is elected")),
    ("groups list", None),
    ("groups describe g", None),
    ("groups lag", None),
    ("groups members g", None),
    ("groups reset g --to earliest --yes", Some("no offset is reset")),
    ("groups delete g --yes", Some("no group is deleted")),
    ("groups delete-offsets g --topic t --yes", Some("no offset is deleted")),
    ("groups watch g --count 1", None),
    ("cluster", None),
    ("cluster configs 1", None),
    ("cluster configs 1 --set log.cleaner.threads=2 --yes", Some("no config is changed")),
    ("acls list", None),
    ("acls add --principal User:a --allow read --topic t", Some("no ACL is added")),
    ("acls remove --principal User:a --allow read --topic t --yes", Some("no ACL is removed")),
    ("users list", None),
    ("users set a --mechanism SCRAM-SHA-256 --password-file p.txt", Some("no password is set")),
    ("users delete a --yes", Some("no password is deleted")),
    ("plan wanted.toml", None),
    ("apply wanted.toml --yes", Some("nothing is applied")),
    ("export", None),
    ("audit sent.ledger", None),
    ("doctor --topic t", None),
    ("doctor --topic t --probe", Some("no record is written")),
    ("profile list", None),
    ("profile show prod", None),
    ("profile use none", None),
];

/// The commands below one, each by its words. One that does something alone counts too.
fn leaves(command: &clap::Command, path: &str, found: &mut BTreeSet<String>) {
    let below: Vec<_> = command.get_subcommands().filter(|one| one.get_name() != "help").collect();
    if !path.is_empty() && (below.is_empty() || !command.is_arg_required_else_help_set()) {
        found.insert(path.to_owned());
    }
    for one in below {
        leaves(one, format!("{path} {}", one.get_name()).trim(), found);
    }
}

/// Runs the program in a folder with the files that the commands name.
fn kp_admin(words: &str, servers: &str, more: &[&str]) -> (Option<i32>, String) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("read-only");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("wanted.toml"), "[topics.t]\n").unwrap();
    std::fs::write(folder.join("p.txt"), "x").unwrap();
    let home = folder.join("home");
    let own = "[profile.prod]\nread_only = true\n";
    let file = home.join(".config/kp/config.toml");
    // Another test may be reading it.
    if !file.exists() {
        std::fs::create_dir_all(home.join(".config/kp")).unwrap();
        let new = file.with_extension(std::process::id().to_string());
        std::fs::write(&new, own).unwrap();
        std::fs::rename(new, file).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_kp-admin"))
        .args(words.split(' '))
        .args(more)
        .current_dir(folder)
        .env_clear()
        .env("HOME", home)
        .env("KP_PROFILE", "prod")
        .env("KP_BROKERS", servers)
        .env("KP_KAFKA__CONNECT_TIMEOUT", "1s")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn every_command_stands_in_the_table() {
    let mut all = BTreeSet::new();
    leaves(&kp_admin::command(), "", &mut all);
    let named = |path: &str| {
        COMMANDS.iter().any(|(words, _)| {
            words.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
    };
    let missing: Vec<_> = all.iter().filter(|path| !named(path)).collect();
    assert!(missing.is_empty(), "say of these whether they change anything: {missing:?}");
    assert!(all.len() > 25, "{all:?}");
}

#[test]
fn what_changes_something_is_refused_before_anything_is_sent() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    nobody.set_nonblocking(true).unwrap();
    let servers = nobody.local_addr().unwrap().to_string();
    let changes = COMMANDS.iter().filter_map(|(words, refusal)| Some((words, (*refusal)?)));
    for (words, refusal) in changes {
        let (code, said) = kp_admin(words, &servers, &[]);
        let place = "profile prod is read only (~/.config/kp/config.toml: [profile.prod] kafka.read_only), so ";
        assert!(said.contains(&format!("{place}{refusal}; --write")), "{words}: {said}");
        assert_eq!(code, Some(3), "{words}: {said}");
    }
    assert_eq!(nobody.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody was asked");
}

#[test]
fn what_looks_is_not_refused_and_write_allows_the_rest_once() {
    for (words, refusal) in COMMANDS {
        let more: &[&str] = if refusal.is_some() { &["--write"] } else { &[] };
        let (_, said) = kp_admin(words, "127.0.0.1:1", more);
        assert!(!said.contains("read only ("), "{words}: {said}");
    }
}
