//! The programs of kp as processes: how the tests of this crate start, feed, signal and read them.
//!
//! ```text
//!  Cluster (EmbeddedBroker, or containers) -> Call -> Running -> Finished
//! ```
//! `Call`, `Running` and `Finished` are those of kp-process with what a test adds: a folder of its
//! own, a deadline, and assertions. An assertion that fails shows all that the process wrote.
//!
//! Nothing here knows how a program works inside, and no function waits longer than its deadline. A
//! process that has not ended by then is killed, and its test fails.
#![forbid(unsafe_code)]

mod call;
mod cluster;
mod commands;
mod deadline;
mod embedded;
mod finished;
mod names;
mod program;
mod running;
mod scrape;

pub use call::Call;
pub use cluster::{Cluster, Offsets};
pub use commands::{commands, examples, help};
pub use deadline::{DEADLINE, eventually};
pub use embedded::EmbeddedBroker;
pub use finished::Finished;
pub use kp_process::Signal;
pub use names::random_name;
pub use program::{Build, Program};
pub use running::Running;
pub use scrape::{HttpAnswer, Scraped, get, http};
