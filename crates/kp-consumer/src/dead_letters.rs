//! Messages that cannot be shown, sent to a topic of their own as they are.
//!
//! A dead letter has the original key, value, headers and time, and behind its headers three more:
//! `kp-dead-letter-from` with topic, partition and offset, `kp-dead-letter-group` where a group
//! reads, and `kp-dead-letter-reason`.

use std::time::Duration;

use kp_cli::{Exit, Grace, Stop};
use kp_client::Fetched;
use kp_client::produce::Producer;
use kp_core::{BadMessage, Header};
use kp_settings::{OnBadMessage, Settings};

use crate::forward;

/// How long a wait goes on before it looks whether to stop.
const GLANCE: Duration = Duration::from_millis(50);

/// The topic of the dead letters, and its producer once there was one.
pub(crate) struct DeadLetters<'a> {
    topic: &'a str,
    /// The group that reads, if one does.
    group: Option<&'a str>,
    settings: &'a Settings,
    producer: Option<Producer>,
    /// An acknowledgement is waited for half of it; what is left is for the commit.
    grace: Grace,
    /// Where those that are not acknowledged yet are from.
    open: Vec<String>,
}

/// The topic of the dead letters, if there is to be one.
///
/// # Errors
/// The topic is one of those that are read: its letters would come back without end.
pub(crate) fn topic(settings: &Settings) -> Result<Option<&str>, Stop> {
    let OnBadMessage::DeadLetter(topic) = &settings.consumer.on_bad_message else {
        return Ok(None);
    };
    if settings.consumer.topic.has(topic) {
        return Err(Stop::wrong(
            settings,
            "consumer.on_bad_message",
            format!("{topic} is read itself, so that its letters would come back without end"),
        ));
    }
    Ok(Some(topic))
}

impl<'a> DeadLetters<'a> {
    /// For this topic, which is connected to when the first one comes.
    pub(crate) fn new(
        topic: &'a str,
        group: Option<&'a str>,
        settings: &'a Settings,
        grace: Grace,
    ) -> Self {
        Self { topic, group, settings, producer: None, grace, open: Vec::new() }
    }

    /// Sends a message there.
    ///
    /// # Errors
    /// The topic cannot be reached, or there is no time left.
    pub(crate) fn send(&mut self, message: &Fetched, why: &BadMessage) -> anyhow::Result<()> {
        let producer = match &mut self.producer {
            Some(producer) => producer,
            none => {
                let mut producer = Producer::connect_forwarder(self.settings, self.topic)?;
                let grace = self.grace.clone();
                producer.stop_when(move || grace.is_half_over());
                none.insert(producer)
            }
        };
        let from = format!("{} [{}] @ {}", message.topic(), message.partition(), message.offset());
        let reason = why.reason.to_string();
        let own = [
            ("kp-dead-letter-from", Some(from.as_str())),
            ("kp-dead-letter-group", self.group),
            ("kp-dead-letter-reason", Some(reason.as_str())),
        ];
        let own = own.iter().filter_map(|(name, value)| {
            Some(Header { key: name.as_bytes(), value: Some((*value)?.as_bytes()) })
        });
        let headers: Vec<Header<'_>> = message.headers().chain(own).collect();
        let letter = forward::as_it_is(message, self.topic, &headers);
        if producer.send(self.open.len() as u64, &letter)? {
            self.open.push(from);
            return Ok(());
        }
        Err(self.left())
    }

    /// Waits until all that were sent are acknowledged, so that their offsets may be stored.
    ///
    /// # Errors
    /// One of them failed, or there is no time left.
    pub(crate) fn settle(&mut self) -> anyhow::Result<()> {
        let Some(producer) = &mut self.producer else {
            return Ok(());
        };
        while producer.is_busy() && !self.grace.is_half_over() {
            producer.flush(GLANCE)?;
        }
        let tally = producer.tally();
        if tally.failed == 0 && !producer.is_busy() {
            self.open.clear();
            return Ok(());
        }
        let Some(failed) = tally.failures.first() else {
            return Err(self.left());
        };
        let number = failed.first.first().copied().unwrap_or_default();
        let from = usize::try_from(number).ok().and_then(|at| self.open.get(at));
        let from = from.map_or("a message", String::as_str);
        Err(Stop::new(
            Exit::Messages,
            format!(
                "{from} could not be sent to {} as a dead letter: {}; it is not committed",
                self.topic, failed.reason
            ),
        )
        .into())
    }

    fn left(&self) -> anyhow::Error {
        Stop::new(
            Exit::Messages,
            format!(
                "a dead letter for {} was not acknowledged when the time for ending was over (--shutdown-timeout); its message is not \
                 committed",
                self.topic
            ),
        )
        .into()
    }
}
