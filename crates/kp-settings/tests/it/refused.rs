//! What is refused, and in which words.

use kp_settings::{librdkafka_properties, settings};

use crate::scene::Scene;

#[track_caller]
fn says(scene: &Scene, expected: &str) {
    assert_eq!(scene.error().to_string(), expected);
}

#[test]
fn a_misspelt_setting_is_answered_with_the_nearest_name_as_it_is_written_there() {
    says(
        &Scene::new().config("[producer]\ncuont = 1\n"),
        "x.toml: producer.cuont is not a setting; did you mean producer.count?",
    );
    says(
        &Scene::new().file("config/default.toml", "# kp\n[prodcer]\ncount = 1\n"),
        "config/default.toml: prodcer.count is not a setting; did you mean producer.count?",
    );
    says(
        &Scene::new().variable("KP_PRODUCER__CUONT", "1"),
        "KP_PRODUCER__CUONT is not a setting; did you mean KP_PRODUCER__COUNT?",
    );
    says(
        &Scene::new().variable("KP_KAFAK__BOOTSTRAP_SERVERS", "a:1"),
        "KP_KAFAK__BOOTSTRAP_SERVERS is not a setting; did you mean KP_KAFKA__BOOTSTRAP_SERVERS?",
    );
}

#[test]
fn a_name_with_control_characters_stays_on_one_line() {
    says(
        &Scene::new().config("[producer]\n\"cuont\\n\\u001b[2J\" = 1\n"),
        r"x.toml: producer.cuont\n\u{1b}[2J is not a setting; config/default.toml lists the settings",
    );
}

#[test]
fn a_setting_in_the_wrong_place_is_answered_with_the_right_one() {
    says(
        &Scene::new().config("[consumer]\nlinger = \"5ms\"\n"),
        "x.toml: consumer.linger is not a setting; did you mean producer.linger?",
    );
    says(
        &Scene::new().config("[producer]\nbatch.size = 5\n"),
        "x.toml: producer.batch.size is not a setting; did you mean kafka.librdkafka.batch.size?",
    );
}

#[test]
fn what_other_clients_call_it_is_answered_with_kps_name_and_a_far_name_with_none() {
    says(
        &Scene::new().variable("KP_KAFKA__BROKERS", "a:1"),
        "KP_KAFKA__BROKERS is not a setting; did you mean KP_KAFKA__BOOTSTRAP_SERVERS?",
    );
    says(
        &Scene::new().config("[consumer]\ngroup = \"g\"\n"),
        "x.toml: consumer.group is not a setting; did you mean consumer.group_id?",
    );
    for far in ["KP_KAFKA__WEATHER", "KP_DATABASE__URL", "KP_PRODUCER__KEYSTORES"] {
        says(
            &Scene::new().variable(far, "1"),
            &format!("{far} is not a setting; config/default.toml lists the settings"),
        );
    }
}

#[test]
fn an_unknown_librdkafka_property_is_answered_with_the_nearest_name() {
    says(
        &Scene::new().config("[kafka.librdkafka]\n\"lingr.ms\" = 5\n"),
        "x.toml: kafka.librdkafka.lingr.ms is not a librdkafka property; did you mean kafka.librdkafka.linger.ms?",
    );
    says(
        &Scene::new().variable("KP_KAFKA__LIBRDKAFKA__LINGR_MS", "5"),
        "KP_KAFKA__LIBRDKAFKA__LINGR_MS is not a librdkafka property; did you mean KP_KAFKA__LIBRDKAFKA__LINGER_MS?",
    );
    says(
        &Scene::new().raw_flag("lingr.ms", "5"),
        "-X lingr.ms is not a librdkafka property; did you mean linger.ms?",
    );
}

#[test]
fn every_misspelt_setting_leads_back_to_itself() {
    for setting in settings() {
        let (section, name) = setting.key.split_once('.').unwrap();
        let error = Scene::new().config(&format!("[{section}]\n{name}x = 1\n")).error().to_string();
        assert!(error.ends_with(&format!("did you mean {}?", setting.key)), "{error}");
    }
}

#[test]
fn a_wrong_type_says_what_was_expected_in_every_source() {
    let expected =
        "is not a duration; expected a number with a unit such as \"5ms\", between 0ms and 900s";
    says(
        &Scene::new().variable("KP_PRODUCER__LINGER", "fast"),
        &format!("KP_PRODUCER__LINGER: \"fast\" {expected}"),
    );
    says(
        &Scene::new().config("[producer]\nlinger = 5\n"),
        &format!("x.toml: producer.linger: 5 {expected}"),
    );
    says(
        &Scene::new().flag("--linger", "producer.linger", &["5"]),
        &format!("--linger: \"5\" {expected}"),
    );
    says(
        &Scene::new().raw_flag("linger.ms", "fast"),
        "-X linger.ms: \"fast\" is refused; expected a number between 0 and 900000",
    );
    says(
        &Scene::new().config("[kafka.librdkafka]\n\"check.crcs\" = \"maybe\"\n"),
        "x.toml: kafka.librdkafka.check.crcs: \"maybe\" is refused; expected true or false",
    );
    says(
        &Scene::new().config("kafka = 5\n"),
        "x.toml: kafka: a section cannot be a single value; expected a table that begins with [kafka]",
    );
}

#[test]
fn every_setting_refuses_a_table_and_says_what_it_expects() {
    for setting in settings() {
        let error =
            Scene::new().config(&format!("{} = [{{ x = 1 }}]\n", setting.key)).error().to_string();
        assert!(error.starts_with(&format!("x.toml: {}: ", setting.key)), "{error}");
        assert!(error.ends_with(&format!("; expected {}", setting.kind.expected())), "{error}");
    }
}

#[test]
fn out_of_range_says_the_range() {
    says(
        &Scene::new().variable("KP_PRODUCER__LINGER", "901s"),
        "KP_PRODUCER__LINGER: \"901s\" is out of range; expected a number with a unit such as \"5ms\", between 0ms and 900s",
    );
    says(
        &Scene::new().config("[producer]\ncount = -1\n"),
        "x.toml: producer.count: -1 is out of range; expected a whole number, 0 or more",
    );
    says(
        &Scene::new().flag("--max-messages", "consumer.max_messages", &["0"]),
        "--max-messages: \"0\" is out of range; expected a whole number, 1 or more",
    );
}

#[test]
fn a_raw_property_out_of_its_settings_range_is_answered_in_its_own_unit() {
    says(
        &Scene::new().raw_flag("message.timeout.ms", "0"),
        "-X message.timeout.ms: 0 is out of range; expected between 1 and 2145600000 milliseconds",
    );
    says(
        &Scene::new().raw_flag("sasl.mechanism", "GSSAPI"),
        "-X sasl.mechanism: \"GSSAPI\" is not one of the choices; \
         expected one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER",
    );
}

#[test]
fn a_wrong_value_is_told_even_where_a_higher_layer_replaces_it() {
    let expected = "is not one of the choices; expected one of 0, 1, all (-1 is all)";
    says(
        &Scene::new().config("[producer]\nacks = 5\n").flag("--acks", "producer.acks", &["1"]),
        &format!("x.toml: producer.acks: 5 {expected}"),
    );
    says(
        &Scene::new().config("[kafka.librdkafka]\nacks = 5\n").raw_flag("acks", "1"),
        &format!("x.toml: kafka.librdkafka.acks: \"5\" {expected}"),
    );
}

#[test]
fn an_empty_section_that_does_not_exist_is_refused() {
    says(
        &Scene::new().config("[prodcer]\n"),
        "x.toml: prodcer is not a setting; did you mean producer?",
    );
}

#[test]
fn addresses_choices_and_places_to_start_are_checked() {
    says(
        &Scene::new().variable("KP_KAFKA__BOOTSTRAP_SERVERS", "localhost:99999"),
        "KP_KAFKA__BOOTSTRAP_SERVERS: \"localhost:99999\" has no port between 1 and 65535 behind its colon; \
         expected HOST:PORT, several separated by commas, such as localhost:9092",
    );
    says(
        &Scene::new().flag("--compression", "producer.compression", &["gzp"]),
        "--compression: \"gzp\" is not one of the choices; expected one of none, gzip, snappy, lz4, zstd",
    );
    let error = Scene::new().flag("--from", "consumer.from", &["@yesterday"]).error().to_string();
    assert!(
        error.starts_with("--from: \"@yesterday\" is not a place to start from; expected stored, "),
        "{error}"
    );
}

#[test]
fn the_same_thing_typed_and_raw_names_both() {
    says(
        &Scene::new().config("[kafka.librdkafka]\n\"linger.ms\" = 5\n").flag(
            "--linger",
            "producer.linger",
            &["5ms"],
        ),
        "--linger and x.toml: kafka.librdkafka.linger.ms set the same thing; keep one of them",
    );
    says(
        &Scene::new()
            .variable("KP_PRODUCER__LINGER", "5ms")
            .raw_flag("queue.buffering.max.ms", "5"),
        "KP_PRODUCER__LINGER and -X queue.buffering.max.ms set the same thing; keep one of them",
    );
    says(
        &Scene::new().raw_flag("linger.ms", "5").raw_flag("queue.buffering.max.ms", "5"),
        "-X linger.ms and -X queue.buffering.max.ms set the same thing; keep one of them",
    );
}

#[test]
fn every_typed_setting_with_a_property_refuses_the_raw_one_beside_it() {
    for setting in settings() {
        let Some(property) = setting.property else {
            continue;
        };
        let error = beside(setting.key, property);
        assert!(
            error.contains("set the same thing") || error.contains("kp sets this itself"),
            "{property}: {error}"
        );
    }
}

fn beside(key: &str, property: &str) -> String {
    let value = match property {
        "enable.idempotence" | "allow.auto.create.topics" => "true",
        "acks" => "all",
        "security.protocol" => "ssl",
        "sasl.mechanisms" => "PLAIN",
        "compression.codec" => "lz4",
        "partitioner" => "murmur2",
        name if name.ends_with(".ms") => "100",
        _ => "x",
    };
    let typed = if property.ends_with(".ms") { "100ms" } else { value };
    let variable = format!("KP_{}", key.replacen('.', "__", 1).to_uppercase());
    let raw = format!("KP_KAFKA__LIBRDKAFKA__{}", property.replace('.', "_").to_uppercase());
    Scene::new().variable(&variable, typed).variable(&raw, value).error().to_string()
}

#[test]
fn what_kp_sets_itself_is_refused_with_the_reason() {
    says(
        &Scene::new().raw_flag("enable.partition.eof", "false"),
        "-X enable.partition.eof: kp sets this itself because consumer.idle_exit has to know when a partition stands at its end",
    );
    says(
        &Scene::new().config("[kafka.librdkafka]\n\"auto.commit.enable\" = false\n"),
        "x.toml: kafka.librdkafka.auto.commit.enable: kp sets this itself because the offsets of printed messages are \
         committed for the group; kp-consumer --no-group reads without committing",
    );
}

#[test]
fn a_syntax_error_says_file_line_column_and_reason() {
    let error =
        Scene::new().config("[producer]\ntopic = \"t\"\n  count = = 5\n").error().to_string();
    assert!(error.starts_with("x.toml:3:11: not valid TOML: "), "{error}");
}

#[test]
fn idempotence_that_was_asked_for_refuses_acks_below_all() {
    says(
        &Scene::new().config("[producer]\nidempotence = true\n").flag(
            "--acks",
            "producer.acks",
            &["1"],
        ),
        "--acks is 1, and x.toml: producer.idempotence is true: idempotence needs acks = all; change one of them",
    );
    says(
        &Scene::new().raw_flag("enable.idempotence", "true").raw_flag("acks", "0"),
        "-X acks is 0, and -X enable.idempotence is true: idempotence needs acks = all; change one of them",
    );
}

#[test]
fn no_property_can_panic_whatever_its_value() {
    for property in librdkafka_properties() {
        for value in ["", "\0", "-1", "99999999999999999999", "1e999", "nan", "주제", "true"] {
            let _ = kp_settings::load(&Scene::new().raw_flag(property.name, value).input);
        }
    }
}
