//! Formats that the user writes, in the syntax of kcat's `-f`; `%d` is kp's own.

mod read;

use std::{fmt, str::FromStr};

use crate::{encoding::write_integer, escape::escaped, look::Look, record::Record};

pub use read::{Read, TemplateMismatch, TemplateReader, UnreadableTemplate};

/// A text with tokens that stand for parts of a record.
///
/// | token | stands for |
/// | --- | --- |
/// | `%t` | the topic |
/// | `%p` | the partition |
/// | `%o` | the offset |
/// | `%k` | the key's bytes; nothing for a null key |
/// | `%K` | the key's length in bytes; -1 for a null key |
/// | `%s`, `%v` | the value's bytes; nothing for a null value |
/// | `%S` | the value's length in bytes; -1 for a null value |
/// | `%R` | the value's length as 4 bytes, big-endian; -1 for a null value |
/// | `%T` | the timestamp in milliseconds since 1970; -1 if there is none |
/// | `%d` | the time as a person reads it, local or in UTC: `-` if there is none |
/// | `%h` | the headers as `key=value,key2=value2`; `NULL` for a null value |
/// | `%%` | a percent sign |
///
/// Escapes: `\n`, `\r`, `\t`, `\0`, `\\`, and `\xNN` with two hexadecimal digits for any byte.
///
/// Nothing is appended, as in kcat: for one record a line, the template must end in `\n`.
///
/// A [`TemplateReader`] takes back what a template has printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
    /// What is printed for a null key and a null value.
    null: &'static [u8],
    look: Look,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(Vec<u8>),
    Topic,
    Partition,
    Offset,
    Key,
    KeyLength,
    Value,
    ValueLength,
    ValueLengthBinary,
    Timestamp,
    Time,
    Headers,
}

/// What was given is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A `%` with a letter that stands for nothing.
    #[error(
        "unknown token `%{token}` in the template `{template}`; use %t (topic), %p (partition), %o (offset), \
         %k (key), %K (key length), %s or %v (value), %S (value length), %R (value length, 4 bytes big-endian), \
         %T (timestamp), %d (date and time), %h (headers), or %% for a percent sign"
    )]
    UnknownToken {
        /// What stands after the `%`.
        token: char,
        /// The template as given.
        template: String,
    },
    /// A `%` at the very end.
    #[error("the template `{template}` ends in a single %; write %% for a percent sign")]
    EndsInPercent {
        /// The template as given.
        template: String,
    },
    /// A backslash with something that is no escape.
    #[error(
        "unknown escape in the template `{template}`; use \\n, \\r, \\t, \\0, \\\\, or \\xNN with two hexadecimal digits"
    )]
    UnknownEscape {
        /// The template as given.
        template: String,
    },
}

impl Template {
    /// The template of values, each with these bytes behind it.
    #[must_use]
    pub fn of_values(delimiter: &[u8]) -> Self {
        let text = delimiter.escape_ascii().to_string().replace('%', "%%");
        let parts = vec![Part::Value, Part::Literal(delimiter.to_vec())];
        Self { source: format!("%s{text}"), parts, null: b"", look: Look::default() }
    }

    /// The same, printing `NULL` for a null key and a null value.
    #[must_use]
    pub fn with_null(self) -> Self {
        Self { null: b"NULL", ..self }
    }

    /// Whether the template shows headers.
    #[must_use]
    pub fn needs_headers(&self) -> bool {
        self.parts.contains(&Part::Headers)
    }

    /// The same template, with times by another clock.
    #[must_use]
    pub fn looking(self, look: Look) -> Self {
        Self { look, ..self }
    }

    /// Whether the template shows times by a clock.
    #[must_use]
    pub fn shows_clock(&self) -> bool {
        self.parts.contains(&Part::Time)
    }

    pub(crate) fn write(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        for part in &self.parts {
            match part {
                Part::Literal(bytes) => out.extend_from_slice(bytes),
                Part::Topic => out.extend_from_slice(record.topic.as_bytes()),
                Part::Partition => write_integer(record.partition_number(), out),
                Part::Offset => write_integer(record.offset_number(), out),
                Part::Key => out.extend_from_slice(record.key.unwrap_or(self.null)),
                Part::KeyLength => write_integer(length(record.key), out),
                Part::Value => out.extend_from_slice(record.value.unwrap_or(self.null)),
                Part::ValueLength => write_integer(length(record.value), out),
                Part::ValueLengthBinary => {
                    out.extend_from_slice(&length(record.value).to_be_bytes())
                }
                Part::Timestamp => write_integer(record.timestamp.millis().unwrap_or(-1), out),
                Part::Time => self.look.write_time(record.timestamp, out),
                Part::Headers => write_headers(record, out),
            }
        }
    }
}

/// A length as Kafka's protocol has it: 32 bits, -1 for null.
fn length(bytes: Option<&[u8]>) -> i32 {
    bytes.map_or(-1, |bytes| i32::try_from(bytes.len()).unwrap_or(i32::MAX))
}

fn write_headers(record: &Record<'_>, out: &mut Vec<u8>) {
    for (index, header) in record.headers.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(header.key);
        out.push(b'=');
        out.extend_from_slice(header.value.unwrap_or(b"NULL"));
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(source: &str) -> Result<Self, Self::Err> {
        let template = || source.to_owned();
        let mut parts = Vec::new();
        let mut literal = Vec::new();
        let mut rest = source.chars();
        while let Some(character) = rest.next() {
            match character {
                '%' => match rest.next() {
                    Some('%') => literal.push(b'%'),
                    Some(token) => {
                        let part = part(token).ok_or_else(|| TemplateError::UnknownToken {
                            token,
                            template: template(),
                        })?;
                        if !literal.is_empty() {
                            parts.push(Part::Literal(std::mem::take(&mut literal)));
                        }
                        parts.push(part);
                    }
                    None => {
                        return Err(TemplateError::EndsInPercent { template: template() });
                    }
                },
                '\\' => literal.push(
                    escaped(&mut rest)
                        .ok_or_else(|| TemplateError::UnknownEscape { template: template() })?,
                ),
                _ => literal.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self { source: template(), parts, null: b"", look: Look::default() })
    }
}

fn part(token: char) -> Option<Part> {
    Some(match token {
        't' => Part::Topic,
        'p' => Part::Partition,
        'o' => Part::Offset,
        'k' => Part::Key,
        'K' => Part::KeyLength,
        's' | 'v' => Part::Value,
        'S' => Part::ValueLength,
        'R' => Part::ValueLengthBinary,
        'T' => Part::Timestamp,
        'd' => Part::Time,
        'h' => Part::Headers,
        _ => return None,
    })
}

impl fmt::Display for Template {
    /// The template as it was given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Header, Timestamp};

    fn render(template: &str, record: &Record<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        template.parse::<Template>().unwrap().write(record, &mut out);
        out
    }

    const FULL: Record<'_> = Record {
        topic: "topic1",
        partition: Some(3),
        offset: Some(42),
        timestamp: Timestamp::LogAppendTime(1_732_300_000_000),
        key: Some(b"k\xff"),
        value: Some(b"value"),
        headers: &[
            Header { key: b"a", value: Some(b"1") },
            Header { key: b"a", value: None },
            Header { key: b"b", value: Some(b"") },
        ],
    };
    const EMPTY: Record<'_> =
        Record { timestamp: Timestamp::NotAvailable, key: None, value: None, headers: &[], ..FULL };

    #[test]
    fn each_token_stands_for_its_part_of_the_record() {
        let cases: &[(&str, &[u8], &[u8])] = &[
            ("%t", b"topic1", b"topic1"),
            ("%p", b"3", b"3"),
            ("%o", b"42", b"42"),
            ("%k", b"k\xff", b""),
            ("%K", b"2", b"-1"),
            ("%s", b"value", b""),
            ("%v", b"value", b""),
            ("%S", b"5", b"-1"),
            ("%R", b"\0\0\0\x05", b"\xff\xff\xff\xff"),
            ("%T", b"1732300000000", b"-1"),
            ("%d", b"2024-11-22T18:26:40.000Z", b"-"),
            ("%h", b"a=1,a=NULL,b=", b""),
            ("%%", b"%", b"%"),
            ("", b"", b""),
        ];
        for (template, full, empty) in cases {
            assert_eq!(render(template, &FULL), *full, "{template}");
            assert_eq!(render(template, &EMPTY), *empty, "{template}");
        }
    }

    #[test]
    fn null_may_be_printed_as_a_word_and_empty_stays_empty() {
        let template: Template = "%k=%s %K %S|".parse().unwrap();
        let mut out = Vec::new();
        let template = template.with_null();
        template.write(&EMPTY, &mut out);
        template.write(&Record { key: Some(b""), value: Some(b""), ..EMPTY }, &mut out);
        assert_eq!(out, b"NULL=NULL -1 -1|= 0 0|");
    }

    #[test]
    fn values_have_their_delimiter_behind_them() {
        let template = Template::of_values(b"%\0\n");
        let mut out = Vec::new();
        template.write(&FULL, &mut out);
        assert_eq!(out, b"value%\0\n");
        assert_eq!(template.to_string(), r"%s%%\x00\n");
        assert_eq!(render(&template.to_string(), &FULL), out);
    }

    #[test]
    fn text_and_escapes_stand_for_themselves() {
        assert_eq!(
            render(r"é[%p]\t%%\x41\xff\0\\n %s\r\n", &FULL),
            b"\xc3\xa9[3]\t%A\xff\0\\n value\r\n"
        );
    }

    #[test]
    fn errors_show_what_is_possible() {
        let error = |template: &str| template.parse::<Template>().unwrap_err().to_string();
        let unknown = error("%s %q");
        assert!(unknown.starts_with("unknown token `%q` in the template `%s %q`"), "{unknown}");
        for token in ["%t", "%p", "%o", "%k", "%K", "%s", "%S", "%R", "%T", "%d", "%h", "%%"] {
            assert!(unknown.contains(token), "{token}: {unknown}");
        }
        assert!(error("%s%").contains("ends in a single %"));
        for template in [r"%s\q", r"%s\", r"%s\x4", r"%s\x+1", r"%s\xzz"] {
            assert!(error(template).contains(r"\xNN"), "{template}");
        }
    }
}
