//! The user's own settings and profiles.

use kp_settings::{Settings, profile_named, profile_names, profiles, use_profile};

use crate::scene::Scene;

const FILE: &str = "home/.config/kp/config.toml";

/// A scene whose home has this settings file.
fn at_home(content: &str) -> Scene {
    let scene = Scene::new().file(FILE, content);
    let home = scene.input.working_folder.join("home");
    scene.variable("HOME", home.to_str().unwrap())
}

fn chosen(mut scene: Scene, name: &str) -> Scene {
    scene.input.profile = Some(name.to_owned());
    scene
}

const TWO: &str = r#"
[profile.prod]
bootstrap_servers = "prod:1"
read_only = true
librdkafka."socket.keepalive.enable" = true

[profile.prod.producer]
linger = "50ms"

[profile.test.kafka]
bootstrap_servers = "test:1"
"#;

fn servers(settings: &Settings) -> String {
    settings.kafka.bootstrap_servers.to_string()
}

#[test]
fn a_profile_is_a_layer_with_its_place() {
    let settings = chosen(at_home(TWO), "prod").load();
    assert_eq!(servers(&settings), "prod:1");
    assert!(settings.kafka.read_only);
    assert_eq!(settings.producer.linger.as_millis(), 50);
    assert_eq!(settings.origin("producer.linger").to_string(), "profile prod");
    let raw = settings.origin("kafka.librdkafka.socket.keepalive.enable");
    assert_eq!(raw.to_string(), "profile prod");
    let place = settings.place("kafka.read_only").unwrap();
    assert_eq!(place, "~/.config/kp/config.toml: [profile.prod] kafka.read_only");
    let entry = settings.profile_entry().unwrap();
    assert_eq!(entry.value, "prod");
    assert_eq!(entry.origin, "--profile (~/.config/kp/config.toml)");
    assert_eq!(servers(&chosen(at_home(TWO), "test").load()), "test:1", "with the section's name");
    assert_eq!(servers(&at_home(TWO).load()), "localhost:9092", "none is chosen");
}

#[test]
fn what_names_a_profile_decides_how_strong_it_is() {
    let own = format!("[kafka]\nbootstrap_servers = \"own:1\"\n{TWO}");
    let scene = || at_home(&own);
    let named = "[kafka]\nbootstrap_servers = \"named:1\"\n";
    let project = "[kafka]\nbootstrap_servers = \"project:1\"\n";
    assert_eq!(servers(&scene().load()), "own:1");
    assert_eq!(servers(&scene().file("kp.toml", project).load()), "project:1");

    let in_use = || {
        let scene = scene();
        use_profile(&scene.input, "prod").unwrap();
        scene
    };
    assert_eq!(servers(&in_use().load()), "prod:1");
    assert_eq!(servers(&in_use().file("kp.toml", project).load()), "prod:1");
    assert_eq!(servers(&in_use().config(named).load()), "named:1");
    assert!(in_use().config(named).load().kafka.read_only, "the guard stays");
    assert_eq!(servers(&in_use().variable("KP_PROFILE", "test").load()), "test:1");
    assert_eq!(servers(&in_use().variable("KP_PROFILE", "none").load()), "own:1");
    assert_eq!(servers(&in_use().variable("KP_PROFILE", "").load()), "prod:1");
    let both = chosen(in_use().variable("KP_PROFILE", "none"), "test");
    assert_eq!(servers(&both.load()), "test:1");

    let by_variable = || scene().variable("KP_PROFILE", "prod");
    assert_eq!(servers(&by_variable().config(named).load()), "prod:1");
    assert_eq!(servers(&by_variable().variable("KP_BROKERS", "variable:1").load()), "variable:1");
    let flag = scene().flag("-b", "kafka.bootstrap_servers", &["flag:1"]);
    assert_eq!(servers(&chosen(flag, "prod").load()), "flag:1");
}

#[test]
fn a_file_that_is_named_may_have_profiles_and_they_come_first() {
    let named =
        "[profile.prod]\nbootstrap_servers = \"named:1\"\n[profile.new]\nclient_id = \"n\"\n";
    let scene = at_home(TWO).config(named);
    assert_eq!(profile_names(&scene.input), ["new", "prod", "test"]);
    assert_eq!(servers(&chosen(scene, "prod").load()), "named:1");
    let scene = at_home(TWO).config(named);
    assert_eq!(servers(&chosen(scene, "test").load()), "test:1");
}

#[test]
fn other_files_may_not_have_profiles() {
    for file in ["kp.toml", "config/default.toml"] {
        let content = "# kp\n[profile.prod]\nbootstrap_servers = \"x:1\"\n";
        let refused = Scene::new().file(file, content).error().to_string();
        assert!(
            refused.starts_with(&format!("{file}: profile: profiles are your own")),
            "{refused}"
        );
    }
}

#[test]
fn a_profile_that_is_not_there_is_an_error_that_helps() {
    let error = |scene: Scene| scene.error().to_string();
    let said = error(chosen(at_home(TWO), "prd"));
    assert_eq!(said, "--profile prd is not a profile; did you mean prod?");
    let said = error(at_home(TWO).variable("KP_PROFILE", "staging"));
    assert_eq!(said, "KP_PROFILE staging is not a profile; there are prod, test");
    let said = error(chosen(at_home(""), "prod"));
    assert!(said.ends_with("write one into ~/.config/kp/config.toml: [profile.prod]"), "{said}");
    let scene = at_home(TWO);
    use_profile(&scene.input, "prod").unwrap();
    let said = error(scene.file(FILE, ""));
    assert!(said.starts_with("kp-admin profile use prod is not a profile"), "{said}");
    assert!(said.ends_with("`kp-admin profile use none` goes on without"), "{said}");
}

#[test]
fn a_mistake_counts_where_its_profile_is_used() {
    let content = format!("{TWO}\n[profile.odd]\nclient_idd = \"x\"\n");
    assert_eq!(servers(&chosen(at_home(&content), "test").load()), "test:1");
    let said = chosen(at_home(&content), "odd").error().to_string();
    assert_eq!(
        said,
        "~/.config/kp/config.toml: [profile.odd] kafka.client_idd is not a setting; did you mean kafka.client_id?"
    );
    let scene = at_home(&content);
    assert!(use_profile(&scene.input, "odd").is_err());
    let all = profiles(&scene.input).unwrap().profiles;
    let wrong: Vec<_> =
        all.iter().filter(|one| one.content.is_err()).map(|one| &one.name).collect();
    assert_eq!(wrong, ["odd"]);
    for (content, expected) in [
        ("profile = 1\n", "[profile.NAME]"),
        ("[profile]\nprod = 1\n", "settings below its name"),
        ("[profile.prod]\nproducer = 1\n", "[producer]"),
        (
            "[profile.prod]\nclient_id = \"a\"\n[profile.prod.kafka]\nclient_id = \"b\"\n",
            "keep one",
        ),
    ] {
        let said = chosen(at_home(content), "prod").error().to_string();
        assert!(said.contains(expected), "{content}: {said}");
    }
}

#[test]
fn a_path_starts_from_the_folder_of_the_file() {
    let content = "[profile.prod]\nsecurity_protocol = \"ssl\"\nca = \"ca.pem\"\n";
    let scene = chosen(at_home(content), "prod");
    let expected = scene.input.working_folder.join("home/.config/kp/ca.pem");
    assert_eq!(scene.load().kafka.ca, Some(expected));
    let scene = chosen(Scene::new().config(content), "prod");
    assert_eq!(scene.load().kafka.ca, Some("ca.pem".into()), "as in the rest of that file");
}

#[test]
fn the_folder_is_where_the_system_has_such_files() {
    let scene = Scene::new().file("xdg/kp/config.toml", TWO);
    let xdg = scene.input.working_folder.join("xdg");
    let scene =
        scene.variable("HOME", "/nowhere").variable("XDG_CONFIG_HOME", xdg.to_str().unwrap());
    assert_eq!(profile_names(&scene.input), ["prod", "test"]);
    let relative = Scene::new().file("xdg/kp/config.toml", TWO).variable("XDG_CONFIG_HOME", "xdg");
    assert!(profile_names(&relative.input).is_empty(), "a relative path has no effect");
}

#[test]
fn what_is_in_use_is_kept_until_another_is() {
    let scene = at_home(TWO);
    let name = |scene: &Scene| {
        let settings = scene.load();
        settings.profile().map(|chosen| chosen.name.clone())
    };
    assert_eq!(name(&scene), None);
    assert_eq!(use_profile(&scene.input, "prod").unwrap().unwrap().name, "prod");
    assert_eq!(name(&scene).as_deref(), Some("prod"));
    assert!(use_profile(&scene.input, "nothing").is_err());
    assert_eq!(name(&scene).as_deref(), Some("prod"), "a wrong name changes nothing");
    use_profile(&scene.input, "none").unwrap();
    assert_eq!(name(&scene), None);
}

#[test]
fn a_profile_is_shown_without_its_secrets() {
    let content = "[profile.prod]\nsasl_password_command = \"echo hunter2\"\n\
                   librdkafka.\"sasl.password\" = \"hunter2\"\nclient_id = \"x\"\n";
    let scene = at_home(content);
    let shown = profile_named(&scene.input, Some("prod")).unwrap().unwrap();
    let shown = shown.content.unwrap();
    assert!(!format!("{shown:?}").contains("hunter2"), "{shown:?}");
    assert!(shown.settings.contains(&("kafka.client_id".to_owned(), "x".to_owned())));
    assert!(profile_named(&scene.input, None).unwrap().is_none());
}

#[test]
fn the_password_comes_from_one_place() {
    let login =
        "security_protocol = \"sasl_ssl\"\nsasl_mechanism = \"PLAIN\"\nsasl_username = \"a\"\n";
    let command = "sasl_password_command = [\"pass\", \"show\", \"a b\"]\n";
    let mut settings = Scene::new().config(&format!("[kafka]\n{login}{command}")).load();
    assert!(settings.missing_secrets().is_empty());
    let asked = settings.password_command().unwrap();
    let words: Vec<_> = asked.arguments.iter().map(|word| word.expose()).collect();
    assert_eq!((asked.program.expose(), words), ("pass", vec!["show", "a b"]));
    settings.add_password("hunter2".to_owned());
    assert!(settings.password_command().is_none());
    let properties = settings.properties(kp_settings::Role::Admin).unwrap();
    let password = properties.iter().find(|one| one.name == "sasl.password").unwrap();
    assert!(password.secret && password.value == "hunter2");
    assert!(!format!("{settings:?}").contains("hunter2"));

    let both = format!("[kafka]\n{login}{command}sasl_password_file = \"p\"\n");
    let settings = Scene::new().config(&both).load();
    let said = settings.properties(kp_settings::Role::Admin).unwrap_err().to_string();
    assert!(said.ends_with("keep one of them"), "{said}");
    let quote = Scene::new().config("[kafka]\nsasl_password_command = \"pass 'a\"\n").error();
    let said = quote.to_string();
    assert!(said.contains("the value is refused (and not shown)"), "{said}");
}

#[test]
fn a_file_that_is_only_found_may_not_name_a_command() {
    let content = "# kp\n[kafka]\nsasl_password_command = \"x\"\n";
    for file in ["kp.toml", "config/default.toml"] {
        let said = Scene::new().file(file, content).error().to_string();
        assert!(said.contains("this runs code of others"), "{said}");
    }
    Scene::new().config(content).load();
    at_home(content).load();
}

#[cfg(unix)]
#[test]
fn what_everybody_may_write_is_not_read() {
    use std::os::unix::fs::PermissionsExt;
    let scene = chosen(at_home(TWO), "prod");
    let path = scene.input.working_folder.join(FILE);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert!(scene.error().to_string().contains("is not a profile"));
    let mut scene = scene;
    scene.input.profile = None;
    let warnings = scene.load().warnings().join(" ");
    assert!(warnings.contains("~/.config/kp/config.toml is not read: everybody"), "{warnings}");
}

#[cfg(unix)]
#[test]
fn the_note_of_the_profile_in_use_is_trusted_or_nothing_goes_on() {
    use std::os::unix::fs::PermissionsExt;
    let scene = at_home(TWO);
    use_profile(&scene.input, "prod").unwrap();
    let note = scene.input.working_folder.join("home/.config/kp/profile");
    assert_eq!(std::fs::metadata(&note).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&note, std::fs::Permissions::from_mode(0o666)).unwrap();
    let said = scene.error().to_string();
    assert!(
        said.starts_with("~/.config/kp/profile names the profile in use, and is not trusted"),
        "{said}"
    );
    let mut named = at_home(TWO);
    named.input.working_folder.clone_from(&scene.input.working_folder);
    named.input.profile = Some("test".to_owned());
    assert_eq!(servers(&named.load()), "test:1");
    use_profile(&scene.input, "prod").unwrap();
    assert!(scene.load().kafka.read_only, "it is written anew");
}

#[test]
fn a_file_that_is_only_found_may_set_the_guard_and_not_take_it_back() {
    let own = || at_home("[kafka]\nread_only = true\n");
    let taken_back = "# kp\n[kafka]\nread_only = false\n";
    let said = own().file("kp.toml", taken_back).error().to_string();
    assert!(said.starts_with("kp.toml: kafka.read_only: a settings file that is only"), "{said}");
    let settings = own().file("config/default.toml", taken_back).load();
    assert!(settings.kafka.read_only, "there it only repeats the default");
    assert!(!own().config(taken_back).load().kafka.read_only);
    for file in ["kp.toml", "config/default.toml"] {
        let set = Scene::new().file(file, "# kp\n[kafka]\nread_only = true\n");
        assert!(set.load().kafka.read_only);
    }
}

#[test]
fn a_name_that_cannot_be_chosen_is_no_name() {
    for name in ["", "none", " a", "a b", "a\\nb", "$(x)", "-x", "\\u001b[31m"] {
        let said = at_home(&format!("[profile.\"{name}\"]\n")).error().to_string();
        assert!(said.contains("cannot be the name of a profile"), "{name:?}: {said}");
        assert!(!said.contains('\u{1b}'), "{said:?}");
    }
    for name in ["prod", "eu-1.prod_a", "운영"] {
        let scene = at_home(&format!("[profile.\"{name}\"]\n"));
        assert_eq!(chosen(scene, name).load().profile().unwrap().name, name);
    }
}

#[test]
fn a_command_beside_the_file_is_found_from_everywhere() {
    let of = |words: &str| {
        let login =
            "security_protocol = \"sasl_ssl\"\nsasl_mechanism = \"PLAIN\"\nsasl_username = \"a\"\n";
        let scene = at_home(&format!("[kafka]\n{login}sasl_password_command = {words}\n"));
        let folder = scene.input.working_folder.join("home/.config/kp");
        (scene.load().password_command().unwrap().program.expose().to_owned(), folder)
    };
    let (program, folder) = of("\"./pw.sh x\"");
    assert_eq!(program, folder.join("./pw.sh").to_str().unwrap());
    assert_eq!(of("[\"/usr/bin/pass\", \"./x\"]").0, "/usr/bin/pass");
    assert_eq!(of("\"pass show x\"").0, "pass");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_or_too_long_is_not_waited_for() {
    let scene = Scene::new().file("home/.config/kp/config.toml", vec![b'#'; 2 << 20]);
    let home = scene.input.working_folder.join("home");
    let scene = scene.variable("HOME", home.to_str().unwrap());
    let said = format!("{:?}", scene.error());
    assert!(said.contains("longer than 1 MiB"), "{said}");
    let path = home.join(".config/kp/config.toml");
    std::fs::remove_file(&path).unwrap();
    let _pipe = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let said = format!("{:?}", scene.error());
    assert!(said.contains("it is no file"), "{said}");
}
