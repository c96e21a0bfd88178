//! A point of an explanation, and the properties that it follows from.

use crate::properties::Property;

/// Something that the settings promise or cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The librdkafka properties that it follows from, as `acks = all (default)`.
    pub because: Vec<String>,
    /// What follows, in a few sentences.
    pub text: String,
}

/// How a consumer reads, beside its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Whether it is a member of its group, and not alone.
    pub is_member: bool,
    /// Whether it ends once it stands at the end of each partition.
    pub until_end: bool,
}

/// The properties in force.
pub(super) struct Properties(pub(super) Vec<Property>);

/// A property's name, and librdkafka's own value for it.
pub(super) type Named = (&'static str, &'static str);

impl Properties {
    fn find(&self, name: &str) -> Option<&Property> {
        self.0.iter().find(|property| property.name == name)
    }

    /// The value in force.
    pub(super) fn value(&self, (name, own): Named) -> &str {
        self.find(name).map_or(own, |property| &property.value)
    }

    /// A point that follows from these properties.
    pub(super) fn point(&self, because: &[Named], text: impl Into<String>) -> Point {
        let named = because.iter().map(|(name, own)| match self.find(name) {
            Some(Property { value, origin, .. }) => format!("{name} = {value} ({origin})"),
            None => format!("{name} = {own} (librdkafka's default)"),
        });
        Point { because: named.collect(), text: text.into() }
    }
}
