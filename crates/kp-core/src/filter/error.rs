//! What was given is no filter.

/// A filter that cannot be understood: what is wrong, where, and what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// A text or a regular expression without a letter, which is in everything.
    #[error("an empty text stands in every message; name a text to look for")]
    Empty,
    /// A regular expression that does not follow the syntax.
    #[error(
        "the regular expression {expression} breaks at character {character}: {problem}; \\ before a sign means the sign itself, and \
         without the slashes the text is looked for as it is"
    )]
    Regex {
        /// The expression as given, with its slashes.
        expression: String,
        /// The character of what was given at which it breaks, counted from 1.
        character: usize,
        /// What is wrong there.
        problem: String,
    },
    /// An expression or a glob that takes too much memory.
    #[error("{given} takes too much memory; use a shorter one, or smaller numbers in x{{1,100}}")]
    TooLarge {
        /// What was given.
        given: String,
    },
    /// A header without its name, or without what its value should be.
    #[error(
        "`{given}` has no {missing}; write NAME=GLOB, such as env=prod, env=prod-* or, for any value, env=*"
    )]
    Header {
        /// What was given.
        given: String,
        /// What is missing in it.
        missing: &'static str,
    },
    /// A backslash in a glob with something that is no escape.
    #[error(
        "the glob `{glob}` has a \\ at character {character} that is no escape; write \\*, \\? or \\\\ for the sign itself"
    )]
    Escape {
        /// The glob as given, without the header's name.
        glob: String,
        /// Where the backslash stands in it, counted from 1.
        character: usize,
    },
    /// An expression that jq does not understand.
    #[error("the expression breaks {place}: {problem}{advice}")]
    Expression {
        /// Where: `at character 5 (`&& .b`)`, or `at its end`.
        place: String,
        /// What is wrong there.
        problem: String,
        /// What to change; empty, or begins with a semicolon.
        advice: String,
    },
    /// An expression that jq understands, and that cannot be meant.
    #[error("{problem}")]
    Meant {
        /// What it does, and what to write instead.
        problem: String,
    },
}
