//! The settings files that come with kp.

use std::path::Path;

use kp_settings::{Acks, Compression, Flush, Input, Role, StartAt, load, settings};

const DEFAULTS: &str = include_str!("../../../../config/default.toml");

#[test]
fn every_setting_is_in_the_default_file_optional_ones_commented_out() {
    let defaults: toml::Table = DEFAULTS.parse().unwrap();
    for setting in settings() {
        let (section, name) = setting.key.split_once('.').unwrap();
        let has_default = defaults[section].as_table().unwrap().contains_key(name);
        assert_eq!(has_default, !setting.optional, "{}", setting.key);
        let from_section = DEFAULTS.split_once(&format!("\n[{section}]\n")).unwrap().1;
        let section_text = from_section.split("\n\n[").next().unwrap();
        let line = if setting.optional { format!("\n#{name} = ") } else { format!("\n{name} = ") };
        assert!(section_text.contains(&line), "{} has no line in its section", setting.key);
    }
}

#[test]
fn the_default_file_names_the_property_of_each_setting_that_has_one() {
    for setting in settings() {
        if let Some(property) = setting.property {
            assert!(
                DEFAULTS.contains(&format!("({property})"))
                    || DEFAULTS.contains(&format!("({property}, --")),
                "{property}"
            );
        }
    }
}

#[test]
fn the_defaults_can_be_asked_for_without_loading_anything() {
    let defaults = kp_settings::defaults().unwrap();
    assert_eq!(defaults.len(), settings().iter().filter(|setting| !setting.optional).count());
    assert!(defaults.contains(&("producer.linger".to_owned(), "5ms".to_owned())));
}

#[test]
fn examples_of_optional_settings_are_valid() {
    let uncommented: String = DEFAULTS
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(example) if !example.starts_with(' ') => format!("{example}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let scene = crate::scene::Scene::new().config(&uncommented);
    let settings_in_force = scene.load();
    for setting in settings().iter().filter(|setting| setting.optional) {
        assert_eq!(settings_in_force.origin(setting.key).to_string(), "x.toml", "{}", setting.key);
    }
}

#[test]
fn the_seed_is_the_original_exercise() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let input = Input {
        working_folder: root,
        config_file: Some("config/seed.toml".into()),
        ..Input::default()
    };
    let settings = load(&input).unwrap();
    let (producer, consumer) = (&settings.producer, &settings.consumer);
    assert_eq!((producer.topic.as_str(), producer.count), ("topic1", 1000));
    assert_eq!(
        (producer.acks, producer.compression, producer.flush),
        (Acks::None, Compression::Gzip, Flush::Each)
    );
    assert!(!producer.idempotence);
    assert_eq!((consumer.format.as_str(), consumer.from), ("seed", StartAt::Stored));
    assert_eq!(consumer.idle_exit.map(|time| time.as_millis()), Some(1000));
    assert_eq!(consumer.group_id.as_deref(), Some("test-group"));
    let properties = settings.properties(Role::Producer).unwrap();
    let value = |name: &str| {
        properties.iter().find(|property| property.name == name).unwrap().value.as_str()
    };
    assert_eq!(
        (value("acks"), value("linger.ms"), value("enable.idempotence")),
        ("0", "0", "false")
    );
}
