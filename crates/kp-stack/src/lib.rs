//! Brokers to run programs on: which there are, where they listen, and whether they are ready.
//!
//! ```text
//!  docker (Compose, its stacks and projects) --+
//!  embedded (kp-broker as a process) ----------+--> kafka::readiness -> the programs,
//!                                                                       perhaps through a relay
//! ```
//! It speaks a few requests of Kafka's protocol, and knows none of the programs.
#![forbid(unsafe_code)]

pub mod docker;
pub mod embedded;
pub mod kafka;
pub mod relay;
