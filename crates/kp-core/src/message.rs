//! The schema of the messages that the programs exchange by default.

use serde::{Deserialize, Serialize};

/// A message: one JSON object with one field.
///
/// On the wire, for example: `{"str":"result0"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The text that is carried.
    pub str: String,
}

impl Message {
    /// The message with number `i` of a run: `result0`, `result1` and so on.
    #[must_use]
    pub fn numbered(i: u64) -> Self {
        Self {
            str: format!("result{i}"),
        }
    }
}

/// Appends the JSON of [`Message::numbered`] to `out`, without an allocation of its own.
pub fn encode_numbered(i: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"str":"result"#);
    out.extend_from_slice(itoa::Buffer::new().format(i).as_bytes());
    out.extend_from_slice(br#""}"#);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encode_numbered_yields_the_bytes_of_the_schema() {
        let powers_of_ten = (0..20).map(|exponent| 10_u64.pow(exponent));
        let numbers = (0..2_000)
            .chain(powers_of_ten.flat_map(|power| [power - 1, power]))
            .chain([u64::MAX]);
        for i in numbers {
            let mut encoded = Vec::new();
            encode_numbered(i, &mut encoded);
            let message = Message::numbered(i);
            assert_eq!(encoded, serde_json::to_vec(&message).unwrap());
            assert_eq!(
                serde_json::from_slice::<Message>(&encoded).unwrap(),
                message
            );
        }
    }

    #[test]
    fn encode_numbered_appends() {
        let mut out = b"before ".to_vec();
        encode_numbered(7, &mut out);
        assert_eq!(out, br#"before {"str":"result7"}"#);
    }
}
