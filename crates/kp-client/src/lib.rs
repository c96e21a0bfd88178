//! Connecting, producing, consuming and administering from resolved settings.
//!
//! ```text
//!  Settings -> connect.rs (first contact) -> Producer: send -> queue -> delivery reports -> Tally
//!                    |                    -> Consumer: next -> message -> done -> commit
//!                    |                    -> admin: one request, one answer
//!                    |                    -> doctor: the first contact step by step
//!                    +-- trouble.rs: what librdkafka said while it went wrong, in words
//!                    +-- listener.rs: whether an address speaks TLS
//! ```
//!
//! It prints nothing and knows no command line; librdkafka's log goes to `tracing`.
#![forbid(unsafe_code)]

mod addresses;
pub mod admin;
mod advice;
mod aside;
mod connect;
pub mod consume;
mod create;
pub mod doctor;
mod error;
mod listener;
mod offsets;
#[cfg(feature = "tls")]
mod oidc;
mod open_transactions;
mod other_groups;
pub mod produce;
mod read_back;
mod replicas;
mod trouble;
mod watcher;
mod words;

pub use error::{Class, Error};
pub use kp_rdkafka::{Fetched, Offsets, c_libraries};
pub use read_back::{Kept, bounds, read_back};
pub use watcher::{Health, Watcher};

/// Whether this build has TLS and SASL.
pub const HAS_TLS: bool = cfg!(feature = "tls");
