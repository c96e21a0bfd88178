//! Whatever stands in a file, the environment or a flag: settings or an error, never a panic.

use kp_settings::{Kind, Role, load, settings};
use proptest::prelude::*;

use crate::scene::Scene;

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(settings()).prop_map(|setting| setting.key.to_owned()),
        "(kafka|producer|consumer|admin)\\.[a-z_.]{0,20}",
        ".{0,30}",
    ]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        "-?[0-9]{1,25}(ms|s|m|h|us|)",
        "[a-z0-9:=,@.\\-]{0,40}",
        Just("\0".to_owned()),
    ]
}

fn check(scene: &Scene) {
    let Ok(settings) = load(&scene.input) else {
        return;
    };
    for role in [Role::Producer, Role::Consumer, Role::Admin, Role::Forwarder] {
        let _ = settings.properties(role);
        let _ = settings.entries(role);
    }
}

#[test]
fn the_ends_of_each_range_in_the_table_fit_the_model() {
    for setting in settings() {
        let ends = match setting.kind {
            Kind::Integer(min, max) => [min.to_string(), max.to_string()],
            Kind::Duration(min, max) | Kind::DurationOrNever(min, max) => {
                [min, max].map(|end| format!("{}us", end.as_micros()))
            }
            Kind::Size(min, max) => [min.to_string(), max.to_string()],
            Kind::Exponent => ["0", "10"].map(str::to_owned),
            Kind::Rate => ["0", "1000M/s"].map(str::to_owned),
            _ => continue,
        };
        for end in ends {
            Scene::new().flag("--flag", setting.key, &[&end]).load();
        }
    }
}

proptest! {
    #[test]
    fn any_flag(key in key(), value in value()) {
        check(&Scene::new().flag("--flag", &key, &[&value]));
        check(&Scene::new().raw_flag(&key, &value));
    }

    #[test]
    fn any_variable(key in key(), value in value()) {
        let name = format!("KP_{}", key.replace('.', "__").to_uppercase());
        check(&Scene::new().variable(&name, &value));
        check(&Scene::new().variable(&format!("KP_{key}"), &value));
    }

    #[test]
    fn any_file(key in key(), value in value(), text in ".{0,200}") {
        check(&Scene::new().config(&text));
        check(&Scene::new().config(&format!("{key} = {value}")));
        check(&Scene::new().config(&format!("{key} = {value:?}")));
        check(&Scene::new().file("config/default.toml", text.as_bytes()));
    }
}
