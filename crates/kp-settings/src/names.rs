//! Names that librdkafka is strict about. `Err` says what is wrong.

/// What stands before the name of a raw property.
pub(crate) const RAW: &str = "kafka.librdkafka.";

/// Reads `KEY=VALUE`; the value may be empty and may hold further equal signs.
pub(crate) fn header(header: &str) -> Result<(String, String), String> {
    match header.split_once('=') {
        // librdkafka takes keys as C strings.
        Some((key, value)) if !key.is_empty() && !key.contains('\0') => {
            Ok((key.to_owned(), value.to_owned()))
        }
        _ => Err(format!("{header:?} is not KEY=VALUE")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_a_key() {
        for right in ["a=b", "a=", "a=b=c"] {
            assert!(header(right).is_ok(), "{right:?}");
        }
        for wrong in ["", "a", "=b", "a\0=b"] {
            assert!(header(wrong).is_err(), "{wrong:?}");
        }
    }
}
