//! The shell that the programs share: common flags, `--show-config`, exit codes, how an error is printed, signals, and an
//! output that a stalled or closed pipe cannot hold up.
#![forbid(unsafe_code)]

mod exit;
mod flags;
mod output;
mod session;
mod signals;
mod talk;
mod version;

pub use exit::{EXIT_CODES, Exit, Stop, program};
pub use flags::{Common, typed, with_flags};
pub use output::{Outcome, Output, written};
pub use session::{load, show_config};
pub use signals::{Grace, StopSignal};
pub use talk::start_talking;
pub use version::version;
