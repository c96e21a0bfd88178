//! What is asked of brokers without any of our programs, in Kafka's own protocol.

pub mod metadata;
pub mod offsets;
pub mod protocol;
pub mod readiness;
pub mod record;
