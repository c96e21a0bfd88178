//! What happens to a message that cannot be shown.

use std::fmt;
use std::str::FromStr;

use kp_core::check_topic_name;

/// `consumer.on_bad_message`: what happens to a message that the format cannot show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OnBadMessage {
    /// End with an error; its offset is not committed.
    Fail,
    /// Warn and go on.
    Skip,
    /// Print its value as text.
    Show,
    /// Send it to this topic as it is, wait until it is acknowledged, and go on.
    DeadLetter(String),
}

/// A text that is no way to treat a bad message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", OnBadMessage::EXPECTED)]
pub struct InvalidOnBadMessage;

impl OnBadMessage {
    pub(crate) const EXPECTED: &'static str =
        "fail, skip, show, or dead-letter:TOPIC such as dead-letter:orders.bad";
    const DEAD_LETTER: &'static str = "dead-letter:";
}

impl FromStr for OnBadMessage {
    type Err = InvalidOnBadMessage;

    fn from_str(text: &str) -> Result<Self, InvalidOnBadMessage> {
        match text {
            "fail" => Ok(Self::Fail),
            "skip" => Ok(Self::Skip),
            "show" => Ok(Self::Show),
            _ => text
                .strip_prefix(Self::DEAD_LETTER)
                .filter(|topic| check_topic_name(topic).is_ok())
                .map(|topic| Self::DeadLetter(topic.to_owned()))
                .ok_or(InvalidOnBadMessage),
        }
    }
}

impl fmt::Display for OnBadMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fail => f.write_str("fail"),
            Self::Skip => f.write_str("skip"),
            Self::Show => f.write_str("show"),
            Self::DeadLetter(topic) => write!(f, "{}{topic}", Self::DEAD_LETTER),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_is_read_as_it_is_displayed_and_a_topic_must_be_one() {
        for text in ["fail", "skip", "show", "dead-letter:orders.bad"] {
            assert_eq!(text.parse::<OnBadMessage>().unwrap().to_string(), text);
        }
        for wrong in ["", "Fail", "dead-letter", "dead-letter:", "dead-letter:a b"] {
            assert!(wrong.parse::<OnBadMessage>().is_err(), "{wrong}");
        }
    }
}
