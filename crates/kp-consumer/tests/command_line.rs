//! The command line: the whole table of flags, and what a person sees.

#[path = "../../kp-cli/tests/command_line/program.rs"]
mod program;

use program::Program;

const PROGRAM: Program = Program {
    binary: env!("CARGO_BIN_EXE_kp-consumer"),
    command: kp_consumer::command,
    settings: &[
        ("bootstrap-server", "broker:1", "kafka.bootstrap_servers"),
        ("topic", "t2", "consumer.topic"),
        ("group", "g2", "consumer.group_id"),
        ("from", "earliest", "consumer.from"),
        ("until", "end", "consumer.until"),
        ("partition", "0,2-4", "consumer.partition"),
        ("idle-exit", "never", "consumer.idle_exit"),
        ("stall-timeout", "9s", "consumer.stall_timeout"),
        ("shutdown-timeout", "3s", "consumer.shutdown_timeout"),
        ("max-messages", "7", "consumer.max_messages"),
        ("format", "seed", "consumer.format"),
        ("delimiter", ";", "consumer.delimiter"),
        ("print-null", "true", "consumer.print_null"),
        ("decode", "json", "consumer.decode"),
        ("color", "never", "consumer.color"),
        ("on-bad-message", "skip", "consumer.on_bad_message"),
        ("on-gap", "fail", "consumer.on_gap"),
        ("delivery", "at-most-once", "consumer.delivery"),
        ("copy-to", "t3", "consumer.copy_to"),
        ("transactional-id", "id", "consumer.transactional_id"),
        ("metrics", "127.0.0.1:0", "consumer.metrics"),
    ],
    others: &[
        "config",
        "show-config",
        "verbose",
        "explain",
        "X",
        "no-group",
        "until-end",
        "follow",
        "json",
        "pretty",
        "utc",
        "quiet",
        "profile",
        "write",
        "audit",
        "save",
        "load",
        "grep",
        "key",
        "header",
        "where",
        "not",
        "check-health",
    ],
};

#[test]
fn the_flag_table_is_sound() {
    kp_consumer::command().debug_assert();
}

#[test]
fn every_flag_has_help_and_stands_in_one_of_the_tables() {
    PROGRAM.check_help();
}

#[test]
fn each_flag_sets_its_own_setting_and_no_other() {
    PROGRAM.check_settings();
}

#[test]
fn the_last_of_a_repeated_flag_counts() {
    let values = PROGRAM.set_by("--idle-exit", &["1s", "2s"]);
    assert_eq!(values.len(), 1);
    assert_eq!(values[0][1], "2s");
}

#[test]
fn each_flag_works_or_is_refused_in_each_mode() {
    PROGRAM.check_modes(
        &[
            ("exercise", &[]),
            ("alone", &["--topic", "t"]),
            ("json", &["--topic", "t", "--format", "json"]),
            ("until-end", &["--topic", "t", "--until-end"]),
            ("group", &["--topic", "t", "--group", "g"]),
            ("at-most-once", &["--topic", "t", "--group", "g", "--delivery", "at-most-once"]),
            ("dead letters", &["--on-bad-message", "dead-letter:d"]),
            (
                "copy",
                &["--topic", "t", "--group", "g", "--copy-to", "c", "--transactional-id", "id"],
            ),
        ],
        &[
            &["--no-group"],
            &["--until-end"],
            &["--follow"],
            &["--utc"],
            &["--audit", "list"],
            &["--grep", "text"],
            &["--not", "--key", "/k/"],
            &["--header", "env=prod*"],
            &["--where", ".value"],
        ],
        &[
            ("exercise", "--copy-to", "--transactional-id"),
            ("exercise", "--transactional-id", "--copy-to"),
            ("alone", "--copy-to", "--transactional-id"),
            ("alone", "--transactional-id", "--copy-to"),
            ("json", "--copy-to", "--format"),
            ("json", "--transactional-id", "--copy-to"),
            ("until-end", "--copy-to", "--transactional-id"),
            ("until-end", "--transactional-id", "--copy-to"),
            ("group", "--copy-to", "--transactional-id"),
            ("group", "--transactional-id", "--copy-to"),
            ("at-most-once", "--copy-to", "--delivery"),
            ("at-most-once", "--transactional-id", "--copy-to"),
            ("dead letters", "--copy-to", "--on-bad-message"),
            ("dead letters", "--transactional-id", "--copy-to"),
            ("json", "--on-bad-message", "--format"),
            ("json", "--delimiter", "--format"),
            ("json", "--print-null", "--format"),
            ("dead letters", "--delimiter", "--on-bad-message"),
            ("dead letters", "--print-null", "--on-bad-message"),
            ("copy", "--delimiter", "--copy-to"),
            ("copy", "--print-null", "--copy-to"),
            ("copy", "--no-group", "--group"),
            ("exercise", "--partition", "--no-group"),
            ("group", "--partition", "--no-group"),
            ("at-most-once", "--partition", "--no-group"),
            ("dead letters", "--partition", "--no-group"),
            ("copy", "--partition", "--no-group"),
            ("copy", "--audit", "--copy-to"),
            ("copy", "--format", "--copy-to"),
            ("copy", "--on-bad-message", "--copy-to"),
            ("*", "--utc", "--pretty"),
            ("until-end", "--follow", "--until-end"),
            ("copy", "--decode", "--copy-to"),
            ("exercise", "--decode", "--format"),
            ("alone", "--decode", "--format"),
            ("until-end", "--decode", "--format"),
            ("group", "--decode", "--format"),
            ("at-most-once", "--decode", "--format"),
            ("dead letters", "--decode", "--format"),
            ("copy", "--delivery", "--copy-to"),
            ("alone", "--delivery", "--group"),
            ("json", "--delivery", "--group"),
            ("until-end", "--delivery", "--group"),
            ("group", "--no-group", "--group"),
            ("at-most-once", "--no-group", "--group"),
        ],
    );
}

#[test]
fn what_has_no_meaning_together_is_refused_naming_both() {
    for (arguments, words) in [
        (&["--until-end", "--idle-exit", "5s"][..], ["--idle-exit", "--until-end"]),
        (&["--topic", "t", "--from", "stored"], ["--from", "--group"]),
        (&["--format", "value", "--on-bad-message", "skip"], ["--on-bad-message", "value"]),
        (&["--format", "%s", "--on-bad-message", "fail"], ["--on-bad-message", "%s"]),
        (&["--format", "%s", "--delimiter", ";"], ["--delimiter", "--format"]),
        (&["--format", "line", "--print-null"], ["--print-null", "--format line"]),
        (&["--format", "value", "--decode", "json"], ["--decode", "--format json"]),
        (&["--decode", "json"], ["--decode", "--format json"]),
        (&["--load", "f", "--decode", "json"], ["--decode", "--format json"]),
        (&["--copy-to", "c"], ["--copy-to", "--transactional-id"]),
        (&["--transactional-id", "id"], ["--transactional-id", "--copy-to"]),
        (&["--topic", "t", "--copy-to", "c", "--transactional-id", "id"], ["--copy-to", "--group"]),
        (
            &["--topic", "t.*", "-G", "g", "--copy-to", "t2", "--transactional-id", "id"],
            ["--copy-to", "itself"],
        ),
        (&["--topic", "t.*", "--on-bad-message", "dead-letter:t2"], ["t2", "read itself"]),
        (&["--follow", "--until", "end"], ["--follow", "--until"]),
        (&["--follow", "-e"], ["--follow", "--until-end"]),
        (&["--follow", "--load", "f"], ["--follow", "--load"]),
        (&["--pretty", "--decode", "json"], ["--decode", "pretty"]),
        (&["-f", "%T", "--utc"], ["--utc", "%d"]),
        (&["--topic", "*"], ["--topic", ".* is anything"]),
        (&["-X", "linger.ms=5"], ["-X", "linger.ms"]),
        (&["-X", "batch.size=5000"], ["-X", "batch.size"]),
    ] {
        let output = PROGRAM.unreachable().args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
        assert!(words.iter().all(|word| said.contains(word)), "{arguments:?}: {said}");
    }
}

#[test]
fn a_filter_that_cannot_be_understood_is_refused_before_anything_is_reached() {
    for (arguments, words) in [
        (&["--grep", "/a(/"][..], ["--grep", "at character 3"]),
        (&["--key", ""], ["--key", "empty"]),
        (&["--header", "env"], ["--header", "NAME=GLOB"]),
        (&["--where", ".value.total > "], ["--where", "at its end"]),
        (&["--grep", "a", "--not"], ["--not", "none comes after it"]),
    ] {
        let output = PROGRAM.unreachable().args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.starts_with("kp-consumer: ") && said.lines().count() == 1, "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{arguments:?}: {said}");
    }
}

#[test]
fn what_was_not_typed_gives_way_to_what_was() {
    let output = PROGRAM
        .unreachable()
        .env("KP_CONSUMER__GROUP_ID", "g")
        .args(["--topic", "t", "--no-group", "--until-end"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn kcats_letters_set_the_same_as_the_words() {
    PROGRAM.check_letters(&[
        ("-t", "t9", "consumer.topic"),
        ("-p", "3", "consumer.partition"),
        ("-o", "-10", "consumer.from"),
        ("-c", "5", "consumer.max_messages"),
        ("-f", "%s", "consumer.format"),
        ("-D", ";", "consumer.delimiter"),
        ("-Z", "true", "consumer.print_null"),
        ("-G", "g9", "consumer.group_id"),
        ("-b", "h:1", "kafka.bootstrap_servers"),
    ]);
    let json = PROGRAM.call().args(["-e", "-q", "-J", "--show-config"]).output().unwrap();
    let shown = String::from_utf8(json.stdout).unwrap();
    assert!(shown.lines().any(|line| line.contains("--json") && line.contains("json")), "{shown}");
}

#[test]
fn each_example_of_the_help_is_understood_and_gets_as_far_as_the_broker() {
    let help = PROGRAM.call().arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let examples: Vec<_> =
        help.lines().filter_map(|line| line.strip_prefix("  kp-consumer ")).collect();
    assert!(examples.len() >= 5, "{help}");
    for example in examples {
        let own = example.split(" | ").next().unwrap();
        let call = PROGRAM.unreachable();
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &format!("\"$0\" {own}"), PROGRAM.binary]);
        shell.current_dir(call.get_current_dir().unwrap());
        for (name, value) in call.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let output = shell.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{example}: {said}");
    }
}

#[test]
fn the_words_that_people_look_for_stand_in_the_help() {
    let help = PROGRAM.call().arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in ["tail -f", "the last N", "--follow", "separator", "null", "--quiet", "jq"] {
        assert!(help.contains(word), "{word}: {help}");
    }
}
