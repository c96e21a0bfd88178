//! `--value-template`: a text with placeholders such as `{{seq}}`.
//!
//! ```text
//!  parsed once: text | placeholder | text ...      choices are read, and put into their final form
//!  for each message: texts and choices are copied, numbers are written
//! ```

mod choices;
mod json;

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use kp_core::most_alike;
use rand::{Rng as _, RngExt as _};

use crate::chance::Chance;
use choices::Choices;
pub(crate) use choices::lines_of;
use json::Place;

const NAMES: [&str; 5] = ["seq", "now", "uuid", "int", "choice"];
const OPENS: &str = "{{";
const CLOSES: &str = "}}";

/// A template that was read.
#[derive(Debug)]
pub(crate) struct Template {
    parts: Vec<Part>,
    /// Why it is no JSON although it begins like an object.
    not_json: Option<Mistake>,
}

/// What is wrong with a template, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// In characters, from 1.
    column: usize,
    what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.what)
    }
}

#[derive(Debug)]
enum Part {
    Text(String),
    Seq,
    Now,
    /// Whether with quotes around it.
    Uuid {
        quoted: bool,
    },
    Int {
        from: i64,
        to: i64,
    },
    Choice(Choices),
}

/// What stands between the braces.
#[derive(Debug, PartialEq, Eq)]
enum Placeholder {
    Seq,
    Now,
    Uuid,
    Int(i64, i64),
    Choice(Vec<String>),
}

impl Template {
    /// Reads a template. `read` gives the lines of a file, or says why it cannot.
    ///
    /// # Errors
    /// A placeholder that is none, or a file that cannot be read or has no lines.
    pub(crate) fn parse(
        text: &str,
        read: &mut dyn FnMut(&str) -> Result<Vec<String>, String>,
    ) -> Result<Self, Mistake> {
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(opens) = text[at..].find(OPENS).map(|found| at + found) {
            let mistake = |what| Mistake { column: column(text, opens), what };
            let begins = opens + OPENS.len();
            let Some(length) = text[begins..].find(CLOSES) else {
                return Err(mistake(format!("{OPENS} has no {CLOSES} behind it")));
            };
            if opens > at {
                pieces.push((at, Err(&text[at..opens])));
            }
            let words = &text[begins..begins + length];
            pieces.push((opens, Ok(placeholder(words, read).map_err(mistake)?)));
            at = begins + length + CLOSES.len();
        }
        if at < text.len() {
            pieces.push((at, Err(&text[at..])));
        }
        let kinds = pieces.iter().map(|(at, piece)| {
            let kind = match piece {
                Err(text) => json::Kind::Text(text),
                Ok(Placeholder::Uuid | Placeholder::Choice(_)) => json::Kind::Word,
                Ok(_) => json::Kind::Number,
            };
            (*at, kind)
        });
        let (places, not_json) = match json::places(kinds) {
            Ok(places) => (places, None),
            Err((at, why)) => {
                let what = format!("{why}, so that the values are no JSON");
                let mistake = Mistake { column: column(text, at), what };
                let begins_like_json = match pieces.first() {
                    Some((_, Err(first))) => first.trim_start().starts_with('{'),
                    _ => false,
                };
                (vec![Place::NoJson; pieces.len()], begins_like_json.then_some(mistake))
            }
        };
        let parts = pieces.into_iter().zip(places).map(|((_, piece), place)| match piece {
            Err(text) => Part::Text(text.to_owned()),
            Ok(Placeholder::Seq) => Part::Seq,
            Ok(Placeholder::Now) => Part::Now,
            Ok(Placeholder::Uuid) => Part::Uuid { quoted: place == Place::Value },
            Ok(Placeholder::Int(from, to)) => Part::Int { from, to },
            Ok(Placeholder::Choice(items)) => Part::Choice(Choices::new(&items, place)),
        });
        Ok(Self { parts: parts.collect(), not_json })
    }

    /// Why it is no JSON, where it was probably meant to be.
    pub(crate) fn not_json(&self) -> Option<&Mistake> {
        self.not_json.as_ref()
    }

    /// Whether anything is drawn by chance.
    pub(crate) fn draws(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Part::Uuid { .. } | Part::Int { .. } | Part::Choice(_)))
    }

    /// Appends the value of message `number`.
    pub(crate) fn render(&self, number: u64, chance: &mut Chance, out: &mut Vec<u8>) {
        let mut digits = itoa::Buffer::new();
        for part in &self.parts {
            let written = match part {
                Part::Text(text) => text,
                Part::Seq => digits.format(number),
                Part::Now => digits.format(now()),
                Part::Int { from, to } => digits.format(chance.random_range(*from..=*to)),
                Part::Choice(choices) => choices.draw(chance),
                Part::Uuid { quoted } => {
                    out.extend(quoted.then_some(b'"'));
                    out.extend_from_slice(&uuid(chance));
                    out.extend(quoted.then_some(b'"'));
                    continue;
                }
            };
            out.extend_from_slice(written.as_bytes());
        }
    }
}

/// Reads what stands between the braces.
fn placeholder(
    words: &str,
    read: &mut dyn FnMut(&str) -> Result<Vec<String>, String>,
) -> Result<Placeholder, String> {
    let words = words.trim();
    let (name, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    let rest = rest.trim();
    let alone = |placeholder| match rest {
        "" => Ok(placeholder),
        _ => Err(format!("{{{{{name}}}}} has nothing behind its name, and here is {rest:?}")),
    };
    match name {
        "seq" => alone(Placeholder::Seq),
        "now" => alone(Placeholder::Now),
        "uuid" => alone(Placeholder::Uuid),
        "int" => int(rest),
        "choice" => choice(rest, read).map(Placeholder::Choice),
        _ => Err(unknown(name)),
    }
}

fn unknown(name: &str) -> String {
    // Other templates have calls.
    let word = name.split('(').next().unwrap_or_default();
    match most_alike(word, NAMES) {
        _ if name.is_empty() => format!("there is no name in the braces; {}", ways()),
        Some(like) if like == word => {
            format!("{name:?} is no placeholder: a name has no brackets behind it; {}", ways())
        }
        Some(like) => format!("{name:?} is no placeholder, did you mean {like}? {}", ways()),
        None => format!("{name:?} is no placeholder; {}", ways()),
    }
}

fn ways() -> &'static str {
    "there are {{seq}}, {{now}}, {{uuid}}, {{int FROM TO}}, {{choice FILE}} and {{choice A|B}}"
}

fn int(rest: &str) -> Result<Placeholder, String> {
    let numbers: Vec<Option<i64>> = rest.split_whitespace().map(|word| word.parse().ok()).collect();
    match *numbers.as_slice() {
        [Some(from), Some(to)] if from <= to => Ok(Placeholder::Int(from, to)),
        [Some(from), Some(to)] => Err(format!(
            "{{{{int {from} {to}}}}} begins above its end; {{{{int {to} {from}}}}} is right"
        )),
        _ => Err(format!("{{{{int FROM TO}}}} has two whole numbers, and here is {rest:?}")),
    }
}

/// Words that are separated by `|`, or the lines of a file.
fn choice(
    rest: &str,
    read: &mut dyn FnMut(&str) -> Result<Vec<String>, String>,
) -> Result<Vec<String>, String> {
    let quoted = rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let path = match quoted {
        None if rest.contains('|') => {
            return Ok(rest.split('|').map(|word| word.trim().to_owned()).collect());
        }
        None => rest,
        Some(path) => path,
    };
    if path.is_empty() {
        return Err("{{choice FILE}} has a file, or words as in {{choice A|B}}".to_owned());
    }
    let lines = read(path)
        .map_err(|why| format!("{path}: {why}; words to choose from have a | between them"))?;
    if lines.is_empty() {
        return Err(format!("{path}: there is no line to choose from"));
    }
    Ok(lines)
}

/// Where a byte of the text stands.
fn column(text: &str, at: usize) -> usize {
    text.char_indices().take_while(|(index, _)| *index < at).count() + 1
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A random UUID, version 4.
fn uuid(chance: &mut Chance) -> [u8; 36] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let version = (chance.next_u64() & !0xf000) | 0x4000;
    let variant = (chance.next_u64() >> 2) | (1 << 63);
    let digits = (u128::from(version) << 64) | u128::from(variant);
    let mut text = [b'-'; 36];
    let mut shift = 128;
    for (place, letter) in text.iter_mut().enumerate() {
        if !matches!(place, 8 | 13 | 18 | 23) {
            shift -= 4;
            *letter = HEX[(digits >> shift) as usize & 15];
        }
    }
    text
}

#[cfg(test)]
mod tests;
