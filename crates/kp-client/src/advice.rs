//! What is wrong, and what to change.

use std::fmt;

/// Why something failed, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What is wrong, with the address, topic or group.
    pub cause: String,
    /// What to change.
    pub change: String,
}

impl Advice {
    pub(crate) fn new(cause: impl Into<String>, change: impl Into<String>) -> Self {
        Self { cause: cause.into(), change: change.into() }
    }

    /// Takes apart a sentence that says what to change behind its first semicolon.
    pub(crate) fn of(sentence: &str) -> Self {
        let (cause, change) = sentence.split_once("; ").unwrap_or((sentence, ""));
        Self::new(cause, change)
    }

    /// The same about one of several things.
    #[must_use]
    pub(crate) fn about(self, what: impl fmt::Display) -> Self {
        Self { cause: format!("{what}: {}", self.cause), ..self }
    }
}

impl fmt::Display for Advice {
    /// One sentence: the cause, and what to change.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.change.as_str() {
            "" => f.write_str(&self.cause),
            change => write!(f, "{}; {change}", self.cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_taken_apart_and_put_together() {
        let whole = "a:1: no answer; check the port; or wait";
        let advice = Advice::of(whole);
        assert_eq!(advice, Advice::new("a:1: no answer", "check the port; or wait"));
        assert_eq!(advice.to_string(), whole);
        assert_eq!(Advice::of("alone").to_string(), "alone");
    }
}
