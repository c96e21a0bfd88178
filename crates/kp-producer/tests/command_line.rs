//! The command line: the whole table of flags, and what a person sees.

#[path = "../../kp-cli/tests/command_line/program.rs"]
mod program;

use program::Program;

const PROGRAM: Program = Program {
    binary: env!("CARGO_BIN_EXE_kp-producer"),
    command: kp_producer::command,
    settings: &[
        ("bootstrap-server", "broker:1", "kafka.bootstrap_servers"),
        ("topic", "t2", "producer.topic"),
        ("count", "7", "producer.count"),
        ("rate", "9", "producer.rate"),
        ("duration", "3s", "producer.duration"),
        ("size", "3KiB", "producer.size"),
        ("value-template", "{{seq}}", "producer.value_template"),
        ("keys", "9", "producer.keys"),
        ("zipf", "1.5", "producer.zipf"),
        ("seed", "9", "producer.seed"),
        ("key", "k", "producer.key"),
        ("header", "a=b", "producer.headers"),
        ("partition", "3", "producer.partition"),
        ("acks", "1", "producer.acks"),
        ("compression", "zstd", "producer.compression"),
        ("linger", "7ms", "producer.linger"),
        ("flush", "each", "producer.flush"),
        ("delivery-timeout", "9s", "producer.delivery_timeout"),
        ("on-timeout", "go-on", "producer.on_timeout"),
        ("shutdown-timeout", "3s", "producer.shutdown_timeout"),
        ("stdin-format", "json", "producer.stdin_format"),
        ("key-column", "id", "producer.key_column"),
        ("key-delimiter", ":", "producer.key_delimiter"),
        ("delimiter", ";", "producer.delimiter"),
        ("null-empty", "true", "producer.null_empty"),
        ("input-template", "%s|", "producer.input_template"),
        ("transactional-id", "id", "producer.transactional_id"),
        ("per-transaction", "7", "producer.per_transaction"),
        ("metrics", "127.0.0.1:0", "producer.metrics"),
    ],
    others: &[
        "config",
        "show-config",
        "verbose",
        "explain",
        "X",
        "stdin",
        "file",
        "report",
        "receipts",
        "audit",
        "quiet",
        "profile",
        "write",
        "load",
        "to-origin",
        "dry-run",
        "check-health",
    ],
};

#[test]
fn the_flag_table_is_sound() {
    kp_producer::command().debug_assert();
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
    let values = PROGRAM.set_by("--linger", &["1s", "2s"]);
    assert_eq!(values.len(), 1);
    assert_eq!(values[0][1], "2s");
}

#[test]
fn each_flag_works_or_is_refused_in_each_mode() {
    PROGRAM.check_modes(
        &[
            ("exercise", &[]),
            ("made up", &["--topic", "t", "--count", "3"]),
            ("unasked", &["--topic", "t"]),
            ("lines", &["--topic", "t", "--stdin"]),
            ("json", &["--stdin-format", "json"]),
            ("csv", &["--topic", "t", "--stdin-format", "csv"]),
            ("template", &["--topic", "t", "--input-template", "%k %s|"]),
            ("transactions", &["--transactional-id", "id"]),
            ("acks 0", &["--topic", "t", "--acks", "0"]),
        ],
        &[&["--stdin"], &["--report", "json"], &["--audit", "ledger"], &["--receipts"]],
        &[
            ("json", "--key", "--stdin-format json"),
            ("json", "--header", "--stdin-format json"),
            ("json", "--key-delimiter", "--stdin-format json"),
            ("exercise", "--key-delimiter", "--stdin"),
            ("made up", "--key-delimiter", "--stdin"),
            ("unasked", "--key-delimiter", "--stdin"),
            ("transactions", "--key-delimiter", "--stdin"),
            ("acks 0", "--key-delimiter", "--stdin"),
            ("lines", "--duration", "--stdin"),
            ("lines", "--size", "--stdin"),
            ("lines", "--value-template", "--stdin"),
            ("json", "--value-template", "--stdin"),
            ("lines", "--keys", "--stdin"),
            ("json", "--duration", "--stdin"),
            ("json", "--size", "--stdin"),
            ("json", "--keys", "--stdin"),
            ("csv", "--duration", "--stdin"),
            ("csv", "--size", "--stdin"),
            ("csv", "--value-template", "--stdin"),
            ("csv", "--keys", "--stdin"),
            ("template", "--duration", "--stdin"),
            ("template", "--size", "--stdin"),
            ("template", "--value-template", "--stdin"),
            ("template", "--keys", "--stdin"),
            ("*", "--zipf", "--keys"),
            ("*", "--seed", "--keys"),
            ("json", "--null-empty", "--stdin-format json"),
            ("csv", "--key-delimiter", "--stdin-format csv"),
            ("csv", "--delimiter", "--stdin-format csv"),
            ("csv", "--input-template", "--stdin-format"),
            ("csv", "--per-transaction", "--transactional-id"),
            ("exercise", "--key-column", "--stdin-format csv"),
            ("made up", "--key-column", "--stdin-format csv"),
            ("unasked", "--key-column", "--stdin-format csv"),
            ("transactions", "--key-column", "--stdin-format csv"),
            ("acks 0", "--key-column", "--stdin-format csv"),
            ("lines", "--key-column", "--stdin-format csv"),
            ("json", "--key-column", "--stdin-format csv"),
            ("template", "--key-column", "--stdin-format csv"),
            ("json", "--input-template", "--stdin-format"),
            ("template", "--key", "%k"),
            ("template", "--key-delimiter", "--input-template"),
            ("template", "--delimiter", "--input-template"),
            ("template", "--stdin-format", "--input-template"),
            ("template", "--per-transaction", "--transactional-id"),
            ("exercise", "--delimiter", "--stdin"),
            ("exercise", "--null-empty", "--stdin"),
            ("made up", "--delimiter", "--stdin"),
            ("made up", "--null-empty", "--stdin"),
            ("unasked", "--delimiter", "--stdin"),
            ("unasked", "--null-empty", "--stdin"),
            ("transactions", "--delimiter", "--stdin"),
            ("transactions", "--null-empty", "--stdin"),
            ("acks 0", "--delimiter", "--stdin"),
            ("acks 0", "--null-empty", "--stdin"),
            ("exercise", "--per-transaction", "--transactional-id"),
            ("made up", "--per-transaction", "--transactional-id"),
            ("unasked", "--per-transaction", "--transactional-id"),
            ("lines", "--per-transaction", "--transactional-id"),
            ("json", "--per-transaction", "--transactional-id"),
            ("acks 0", "--per-transaction", "--transactional-id"),
            ("acks 0", "--transactional-id", "--acks"),
            ("transactions", "--acks", "--transactional-id"),
        ],
    );
}

#[test]
fn a_property_of_another_kind_of_client_is_refused() {
    let output =
        PROGRAM.call().args(["-X", "fetch.min.bytes=5", "--show-config"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("-X fetch.min.bytes"));
}

#[test]
fn an_error_is_said_with_quiet_too() {
    for arguments in [&["-q", "--linger", "5"][..], &["-q"]] {
        let output = PROGRAM.unreachable().args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.starts_with("kp-producer: "), "{arguments:?}: {said:?}");
    }
}

#[test]
fn kcats_letters_set_the_same_as_the_words() {
    PROGRAM.check_letters(&[
        ("-t", "t9", "producer.topic"),
        ("-p", "3", "producer.partition"),
        ("-k", "k9", "producer.key"),
        ("-H", "a=b", "producer.headers"),
        ("-z", "lz4", "producer.compression"),
        ("-K", ":", "producer.key_delimiter"),
        ("-D", ";", "producer.delimiter"),
        ("-Z", "true", "producer.null_empty"),
        ("-c", "5", "producer.count"),
    ]);
}
