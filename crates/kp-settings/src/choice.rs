//! Settings whose value is one of a few words.

/// Declares an enum whose variants are the words that a person writes.
macro_rules! choices {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
        pub enum $name {
            $($(#[$inner])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// The words that are accepted, in the order in which they are shown.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word for this choice.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownChoice;

            fn from_str(text: &str) -> Result<Self, UnknownChoice> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownChoice { words: Self::WORDS }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

/// A word that is none of the choices. It lists them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {}", words.join(", "))]
pub struct UnknownChoice {
    words: &'static [&'static str],
}

choices! {
    /// `kafka.security_protocol`: how the client talks to a broker.
    SecurityProtocol {
        /// Neither encrypted nor logged in.
        Plaintext = "plaintext",
        /// Encrypted.
        Ssl = "ssl",
        /// Logged in, not encrypted.
        SaslPlaintext = "sasl_plaintext",
        /// Logged in and encrypted.
        SaslSsl = "sasl_ssl",
    }
}

impl SecurityProtocol {
    /// Whether a login by SASL is part of it.
    #[must_use]
    pub fn uses_sasl(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }

    /// Whether the connection is encrypted by TLS.
    #[must_use]
    pub fn uses_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }
}

choices! {
    /// `kafka.sasl_mechanism`: how the client logs in.
    SaslMechanism {
        /// Name and password in plain text, for encrypted connections only.
        Plain = "PLAIN",
        /// Salted challenge and response over SHA-256.
        ScramSha256 = "SCRAM-SHA-256",
        /// Salted challenge and response over SHA-512.
        ScramSha512 = "SCRAM-SHA-512",
        /// A token; its source is set by raw `sasl.oauthbearer.*` properties.
        OauthBearer = "OAUTHBEARER",
    }
}

choices! {
    /// `producer.acks`: which replicas must have a message before it counts as delivered.
    Acks {
        /// None: the broker does not answer, and a loss goes unnoticed.
        None = "0",
        /// The partition's leader alone.
        Leader = "1",
        /// Every in-sync replica.
        All = "all",
    }
}

choices! {
    /// `producer.compression`: how a batch of messages is compressed.
    Compression {
        /// Not at all.
        None = "none",
        /// Small, slow.
        Gzip = "gzip",
        /// Fast, moderate.
        Snappy = "snappy",
        /// Fastest.
        Lz4 = "lz4",
        /// Smallest at a fair speed.
        Zstd = "zstd",
    }
}

choices! {
    /// `producer.flush`: when the producer waits for what it has sent.
    Flush {
        /// Once, after the last message.
        End = "end",
        /// After each message, as the original program does.
        Each = "each",
    }
}

choices! {
    /// `producer.on_timeout`: what follows when a message was not acknowledged in its time.
    OnTimeout {
        /// Nothing more is sent: what librdkafka would send again could be stored twice.
        Stop = "stop",
        /// The message counts as failed, and the rest is sent.
        GoOn = "go-on",
    }
}

choices! {
    /// `producer.partitioner`: which partition a message's key leads to.
    Partitioner {
        /// Any partition, whatever the key.
        Random = "random",
        /// CRC32 of the key; a message without a key goes to the partition of the empty key.
        Consistent = "consistent",
        /// CRC32 of the key; a message without a key goes anywhere.
        ConsistentRandom = "consistent_random",
        /// Java's hash of the key; a message without a key goes to the partition of the empty key.
        Murmur2 = "murmur2",
        /// Java's hash of the key; a message without a key goes anywhere. Same as Java's and
        /// Python's clients.
        Murmur2Random = "murmur2_random",
        /// FNV-1a of the key; a message without a key goes to the partition of the empty key.
        Fnv1a = "fnv1a",
        /// FNV-1a of the key; a message without a key goes anywhere. Same as Sarama.
        Fnv1aRandom = "fnv1a_random",
    }
}

choices! {
    /// `producer.stdin_format`: what the input is.
    StdinFormat {
        /// A value a line.
        Lines = "lines",
        /// A whole record a line, as one JSON object.
        Json = "json",
        /// A row of values, below a row with the names of its columns.
        Csv = "csv",
    }
}

choices! {
    /// `consumer.delivery`: whether a message is printed or committed first.
    Delivery {
        /// Print, then commit: after a crash some messages come again.
        AtLeastOnce = "at-least-once",
        /// Commit, then print: after a crash some messages never come.
        AtMostOnce = "at-most-once",
    }
}

choices! {
    /// `consumer.on_gap`: what happens where messages are gone before they were read.
    OnGap {
        /// The consumer says so, and goes on where it can.
        Warn = "warn",
        /// The consumer ends, and commits nothing past the gap.
        Fail = "fail",
    }
}

choices! {
    /// `consumer.decode`: how the format `json` shows a value.
    Decode {
        /// As text.
        Raw = "raw",
        /// As JSON, where it is JSON.
        Json = "json",
    }
}

choices! {
    /// `consumer.color`: whether the format `pretty` has colours.
    Color {
        /// On a terminal, unless the environment has `NO_COLOR`.
        Auto = "auto",
        /// Everywhere.
        Always = "always",
        /// Nowhere.
        Never = "never",
    }
}

choices! {
    /// `admin.output`: the form of what an admin command prints.
    Output {
        /// A table for people.
        Table = "table",
        /// One JSON document for programs.
        Json = "json",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_the_choice_that_prints_it() {
        for word in Compression::WORDS {
            assert_eq!(&word.parse::<Compression>().unwrap().to_string(), word);
        }
        for word in Acks::WORDS {
            assert_eq!(&word.parse::<Acks>().unwrap().to_string(), word);
        }
    }

    #[test]
    fn an_unknown_word_is_answered_with_the_choices() {
        let error = "tabel".parse::<Output>().unwrap_err();
        assert_eq!(error.to_string(), "expected one of table, json");
    }
}
