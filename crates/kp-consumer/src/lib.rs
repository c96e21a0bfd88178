//! kp-consumer: prints the messages of Kafka topics, and commits what was printed.
//!
//! ```text
//!  kp-client: Next::Message -> read.rs: one loop -> kp-core: Format -> printer.rs -> stdout
//!                   ^------------- offsets of what was written ----------+
//!                           -> selection.rs: what the filters leave out, and counts
//!                           -> look.rs: which format, and how it looks
//!                           -> dead_letters.rs: what the format cannot show, for a topic
//!                           -> save.rs: the file of --save, for whole records
//!                           -> copy.rs: the other loop, for --copy-to
//!  a saved file -> load.rs: --load, without a broker -> stdout
//! ```
#![forbid(unsafe_code)]

mod cli;
mod contradictions;
mod copy;
mod dead_letters;
mod filter_flags;
mod format;
mod forward;
mod load;
mod look;
mod metrics;
mod printer;
mod read;
mod save;
mod selection;

use std::io;

use dead_letters::DeadLetters;
use kp_audit::DeliveredList;
use kp_cli::{Common, Exit, Grace, Screen, Stop, StopSignal};
use kp_client::consume::{Consumer, Membership};
use kp_client::produce::Producer;
use kp_core::Format;
use kp_settings::{Mode, OnBadMessage, Reading, Role, Settings};
use printer::{Printer, Style};
use save::Save;
use selection::Selection;

pub use cli::command;

/// Runs the program as it was called.
///
/// # Errors
/// Settings that are wrong, a broker that cannot be reached, a message that the format cannot show,
/// no progress.
pub fn run() -> anyhow::Result<Exit> {
    let call = cli::parse()?;
    if let Some(address) = call.check_health {
        return kp_cli::metrics::check_health(address);
    }
    kp_cli::start_talking("kp-consumer", call.common.verbose);
    let settings = kp_cli::load(&call.common, call.flags.clone())?;
    kp_cli::refuse_idle_property(&settings, roles(&settings))?;
    if call.common.show_config {
        kp_cli::written(kp_cli::show_config(
            &settings,
            Role::Consumer,
            &mut Screen::unbounded(&mut io::stdout().lock()),
        ))?;
        return Ok(Exit::Done);
    }
    let format = look::of(format::of(&settings)?, &settings, call.utc)?;
    if let Some(path) = call.load.clone() {
        return load::print_all(&path, call, &settings, format);
    }
    let membership = match &settings.consumer.group_id {
        Some(_) if !call.no_group => Membership::Group,
        _ => Membership::Alone,
    };
    contradictions::check(&settings, &call, membership, &format)?;
    if call.explain {
        let is_member = membership == Membership::Group;
        let reading = Reading { is_member, until_end: call.until_end };
        let points = settings.explain_consumer(reading)?;
        kp_cli::written(kp_cli::explain(&points, &mut io::stdout().lock()))?;
        return Ok(Exit::Done);
    }
    if call.save.is_some() {
        save::check(&settings)?;
    }
    refuse_changes(&settings, &call.common, membership)?;
    let copy_to = copy::topic(&settings, membership, call.audit.is_some())?;
    // Without a topic there is no end that --until-end could be at.
    let needs_topics = call.until_end && settings.consumer.topic.has_patterns();
    let wait_for_topics = settings.consumer.idle_exit.is_none() && !needs_topics;
    let limits = read::Limits::new(&settings, call.until_end);
    let selection = Selection::new(call.filters, call.follow);
    if let Some(topic) = copy_to {
        let board = metrics::serve(&settings)?;
        let producer = Producer::connect_forwarder(&settings, topic)?;
        let mut consumer = Consumer::connect(&settings, Membership::Copying, wait_for_topics)?;
        metrics::begin(board.as_ref(), &consumer);
        let grace = grace(&settings, &mut consumer)?;
        let terms = read::Terms { settings: &settings, limits: &limits, grace, board };
        return copy::copy_all(consumer, producer, selection, topic, terms);
    }
    let group = settings.consumer.group_id.as_deref();
    let group = group.filter(|_| membership == Membership::Group);
    let list = match &call.audit {
        Some(path) => Some(DeliveredList::open(path, group)?),
        None => None,
    };
    let save = match &call.save {
        Some(path) => Some(Save::open(path)?),
        None => None,
    };
    let prints = save.is_none() || save::prints(&settings);
    let dead_letter_topic = dead_letters::topic(&settings)?;
    let board = metrics::serve(&settings)?;
    let mut consumer = Consumer::connect(&settings, membership, wait_for_topics)?;
    metrics::begin(board.as_ref(), &consumer);
    let grace = grace(&settings, &mut consumer)?;
    let dead_letters =
        dead_letter_topic.map(|topic| DeadLetters::new(topic, group, &settings, grace.clone()));
    let style = Style {
        // Among the messages of a tool the two lines would be taken for messages. `seed` is the
        // original's output to the letter.
        banner: prints
            && format.banner()
            && (settings.mode(Role::Consumer) == Mode::Exercise || format == Format::Seed),
        any_bytes: settings.consumer.on_bad_message == OnBadMessage::Show,
        prints,
    };
    let printer = Printer::new(format, style, list, save, grace.clone());
    let terms = read::Terms { settings: &settings, limits: &limits, grace, board };
    read::read_all(consumer, printer, selection, dead_letters, terms)
}

/// Refuses what writes to a topic or commits for a group, where the settings are read only.
fn refuse_changes(
    settings: &Settings,
    common: &Common,
    membership: Membership,
) -> Result<(), Stop> {
    let refuse =
        |what: &str, instead: Option<&str>| kp_cli::refuse_write(settings, common, what, instead);
    let consumer = &settings.consumer;
    if consumer.copy_to.is_some() {
        refuse("nothing is copied", None)?;
    }
    if let (Membership::Group, Some(group)) = (membership, &consumer.group_id) {
        let what = format!("group {group} is not joined, for reading in it commits its offsets");
        // The two do not go together.
        let instead = match settings.place("consumer.group_id") {
            Some(place) => format!("without {place} none is joined"),
            None => "--no-group reads without a group".to_owned(),
        };
        refuse(&what, Some(&instead))?;
    }
    match consumer.on_bad_message {
        OnBadMessage::DeadLetter(_) => {
            refuse("no dead letter is sent", Some("--on-bad-message skip sends none"))
        }
        _ => Ok(()),
    }
}

/// Takes over the stop signal. Until then a signal just ends the process: nothing was read that
/// could be lost.
fn grace(settings: &Settings, consumer: &mut Consumer) -> anyhow::Result<Grace> {
    let grace = Grace::new(&StopSignal::install()?, settings.consumer.shutdown_timeout);
    let same = grace.clone();
    consumer.ends_within(move || same.left());
    Ok(grace)
}

/// The clients that a run has: what is sent on needs a producer as well.
fn roles(settings: &Settings) -> &'static [Role] {
    let consumer = &settings.consumer;
    let sends_on = consumer.copy_to.is_some()
        || matches!(consumer.on_bad_message, OnBadMessage::DeadLetter(_));
    if sends_on { &[Role::Consumer, Role::Forwarder] } else { &[Role::Consumer] }
}
