//! What a client is for.

/// Which kind of client the librdkafka properties are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A client that sends.
    Producer,
    /// A client that reads.
    Consumer,
    /// A client that asks about topics and groups.
    Admin,
    /// A client that sends on what a consumer has read, dead letters and copies: a producer that is always safe.
    Forwarder,
}

impl Role {
    /// Whether a client of this role heeds the settings of this section.
    pub(crate) fn heeds(self, section: &str) -> bool {
        match section {
            "kafka" => true,
            "producer" => matches!(self, Self::Producer | Self::Forwarder),
            "consumer" => self == Self::Consumer,
            "admin" => self == Self::Admin,
            _ => false,
        }
    }
}
