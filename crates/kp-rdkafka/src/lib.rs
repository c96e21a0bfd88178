//! What rust-rdkafka lacks, as a small safe API; the only crate with `unsafe` code.
//!
//! ```text
//!  Client::new -> librdkafka --events--> Client::poll -> Event
//!     | batch.rs     TopicHandle::enqueue_batch               Deliveries
//!     | produce.rs   TopicHandle::enqueue, flush              Deliveries
//!     | consume.rs   subscribe, accept, store, commit, close  Fetched, EndOfPartition,
//!     |                                                       Assign, Revoke
//!     | feed.rs      Feed::next, by the batch                 Fetched, EndOfPartition
//!     | transactions.rs   init, begin, offsets, commit, abort  -
//!     | both                                                  Error, Log
//! ```
//!
//! It knows neither settings nor formats: records, names, offsets and timeouts only. All files
//! stand on `native`, which owns what librdkafka hands out, and on `client`.

pub mod admin;
mod batch;
mod certificate;
mod client;
mod codes;
mod consume;
mod event;
mod feed;
mod fetched;
mod linked;
mod log;
pub mod mock;
mod native;
mod partitioner;
mod partitions;
mod produce;
mod raw_event;
mod signals;
mod token;
mod transactions;

pub use batch::Batch;
pub use certificate::{Fault, Refused};
pub use client::{Client, CreateError, Kind};
pub use codes::error_codes;
pub use event::{Deliveries, Delivery, Event, Failure};
pub use feed::Feed;
pub use fetched::Fetched;
pub use linked::c_libraries;
pub use log::LogLine;
pub use partitions::{Offsets, Place, Start, Starts};
pub use produce::TopicHandle;
pub use token::{Token, TokenSource};
pub use transactions::TransactionError;
