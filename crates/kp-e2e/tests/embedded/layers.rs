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
fn a_flag_outranks_the_environment_and_so_on_down_to_the_built_in_default() {
    let file = |client: &str| format!("[producer]\ntopic = \"{client}\"\n");
    let producer = || Call::new(Program::Producer);
    let key = "producer.topic";
    assert_eq!(setting(producer(), key), owned("topic1", "default"));

    let in_folder = || producer().file("config/default.toml", &file("folder"));
    assert_eq!(
        setting(in_folder(), key),
        owned("folder", "config/default.toml")
    );

    let named = || in_folder().file("named.toml", &file("named"));
    let by_variable = || named().env("KP_CONFIG", "named.toml");
    assert_eq!(setting(by_variable(), key), owned("named", "named.toml"));
    let by_flag = || named().args(["--config", "named.toml"]);
    assert_eq!(setting(by_flag(), key), owned("named", "named.toml"));

    let environment = || by_flag().env("KP_PRODUCER__TOPIC", "variable");
    assert_eq!(
        setting(environment(), key),
        owned("variable", "KP_PRODUCER__TOPIC")
    );

    let flag = environment().args(["--topic", "flag"]);
    assert_eq!(setting(flag, key), owned("flag", "--topic"));
}

#[test]
fn the_flag_config_outranks_the_variable() {
    let call = Call::new(Program::Consumer)
        .file("flag.toml", "[consumer]\ngroup_id = \"flag\"\n")
        .file("variable.toml", "[consumer]\ngroup_id = \"variable\"\n")
        .env("KP_CONFIG", "variable.toml")
        .args(["--config", "flag.toml"]);
    assert_eq!(
        setting(call, "consumer.group_id"),
        owned("flag", "flag.toml")
    );
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
    assert!(
        line.contains("KP_KAFKA__LIBRDKAFKA__SOCKET_KEEPALIVE_ENABLE"),
        "{line}"
    );
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
    let with_file = |content: &str| {
        producer()
            .file("my.toml", content)
            .args(["--config", "my.toml"])
    };
    vec![
        (
            with_file("[producer]\ntopik = \"a\"\n"),
            vec!["my.toml", "producer.topik", "producer.topic"],
        ),
        (
            with_file("[kafka.librdkafka]\n\"linger.mss\" = 5\n"),
            vec!["my.toml", "linger.mss", "linger.ms"],
        ),
        (
            with_file("[producer]\ncount = \"many\"\n"),
            vec!["my.toml", "producer.count"],
        ),
        (
            with_file("[producer]\nlinger = \"16m\"\n"),
            vec!["my.toml", "producer.linger", "900s"],
        ),
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
        (
            producer().env("KP_PRODUCER__COUNT", "-1"),
            vec!["KP_PRODUCER__COUNT"],
        ),
        (producer().args(["--count", "x"]), vec!["--count"]),
        (producer().args(["--acks", "2"]), vec!["--acks"]),
        (
            producer().args(["-X", "compression.codecs=gzip"]),
            vec!["-X", "compression.codec"],
        ),
        (
            producer().args(["--config", "absent.toml"]),
            vec!["--config", "absent.toml"],
        ),
        (
            producer().env("KP_CONFIG", "absent.toml"),
            vec!["KP_CONFIG", "absent.toml"],
        ),
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
fn variables_that_are_no_settings_are_left_alone() {
    let call = Call::new(Program::Producer)
        .env("KP_KAFKA_IMAGE", "some/image")
        .env("KP_SOMETHING", "else");
    call.args(["--show-config"]).run().exits(0).is_quiet();
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
        let install = format!("cargo install --path crates/{}", program.name());
        call.env("KP_KAFKA__SECURITY_PROTOCOL", "ssl")
            .run()
            .exits(3)
            .says(&["feature `tls`", &install, "--features tls"]);
    }
}
