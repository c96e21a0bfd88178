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
    /// A client that forwards what a consumer has read, as dead letters or copies. It is a producer
    /// with acks=all and idempotence, whatever `[producer]` says.
    Forwarder,
}

impl Role {
    /// Whether a client of this role uses the settings of this section.
    pub(crate) fn uses(self, section: &str) -> bool {
        match section {
            "kafka" => true,
            "producer" => matches!(self, Self::Producer | Self::Forwarder),
            "consumer" => self == Self::Consumer,
            "admin" => self == Self::Admin,
            _ => false,
        }
    }
}
