//! kp-consumer: prints the messages of Kafka topics, and commits what was printed.
//!
//! ```text
//!  kp-client: Next::Message -> read.rs: one loop -> kp-core: Format -> printer.rs: Output -> stdout
//!                   ^------------- offsets of what was written ---------------+
//!                             -> dead_letters.rs: what the format cannot show, on its way to a topic
//!                             -> copy.rs: the other loop, for --copy-to
//! ```
#![forbid(unsafe_code)]

mod cli;
mod copy;
mod dead_letters;
mod forward;
mod printer;
mod read;

use std::io;

use dead_letters::DeadLetters;
use kp_audit::DeliveredList;
use kp_cli::{Exit, Stop, StopSignal};
use kp_client::consume::{Consumer, Membership};
use kp_client::produce::Producer;
use kp_core::Format;
use kp_settings::{Role, Settings};
use printer::Printer;

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
    let limits = read::Limits::new(&settings, call.until_end);
    if let Some(topic) = copy::topic(&settings, call.membership, call.audit.is_some())? {
        let producer = Producer::connect_forwarder(&settings, topic)?;
        let consumer = Consumer::connect(&settings, Membership::Copying, wait_for_topics)?;
        let stop = StopSignal::install()?;
        return copy::copy_all(consumer, producer, topic, &limits, &settings, &stop);
    }
    let list = match &call.audit {
        Some(path) => {
            let group = &settings.consumer.group_id;
            let is_member = call.membership == Membership::Group;
            Some(DeliveredList::open(path, is_member.then_some(group))?)
        }
        None => None,
    };
    let dead_letters = DeadLetters::of(&settings)?;
    let consumer = Consumer::connect(&settings, call.membership, wait_for_topics)?;
    // Until here a signal just ends the process: nothing was read that could be lost.
    let stop = StopSignal::install()?;
    read::read_all(
        consumer,
        Printer::new(format, list),
        &settings,
        dead_letters,
        &limits,
        &stop,
    )
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
