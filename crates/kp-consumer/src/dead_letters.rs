//! Messages that cannot be shown, sent to a topic of their own as they are.
//!
//! A dead letter has the original key, value, headers and time, and behind its headers three more: `kp-dead-letter-from` with topic,
//! partition and offset, `kp-dead-letter-group`, and `kp-dead-letter-reason`.

use std::time::Duration;

use kp_cli::{Exit, Stop};
use kp_client::produce::Producer;
use kp_client::{Message, OutgoingHeader};
use kp_core::BadMessage;
use kp_settings::{OnBadMessage, Settings};

use crate::forward;

/// How long a wait goes on before it looks whether to stop.
const GLANCE: Duration = Duration::from_millis(50);

/// The topic of the dead letters, and its producer once there was one.
pub(crate) struct DeadLetters<'a> {
    topic: &'a str,
    settings: &'a Settings,
    producer: Option<Producer>,
}

impl<'a> DeadLetters<'a> {
    /// For this topic, if there is to be one; it is connected to when the first one comes.
    ///
    /// # Errors
    /// The topic is one of those that are read: its letters would come back without end.
    pub(crate) fn of(settings: &'a Settings) -> Result<Option<Self>, Stop> {
        let OnBadMessage::DeadLetter(topic) = &settings.consumer.on_bad_message else {
            return Ok(None);
        };
        if settings.consumer.topic.contains(topic) {
            let origin = settings.origin("consumer.on_bad_message");
            return Err(Stop::new(
                Exit::Settings,
                format!(
                    "consumer.on_bad_message, from {origin}: {topic} is read itself, so that its letters would come back without end"
                ),
            ));
        }
        Ok(Some(Self {
            topic,
            settings,
            producer: None,
        }))
    }

    /// Sends a message there.
    ///
    /// # Errors
    /// The topic cannot be reached; `stopped` said so.
    pub(crate) fn send(
        &mut self,
        message: &Message,
        why: &BadMessage,
        stopped: &dyn Fn() -> bool,
    ) -> anyhow::Result<()> {
        let producer = match &mut self.producer {
            Some(producer) => producer,
            none => none.insert(Producer::connect_forwarder(self.settings, self.topic)?),
        };
        let from = format!(
            "{} [{}] @ {}",
            message.topic(),
            message.partition(),
            message.offset()
        );
        let reason = why.reason.to_string();
        let own = [
            ("kp-dead-letter-from", from.as_str()),
            ("kp-dead-letter-group", &self.settings.consumer.group_id),
            ("kp-dead-letter-reason", &reason),
        ];
        let headers: Vec<OutgoingHeader<'_>> = message
            .headers()
            .chain(own.map(|(name, value)| (name.as_bytes(), Some(value.as_bytes()))))
            .collect();
        let letter = forward::as_it_is(message, &headers);
        if producer.send(self.topic, &letter, stopped)? {
            return Ok(());
        }
        Err(self.left())
    }

    /// Waits until all that were sent are acknowledged, so that their offsets may be stored.
    ///
    /// # Errors
    /// One of them failed, or `stopped` said so.
    pub(crate) fn settle(&mut self, stopped: &dyn Fn() -> bool) -> anyhow::Result<()> {
        let Some(producer) = &mut self.producer else {
            return Ok(());
        };
        while producer.is_busy() && !stopped() {
            producer.flush(GLANCE, stopped)?;
        }
        let tally = producer.tally();
        if tally.failed == 0 && !producer.is_busy() {
            return Ok(());
        }
        let reason = tally.failures.first().map(|(reason, _)| reason.clone());
        Err(reason.map_or_else(
            || self.left(),
            |reason| {
                Stop::new(
                    Exit::Messages,
                    format!(
                        "a dead letter could not be sent to {}: {reason}; its message is not committed",
                        self.topic
                    ),
                )
                .into()
            },
        ))
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
