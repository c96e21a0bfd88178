//! The choice of a format, by its name or as a template.

use std::{fmt, str::FromStr};

use crate::{
    bad_message::BadMessage,
    decode::Decoder,
    json, line,
    look::Look,
    nearest::did_you_mean,
    pretty,
    record::Record,
    seed,
    template::{Template, TemplateError},
    text, value,
};

/// How a record is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// `Topic : topic1, Partition : 0, Offset : 0, Key : null, value : {"str":"result0"}`: the
    /// value must be JSON; it is written compactly, with its own tokens. A null value is `null`;
    /// a key that is not UTF-8 is hexadecimal after `0x`.
    Line,
    /// `Topic : topic1, Partition : 0, Offset : 0, Key : None, value : {'str': 'result0'}`: byte
    /// for byte what the original Python program prints. The value must be JSON. This is Python
    /// 3.11 with Unicode 14: characters that were assigned later are escaped, where a newer
    /// Python prints them. A null value is `None`.
    Seed,
    /// The whole record as one JSON object a line, without loss; see [`json`].
    Json,
    /// The same, with a value that the decoder reads as JSON and not as text.
    DecodedJson(Decoder),
    /// The value's bytes and a newline. A null value and an empty one are both just the newline.
    Value,
    /// The record as a person reads it: a line that says what it is, and the value indented.
    Pretty(Look),
    /// What a [`Template`] says; nothing is appended, not even a newline.
    Template(Template),
}

impl Format {
    /// The names of all formats that are not a template.
    pub const NAMES: [&'static str; 5] = ["line", "seed", "json", "value", "pretty"];

    /// Appends the record to `out`.
    ///
    /// # Errors
    ///
    /// [`Format::Line`] and [`Format::Seed`]: the value is not JSON, or not what Python would
    /// print. `out` is then as it was before. A null value is no error; an empty one is.
    pub fn write(&self, record: &Record<'_>, out: &mut Vec<u8>) -> Result<(), BadMessage> {
        let before = out.len();
        let written = match self {
            Self::Line => line::write(record, out),
            Self::Seed => seed::write(record, out),
            Self::Json => {
                json::write(record, None, out);
                Ok(())
            }
            Self::DecodedJson(decoder) => {
                json::write(record, Some(*decoder), out);
                Ok(())
            }
            Self::Value => {
                value::write(record, out);
                Ok(())
            }
            Self::Pretty(look) => {
                pretty::write(record, look, out);
                Ok(())
            }
            Self::Template(template) => {
                template.write(record, out);
                Ok(())
            }
        };
        written.map_err(|reason| {
            out.truncate(before);
            BadMessage::new(record, reason)
        })
    }

    /// Appends a record that [`Format::write`] refused, with its value as text: on one line, what
    /// would break it escaped.
    pub fn write_as_text(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Line => line::write_before_value(record, out),
            Self::Seed => seed::write_before_value(record, out),
            // They refuse none.
            Self::Json
            | Self::DecodedJson(_)
            | Self::Value
            | Self::Pretty(_)
            | Self::Template(_) => return,
        }
        text::write(record.value.unwrap_or_default(), out);
        out.push(b'\n');
    }

    /// The same format with values read by this decoder, if it has a use for one.
    #[must_use]
    pub fn decoding(self, decoder: Decoder) -> Self {
        match self {
            Self::Json | Self::DecodedJson(_) => Self::DecodedJson(decoder),
            other => other,
        }
    }

    /// The same format, as people are to see it.
    #[must_use]
    pub fn looking(self, look: Look) -> Self {
        match self {
            Self::Pretty(_) => Self::Pretty(look),
            Self::Template(template) => Self::Template(template.looking(look)),
            other => other,
        }
    }

    /// Whether times are shown by a clock, so that its zone matters.
    #[must_use]
    pub fn shows_clock(&self) -> bool {
        match self {
            Self::Pretty(_) => true,
            Self::Template(template) => template.shows_clock(),
            _ => false,
        }
    }

    /// Whether values are read by a decoder.
    #[must_use]
    pub fn decodes(&self) -> bool {
        matches!(self, Self::DecodedJson(_))
    }

    /// Whether [`Format::write`] refuses records whose value is not JSON.
    #[must_use]
    pub fn needs_json(&self) -> bool {
        matches!(self, Self::Line | Self::Seed)
    }

    /// Whether the records stand between `[Start] get consumer` and `[End] get consumer`, as in
    /// the original program: for [`Format::Line`] and [`Format::Seed`].
    #[must_use]
    pub fn banner(&self) -> bool {
        matches!(self, Self::Line | Self::Seed)
    }

    /// Whether [`Format::write`] looks at the record's headers; if not, they need not be read.
    #[must_use]
    pub fn needs_headers(&self) -> bool {
        match self {
            Self::Line | Self::Seed | Self::Value => false,
            Self::Json | Self::DecodedJson(_) | Self::Pretty(_) => true,
            Self::Template(template) => template.needs_headers(),
        }
    }
}

/// What was given is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Neither a format's name nor a template.
    #[error(
        "unknown format `{name}`{}; use line, seed, json, value, pretty, or a template with %, such as '%o %s\\n'",
        did_you_mean(name, &Format::NAMES)
    )]
    Unknown {
        /// What was given.
        name: String,
    },
    /// Something with a `%` that is no template.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl FromStr for Format {
    type Err = FormatError;

    /// Reads a format's name; anything with a `%` is a template.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "line" => Ok(Self::Line),
            "seed" => Ok(Self::Seed),
            "json" => Ok(Self::Json),
            "value" => Ok(Self::Value),
            "pretty" => Ok(Self::Pretty(Look::default())),
            template if template.contains('%') => Ok(Self::Template(template.parse()?)),
            name => Err(FormatError::Unknown { name: name.to_owned() }),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line => f.write_str("line"),
            Self::Seed => f.write_str("seed"),
            Self::Json | Self::DecodedJson(_) => f.write_str("json"),
            Self::Value => f.write_str("value"),
            Self::Pretty(_) => f.write_str("pretty"),
            Self::Template(template) => template.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_read_as_it_is_displayed() {
        for text in Format::NAMES.into_iter().chain(["%o %s\\n", "100%%"]) {
            assert_eq!(text.parse::<Format>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_unknown_name_is_told_the_formats_and_the_nearest() {
        let error = "jsn".parse::<Format>().unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown format `jsn`, did you mean `json`?; use line, seed, json, value, pretty, or a template with %, such as '%o %s\\n'"
        );
        let error = "xml".parse::<Format>().unwrap_err().to_string();
        assert!(!error.contains("did you mean"), "{error}");
    }

    #[test]
    fn the_banner_belongs_to_the_original_formats() {
        let with_banner: Vec<_> = ["line", "seed", "json", "value", "pretty", "%s"]
            .into_iter()
            .filter(|name| name.parse::<Format>().unwrap().banner())
            .collect();
        assert_eq!(with_banner, ["line", "seed"]);
    }

    #[test]
    fn headers_are_needed_only_where_they_are_shown() {
        for (text, needed) in [
            ("line", false),
            ("seed", false),
            ("value", false),
            ("json", true),
            ("pretty", true),
            ("%s", false),
            ("%h", true),
        ] {
            assert_eq!(text.parse::<Format>().unwrap().needs_headers(), needed, "{text}");
        }
    }
}
