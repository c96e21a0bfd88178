//! What is asked of brokers without any of our programs, in Kafka's own protocol.

pub(crate) mod metadata;
pub(crate) mod offsets;
pub(crate) mod protocol;
pub(crate) mod readiness;
pub(crate) mod record;
