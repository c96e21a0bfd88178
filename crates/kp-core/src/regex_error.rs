//! Where a regular expression breaks, and why.

/// How many characters of the expression stand before that place, and what is wrong there.
pub(crate) fn place_of(error: &regex_syntax::Error, source: &str) -> (usize, String) {
    let (start, problem) = match error {
        regex_syntax::Error::Parse(error) => (error.span().start.offset, error.kind().to_string()),
        regex_syntax::Error::Translate(error) => {
            (error.span().start.offset, error.kind().to_string())
        }
        other => (0, other.to_string()),
    };
    (source.get(..start).unwrap_or_default().chars().count(), problem)
}
