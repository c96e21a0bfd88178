//! Which layer overrides which, and where a value is said to come from.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use kp_settings::{Origin, Role};
use proptest::prelude::*;

use crate::scene::Scene;

/// The layers above the built-in defaults, from the lowest.
const LAYERS: usize = 4;

/// Sets a setting in one layer.
fn set(scene: Scene, layer: usize, section: &str, name: &str, value: &str) -> Scene {
    let toml = if value.parse::<i64>().is_ok() { value.to_owned() } else { format!("{value:?}") };
    let content = format!("[{section}]\n{name} = {toml}\n");
    match layer {
        0 => scene.file("config/default.toml", format!("# kp\n{content}")),
        1 => scene.config(&content),
        2 => scene
            .variable(&format!("KP_{}__{}", section.to_uppercase(), name.to_uppercase()), value),
        _ => scene.flag("--the-flag", &format!("{section}.{name}"), &[value]),
    }
}

fn origin(layer: usize, section: &str, name: &str) -> String {
    match layer {
        0 => "config/default.toml".to_owned(),
        1 => "x.toml".to_owned(),
        2 => format!("KP_{}__{}", section.to_uppercase(), name.to_uppercase()),
        _ => "--the-flag".to_owned(),
    }
}

#[test]
fn without_any_layer_the_built_in_defaults_hold() {
    let settings = Scene::new().load();
    assert_eq!(settings.producer.count, 1000);
    assert_eq!(settings.origin("producer.count"), &Origin::Default);
    assert_eq!(settings.origin("producer.count").to_string(), "default");
    assert!(settings.is_default("producer.count"));
}

#[test]
fn each_layer_overrides_each_lower_one() {
    for low in 0..LAYERS {
        for high in low..LAYERS {
            let scene = set(Scene::new(), low, "producer", "count", "7");
            let scene =
                if high == low { scene } else { set(scene, high, "producer", "count", "8") };
            let settings = scene.load();
            assert_eq!(
                settings.producer.count,
                if high == low { 7 } else { 8 },
                "{high} over {low}"
            );
            assert_eq!(
                settings.origin("producer.count").to_string(),
                origin(high, "producer", "count")
            );
            assert!(!settings.is_default("producer.count"));
        }
    }
}

#[test]
fn layers_merge_key_by_key() {
    let chosen = [("topic", "t"), ("key", "k"), ("linger", "7ms"), ("acks", "1")];
    let scene = chosen.iter().enumerate().fold(Scene::new(), |scene, (layer, (name, value))| {
        set(scene, layer, "producer", name, value)
    });
    let settings = scene.load();
    assert_eq!(settings.producer.topic, "t");
    assert_eq!(settings.producer.key.as_deref(), Some("k"));
    assert_eq!(settings.producer.linger.as_millis(), 7);
    assert_eq!(settings.producer.acks.to_string(), "1");
    for (layer, (name, _)) in chosen.iter().enumerate() {
        let key = format!("producer.{name}");
        assert_eq!(settings.origin(&key).to_string(), origin(layer, "producer", name));
    }
}

#[test]
fn a_higher_list_replaces_the_lower_one_whole() {
    let scene = Scene::new().config("[consumer]\ntopic = [\"a\", \"b\", \"c\"]\n").flag(
        "--topic",
        "consumer.topic",
        &["d"],
    );
    assert_eq!(scene.load().consumer.topic.to_string(), "d");
}

#[test]
fn a_default_file_that_repeats_the_built_in_defaults_chooses_nothing() {
    let defaults = include_str!("../../../../config/default.toml");
    let scene =
        Scene::new().file("config/default.toml", defaults).flag("--acks", "producer.acks", &["1"]);
    let settings = scene.load();
    assert!(settings.is_default("producer.linger"));
    assert!(!settings.producer.idempotence, "--acks 1 switches it off although the file says true");
}

#[test]
fn config_overrides_kp_config_which_is_used_without_it() {
    let scene =
        Scene::new().file("y.toml", "[producer]\ncount = 5\n").variable("KP_CONFIG", "y.toml");
    assert_eq!(scene.load().origin("producer.count").to_string(), "y.toml");
    let scene = scene.config("[producer]\ntopic = \"t\"\n");
    assert_eq!(scene.load().producer.count, 1000);
    let empty = Scene::new().variable("KP_CONFIG", "");
    assert_eq!(empty.load().producer.count, 1000);
}

#[test]
fn raw_properties_merge_like_settings_and_may_be_written_nested_or_quoted() {
    let scene = Scene::new()
        .config("[kafka.librdkafka]\nsocket.keepalive.enable = true\n\"fetch.max.bytes\" = 1\nmax.in.flight = 3\n")
        .variable("KP_KAFKA__LIBRDKAFKA__FETCH_MAX_BYTES", "2")
        .raw_flag("max.in.flight", "4");
    let settings = scene.load();
    let properties = settings.properties(Role::Consumer).unwrap();
    let value = |name: &str| {
        properties.iter().find(|property| property.name == name).unwrap().value.clone()
    };
    assert_eq!(value("socket.keepalive.enable"), "true");
    assert_eq!(value("fetch.max.bytes"), "2");
    assert_eq!(value("max.in.flight"), "4");
    assert_eq!(settings.origin("kafka.librdkafka.max.in.flight"), &Origin::Flag("-X".to_owned()));
}

#[test]
fn other_kp_variables_are_no_settings() {
    let mut scene = Scene::new().variable("KP_KAFKA_IMAGE", "x").variable("KP_FOO", "x");
    let not_utf8 = OsString::from_vec(vec![0xff]);
    scene.input.environment.push(("KP_OTHER".into(), not_utf8.clone()));
    scene.input.environment.push((not_utf8.clone(), not_utf8.clone()));
    scene.load();
    scene.input.environment.push(("KP_KAFKA__CLIENT_ID".into(), not_utf8));
    assert_eq!(scene.error().to_string(), "KP_KAFKA__CLIENT_ID: the variable's value is not UTF-8");
}

#[test]
fn missing_files_are_named() {
    let mut scene = Scene::new();
    scene.input.config_file = Some("no.toml".into());
    assert_eq!(scene.error().to_string(), "--config: cannot read no.toml");
    let scene = Scene::new().variable("KP_CONFIG", "no.toml");
    assert_eq!(scene.error().to_string(), "KP_CONFIG: cannot read no.toml");
}

proptest! {
    #[test]
    fn the_highest_layer_that_sets_a_key_wins(counts in proptest::array::uniform4(proptest::option::of(0_u32..5000))) {
        let mut scene = Scene::new();
        for (layer, count) in counts.iter().enumerate() {
            if let Some(count) = count {
                scene = set(scene, layer, "producer", "count", &count.to_string());
            }
        }
        let expected = counts.iter().rev().flatten().next().copied().unwrap_or(1000);
        prop_assert_eq!(scene.load().producer.count, u64::from(expected));
    }
}

#[test]
fn the_short_variable_names_the_brokers_and_not_beside_the_long_one() {
    let scene = || Scene::new().variable("KP_BROKERS", "short:1");
    let settings = scene().load();
    assert_eq!(settings.kafka.bootstrap_servers.to_string(), "short:1");
    assert_eq!(settings.origin("kafka.bootstrap_servers").to_string(), "KP_BROKERS");
    let both = scene().variable("KP_KAFKA__BOOTSTRAP_SERVERS", "long:1").error().to_string();
    assert!(both.contains("KP_BROKERS") && both.contains("KP_KAFKA__BOOTSTRAP_SERVERS"), "{both}");
    let mistyped = Scene::new().variable("KP_BROKER", "x:1").load().warnings().join(" ");
    assert!(mistyped.contains("did you mean KP_BROKERS?"), "{mistyped}");
}
