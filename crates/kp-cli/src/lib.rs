//! What the programs share: common flags, `--show-config`, exit codes, errors in words, signals, a
//! status line, and an output that a stalled or closed pipe cannot block. Text from outside is
//! escaped here before it reaches a terminal.
#![forbid(unsafe_code)]

mod completion;
mod exit;
mod explain;
mod flags;
mod generate;
mod help;
mod man;
pub mod metrics;
mod mistake;
mod names;
mod output;
mod password_command;
mod quiet;
mod session;
mod signals;
mod status;
mod table;
mod talk;
mod usage;
mod version;

pub use exit::{EXIT_CODES, Exit, Stop, program};
pub use explain::{explain, explain_flag};
pub use flags::{Common, settings_file, typed, with_flags};
pub use help::{Example, Examples, with_examples};
pub use kp_core::escaped;
pub use mistake::refuse;
pub use names::Names;
pub use output::{Outcome, Output, written};
pub use quiet::is_quiet;
pub use session::{ask_secret, input, load, refuse_idle_property, refuse_write, show_config};
pub use signals::{Grace, StopSignal};
pub use status::StatusLine;
pub use table::{Column, Screen};
pub use talk::{complain, grouped, say, start_talking};
pub use usage::matches;
pub use version::version;
