//! A setting's value, typed as soon as its text was read. serde hands it on to the model.

use std::fmt;
use std::time::Duration;

use kp_core::WantedTopics;
use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::address::Servers;
use crate::bad_message::OnBadMessage;
use crate::duration;
use crate::exponent::Exponent;
use crate::listen::Listen;
use crate::partitions::Partitions;
use crate::rate::Rate;
use crate::size;
use crate::start_at::StartAt;
use crate::stop_at::StopAt;

/// A checked value. Has no `Debug`: it may be a secret.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Value {
    Text(String),
    /// One of the words of a choice.
    Word(&'static str),
    Integer(i64),
    Rate(Rate),
    /// In bytes.
    Size(u64),
    Exponent(Exponent),
    Boolean(bool),
    Duration(Duration),
    Never,
    Topics(WantedTopics),
    /// A program and its arguments.
    Command(Vec<String>),
    Headers(Vec<(String, String)>),
    Servers(Servers),
    StartAt(StartAt),
    StopAt(StopAt),
    Partitions(Partitions),
    Listen(Listen),
    OnBadMessage(OnBadMessage),
}

/// The value as one would write it: a list's items are separated by commas.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Word(word) => f.write_str(word),
            Self::Integer(number) => number.fmt(f),
            Self::Rate(rate) => rate.fmt(f),
            Self::Size(bytes) => f.write_str(&size::format(*bytes)),
            Self::Exponent(exponent) => exponent.fmt(f),
            Self::Boolean(yes) => yes.fmt(f),
            Self::Duration(time) => f.write_str(&duration::format(*time)),
            Self::Never => f.write_str("never"),
            Self::Topics(topics) => write!(f, "{topics:#}"),
            Self::Command(words) => f.write_str(&words.join(" ")),
            Self::Headers(headers) => {
                let written = headers.iter().map(|(key, value)| format!("{key}={value}"));
                f.write_str(&written.collect::<Vec<_>>().join(","))
            }
            Self::Servers(servers) => servers.fmt(f),
            Self::StartAt(place) => place.fmt(f),
            Self::StopAt(place) => place.fmt(f),
            Self::Partitions(numbers) => numbers.fmt(f),
            Self::Listen(address) => address.fmt(f),
            Self::OnBadMessage(way) => way.fmt(f),
        }
    }
}

impl<'de> IntoDeserializer<'de> for &'de Value {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for &'de Value {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::Word(word) => visitor.visit_borrowed_str(word),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Size(bytes) => visitor.visit_u64(*bytes),
            Value::Boolean(yes) => visitor.visit_bool(*yes),
            // The form in which serde has std's type.
            Value::Duration(time) => {
                let parts = [time.as_secs(), time.subsec_nanos().into()];
                visitor.visit_seq(SeqDeserializer::new(parts.into_iter()))
            }
            Value::Never => visitor.visit_none(),
            Value::Headers(headers) => {
                let pairs = headers.iter().map(|(key, value)| (key.as_str(), value.as_str()));
                visitor.visit_seq(MapDeserializer::new(pairs))
            }
            Value::Command(words) => {
                visitor.visit_seq(SeqDeserializer::new(words.iter().map(String::as_str)))
            }
            // serde has no place for kp's own types: they pass as the text that they read back.
            Value::Servers(_)
            | Value::Rate(_)
            | Value::Exponent(_)
            | Value::Topics(_)
            | Value::StartAt(_)
            | Value::StopAt(_)
            | Value::Partitions(_)
            | Value::Listen(_)
            | Value::OnBadMessage(_) => visitor.visit_string(self.to_string()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Value::Never => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Value::Word(word) => visitor.visit_enum((*word).into_deserializer()),
            _ => Err(Error::custom("a choice has to be one of its words")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
