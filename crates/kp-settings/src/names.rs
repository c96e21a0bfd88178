//! Names that Kafka is strict about: brokers' addresses, topics, headers. `Err` says what is wrong.

/// What stands before the name of a raw property.
pub(crate) const RAW: &str = "kafka.librdkafka.";

/// Checks `HOST:PORT`, several separated by commas.
pub(crate) fn check_servers(text: &str) -> Result<&str, String> {
    if text.is_empty() {
        return Err("the value is empty".to_owned());
    }
    if text.contains(char::is_whitespace) {
        return Err(format!("{text:?} holds a space"));
    }
    text.split(',').try_for_each(check_server)?;
    Ok(text)
}

fn check_server(server: &str) -> Result<(), String> {
    // librdkafka takes the form of `advertised.listeners` as well: PROTOCOL://HOST:PORT.
    let address = server
        .split_once("://")
        .map_or(server, |(_, address)| address);
    let (host, port) = match address
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((host, "")) => (host, None),
        Some((host, after)) => (host, Some(after.strip_prefix(':').unwrap_or(after))),
        None => address
            .split_once(':')
            .map_or((address, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Err(format!("{server:?} has no host"));
    }
    match port {
        None => Ok(()),
        Some(port) => match port.parse::<u16>() {
            Ok(1..) => Ok(()),
            _ => Err(format!(
                "{server:?} has no port between 1 and 65535 behind its colon"
            )),
        },
    }
}

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
        return Err(format!(
            "the topic's name has {} bytes, and Kafka allows 249",
            name.len()
        ));
    }
    match name
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '-'))
    {
        Some(wrong) => Err(format!(
            "{wrong:?} cannot stand in a topic's name: only a-z, A-Z, 0-9, `.`, `_` and `-` can"
        )),
        None => Ok(()),
    }
}

/// Checks `KEY=VALUE`; the value may be empty and may hold further equal signs.
pub(crate) fn check_header(header: &str) -> Result<&str, String> {
    match header.split_once('=') {
        // librdkafka takes keys as C strings.
        Some((key, _)) if !key.is_empty() && !key.contains('\0') => Ok(header),
        _ => Err(format!("{header:?} is not KEY=VALUE")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_brokers() {
        for right in [
            "localhost:9092",
            "a:1,b:65535",
            "[::1]:9092",
            "localhost",
            "PLAINTEXT://b:9092",
            "[::1]",
        ] {
            assert_eq!(check_servers(right), Ok(right));
        }
        for wrong in [
            "",
            " ",
            "a:1, b:2",
            "a:",
            "a:0",
            "a:65536",
            "a:x",
            ":9092",
            "a:1,",
            "[::1]9092x",
            "::1",
        ] {
            assert!(check_servers(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn names_of_topics() {
        for right in ["topic1", "a.b_c-D", &"x".repeat(249)] {
            assert!(check_topic_name(right).is_ok(), "{right:?}");
        }
        for wrong in [
            "",
            ".",
            "..",
            "a b",
            "a\0b",
            "주제",
            "a/b",
            &"x".repeat(250),
        ] {
            assert!(check_topic_name(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn headers_have_a_key() {
        for right in ["a=b", "a=", "a=b=c"] {
            assert!(check_header(right).is_ok(), "{right:?}");
        }
        for wrong in ["", "a", "=b", "a\0=b"] {
            assert!(check_header(wrong).is_err(), "{wrong:?}");
        }
    }
}
