//! `config/default.toml` in the working folder, which may be another project's.

use kp_settings::Settings;

use crate::scene::Scene;

const FILE: &str = "config/default.toml";

fn in_folder(content: impl AsRef<[u8]>) -> Settings {
    Scene::new().file(FILE, content).load()
}

#[track_caller]
fn is_passed_over(settings: &Settings, warns: bool) {
    assert_eq!(settings.kafka.bootstrap_servers.to_string(), "localhost:9092");
    assert_eq!(settings.producer.topic, "topic1");
    let warnings = settings.warnings().join(" ");
    assert_eq!(warnings.contains("write `# kp` into its first line"), warns, "{warnings}");
    let said = format!("{warnings} {:?}", settings.files());
    assert!(said.contains("not read") && !said.contains("canary"), "{said}");
}

#[test]
fn a_file_with_the_mark_is_kps() {
    let settings = in_folder("# kp\n[kafka]\nbootstrap_servers = \"other:1\"\n");
    assert_eq!(settings.kafka.bootstrap_servers.to_string(), "other:1");
    assert_eq!(settings.files(), ["settings are read from config/default.toml"]);
    let mistake = Scene::new().file(FILE, "# kp\n[database]\nurl = \"canary\"\n").error();
    assert!(mistake.to_string().starts_with("config/default.toml: database.url"), "{mistake}");
}

#[test]
fn the_shipped_file_has_it() {
    let shipped = include_str!("../../../../config/default.toml");
    let changed = shipped.replacen("localhost:9092", "other:1", 1);
    assert_eq!(in_folder(changed).kafka.bootstrap_servers.to_string(), "other:1");
}

#[test]
fn so_is_one_with_nothing_but_settings_that_are_not_about_the_cluster() {
    let settings = in_folder("[producer]\ntopic = \"mine\"\n[consumer]\nmax_messages = 7\n");
    assert_eq!(settings.producer.topic, "mine");
    assert_eq!(settings.consumer.max_messages, Some(7));
    assert!(settings.warnings().is_empty());
}

#[test]
fn another_projects_file_neither_stops_kp_nor_moves_it() {
    for foreign in [
        "[database]\nurl = \"postgres://me:canary@host\"\n",
        "[database]\nurl = \"canary\"\n[kafka]\nbootstrap_servers = \"canary:1\"\n",
        "debug = true\n[producer]\ntopic = \"canary\"\n",
        "no TOML: canary",
        "",
    ] {
        is_passed_over(&in_folder(foreign), false);
    }
    is_passed_over(&in_folder(b"canary = \"\xff\"\n"), false);
}

#[test]
fn one_that_looks_like_kps_is_told() {
    for doubtful in [
        "[kafka]\nbootstrap_servers = \"canary:1\"\n",
        "[kafka]\nbrokers = \"canary:1\"\n[producer]\ntopic = \"canary\"\n",
        "[kafka.librdkafka]\n\"sasl.password\" = \"canary\"\n",
        "[producer]\ntopic = \"canary\"\nname = \"canary\"\n",
        "[producer]\ntopic = \"canary?\"\n",
        "producer = \"canary\"\n",
    ] {
        is_passed_over(&in_folder(doubtful), true);
    }
    let folder = Scene::new().file("config/default.toml/canary", "");
    is_passed_over(&folder.load(), true);
}

#[test]
fn a_file_that_is_named_is_taken_at_its_word() {
    let named = Scene::new().config("[kafka]\nbootstrap_servers = \"other:1\"\n").load();
    assert_eq!(named.kafka.bootstrap_servers.to_string(), "other:1");
    assert_eq!(named.files(), ["settings are read from x.toml (--config)"]);
}
