//! Where brokers are, however it is written and wherever it is set.

use crate::scene::Scene;

fn property(scene: &Scene) -> String {
    let properties = scene.load().properties(kp_settings::Role::Admin).unwrap();
    let servers = properties.into_iter().filter(|one| one.name == "bootstrap.servers");
    servers.map(|one| one.value).collect()
}

#[test]
fn each_way_to_name_brokers_leads_to_the_same_form() {
    let written = " LOCALHOST:9092, b ,";
    let expected = "localhost:9092,b:9092";
    for scene in [
        Scene::new().flag("--bootstrap-server", "kafka.bootstrap_servers", &[written]),
        Scene::new().variable("KP_KAFKA__BOOTSTRAP_SERVERS", written),
        Scene::new().config(&format!("[kafka]\nbootstrap_servers = \"{written}\"\n")),
        Scene::new().config("[kafka]\nbootstrap_servers = [\"LOCALHOST\", \"b:9092\"]\n"),
        Scene::new().raw_flag("bootstrap.servers", written),
        Scene::new().raw_flag("metadata.broker.list", written),
        Scene::new().variable("KP_KAFKA__LIBRDKAFKA__METADATA_BROKER_LIST", written),
        Scene::new()
            .config(&format!("[kafka.librdkafka]\n\"bootstrap.servers\" = \"{written}\"\n")),
    ] {
        assert_eq!(property(&scene), expected);
        assert_eq!(scene.load().kafka.bootstrap_servers.to_string(), expected);
        assert!(!scene.load().is_default("kafka.bootstrap_servers"));
    }
}

#[test]
fn a_protocol_before_the_address_has_to_be_the_one_of_the_settings() {
    let flag =
        |address| Scene::new().flag("--bootstrap-server", "kafka.bootstrap_servers", &[address]);
    assert_eq!(property(&flag("plaintext://a:1")), "a:1");
    let ssl = flag("SSL://a:1,b").variable("KP_KAFKA__SECURITY_PROTOCOL", "ssl");
    assert_eq!(property(&ssl), "a:1,b:9092");
    assert_eq!(
        flag("ssl://a:1").error().to_string(),
        "--bootstrap-server says SSL://, and kafka.security_protocol is plaintext; \
         set kafka.security_protocol to ssl, or leave out the part up to ://"
    );
    let raw = Scene::new()
        .raw_flag("bootstrap.servers", "PLAINTEXT://a:1")
        .variable("KP_KAFKA__SECURITY_PROTOCOL", "sasl_ssl");
    assert_eq!(
        raw.error().to_string(),
        "-X bootstrap.servers says PLAINTEXT://, and KP_KAFKA__SECURITY_PROTOCOL is sasl_ssl; \
         set kafka.security_protocol to plaintext, or leave out the part up to ://"
    );
}

#[test]
fn no_login_in_an_address_is_quoted_wherever_it_stands() {
    let login = "http://me:canary@host:9092/canary";
    for scene in [
        Scene::new().flag("--bootstrap-server", "kafka.bootstrap_servers", &[login]),
        Scene::new().variable("KP_KAFKA__BOOTSTRAP_SERVERS", login),
        Scene::new().raw_flag("bootstrap.servers", login),
        Scene::new().config(&format!("[kafka]\nbootstrap_servers = \"{login}\"\n")),
    ] {
        let error = scene.error();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        assert!(error.to_string().contains("kafka.sasl_username"), "{error}");
    }
}
