//! Where settings come from, and what is said of wrong ones. No broker is needed.

use kp_e2e::{Call, Finished, Program};

/// The value of a setting and where it came from, as `--show-config` says.
#[track_caller]
fn setting(call: Call, key: &str) -> (String, String) {
    let shown = call.args(["--show-config"]).run().exits(0);
    let row = shown.lines().into_iter().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some(key)).then(|| words.map(str::to_owned).collect::<Vec<_>>())
    });
    let row = row.unwrap_or_else(|| panic!("{key} is not shown by {shown}"));
    (row[0].clone(), row[1].clone())
}

fn owned(value: &str, origin: &str) -> (String, String) {
    (value.to_owned(), origin.to_owned())
}

#[test]
fn a_flag_overrides_the_environment_and_so_on_down_to_the_built_in_default() {
    let file = |client: &str| format!("[producer]\ntopic = \"{client}\"\n");
    let producer = || Call::new(Program::Producer);
    let key = "producer.topic";
    assert_eq!(setting(producer(), key), owned("topic1", "default"));

    let in_folder = || producer().file("config/default.toml", &file("folder"));
    assert_eq!(setting(in_folder(), key), owned("folder", "config/default.toml"));

    let named = || in_folder().file("named.toml", &file("named"));
    let by_variable = || named().env("KP_CONFIG", "named.toml");
    assert_eq!(setting(by_variable(), key), owned("named", "named.toml"));
    let by_flag = || named().args(["--config", "named.toml"]);
    assert_eq!(setting(by_flag(), key), owned("named", "named.toml"));

    let environment = || by_flag().env("KP_PRODUCER__TOPIC", "variable");
    assert_eq!(setting(environment(), key), owned("variable", "KP_PRODUCER__TOPIC"));

    let flag = environment().args(["--topic", "flag"]);
    assert_eq!(setting(flag, key), owned("flag", "--topic"));
}

#[test]
fn another_projects_settings_are_passed_over_and_which_file_was_read_is_told() {
    let foreign = "[database]\nurl = \"me:canary@host\"\n[kafka]\nbootstrap_servers = \"x:1\"\n";
    let call = || Call::new(Program::Producer).args(["--show-config"]);
    let key = "kafka.bootstrap_servers";
    let quiet = call().file("config/default.toml", foreign).run().exits(0).is_quiet();
    assert!(quiet.text().contains("localhost:9092"), "{quiet}");
    let said = call().file("config/default.toml", foreign).args(["-v"]).run().exits(0);
    let said = said.says(&["config/default.toml is not kp's and not read"]);
    assert!(!said.stderr.contains("canary"), "{said}");

    let own = format!("# kp\n{foreign}").replace("[database]\nurl = \"me:canary@host\"\n", "");
    let own = || Call::new(Program::Producer).file("config/default.toml", &own);
    assert_eq!(setting(own(), key), owned("x:1", "config/default.toml"));
    let told = own().args(["--show-config", "-v"]).run().exits(0);
    told.says(&["settings are read from config/default.toml"]);
}

#[test]
fn the_flag_config_overrides_the_variable() {
    let call = Call::new(Program::Consumer)
        .file("flag.toml", "[consumer]\ngroup_id = \"flag\"\n")
        .file("variable.toml", "[consumer]\ngroup_id = \"variable\"\n")
        .env("KP_CONFIG", "variable.toml")
        .args(["--config", "flag.toml"]);
    assert_eq!(setting(call, "consumer.group_id"), owned("flag", "flag.toml"));
}

#[test]
fn a_raw_property_of_the_environment_is_in_force() {
    let call =
        Call::new(Program::Producer).env("KP_KAFKA__LIBRDKAFKA__SOCKET_KEEPALIVE_ENABLE", "true");
    let shown = call.args(["--show-config"]).run().exits(0);
    let line = shown
        .lines()
        .into_iter()
        .find(|line| line.contains("socket.keepalive.enable"))
        .unwrap_or_else(|| panic!("not shown by {shown}"));
    assert!(line.contains("KP_KAFKA__LIBRDKAFKA__SOCKET_KEEPALIVE_ENABLE"), "{line}");
}

#[test]
fn common_flags_stand_before_or_after_a_subcommand() {
    for arguments in [
        ["-b", "127.0.0.1:1", "topics", "list", "--show-config"],
        ["topics", "list", "-b", "127.0.0.1:1", "--show-config"],
    ] {
        let shown = Call::new(Program::Admin).args(arguments).run().exits(0);
        assert!(shown.text().contains("127.0.0.1:1"), "{shown}");
    }
}

/// Each wrong setting, as a call, and the words that the error must hold.
fn wrong_settings() -> Vec<(Call, Vec<&'static str>)> {
    let producer = || Call::new(Program::Producer);
    let with_file =
        |content: &str| producer().file("my.toml", content).args(["--config", "my.toml"]);
    vec![
        (
            with_file("[producer]\ntopik = \"a\"\n"),
            vec!["my.toml", "producer.topik", "producer.topic"],
        ),
        (
            with_file("[kafka.librdkafka]\n\"linger.mss\" = 5\n"),
            vec!["my.toml", "linger.mss", "linger.ms"],
        ),
        (with_file("[producer]\ncount = \"many\"\n"), vec!["my.toml", "producer.count"]),
        (with_file("[producer]\nlinger = \"16m\"\n"), vec!["my.toml", "producer.linger", "900s"]),
        (with_file("[producer\n"), vec!["my.toml:1:"]),
        (
            with_file("[producer]\nlinger = \"5ms\"\n[kafka.librdkafka]\n\"linger.ms\" = 6\n"),
            vec!["producer.linger", "linger.ms", "my.toml"],
        ),
        (
            producer().args(["--linger", "5ms", "-X", "linger.ms=6"]),
            vec!["--linger", "-X", "linger.ms"],
        ),
        (
            producer().env("KP_PRODUCER__TOPIK", "a"),
            vec!["KP_PRODUCER__TOPIK", "KP_PRODUCER__TOPIC"],
        ),
        (producer().env("KP_PRODUCER__COUNT", "-1"), vec!["KP_PRODUCER__COUNT"]),
        (producer().args(["--count", "x"]), vec!["--count"]),
        (producer().args(["--acks", "2"]), vec!["--acks"]),
        (producer().args(["-X", "compression.codecs=gzip"]), vec!["-X", "compression.codec"]),
        (producer().args(["--config", "absent.toml"]), vec!["--config", "absent.toml"]),
        (producer().env("KP_CONFIG", "absent.toml"), vec!["KP_CONFIG", "absent.toml"]),
    ]
}

#[test]
fn a_wrong_setting_is_named_with_its_place_and_what_would_be_right() {
    for (call, words) in wrong_settings() {
        let ended: Finished = call.run().exits(3).says(&words);
        assert!(ended.text().is_empty(), "{ended}");
        assert!(ended.stderr.lines().count() <= 3, "{ended}");
    }
}

#[test]
fn variables_that_are_no_settings_are_left_alone_and_strange_ones_are_told() {
    let call = || Call::new(Program::Producer).env("KP_KAFKA_IMAGE", "some/image");
    call().args(["--show-config"]).run().exits(0).is_quiet();
    let call = call().env("KP_KAFKA_BOOTSTRAP_SERVERS", "else:1");
    call.args(["--show-config"])
        .run()
        .exits(0)
        .says(&["warning: KP_KAFKA_BOOTSTRAP_SERVERS is no setting and has no effect; \
         did you mean KP_KAFKA__BOOTSTRAP_SERVERS?"]);
}

/// The line of `consumer.from` in the settings in force.
fn place_to_start(zone: &str, from: &str) -> Finished {
    let call = Call::new(Program::Consumer).env("TZ", zone);
    call.args(["--from", from, "--show-config"]).run()
}

#[test]
fn a_time_without_a_zone_is_what_the_clock_here_shows() {
    for (zone, from, moment) in [
        ("Asia/Seoul", "@2026-11-25", "@2026-11-24T15:00:00Z"),
        ("Asia/Seoul", "@2026-11-25 10:00", "@2026-11-25T01:00:00Z"),
        ("Europe/Berlin", "@2026-07-01T10:00", "@2026-07-01T08:00:00Z"),
        ("CET-1", "@2026-07-01T10:00", "@2026-07-01T09:00:00Z"),
        ("UTC", "@2026-11-25T10:00+09:00", "@2026-11-25T01:00:00Z"),
    ] {
        let ended = place_to_start(zone, from).exits(0);
        assert!(ended.text().contains(&format!(" {moment} ")), "{ended}");
    }
    let refused = place_to_start("Nowhere/Atlantis", "@2026-11-25").exits(3);
    refused.says(&["write @2026-11-25T00:00:00Z for UTC"]);
    place_to_start("Nowhere/Atlantis", "@2026-11-25T10:00Z").exits(0);
}

#[test]
fn seconds_are_not_read_as_milliseconds() {
    place_to_start("UTC", "@1795602955").exits(3).says(&[
        "--from: @1795602955 is 1970-01-21T18:46:42.955Z in milliseconds",
        "2026-11-25T10:35:55Z in seconds",
        "write @2026-11-25T10:35:55Z or @1970-01-21T18:46:42.955Z",
    ]);
}

#[test]
fn tls_is_refused_by_a_build_without_it() {
    let calls = [
        (Program::Producer, vec![]),
        (Program::Consumer, vec![]),
        (Program::Admin, vec!["topics", "list"]),
    ];
    for (program, arguments) in calls {
        let call = Call::new(program).args(arguments);
        let run = format!("cargo run -p {} --features tls", program.name());
        call.env("KP_KAFKA__SECURITY_PROTOCOL", "ssl").run().exits(3).says(&[
            "feature `tls`",
            "cargo xtask install --tls",
            &run,
        ]);
    }
}
