//! kp-lab as it is typed: what needs no broker, and how it ends in the middle.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use kp_process::{Call, Finished, Signal, Source};

const SOON: Duration = Duration::from_secs(20);

// The labs that run here are each another one: a lab runs once at a time.

fn lab(arguments: &[&str]) -> Call {
    Call::new(env!("CARGO_BIN_EXE_kp-lab")).args(arguments).env("LC_ALL", "C")
}

fn ended(arguments: &[&str]) -> Finished {
    let mut running = lab(arguments).start().unwrap();
    running.wait(SOON, || Ok(())).unwrap();
    running.finish()
}

/// Programs that do nothing; the broker says what a broker says, and notes its process.
fn programs(folder: &Path) {
    let broker = format!(
        "#!/bin/sh\necho $$ > {}/broker.pid\n\
         echo 'kp-broker ready on 127.0.0.1:9 (keeps 5 MB a partition, in memory)'\nexec sleep 60\n",
        folder.display()
    );
    for (name, script) in [
        ("kp-broker", broker.as_str()),
        ("kp-producer", "#!/bin/sh\nexec sleep 60\n"),
        ("kp-consumer", "#!/bin/sh\n"),
        ("kp-admin", "#!/bin/sh\n"),
    ] {
        let file = folder.join(name);
        fs::write(&file, script).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn without_a_name_the_labs_are_listed_in_either_language() {
    let listed = ended(&[]).exits(0).unwrap().text();
    assert!(listed.starts_with("LAB "), "{listed}");
    assert!(listed.contains("\nflush "), "{listed}");
    let listed = ended(&["--lang", "ko"]).exits(0).unwrap().text();
    assert!(listed.contains("질문"), "{listed}");
}

#[test]
fn a_mistake_is_told_with_what_to_type_instead() {
    for (arguments, words) in [
        (&["flash", "--yes"][..], "there is no lab `flash`; `cargo xtask lab` lists them"),
        (&["flush", "--predict", "z"], "`z` is no answer of this lab; --predict takes a, b, c"),
        (&["all", "--predict", "a"], "--predict is for one lab"),
        (&["flush"], "there is no terminal to ask at; --yes asks nothing, --predict answers"),
        (&["flush", "--yes", "--programs", "/dev/null"], "there is no kp-broker in /dev/null"),
    ] {
        let ended = ended(arguments);
        assert!(ended.stderr.contains(words), "{arguments:?}: {ended}");
        assert_eq!((ended.code(), ended.text().as_str()), (Some(1), ""), "{arguments:?}");
    }
}

#[test]
fn an_interrupt_in_the_middle_ends_the_broker_and_the_program_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    programs(folder.path());
    let place = folder.path().to_str().unwrap();
    let mut running = lab(&["flush", "--yes", "--programs", place]).start().unwrap();
    let sends = |said: &str| said.contains("$ kp-producer").then_some(());
    running.wait_for(Source::Stdout, SOON, sends).unwrap();
    let second = ended(&["flush", "--yes", "--programs", place]);
    assert!(second.stderr.contains("flush runs already, in another terminal"), "{second}");
    running.send(Signal::INT).unwrap();
    running.wait(SOON, || Ok(())).unwrap();
    let first = running.finish().exits(1).unwrap();
    assert_eq!(first.stderr, "lab: interrupted\n");
    let broker = fs::read_to_string(folder.path().join("broker.pid")).unwrap();
    assert!(!Path::new("/proc").join(broker.trim()).exists(), "the broker runs on");
}

#[test]
fn a_program_that_fails_is_told_with_what_it_said_and_no_outcome() {
    let folder = tempfile::tempdir().unwrap();
    programs(folder.path());
    let producer = folder.path().join("kp-producer");
    fs::write(&producer, "#!/bin/sh\necho 'kp-producer: no such thing' >&2\nexit 4\n").unwrap();
    let ended = ended(&["poison", "--yes", "--programs", folder.path().to_str().unwrap()]);
    assert_eq!(ended.code(), Some(1));
    assert!(ended.stderr.contains("the lab poison could not be finished"), "{ended}");
    assert!(ended.stderr.contains("kp-producer: no such thing"), "{ended}");
    assert!(!ended.text().contains("What was measured"), "{ended}");
}

#[test]
fn a_lab_that_fails_keeps_no_other_from_running() {
    let folder = tempfile::tempdir().unwrap();
    programs(folder.path());
    let producer = folder.path().join("kp-producer");
    fs::write(&producer, "#!/bin/sh\nexit 4\n").unwrap();
    let ended =
        ended(&["offsets", "slow-broker", "--yes", "--programs", folder.path().to_str().unwrap()]);
    let said = ended.text();
    for lab in ["offsets", "slow-broker"] {
        assert!(said.contains(&format!("\n== {lab}: ")), "{ended}");
        assert!(said.contains(&format!("\nNot run: {lab}: the lab {lab} could not be")), "{ended}");
    }
    assert_eq!(ended.code(), Some(1));
}
