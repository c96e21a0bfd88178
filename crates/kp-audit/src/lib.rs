//! What was sent, what became of it, what is stored and what was read. The program that knows it
//! first writes it down.
//!
//! ```text
//!  kp-producer --audit  stamps each record (stamp.rs), and keeps a ledger (ledger.rs)
//!  kp-consumer --audit  keeps a list (delivered.rs) of what it has printed
//!  kp-admin audit       reads the topics back, and compares (compare.rs) them with both
//!                       -> findings.rs, by promise.rs
//!  kp-producer --load   notes what it sent back (sent_back.rs), so that nothing goes twice
//!  journal.rs           the file below them: appended, locked, kept whole over a SIGKILL
//! ```
//!
//! It knows neither librdkafka nor a command line. A stamp is three headers in plain text, so that
//! any client can read them: `kp-run` (the run), `kp-seq` (the record's number in the run, from 0),
//! `kp-crc` (the checksum of key and value).
#![forbid(unsafe_code)]

pub mod append;
mod compare;
mod delivered;
mod findings;
mod journal;
mod ledger;
mod promise;
mod run;
mod sent_back;
mod stamp;

pub use compare::{Comparison, Stored};
pub use delivered::{DeliveredList, Entry, read_delivered};
pub use findings::{Delivered, Findings};
pub use journal::JournalError;
pub use ledger::{Ledger, read_ledger};
pub use promise::{Promise, UnknownPromise};
pub use run::Run;
pub use sent_back::{SentBack, SentBackNotes};
pub use stamp::{RunId, Stamp, StampHeaders, checksum};
