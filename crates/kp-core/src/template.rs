//! Formats that the user writes, in the syntax of kcat's `-f`.

use std::{fmt, str::FromStr};

use crate::{encoding::write_integer, record::Record};

/// A text with tokens that stand for parts of a record.
///
/// | token | stands for |
/// | --- | --- |
/// | `%t` | the topic |
/// | `%p` | the partition |
/// | `%o` | the offset |
/// | `%k` | the key's bytes; nothing for a null key |
/// | `%K` | the key's length in bytes; -1 for a null key |
/// | `%s` | the value's bytes; nothing for a null value |
/// | `%S` | the value's length in bytes; -1 for a null value |
/// | `%R` | the value's length as 4 bytes, big-endian; -1 for a null value |
/// | `%T` | the timestamp in milliseconds since 1970; -1 if there is none |
/// | `%h` | the headers as `key=value,key2=value2`; `NULL` for a null value |
/// | `%%` | a percent sign |
///
/// Escapes: `\n`, `\r`, `\t`, `\0`, `\\`, and `\xNN` with two hexadecimal digits for any byte.
///
/// Nothing is appended, as in kcat: for one record a line, the template must end in `\n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
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
    Headers,
}

/// What was given is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A `%` with a letter that stands for nothing.
    #[error(
        "unknown token `%{token}` in the template `{template}`; use %t (topic), %p (partition), %o (offset), \
         %k (key), %K (key length), %s (value), %S (value length), %R (value length, 4 bytes big-endian), \
         %T (timestamp), %h (headers), or %% for a percent sign"
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
    /// Whether the template shows headers.
    #[must_use]
    pub fn needs_headers(&self) -> bool {
        self.parts.contains(&Part::Headers)
    }

    pub(crate) fn write(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        for part in &self.parts {
            match part {
                Part::Literal(bytes) => out.extend_from_slice(bytes),
                Part::Topic => out.extend_from_slice(record.topic.as_bytes()),
                Part::Partition => write_integer(record.partition_number(), out),
                Part::Offset => write_integer(record.offset_number(), out),
                Part::Key => out.extend_from_slice(record.key.unwrap_or_default()),
                Part::KeyLength => write_integer(length(record.key), out),
                Part::Value => out.extend_from_slice(record.value.unwrap_or_default()),
                Part::ValueLength => write_integer(length(record.value), out),
                Part::ValueLengthBinary => {
                    out.extend_from_slice(&length(record.value).to_be_bytes())
                }
                Part::Timestamp => write_integer(record.timestamp.millis().unwrap_or(-1), out),
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
        Ok(Self { source: template(), parts })
    }
}

fn part(token: char) -> Option<Part> {
    Some(match token {
        't' => Part::Topic,
        'p' => Part::Partition,
        'o' => Part::Offset,
        'k' => Part::Key,
        'K' => Part::KeyLength,
        's' => Part::Value,
        'S' => Part::ValueLength,
        'R' => Part::ValueLengthBinary,
        'T' => Part::Timestamp,
        'h' => Part::Headers,
        _ => return None,
    })
}

/// The byte that an escape stands for, after its backslash.
fn escaped(rest: &mut std::str::Chars<'_>) -> Option<u8> {
    match rest.next()? {
        'n' => Some(b'\n'),
        'r' => Some(b'\r'),
        't' => Some(b'\t'),
        '0' => Some(0),
        '\\' => Some(b'\\'),
        'x' => {
            let byte = rest.next()?.to_digit(16)? << 4 | rest.next()?.to_digit(16)?;
            u8::try_from(byte).ok()
        }
        _ => None,
    }
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
            ("%S", b"5", b"-1"),
            ("%R", b"\0\0\0\x05", b"\xff\xff\xff\xff"),
            ("%T", b"1732300000000", b"-1"),
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
    fn text_and_escapes_stand_for_themselves() {
        assert_eq!(
            render(r"é[%p]\t%%\x41\xff\0\\n %s\r\n", &FULL),
            b"\xc3\xa9[3]\t%A\xff\0\\n value\r\n"
        );
    }

    #[test]
    fn errors_show_what_is_possible() {
        let error = |template: &str| template.parse::<Template>().unwrap_err().to_string();
        let unknown = error("%s %v");
        assert!(unknown.starts_with("unknown token `%v` in the template `%s %v`"), "{unknown}");
        for token in ["%t", "%p", "%o", "%k", "%K", "%s", "%S", "%R", "%T", "%h", "%%"] {
            assert!(unknown.contains(token), "{token}: {unknown}");
        }
        assert!(error("%s%").contains("ends in a single %"));
        for template in [r"%s\q", r"%s\", r"%s\x4", r"%s\x+1", r"%s\xzz"] {
            assert!(error(template).contains(r"\xNN"), "{template}");
        }
    }
}
