//! What is known about librdkafka's properties: names, which client they are for, which are secrets.

mod table;

use crate::given::Given;
use crate::role::Role;

/// A librdkafka property that can be written as text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LibrdkafkaProperty {
    /// Its name.
    pub name: &'static str,
    /// Which clients it is for.
    pub scope: Scope,
    /// What its value looks like.
    pub kind: PropertyKind,
    /// The property that this is another name of.
    pub alias_of: Option<&'static str>,
    /// Whether its value must never be shown.
    pub secret: bool,
}

/// Which clients a property is for; librdkafka's `P`, `C` and `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every client.
    Any,
    /// Producers only.
    Producer,
    /// Consumers only.
    Consumer,
}

/// What a property's value looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PropertyKind {
    /// Any text.
    Text,
    /// A whole number from the first to the second.
    Integer(i64, i64),
    /// A number, fractions allowed, from the first to the second.
    Number(i64, i64),
    /// `true` or `false`.
    Boolean,
    /// One of these words, in any case.
    Choice(&'static [&'static str]),
    /// `all`, or a whole number from -1 (the same as `all`) to 1000.
    Acks,
}

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
    table::PROPERTIES
        .iter()
        .find(|property| property.name == name)
}

/// Finds a property by the form that its name takes in an environment variable.
pub(crate) fn find_normalised(name: &str) -> Option<&'static LibrdkafkaProperty> {
    table::PROPERTIES
        .iter()
        .find(|property| property.name.replace('.', "_") == name)
}

/// Whether two names mean the same property.
pub(crate) fn same(one: &str, other: &str) -> bool {
    canonical(one) == canonical(other)
}

fn canonical(name: &str) -> &str {
    find(name)
        .and_then(|property| property.alias_of)
        .unwrap_or(name)
}

impl LibrdkafkaProperty {
    pub(crate) fn applies_to(&self, role: Role) -> bool {
        match self.scope {
            Scope::Any => true,
            Scope::Producer => matches!(role, Role::Producer | Role::Forwarder),
            Scope::Consumer => role == Role::Consumer,
        }
    }

    /// Whether it does anything only in a build with TLS and SASL.
    pub(crate) fn needs_tls(&self) -> bool {
        ["ssl.", "sasl.", "https.", "enable.ssl.", "enable.sasl."]
            .iter()
            .any(|start| self.name.starts_with(start))
    }
}

impl PropertyKind {
    /// The value as librdkafka reads it; `None` if it is not of this kind.
    pub(crate) fn read(&self, given: &Given) -> Option<String> {
        let text = given.scalar()?;
        match *self {
            Self::Text => (!text.contains('\0')).then_some(text),
            Self::Integer(min, max) => {
                let number: i64 = text.parse().ok()?;
                (min..=max).contains(&number).then(|| number.to_string())
            }
            Self::Number(min, max) => {
                let number: f64 = text.parse().ok()?;
                #[expect(clippy::cast_precision_loss, reason = "the bounds are far below 2^53")]
                let inside = (min as f64..=max as f64).contains(&number);
                inside.then(|| number.to_string())
            }
            Self::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" | "t" | "1" => Some("true".to_owned()),
                "false" | "f" | "0" => Some("false".to_owned()),
                _ => None,
            },
            Self::Choice(words) => words
                .iter()
                .find(|word| word.eq_ignore_ascii_case(&text))
                .map(|word| (*word).to_owned()),
            Self::Acks if text.eq_ignore_ascii_case("all") => Some("all".to_owned()),
            Self::Acks => Self::Integer(-1, 1000).read(given),
        }
    }

    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Text => "a text without a NUL character".to_owned(),
            Self::Integer(min, max) => format!("a whole number between {min} and {max}"),
            Self::Number(min, max) => format!("a number between {min} and {max}"),
            Self::Boolean => "true or false".to_owned(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Acks => "all, or a whole number between -1 and 1000".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_also_in_the_form_of_the_environment() {
        let mut seen = BTreeSet::new();
        for property in librdkafka_properties() {
            assert!(
                seen.insert(property.name.replace('.', "_")),
                "{} stands twice",
                property.name
            );
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
        assert!(
            is_secret("sasl.pasword"),
            "an unknown name may be a misspelt secret"
        );
        assert!(!is_secret("linger.ms"));
    }

    #[test]
    fn values_are_checked_as_librdkafka_would() {
        let read = |name: &str, text: &str| {
            find(name)
                .unwrap()
                .kind
                .read(&Given::Variable(text.to_owned()))
        };
        assert_eq!(read("linger.ms", "0.5").as_deref(), Some("0.5"));
        assert_eq!(read("linger.ms", "900001"), None);
        assert_eq!(read("linger.ms", "NaN"), None);
        assert_eq!(read("check.crcs", "T").as_deref(), Some("true"));
        assert_eq!(
            read("security.protocol", "SASL_SSL").as_deref(),
            Some("sasl_ssl")
        );
        assert_eq!(read("acks", "ALL").as_deref(), Some("all"));
        assert_eq!(read("acks", "1001"), None);
        assert_eq!(read("client.rack", "a\0b"), None);
    }
}
