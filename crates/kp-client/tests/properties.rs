//! kp-settings' table of librdkafka properties against the librdkafka that is linked.

use kp_settings::{PropertyKind, librdkafka_properties};
use rdkafka::ClientConfig;

/// What the build without the feature `tls` leaves out of librdkafka.
fn is_left_out(name: &str) -> bool {
    !cfg!(feature = "tls")
        && (name.starts_with("ssl.") || name.starts_with("sasl.") || name.starts_with("https."))
}

/// A value is refused in another way than a name.
fn is_unknown(name: &str) -> bool {
    let mut config = ClientConfig::new();
    config.set(name, "no such value \u{1}");
    config
        .create_native_config()
        .is_err_and(|error| error.to_string().contains("No such configuration property"))
}

#[test]
fn librdkafka_knows_every_property_of_the_table() {
    assert!(is_unknown("no.such.property"), "the test can tell");
    for property in librdkafka_properties() {
        assert!(!is_unknown(property.name), "{}", property.name);
    }
}

#[test]
fn the_smallest_and_largest_numbers_of_the_table_are_librdkafkas_own() {
    for property in librdkafka_properties().iter().filter(|property| !is_left_out(property.name)) {
        if let PropertyKind::Integer(low, high) = property.kind {
            for (value, fits) in [(low, true), (high, true), (low - 1, false), (high + 1, false)] {
                let mut config = ClientConfig::new();
                config.set(property.name, value.to_string());
                let accepted = config.create_native_config().is_ok();
                assert_eq!(accepted, fits, "{} = {value}", property.name);
            }
        }
    }
}

#[test]
fn what_is_explained_as_librdkafkas_default_is_its_default() {
    let defaults = ClientConfig::new().create_native_config().unwrap();
    let settings = kp_settings::load(&kp_settings::Input::default()).unwrap();
    let member = kp_settings::Reading { is_member: true, until_end: false };
    let points =
        [settings.explain_producer().unwrap(), settings.explain_consumer(member).unwrap()].concat();
    let because = points.iter().flat_map(|point| &point.because);
    let mut checked = 0;
    for one in because.filter_map(|one| one.strip_suffix(" (librdkafka's default)")) {
        let (name, value) = one.split_once(" = ").unwrap();
        // An idempotent producer has 5, and no client without it.
        if name != "max.in.flight.requests.per.connection" {
            assert_eq!(defaults.get(name).unwrap(), value, "{name}");
            checked += 1;
        }
    }
    assert!(checked >= 4, "{points:?}");
}
