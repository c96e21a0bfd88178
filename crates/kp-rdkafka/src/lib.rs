//! What rust-rdkafka lacks, as a small safe API; the only crate with `unsafe` code.
//!
//! ```text
//!  Client::new -> librdkafka --events--> Client::poll -> Event
//!     | batch.rs     Topic::enqueue_batch                     Deliveries
//!     | produce.rs   Topic::enqueue, flush                    Deliveries
//!     | consume.rs   subscribe, accept, store, commit, close  Message, EndOfPartition, Assign, Revoke
//!     | transactions.rs   init, begin, offsets, commit, abort  -
//!     | both                                                  Error, Log
//! ```
//!
//! It knows neither settings nor the record formats: names, bytes, offsets and timeouts only.

pub mod admin;
mod batch;
mod certificate;
mod client;
mod consume;
mod event;
mod linked;
mod message;
pub mod mock;
mod owned;
mod produce;
mod queue;
mod signals;
mod token;
mod transactions;

pub use batch::Batch;
pub use certificate::{Fault, Refused};
pub use client::{Client, CreateError, Kind};
pub use event::{Deliveries, Delivery, Event, Failure, LogLine};
pub use linked::c_libraries;
pub use message::{Message, MessageTime};
pub use produce::{Outgoing, OutgoingHeader, Topic};
pub use token::{Token, TokenSource};
pub use transactions::TransactionError;
