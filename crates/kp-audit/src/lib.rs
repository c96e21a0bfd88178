//! What was sent, what became of it, what is stored and what was read, each written down by whoever knows it first.
//!
//! ```text
//!  kp-producer --audit  stamps each record (stamp.rs), and keeps a ledger (ledger.rs) of attempts and outcomes
//!  kp-consumer --audit  keeps a list (delivered.rs) of what it has printed
//!  kp-admin audit       reads the topics back, and compares (compare.rs) them with both -> findings.rs, by promise.rs
//!  journal.rs           the file below ledger and list: appended, locked, kept whole over a SIGKILL
//! ```
//!
//! It knows neither librdkafka nor a command line. A stamp is three headers in plain text, so that any client can read them:
//! `kp-run` (which run), `kp-seq` (its how manieth record), `kp-crc` (what key and value were).
#![forbid(unsafe_code)]

mod compare;
mod delivered;
mod findings;
mod journal;
mod ledger;
mod promise;
mod run;
mod stamp;

pub use compare::{Comparison, Stored};
pub use delivered::{DeliveredList, Entry, read_delivered};
pub use findings::{Delivered, Findings};
pub use journal::JournalError;
pub use ledger::{Ledger, read_ledger};
pub use promise::{Promise, UnknownPromise};
pub use run::Run;
pub use stamp::{RunId, Stamp, StampHeaders, checksum};
