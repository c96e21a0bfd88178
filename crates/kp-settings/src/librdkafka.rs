//! librdkafka's properties: their names, kinds and clients, and which of them are secrets.

mod property;
mod table;

pub use property::{LibrdkafkaProperty, PropertyKind, Scope};

/// Every librdkafka property that can be written as text, aliases included.
#[must_use]
pub fn librdkafka_properties() -> &'static [LibrdkafkaProperty] {
    table::PROPERTIES
}

/// Whether the value of this librdkafka property must never be shown.
///
/// A name that is not known counts as secret: it may be a misspelt one.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    find(name).is_none_or(|property| property.secret)
}

pub(crate) fn find(name: &str) -> Option<&'static LibrdkafkaProperty> {
    table::PROPERTIES.iter().find(|property| property.name == name)
}

/// Finds a property by the form that its name takes in an environment variable.
pub(crate) fn find_normalised(name: &str) -> Option<&'static LibrdkafkaProperty> {
    table::PROPERTIES.iter().find(|property| property.name.replace('.', "_") == name)
}

/// Whether two names mean the same property.
pub(crate) fn same(one: &str, other: &str) -> bool {
    canonical(one) == canonical(other)
}

fn canonical(name: &str) -> &str {
    find(name).and_then(|property| property.alias_of).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::given::Given;

    #[test]
    fn names_are_unique_also_in_the_form_of_the_environment() {
        let mut seen = BTreeSet::new();
        for property in librdkafka_properties() {
            assert!(seen.insert(property.name.replace('.', "_")), "{} stands twice", property.name);
        }
    }

    #[test]
    fn an_alias_is_as_secret_as_what_it_stands_for_and_leads_to_no_further_alias() {
        for property in librdkafka_properties() {
            let Some(target) = property.alias_of else {
                continue;
            };
            let target = find(target).unwrap_or_else(|| panic!("{} leads nowhere", property.name));
            assert_eq!(property.secret, target.secret, "{}", property.name);
            assert_eq!(target.alias_of, None, "{}", property.name);
        }
    }

    #[test]
    fn what_librdkafka_marks_as_sensitive_is_secret() {
        let secret: Vec<_> = librdkafka_properties()
            .iter()
            .filter(|property| property.secret)
            .map(|property| property.name)
            .collect();
        assert_eq!(
            secret,
            [
                "ssl.key.location",
                "ssl.key.password",
                "ssl.key.pem",
                "ssl.ca.pem",
                "ssl.keystore.password",
                "sasl.username",
                "sasl.password",
                "sasl.oauthbearer.config",
                "sasl.oauthbearer.client.credentials.client.secret",
                "sasl.oauthbearer.client.secret",
                "sasl.oauthbearer.assertion.private.key.file",
                "sasl.oauthbearer.assertion.private.key.passphrase",
                "sasl.oauthbearer.assertion.private.key.pem",
            ]
        );
        assert!(is_secret("sasl.pasword"), "an unknown name may be a misspelt secret");
        assert!(!is_secret("linger.ms"));
    }

    #[test]
    fn values_are_checked_as_librdkafka_would() {
        let read = |name: &str, text: &str| {
            find(name).unwrap().kind.read(&Given::Variable(text.to_owned()))
        };
        assert_eq!(read("linger.ms", "0.5").as_deref(), Some("0.5"));
        assert_eq!(read("linger.ms", "900001"), None);
        assert_eq!(read("linger.ms", "NaN"), None);
        assert_eq!(read("check.crcs", "T").as_deref(), Some("true"));
        assert_eq!(read("security.protocol", "SASL_SSL").as_deref(), Some("sasl_ssl"));
        assert_eq!(read("acks", "ALL").as_deref(), Some("all"));
        assert_eq!(read("acks", "1001"), None);
        assert_eq!(read("client.rack", "a\0b"), None);
    }
}
