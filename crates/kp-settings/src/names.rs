//! Names that Kafka is strict about: topics, headers. `Err` says what is wrong.

/// What stands before the name of a raw property.
pub(crate) const RAW: &str = "kafka.librdkafka.";

/// Checks a topic's name by the brokers' own rule.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check_topic_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("the topic's name is empty".to_owned());
    }
    if name == "." || name == ".." {
        return Err("a topic cannot be named `.` or `..`".to_owned());
    }
    if name.len() > 249 {
        return Err(format!("the topic's name has {} bytes, and Kafka allows 249", name.len()));
    }
    match name.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '-')) {
        Some(wrong) => Err(format!(
            "{wrong:?} cannot stand in a topic's name: only a-z, A-Z, 0-9, `.`, `_` and `-` can"
        )),
        None => Ok(()),
    }
}

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
    fn names_of_topics() {
        for right in ["topic1", "a.b_c-D", &"x".repeat(249)] {
            assert!(check_topic_name(right).is_ok(), "{right:?}");
        }
        for wrong in ["", ".", "..", "a b", "a\0b", "주제", "a/b", &"x".repeat(250)] {
            assert!(check_topic_name(wrong).is_err(), "{wrong:?}");
        }
    }

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
