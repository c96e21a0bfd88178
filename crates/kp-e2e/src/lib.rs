//! The programs of kp as processes: how the tests of this crate start, feed, signal and read them.
//!
//! ```text
//!  Cluster (EmbeddedBroker, or containers) -> Call -> Running -> Finished
//!                                   what is typed     a process   what it left
//! ```
//! Nothing here knows how a program works inside, and no function waits longer than its deadline: a process that has not
//! ended by then is killed, and its test fails with all that the process wrote.
#![forbid(unsafe_code)]

mod call;
mod cluster;
mod deadline;
mod embedded;
mod finished;
mod names;
mod program;
mod running;
mod stream;

pub use call::Call;
pub use cluster::{Cluster, Offsets};
pub use deadline::{DEADLINE, eventually};
pub use embedded::EmbeddedBroker;
pub use finished::Finished;
pub use names::random_name;
pub use program::{Build, Program};
pub use running::Running;
pub use rustix::process::Signal;
