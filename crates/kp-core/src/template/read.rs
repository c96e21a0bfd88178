//! Records out of what a template has printed.
//!
//! A reader goes through the parts of the template as through the input. A text must stand there as
//! it is. A part with a length before it has that many bytes, whatever they are. Any other ends
//! where the text behind it begins for the first time. So a template is refused where two parts
//! have nothing between them that says where the first one ends.
//!
//! The input may come in pieces: a reader goes on where it stopped, and searches no byte twice.

mod check;
mod headers;

use std::ops::Range;

use memchr::memmem::Finder;

use super::{Part, Template};
use crate::record::{OwnedRecord, Timestamp};
use crate::topic_name::check_topic_name;

pub use check::UnreadableTemplate;

/// More digits than any number of a record has.
const MOST_DIGITS: usize = 20;

/// Why the input is not what the template prints. The words show bytes of the template, and none of
/// the input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct TemplateMismatch {
    /// The byte of the record where it is seen, from 0.
    pub byte: usize,
    /// What was expected there.
    pub problem: String,
}

/// What [`TemplateReader::read`] came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// A record, and how many bytes of the input it was.
    Record(OwnedRecord, usize),
    /// The input does not hold a whole record yet.
    More,
    /// The input is at its end, and so was the last record.
    End,
}

/// Reads the records that a [`Template`] has printed.
///
/// ```
/// use kp_core::{Read, Template};
///
/// let template: Template = r"%k\t%s\n".parse()?;
/// let mut reader = template.reader()?;
/// let Read::Record(record, 4) = reader.read(b"k\tv\nk2", false, "orders", 1_000)? else {
///     panic!("no record");
/// };
/// assert_eq!((record.key, record.value), (Some(b"k".to_vec()), Some(b"v".to_vec())));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TemplateReader {
    parts: Vec<Part>,
    /// What finds the text of a part.
    finders: Vec<Option<Finder<'static>>>,
    empty_is_null: bool,
    /// The part that comes next, the byte of the record where it begins, and up to where its end
    /// was searched.
    part: usize,
    at: usize,
    searched: usize,
    found: Found,
}

/// What was found of the present record.
#[derive(Debug, Clone, Default)]
struct Found {
    topic: Option<Range<usize>>,
    key: Option<Range<usize>>,
    value: Option<Range<usize>>,
    headers: Option<Range<usize>>,
    key_length: Option<i64>,
    value_length: Option<i64>,
    timestamp: Option<i64>,
}

impl Template {
    /// What reads the records that this template has printed.
    ///
    /// # Errors
    ///
    /// Something in the template does not say where it ends, or stands twice, or there is no value.
    pub fn reader(&self) -> Result<TemplateReader, UnreadableTemplate> {
        check::check(self)?;
        let finder = |part: &Part| match part {
            Part::Literal(text) => Some(Finder::new(text).into_owned()),
            _ => None,
        };
        Ok(TemplateReader {
            parts: self.parts.clone(),
            finders: self.parts.iter().map(finder).collect(),
            empty_is_null: false,
            part: 0,
            at: 0,
            searched: 0,
            found: Found::default(),
        })
    }
}

impl TemplateReader {
    /// The same, taking an empty key and an empty value for null where no length says otherwise.
    #[must_use]
    pub fn with_null(self) -> Self {
        Self { empty_is_null: true, ..self }
    }

    /// Whether records bring their topics.
    #[must_use]
    pub fn has_topic(&self) -> bool {
        self.parts.contains(&Part::Topic)
    }

    /// Whether records bring their keys.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.parts.contains(&Part::Key)
    }

    /// Whether records bring their headers.
    #[must_use]
    pub fn has_headers(&self) -> bool {
        self.parts.contains(&Part::Headers)
    }

    /// Reads the next record. `bytes` begin where it does; after [`Read::More`] they must be the
    /// same with more behind them. Where the input is `ended`, nothing more comes. `topic` is where
    /// a record belongs that names none, and no length may say more than `most` bytes.
    ///
    /// The text at the end of the template may be missing from the last record.
    ///
    /// # Errors
    ///
    /// The input is not what the template prints.
    pub fn read(
        &mut self,
        bytes: &[u8],
        ended: bool,
        topic: &str,
        most: usize,
    ) -> Result<Read, TemplateMismatch> {
        if bytes.is_empty() {
            return Ok(if ended { Read::End } else { Read::More });
        }
        while self.part < self.parts.len() {
            if !self.step(bytes, ended, most)? {
                return Ok(Read::More);
            }
            self.part += 1;
            self.searched = self.at;
        }
        let found = std::mem::take(&mut self.found);
        let length = self.at;
        (self.part, self.at, self.searched) = (0, 0, 0);
        Ok(Read::Record(self.record(&found, bytes, topic)?, length))
    }

    /// Reads the next part; false where it has not come whole.
    fn step(&mut self, bytes: &[u8], ended: bool, most: usize) -> Result<bool, TemplateMismatch> {
        match self.parts[self.part] {
            Part::Literal(_) => self.literal(bytes, ended),
            // `check` refuses it.
            Part::Time => Ok(true),
            Part::Partition | Part::Offset => Ok(self.number(bytes, ended)?.is_some()),
            Part::Timestamp => {
                let number = self.number(bytes, ended)?;
                // -1 stands for none.
                self.found.timestamp = number.filter(|millis| *millis != -1);
                Ok(number.is_some())
            }
            Part::KeyLength => {
                self.found.key_length = self.length(bytes, ended, most)?;
                Ok(self.found.key_length.is_some())
            }
            Part::ValueLength => {
                self.found.value_length = self.length(bytes, ended, most)?;
                Ok(self.found.value_length.is_some())
            }
            Part::ValueLengthBinary => {
                let Some(length) = bytes[self.at..].first_chunk() else {
                    return if ended { Err(ends(bytes, "the 4 bytes of %R")) } else { Ok(false) };
                };
                let length = i64::from(i32::from_be_bytes(*length));
                self.check_length(length, self.at, most)?;
                self.at += 4;
                self.found.value_length = Some(length);
                Ok(true)
            }
            Part::Topic | Part::Key | Part::Value | Part::Headers => {
                let Some(range) = self.extent(bytes, ended)? else {
                    return Ok(false);
                };
                self.at = range.end;
                let place = match self.parts[self.part] {
                    Part::Topic => &mut self.found.topic,
                    Part::Key => &mut self.found.key,
                    Part::Value => &mut self.found.value,
                    _ => &mut self.found.headers,
                };
                *place = Some(range);
                Ok(true)
            }
        }
    }

    /// Reads the text that comes next.
    fn literal(&mut self, bytes: &[u8], ended: bool) -> Result<bool, TemplateMismatch> {
        let Part::Literal(text) = &self.parts[self.part] else {
            return Ok(true);
        };
        let rest = &bytes[self.at..];
        let same = text.iter().zip(rest).take_while(|(one, other)| one == other).count();
        let is_last = self.part + 1 == self.parts.len();
        if same == text.len() {
            self.at += same;
            return Ok(true);
        }
        if same < rest.len() {
            let behind = match self.part.checked_sub(1) {
                Some(before) => format!(" behind {}", check::name(&self.parts[before])),
                None => String::new(),
            };
            let problem = format!("expected {}{behind}", quoted(text));
            return Err(TemplateMismatch { byte: self.at + same, problem });
        }
        match ended {
            false => Ok(false),
            true if is_last && rest.is_empty() => Ok(true),
            true => Err(ends(bytes, &quoted(text))),
        }
    }

    /// Where the part that comes next lies: as many bytes as its length says, or up to the text
    /// behind it.
    fn extent(
        &mut self,
        bytes: &[u8],
        ended: bool,
    ) -> Result<Option<Range<usize>>, TemplateMismatch> {
        let name = check::name(&self.parts[self.part]);
        let length = match self.parts[self.part] {
            Part::Key => self.found.key_length,
            Part::Value => self.found.value_length,
            _ => None,
        };
        if let Some(length) = length {
            let length = usize::try_from(length).unwrap_or(0);
            if bytes.len() - self.at >= length {
                return Ok(Some(self.at..self.at + length));
            }
            let expected = format!("the {length} bytes of {name}");
            return if ended { Err(ends(bytes, &expected)) } else { Ok(None) };
        }
        let Some(Some(behind)) = self.finders.get(self.part + 1) else {
            // The check of the template lets none through.
            return Ok(Some(self.at..bytes.len()));
        };
        if let Some(found) = behind.find(&bytes[self.searched..]) {
            return Ok(Some(self.at..self.searched + found));
        }
        if !ended {
            // Its beginning may stand at the end already.
            let overlap = behind.needle().len() - 1;
            self.searched = self.searched.max(bytes.len().saturating_sub(overlap));
            return Ok(None);
        }
        if self.part + 2 == self.parts.len() {
            return Ok(Some(self.at..bytes.len()));
        }
        Err(ends(bytes, &format!("{}, which ends {name},", quoted(behind.needle()))))
    }

    /// The number that comes next; none where it has not come whole.
    fn number(&mut self, bytes: &[u8], ended: bool) -> Result<Option<i64>, TemplateMismatch> {
        let rest = &bytes[self.at..];
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = rest[sign..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let length = sign + digits;
        if length == rest.len() && !ended && digits < MOST_DIGITS {
            return Ok(None);
        }
        let text = std::str::from_utf8(&rest[..length]).unwrap_or_default();
        let number = text.parse().map_err(|_| {
            let problem = format!("expected a number ({})", check::name(&self.parts[self.part]));
            TemplateMismatch { byte: self.at, problem }
        })?;
        self.at += length;
        Ok(Some(number))
    }

    fn length(
        &mut self,
        bytes: &[u8],
        ended: bool,
        most: usize,
    ) -> Result<Option<i64>, TemplateMismatch> {
        let start = self.at;
        let length = self.number(bytes, ended)?;
        if let Some(length) = length {
            self.check_length(length, start, most)?;
        }
        Ok(length)
    }

    fn check_length(&self, length: i64, byte: usize, most: usize) -> Result<(), TemplateMismatch> {
        let name = check::name(&self.parts[self.part]);
        let problem = match usize::try_from(length) {
            Ok(length) if length <= most => return Ok(()),
            Err(_) if length == -1 => return Ok(()),
            Ok(_) => format!("{name} says {length} bytes, and a message may have {most} at most"),
            Err(_) => format!("{name} says {length}, which is no length; null is -1"),
        };
        Err(TemplateMismatch { byte, problem })
    }

    fn record(
        &self,
        found: &Found,
        bytes: &[u8],
        topic: &str,
    ) -> Result<OwnedRecord, TemplateMismatch> {
        let topic = match &found.topic {
            None => topic,
            Some(range) => std::str::from_utf8(&bytes[range.clone()])
                .ok()
                .filter(|name| check_topic_name(name).is_ok())
                .ok_or_else(|| TemplateMismatch {
                    byte: range.start,
                    problem: "expected a topic's name (%t)".to_owned(),
                })?,
        };
        Ok(OwnedRecord {
            topic: topic.to_owned(),
            partition: None,
            offset: None,
            timestamp: found.timestamp.map_or(Timestamp::NotAvailable, Timestamp::CreateTime),
            key: self.bytes("%k", found.key.as_ref(), found.key_length, bytes)?,
            value: self.bytes("%s", found.value.as_ref(), found.value_length, bytes)?,
            headers: found.headers.clone().map_or(Ok(Vec::new()), |range| {
                let start = range.start;
                headers::read(&bytes[range])
                    .map_err(|(byte, problem)| TemplateMismatch { byte: start + byte, problem })
            })?,
        })
    }

    /// The key or the value, which a length behind it may contradict.
    fn bytes(
        &self,
        name: &str,
        range: Option<&Range<usize>>,
        length: Option<i64>,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, TemplateMismatch> {
        let Some(range) = range else {
            return Ok(None);
        };
        let has = range.len();
        match length {
            Some(-1) if has == 0 => Ok(None),
            None if has == 0 && self.empty_is_null => Ok(None),
            Some(length) if usize::try_from(length) != Ok(has) => Err(TemplateMismatch {
                byte: range.start,
                problem: format!("{name} has {has} bytes here, and its length says {length}"),
            }),
            _ => Ok(Some(bytes[range.clone()].to_vec())),
        }
    }
}

fn ends(bytes: &[u8], what: &str) -> TemplateMismatch {
    let problem = format!("the input ends where {what} should come");
    TemplateMismatch { byte: bytes.len(), problem }
}

/// A text of the template as one would type it.
fn quoted(text: &[u8]) -> String {
    format!("`{}`", text.escape_ascii())
}

#[cfg(test)]
mod tests;
