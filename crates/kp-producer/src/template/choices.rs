//! What one of is drawn, in the form in which it is inserted.

use std::fs::File;
use std::io::{self, Read as _};

use rand::RngExt as _;
use serde::de::IgnoredAny;

use super::json::Place;
use crate::chance::Chance;

/// A file to choose from has so many bytes at most, as all of it is kept in memory.
const MOST_BYTES: u64 = 64 << 20;

/// Texts of which one is drawn.
#[derive(Debug)]
pub(super) struct Choices {
    /// One after the other.
    text: String,
    /// Where each of them ends.
    ends: Vec<usize>,
}

impl Choices {
    /// Those of a place, one at least. As values of JSON they stay as they are if all of them are
    /// JSON by themselves, such as numbers. Else all of them become texts.
    pub(super) fn new(items: &[String], place: Place) -> Self {
        let are_json = || items.iter().all(|item| serde_json::from_str::<IgnoredAny>(item).is_ok());
        let is_text = place == Place::Value && !are_json();
        let mut choices = Self { text: String::new(), ends: Vec::with_capacity(items.len()) };
        for item in items {
            let escaped = || serde_json::Value::from(item.as_str()).to_string();
            match place {
                Place::Value if is_text => choices.text.push_str(&escaped()),
                Place::Quoted => {
                    let escaped = escaped();
                    choices.text.push_str(&escaped[1..escaped.len() - 1]);
                }
                Place::Value | Place::NoJson => choices.text.push_str(item),
            }
            choices.ends.push(choices.text.len());
        }
        choices
    }

    /// One of them.
    pub(super) fn draw(&self, chance: &mut Chance) -> &str {
        let index = chance.random_range(0..self.ends.len());
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[begin..self.ends[index]]
    }
}

/// The lines of a file, without the empty ones.
///
/// # Errors
/// In words.
pub(crate) fn lines_of(path: &str) -> Result<Vec<String>, String> {
    let cannot_read = |error: io::Error| format!("it cannot be read: {error}");
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(cannot_read)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(cannot_read)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("it has more than {} MiB", MOST_BYTES >> 20));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line} is not UTF-8")
    })?;
    let lines = text.trim_start_matches('\u{feff}').lines();
    Ok(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
}
