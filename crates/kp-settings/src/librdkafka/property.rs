//! A property of librdkafka: its kind, and the clients that it is for.

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
