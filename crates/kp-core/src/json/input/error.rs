//! Why a line is no record, in words.

/// Why a line is no record. None of the texts shows a value of the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonRecordError {
    /// The line is no JSON document.
    #[error("not JSON: {reason} at column {column}")]
    NotJson {
        /// What is wrong.
        reason: String,
        /// Where, in bytes, counted from 1; 0 stands before the line.
        column: usize,
    },
    /// A field, or the line itself (`the line`), or a header has another type than it must have.
    #[error("{field} must be {expected}")]
    WrongType {
        /// The field, such as `` `headers[0].value` ``.
        field: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A field that records do not have.
    #[error("unknown field {field}{suggestion}")]
    UnknownField {
        /// The field.
        field: String,
        /// The name that was probably meant, in words; or nothing.
        suggestion: String,
    },
    /// The same field twice.
    #[error("{field} is given twice")]
    Repeated {
        /// The field.
        field: String,
    },
    /// A field as a text and as base64.
    #[error("{text} and {base64} are both given; keep one of them")]
    TextAndBase64 {
        /// The field as a text.
        text: String,
        /// The field as base64.
        base64: String,
    },
    /// A field in base64 that is none.
    #[error("{field} is not base64 (the standard alphabet, with padding)")]
    NotBase64 {
        /// The field.
        field: String,
    },
    /// A record or header without a value: a forgotten one must not become a tombstone.
    #[error("neither {text} nor {base64} is given; for a null value write null")]
    MissingValue {
        /// The field as a text.
        text: String,
        /// The field as base64.
        base64: String,
    },
    /// A header without a key.
    #[error("neither {text} nor {base64} is given")]
    MissingHeaderKey {
        /// The field as a text.
        text: String,
        /// The field as base64.
        base64: String,
    },
    /// Fields of kcat's lines and of kp's in one line.
    #[error(
        "`{kcat}` stands in lines of kcat, and `{other}` in lines of kp; write the line in one way"
    )]
    TwoLayouts {
        /// A field that only kcat has.
        kcat: &'static str,
        /// A field that only kp has.
        other: &'static str,
    },
    /// A line of kcat without a value.
    #[error("`payload` is not given; for a null value write null")]
    MissingPayload,
    /// A line of kcat whose last header has a name alone.
    #[error("`headers` must be names and values in turn, and the last name has no value")]
    HeaderWithoutValue,
    /// A line of kcat that says why its key or value is not in it.
    #[error("kcat could not decode this record (`{field}`), so the line does not have it whole")]
    Undecoded {
        /// The field that has kcat's reason.
        field: &'static str,
    },
}
