//! The librdkafka properties that follow, for each kind of client.

use std::collections::BTreeMap;

use kp_settings::{Acks, Origin, Role, StartAt};

use crate::scene::Scene;

fn properties(scene: &Scene, role: Role) -> BTreeMap<String, String> {
    let properties = scene.load().properties(role).unwrap();
    let count = properties.len();
    let map: BTreeMap<_, _> =
        properties.into_iter().map(|property| (property.name, property.value)).collect();
    assert_eq!(map.len(), count, "a property stands twice");
    map
}

#[track_caller]
fn has(properties: &BTreeMap<String, String>, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(properties.get(*name).map(String::as_str), Some(*value), "{name}");
    }
}

const EVERYBODY: [(&str, &str); 5] = [
    ("enable.metrics.push", "false"),
    ("reconnect.backoff.ms", "20"),
    ("bootstrap.servers", "localhost:9092"),
    ("client.id", "kp"),
    ("security.protocol", "plaintext"),
];

#[test]
fn the_defaults_of_a_producer() {
    let properties = properties(&Scene::new(), Role::Producer);
    has(&properties, &EVERYBODY);
    has(
        &properties,
        &[
            ("acks", "all"),
            ("enable.idempotence", "true"),
            ("compression.codec", "gzip"),
            ("linger.ms", "5"),
            ("message.timeout.ms", "2145600000"),
            ("partitioner", "murmur2_random"),
            ("allow.auto.create.topics", "true"),
            ("delivery.report.only.error", "false"),
            ("message.max.bytes", "16777216"),
            ("queue.buffering.max.kbytes", "16384"),
            ("queue.buffering.max.messages", "50000"),
        ],
    );
    assert_eq!(properties.len(), 16, "{properties:?}");
}

#[test]
fn the_defaults_of_a_consumer() {
    let properties = properties(&Scene::new(), Role::Consumer);
    has(&properties, &EVERYBODY);
    has(
        &properties,
        &[
            ("group.id", "test-group"),
            ("auto.commit.interval.ms", "5000"),
            ("allow.auto.create.topics", "false"),
            ("auto.offset.reset", "error"),
            ("enable.auto.commit", "true"),
            ("enable.auto.offset.store", "false"),
            ("enable.partition.eof", "true"),
            ("fetch.max.bytes", "400000"),
            ("fetch.message.max.bytes", "400000"),
            ("message.max.bytes", "400000"),
            ("fetch.queue.backoff.ms", "5"),
            ("fetch.wait.max.ms", "100"),
            ("queued.min.messages", "20000"),
        ],
    );
    assert_eq!(properties.len(), 18, "{properties:?}");
}

#[test]
fn the_defaults_of_an_admin_client() {
    let properties = properties(&Scene::new(), Role::Admin);
    has(&properties, &EVERYBODY);
    has(&properties, &[("allow.auto.create.topics", "false")]);
    assert_eq!(properties.len(), 6, "{properties:?}");
}

#[test]
fn a_raw_property_reaches_only_the_clients_that_it_is_for() {
    let scene = Scene::new()
        .raw_flag("batch.size", "1000")
        .raw_flag("fetch.min.bytes", "10")
        .raw_flag("socket.keepalive.enable", "true");
    for (role, names) in [
        (Role::Producer, &["batch.size", "socket.keepalive.enable"][..]),
        (Role::Consumer, &["fetch.min.bytes", "socket.keepalive.enable"]),
        (Role::Admin, &["socket.keepalive.enable"]),
    ] {
        let properties = scene.load().properties(role).unwrap();
        let flagged: Vec<_> =
            properties.iter().filter(|one| one.origin == Origin::Flag("-X".to_owned())).collect();
        assert_eq!(flagged.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), names);
        assert!(flagged.iter().all(|one| one.setting.is_none()));
    }
}

#[test]
fn a_raw_property_with_a_typed_setting_becomes_that_setting() {
    let scene = Scene::new()
        .raw_flag("queue.buffering.max.ms", "0.5")
        .raw_flag("request.required.acks", "-1");
    let settings = scene.load();
    assert_eq!(settings.producer.linger.as_micros(), 500);
    assert_eq!(settings.producer.acks, Acks::All);
    assert_eq!(settings.origin("producer.linger").to_string(), "-X");
    let properties = properties(&scene, Role::Producer);
    has(&properties, &[("linger.ms", "0.5"), ("acks", "all")]);
    assert!(!properties.contains_key("queue.buffering.max.ms"));
    let entries = settings.entries(Role::Producer);
    let linger = entries.iter().find(|entry| entry.key == "producer.linger").unwrap();
    assert_eq!((linger.value.as_str(), linger.origin.as_str()), ("500us", "-X"));
    assert_eq!(linger.property.as_deref(), Some("linger.ms"));
}

#[test]
fn what_kp_tunes_gives_way_to_a_raw_property() {
    let scene = Scene::new().raw_flag("queued.min.messages", "7");
    has(
        &properties(&scene, Role::Consumer),
        &[
            ("queued.min.messages", "7"),
            ("fetch.queue.backoff.ms", "5"),
            ("fetch.wait.max.ms", "100"),
        ],
    );
}

#[test]
fn what_kp_tunes_gives_way_to_a_size_that_it_would_not_fit() {
    // By its other name, too.
    for name in [
        "message.max.bytes",
        "receive.message.max.bytes",
        "fetch.max.bytes",
        "max.partition.fetch.bytes",
    ] {
        let scene = Scene::new().raw_flag(name, "50000000");
        let sizes = properties(&scene, Role::Consumer);
        let tuned = sizes.values().filter(|value| *value == "400000");
        assert_eq!(tuned.count(), 0, "{name}: {sizes:?}");
    }
    // A message that is larger than the queue would wait for room forever.
    let scene = Scene::new().raw_flag("message.max.bytes", "50000000");
    assert!(!properties(&scene, Role::Producer).contains_key("queue.buffering.max.kbytes"));
}

#[test]
fn acks_below_all_switch_idempotence_off_unless_it_was_chosen() {
    for acks in ["0", "1"] {
        for scene in [
            Scene::new().flag("--acks", "producer.acks", &[acks]),
            Scene::new().raw_flag("acks", acks),
        ] {
            let settings = scene.load();
            assert!(!settings.producer.idempotence);
            assert_eq!(settings.origin("producer.idempotence"), &Origin::Kp);
            has(
                &properties(&scene, Role::Producer),
                &[("acks", acks), ("enable.idempotence", "false")],
            );
        }
    }
    let chosen = Scene::new().config("[producer]\nidempotence = false\n");
    assert_eq!(chosen.load().origin("producer.idempotence").to_string(), "x.toml");
}

#[test]
fn a_flush_after_each_message_does_not_linger_unless_told_to() {
    let scene = Scene::new().flag("--flush", "producer.flush", &["each"]);
    has(&properties(&scene, Role::Producer), &[("linger.ms", "0")]);
    let scene = scene.flag("--linger", "producer.linger", &["7ms"]);
    has(&properties(&scene, Role::Producer), &[("linger.ms", "7")]);
    let raw = Scene::new().flag("--flush", "producer.flush", &["each"]).raw_flag("linger.ms", "9");
    has(&properties(&raw, Role::Producer), &[("linger.ms", "9")]);
}

#[test]
fn librdkafka_times_messages_out_only_where_that_can_store_nothing_twice_unseen() {
    let timeout = |scene: Scene, role| {
        let properties = properties(&scene.variable("KP_PRODUCER__DELIVERY_TIMEOUT", "7s"), role);
        properties.get("message.timeout.ms").cloned()
    };
    let never = Some("2145600000".to_owned());
    let seven = Some("7000".to_owned());
    assert_eq!(timeout(Scene::new(), Role::Producer), never);
    assert_eq!(timeout(Scene::new(), Role::Forwarder), never);
    assert_eq!(timeout(Scene::new(), Role::Consumer), None);
    let goes_on = || Scene::new().variable("KP_PRODUCER__ON_TIMEOUT", "go-on");
    assert_eq!(timeout(goes_on(), Role::Producer), seven);
    assert_eq!(timeout(goes_on(), Role::Forwarder), seven);
    let transactional = Scene::new().variable("KP_PRODUCER__TRANSACTIONAL_ID", "id");
    assert_eq!(timeout(transactional, Role::Producer), seven);
    let copying = Scene::new()
        .variable("KP_CONSUMER__COPY_TO", "copy")
        .variable("KP_CONSUMER__TRANSACTIONAL_ID", "id");
    assert_eq!(timeout(copying, Role::Forwarder), seven);
}

#[test]
fn a_delivery_timeout_within_the_linger_time_is_refused() {
    let scene = Scene::new().flag("--linger", "producer.linger", &["30s"]);
    let error = scene.load().properties(Role::Producer).unwrap_err().to_string();
    assert_eq!(error, "producer.delivery_timeout (30s) must be longer than --linger (30s)");
    assert!(scene.load().properties(Role::Consumer).is_ok());
}

#[test]
fn security_settings_must_fit_together() {
    let error = |config: &str| {
        let scene = Scene::new().config(&format!("[kafka]\n{config}\n"));
        scene.load().properties(Role::Admin).unwrap_err().to_string()
    };
    assert_eq!(
        error("sasl_mechanism = \"PLAIN\""),
        "x.toml: kafka.sasl_mechanism has no effect while kafka.security_protocol is plaintext; \
         set that to sasl_ssl or sasl_plaintext"
    );
    assert_eq!(
        error("ca = \"ca.pem\""),
        "x.toml: kafka.ca has no effect while kafka.security_protocol is plaintext; set that to ssl or sasl_ssl"
    );
    assert_eq!(
        error("security_protocol = \"sasl_ssl\""),
        "kafka.security_protocol is sasl_ssl and nothing says how to log in; \
         set kafka.sasl_mechanism to one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER"
    );
    assert_eq!(
        error(
            "security_protocol = \"sasl_ssl\"\nsasl_mechanism = \"PLAIN\"\nsasl_username = \"u\""
        ),
        "kafka.security_protocol is sasl_ssl and PLAIN needs a password; \
         set kafka.sasl_password_file, kafka.sasl_password_command, or the variable KP_KAFKA__LIBRDKAFKA__SASL_PASSWORD"
    );
}

#[test]
fn tls_becomes_properties_and_is_named_as_what_needs_a_build_with_it() {
    let scene = Scene::new().config(
        "[kafka]\nsecurity_protocol = \"ssl\"\nca = \"ca.pem\"\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n",
    );
    has(
        &properties(&scene, Role::Consumer),
        &[
            ("security.protocol", "ssl"),
            ("ssl.ca.location", "ca.pem"),
            ("ssl.certificate.location", "c.pem"),
            ("ssl.key.location", "k.pem"),
        ],
    );
    let needs = |scene: Scene| scene.load().tls_setting();
    assert_eq!(needs(scene).as_deref(), Some("kafka.security_protocol"));
    assert_eq!(needs(Scene::new()), None);
    assert_eq!(needs(Scene::new().config("[kafka]\nsecurity_protocol = \"plaintext\"\n")), None);
    assert_eq!(
        needs(Scene::new().raw_flag("security.protocol", "SSL")).as_deref(),
        Some("kafka.librdkafka.security.protocol")
    );
    assert_eq!(
        needs(Scene::new().raw_flag("ssl.cipher.suites", "x")).as_deref(),
        Some("kafka.librdkafka.ssl.cipher.suites")
    );
    assert_eq!(needs(Scene::new().config("[kafka]\nca = \"x\"\n")).as_deref(), Some("kafka.ca"));
}

#[test]
fn show_config_lists_each_setting_of_the_role_once_and_every_raw_one() {
    let scene = Scene::new().raw_flag("batch.size", "1000");
    for role in [Role::Producer, Role::Consumer, Role::Admin] {
        let entries = scene.load().entries(role);
        let mut keys: Vec<_> = entries.iter().map(|entry| entry.key.as_str()).collect();
        assert!(keys.contains(&"kafka.librdkafka.batch.size"));
        let section = format!("{role:?}.").to_lowercase();
        assert!(
            keys.iter().all(|key| key.starts_with("kafka.") || key.starts_with(&section)),
            "{keys:?}"
        );
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), entries.len());
    }
    let entries = scene.load().entries(Role::Consumer);
    let eof = entries
        .iter()
        .find(|entry| entry.property.as_deref() == Some("enable.partition.eof"))
        .unwrap();
    assert_eq!((eof.value.as_str(), eof.origin.as_str()), ("true", "kp"));
}

#[test]
fn a_consumers_settings_become_types() {
    let scene = Scene::new()
        .variable("KP_CONSUMER__TOPIC", "a,b")
        .variable("KP_CONSUMER__IDLE_EXIT", "never")
        .flag("--from", "consumer.from", &["@2026-11-23T10:00:00Z"])
        .flag("--max-messages", "consumer.max_messages", &["3"]);
    let consumer = scene.load().consumer;
    assert_eq!(consumer.topic.to_string(), "a, b");
    assert_eq!(consumer.idle_exit, None);
    assert_eq!(consumer.from, StartAt::Time(1_795_428_000_000));
    assert_eq!(consumer.max_messages, Some(3));
}

#[test]
fn a_producers_headers_keep_order_repeats_and_further_equal_signs() {
    let scene = Scene::new().flag("--header", "producer.headers", &["b=1", "a=x=y", "b="]);
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(scene.load().producer.headers, [pair("b", "1"), pair("a", "x=y"), pair("b", "")]);
}

#[test]
fn with_tls_the_systems_authorities_count_unless_others_are_named() {
    let trusted = |scene: Scene| {
        let properties = properties(&scene, Role::Admin);
        let mut named = properties.into_iter().filter(|(name, _)| name.starts_with("ssl.ca"));
        let first = named.next().map(|(_, value)| value);
        assert!(named.next().is_none());
        first
    };
    let tls = || Scene::new().variable("KP_KAFKA__SECURITY_PROTOCOL", "ssl");
    assert_eq!(trusted(Scene::new()), None);
    assert_eq!(trusted(tls()).as_deref(), Some("probe"));
    let named = tls().variable("KP_KAFKA__CA", "my.pem");
    assert_eq!(trusted(named).as_deref(), Some("my.pem"));
    let pem = tls().variable("KP_KAFKA__LIBRDKAFKA__SSL_CA_PEM", "x");
    assert_eq!(trusted(pem).as_deref(), Some("x"));
}

#[test]
fn a_lost_request_of_a_transaction_is_sent_again_soon_unless_the_user_says_otherwise() {
    let patience = |scene: Scene, role| properties(&scene, role).remove("socket.timeout.ms");
    let sends = || Scene::new().flag("--transactional-id", "producer.transactional_id", &["a"]);
    let copies = || {
        Scene::new().flag("--copy-to", "consumer.copy_to", &["copy"]).flag(
            "--transactional-id",
            "consumer.transactional_id",
            &["a"],
        )
    };
    let soon = Some("10000".to_owned());
    assert_eq!(patience(sends(), Role::Producer), soon);
    assert_eq!(patience(copies(), Role::Forwarder), soon);
    assert_eq!(patience(copies(), Role::Consumer), None);
    assert_eq!(patience(Scene::new(), Role::Producer), None);
    let own = sends().raw_flag("socket.timeout.ms", "2000");
    assert_eq!(patience(own, Role::Producer).as_deref(), Some("2000"));
    let short = sends().raw_flag("transaction.timeout.ms", "5000");
    assert_eq!(patience(short, Role::Producer), None);
}
