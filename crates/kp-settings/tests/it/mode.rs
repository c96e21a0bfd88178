//! Exercise or tool, over all layers.

use kp_settings::{Mode, OnBadMessage, Origin, Role, Settings};

use crate::scene::Scene;

/// Sets the same setting of the producer and the consumer in one layer.
type Name = fn(Scene, &str, &str) -> Scene;

fn in_file(scene: Scene, path: &str, name: &str, value: &str) -> Scene {
    let content = format!("[producer]\ntopic = {value:?}\n[consumer]\n{name} = {value:?}\n");
    scene.file(path, content)
}

fn chosen(scene: Scene, path: &str, name: &str, value: &str) -> Scene {
    let mut scene = in_file(scene, path, name, value);
    scene.input.config_file = Some(path.into());
    scene
}

/// Every layer in which a value can stand, and whether it counts as named there.
const LAYERS: [(&str, bool, Name); 9] = [
    ("nowhere", false, |scene, _, _| scene),
    ("config/default.toml", false, |scene, name, value| {
        in_file(scene, "config/default.toml", name, value)
    }),
    ("--config config/seed.toml", false, |scene, name, value| {
        chosen(scene, "config/seed.toml", name, value)
    }),
    ("--config ./config/seed.toml", false, |scene, name, value| {
        let mut scene = in_file(scene, "config/seed.toml", name, value);
        scene.input.config_file = Some("./config/seed.toml".into());
        scene
    }),
    ("--config /.../config/default.toml", false, |scene, name, value| {
        let mut scene = in_file(scene, "kp/config/default.toml", name, value);
        scene.input.config_file = Some(scene.input.working_folder.join("kp/config/default.toml"));
        scene
    }),
    ("--config x.toml", true, |scene, name, value| chosen(scene, "x.toml", name, value)),
    ("KP_CONFIG=x.toml", true, |scene, name, value| {
        in_file(scene, "x.toml", name, value).variable("KP_CONFIG", "x.toml")
    }),
    ("the environment", true, |scene, name, value| {
        let variable = format!("KP_CONSUMER__{}", name.to_uppercase());
        scene.variable("KP_PRODUCER__TOPIC", value).variable(&variable, value)
    }),
    ("a flag", true, |scene, name, value| {
        scene.flag("--topic", "producer.topic", &[value]).flag(
            "--flag",
            &format!("consumer.{name}"),
            &[value],
        )
    }),
];

fn modes(settings: &Settings) -> [Mode; 2] {
    [settings.mode(Role::Producer), settings.mode(Role::Consumer)]
}

#[test]
fn a_topic_named_in_any_layer_but_the_shipped_files_makes_a_tool() {
    for (layer, names, set) in LAYERS {
        // The name of the exercise's topic names it as well as another.
        for topic in ["topic1", "orders"] {
            let settings = set(Scene::new(), "topic", topic).load();
            let mode = if names { Mode::Tool } else { Mode::Exercise };
            assert_eq!(modes(&settings), [mode; 2], "{layer}: {topic}");
            let (group, on_bad_message) = match mode {
                Mode::Tool => (None, OnBadMessage::Show),
                Mode::Exercise => (Some("test-group"), OnBadMessage::Fail),
            };
            let consumer = &settings.consumer;
            assert_eq!(consumer.group_id.as_deref(), group, "{layer}");
            assert_eq!(consumer.on_bad_message, on_bad_message, "{layer}");
            let origin = match mode {
                Mode::Tool => &Origin::Mode,
                Mode::Exercise => &Origin::Default,
            };
            assert_eq!(settings.origin("consumer.group_id"), origin, "{layer}");
            assert_eq!(settings.origin("consumer.on_bad_message"), origin, "{layer}");
        }
    }
}

#[test]
fn a_group_beside_a_named_topic_counts_where_somebody_named_it() {
    for (layer, names, set) in LAYERS {
        let scene = Scene::new().flag("--topic", "consumer.topic", &["orders"]);
        let settings = set(scene, "group_id", "g").load();
        let group = names.then_some("g");
        assert_eq!(settings.consumer.group_id.as_deref(), group, "{layer}");
    }
    let raw = Scene::new()
        .flag("--topic", "consumer.topic", &["orders"])
        .raw_flag("group.id", "g")
        .load();
    assert_eq!(raw.consumer.group_id.as_deref(), Some("g"));
}

#[test]
fn without_a_group_librdkafka_gets_a_name_that_is_nobodys() {
    let settings = Scene::new().flag("--topic", "consumer.topic", &["orders"]).load();
    let properties = settings.properties(Role::Consumer).unwrap();
    let mut groups = properties.iter().filter(|property| property.name == "group.id");
    let group = groups.next().unwrap();
    assert_eq!((group.value.as_str(), &group.origin), ("kp-without-group", &Origin::Kp));
    assert!(groups.next().is_none());
}

#[test]
fn the_mode_and_what_made_it_so_are_shown() {
    let shown = |scene: &Scene, role| {
        let entry = scene.load().mode_entry(role)?;
        Some((entry.value, entry.origin))
    };
    let pair = |value: &str, origin: &str| Some((value.to_owned(), origin.to_owned()));
    let scene = Scene::new().flag("--topic", "consumer.topic", &["orders"]);
    assert_eq!(shown(&scene, Role::Consumer), pair("tool", "topic (--topic)"));
    assert_eq!(shown(&scene, Role::Producer), pair("exercise", "no topic named"));
    assert_eq!(shown(&scene, Role::Admin), None);
    let entries = scene.load().entries(Role::Consumer);
    let group = entries.iter().find(|entry| entry.key == "consumer.group_id").unwrap();
    assert_eq!((group.value.as_str(), group.origin.as_str()), ("", "mode"));
}
