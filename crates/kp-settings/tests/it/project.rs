//! `kp.toml` in the working folder or above it.

use std::path::PathBuf;

use kp_settings::Settings;

use crate::scene::Scene;

/// The settings of a working folder two levels below the scene's.
fn below(mut scene: Scene) -> Settings {
    scene = scene.file("a/b/other.toml", "");
    scene.input.working_folder.push("a/b");
    scene.load()
}

#[test]
fn the_nearest_file_counts_and_is_named_as_the_way_to_it() {
    let here = Scene::new().file("kp.toml", "[kafka]\nbootstrap_servers = \"here:1\"\n");
    let settings = here.load();
    assert_eq!(settings.kafka.bootstrap_servers.to_string(), "here:1");
    assert_eq!(settings.origin("kafka.bootstrap_servers").to_string(), "kp.toml");
    assert_eq!(settings.files(), ["settings are read from kp.toml"]);

    let settings = below(here);
    assert_eq!(settings.kafka.bootstrap_servers.to_string(), "here:1");
    assert_eq!(settings.origin("kafka.bootstrap_servers").to_string(), "../../kp.toml");

    let two = Scene::new()
        .file("kp.toml", "[kafka]\nbootstrap_servers = \"far:1\"\nclient_id = \"far\"\n")
        .file("a/kp.toml", "[kafka]\nbootstrap_servers = \"near:1\"\n");
    let settings = below(two);
    assert_eq!(settings.kafka.bootstrap_servers.to_string(), "near:1");
    assert_ne!(settings.kafka.client_id, "far", "one file counts, not all");
}

#[test]
fn it_lies_between_the_defaults_of_the_folder_and_a_file_that_is_named() {
    let scene = || {
        Scene::new()
            .file("config/default.toml", "# kp\n[kafka]\nbootstrap_servers = \"default:1\"\n")
            .file("kp.toml", "[kafka]\nbootstrap_servers = \"project:1\"\n")
    };
    let servers = |scene: Scene| scene.load().kafka.bootstrap_servers.to_string();
    assert_eq!(servers(scene()), "project:1");
    assert_eq!(servers(scene().config("[kafka]\nbootstrap_servers = \"named:1\"\n")), "named:1");
    assert_eq!(servers(scene().variable("KP_BROKERS", "variable:1")), "variable:1");
}

#[test]
fn a_path_in_it_starts_from_its_own_folder() {
    let project = "[kafka]\nsecurity_protocol = \"ssl\"\nca = \"certs/ca.pem\"\n";
    let settings = below(Scene::new().file("kp.toml", project));
    assert_eq!(settings.kafka.ca, Some(PathBuf::from("../../certs/ca.pem")));
    let absolute = "[kafka]\nsecurity_protocol = \"ssl\"\nca = \"/etc/ca.pem\"\n";
    let settings = below(Scene::new().file("kp.toml", absolute));
    assert_eq!(settings.kafka.ca, Some(PathBuf::from("/etc/ca.pem")));
}

#[test]
fn a_topic_in_it_is_named_and_a_mistake_has_its_place() {
    let settings = Scene::new().file("kp.toml", "[consumer]\ntopic = [\"orders\"]\n").load();
    assert!(settings.consumer.group_id.is_none(), "a tool joins no group");
    let mistake = Scene::new().file("kp.toml", "[kafka]\nbootstrap = \"x:1\"\n").error();
    assert!(mistake.to_string().starts_with("kp.toml: kafka.bootstrap is not"), "{mistake}");
}

#[test]
fn what_runs_code_has_to_be_named() {
    for property in
        ["plugin.library.paths", "ssl.engine.location", "ssl.providers", "sasl.kerberos.kinit.cmd"]
    {
        let content = format!("# kp\n[kafka.librdkafka]\n\"{property}\" = \"./x\"\n");
        for file in ["kp.toml", "config/default.toml"] {
            let refused = Scene::new().file(file, &content).error().to_string();
            let begins = format!("{file}: kafka.librdkafka.{property}: this runs code");
            assert!(refused.starts_with(&begins), "{refused}");
        }
        Scene::new().config(&content).load();
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_not_read_and_so_is_what_everybody_may_write() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let content = "[kafka]\nbootstrap_servers = \"here:1\"\n";
    let scene = Scene::new().file("other.toml", content);
    let folder = scene.input.working_folder.clone();
    symlink(folder.join("other.toml"), folder.join("kp.toml")).unwrap();
    let warnings = scene.load().warnings().join(" ");
    assert!(warnings.contains("kp.toml is not read: it is a symbolic link"), "{warnings}");
    std::fs::remove_file(folder.join("kp.toml")).unwrap();
    let scene = scene.file("kp.toml", content);
    let mode = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(folder.join("kp.toml"), permissions).unwrap();
        scene.load()
    };
    assert_eq!(mode(0o666).kafka.bootstrap_servers.to_string(), "localhost:9092");
    assert_eq!(mode(0o664).kafka.bootstrap_servers.to_string(), "here:1");
}

#[test]
fn a_folder_of_that_name_is_no_file() {
    assert!(Scene::new().file("kp.toml/x", "").load().files().is_empty());
}
