//! What a topic may be called.

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
}
