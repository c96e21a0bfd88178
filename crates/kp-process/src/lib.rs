//! Processes: built, started, fed, watched, measured and ended, by tests and tools that know none
//! of them from inside.
//!
//! ```text
//!  workspace (build) -> Call -> Running -> Finished       interrupt: Ctrl-C, for tools that must
//!              what is typed    a process   what it left             end what they started
//!                                  |
//!        background (who it is, for a later command)      machine::memory: what a process holds
//!        wait (for a condition, for a time; Ctrl-C ends it)
//! ```
//! It knows nothing of Kafka.
#![forbid(unsafe_code)]

pub mod background;
mod call;
mod finished;
pub mod interrupt;
pub mod machine;
mod output;
mod running;
pub mod tool;
pub mod wait;
pub mod workspace;

pub use call::{Call, Output};
pub use finished::Finished;
pub use running::{Missed, Running, Source};
pub use rustix::process::Signal;
