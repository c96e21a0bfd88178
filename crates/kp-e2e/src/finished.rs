//! What a process left behind.

use std::fmt;
use std::ops::Deref;

use serde_json::Value;

/// A process that has ended.
pub struct Finished(pub(crate) kp_process::Finished);

impl Deref for Finished {
    type Target = kp_process::Finished;

    fn deref(&self) -> &kp_process::Finished {
        &self.0
    }
}

impl Finished {
    /// Makes sure of the exit code.
    ///
    /// # Panics
    /// When it is another one; with all that the process wrote.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code(), Some(code), "exit code of {self}");
        self
    }

    /// Makes sure that standard error has these words.
    ///
    /// # Panics
    /// When one does not; with all that the process wrote.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is not said by {self}");
        }
        self
    }

    /// Makes sure that standard error is empty.
    ///
    /// # Panics
    /// When something does; with all that the process wrote.
    #[track_caller]
    pub fn is_quiet(self) -> Self {
        assert!(self.stderr.is_empty(), "something is said by {self}");
        self
    }

    /// Standard output as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("standard output is UTF-8")
    }

    /// The lines of standard output.
    ///
    /// # Panics
    /// When it is not UTF-8.
    #[track_caller]
    pub fn lines(&self) -> Vec<&str> {
        self.text().lines().collect()
    }

    /// The lines of standard output that are messages: without the consumer's `[Start]` and
    /// `[End]`.
    ///
    /// # Panics
    /// When standard output is not UTF-8.
    #[track_caller]
    pub fn messages(&self) -> Vec<&str> {
        let banner = |line: &&str| line.starts_with("[Start]") || line.starts_with("[End]");
        self.text().lines().filter(|line| !banner(line)).collect()
    }

    /// Standard output as one JSON document.
    ///
    /// # Panics
    /// When it is anything else; with all that the process wrote.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in the JSON of {self}"))
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
