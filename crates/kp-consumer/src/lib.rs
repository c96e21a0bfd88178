//! kp-consumer: prints the messages of Kafka topics, and commits what was printed.
//!
//! ```text
//!  kp-client: Next::Message -> read.rs: one loop -> kp-core: Format -> printer.rs: Output -> stdout
//!                   ^------------- offsets of what was written ---------------+
//! ```
#![forbid(unsafe_code)]

mod cli;
mod printer;
mod read;

use std::io;

use kp_cli::{Exit, Stop, StopSignal};
use kp_client::consume::Consumer;
use kp_core::Format;
use kp_settings::{Role, Settings};

pub use cli::command;

/// Runs the program as it was called.
///
/// # Errors
/// Settings that are wrong, a broker that cannot be reached, a message that the format cannot show, no progress.
pub fn run() -> anyhow::Result<Exit> {
    let call = cli::parse()?;
    kp_cli::start_talking("kp-consumer", call.common.verbose);
    let settings = kp_cli::load(&call.common, call.flags)?;
    if call.common.show_config {
        kp_cli::written(kp_cli::show_config(
            &settings,
            Role::Consumer,
            &mut io::stdout().lock(),
        ))?;
        return Ok(Exit::Done);
    }
    let format = format_of(&settings)?;
    let wait_for_topics = settings.consumer.idle_exit.is_none();
    let consumer = Consumer::connect(&settings, call.membership, wait_for_topics)?;
    // Until here a signal just ends the process: nothing was read that could be lost.
    let stop = StopSignal::install()?;
    let limits = read::Limits::new(&settings, call.until_end);
    read::read_all(consumer, format, &limits, &stop)
}

fn format_of(settings: &Settings) -> Result<Format, Stop> {
    settings.consumer.format.parse().map_err(|error| {
        let origin = settings.origin("consumer.format");
        Stop::new(
            Exit::Settings,
            format!("consumer.format, from {origin}: {error}"),
        )
    })
}
