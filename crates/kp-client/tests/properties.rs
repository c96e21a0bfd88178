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
